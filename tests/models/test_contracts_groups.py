"""Contract fits by plan: thin groups lean on the others, thick ones keep what they show."""

from __future__ import annotations

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.contracts.groups import GroupedContracts, fit_by_group
from perenne.models.contracts.shifted_beta_geometric import (
    FittedShiftedBetaGeometric,
    ShiftedBetaGeometric,
)

SIZES = {"basic": 4_000, "plus": 4_000, "pro": 3_000, "team": 2_000, "new": 25}
BETAS = {"basic": 3.0, "plus": 6.0, "pro": 9.0, "team": 5.0, "new": 6.0}


def plans(rng: np.random.Generator) -> dict[str, np.ndarray]:
    parts = []
    for name, size in SIZES.items():
        truth = FittedShiftedBetaGeometric({"alpha": 1.2, "beta": BETAS[name]}, 0.0, (), 1.0)
        lives = 1 + truth.sample_remaining_life(tenure=np.zeros(size), rng=rng)[0]
        age = rng.integers(3, 25, size)
        parts.append((np.minimum(lives, age), lives <= age, np.full(size, name)))
    tenure, churned, group = (np.concatenate(column) for column in zip(*parts, strict=True))
    return {"tenure": tenure, "churned": churned.astype(float), "group": group}


@pytest.fixture(scope="module")
def data() -> dict[str, np.ndarray]:
    return plans(np.random.default_rng(8))


@pytest.fixture(scope="module")
def fitted(data: dict[str, np.ndarray]) -> GroupedContracts:
    return fit_by_group(ShiftedBetaGeometric(), **data)


def test_thick_groups_keep_their_own_estimate(
    data: dict[str, np.ndarray], fitted: GroupedContracts
) -> None:
    kept = data["group"] == "basic"
    alone = ShiftedBetaGeometric().fit(tenure=data["tenure"][kept], churned=data["churned"][kept])
    shrunk = fitted.groups["basic"]
    np.testing.assert_allclose(shrunk.survival([1, 6, 12]), alone.survival([1, 6, 12]), atol=0.01)
    assert shrunk.log_likelihood <= alone.log_likelihood
    assert fitted.spread["beta"] > 0.15


def test_a_thin_group_leans_on_the_others_and_is_less_sure(
    fitted: GroupedContracts,
) -> None:
    thin = fitted.groups["new"]
    truth = FittedShiftedBetaGeometric({"alpha": 1.2, "beta": 6.0}, 0.0, (), 1.0)
    assert thin.customers == 25
    np.testing.assert_allclose(thin.survival([6, 12]), truth.survival([6, 12]), atol=0.12)
    assert thin.standard_errors["beta"] > fitted.groups["basic"].standard_errors["beta"]


def test_a_group_that_nobody_left_borrows_from_the_others(data: dict[str, np.ndarray]) -> None:
    more = {
        "tenure": np.append(data["tenure"], [2.0, 3.0, 3.0]),
        "churned": np.append(data["churned"], [0.0, 0.0, 0.0]),
        "group": np.append(data["group"], ["gift"] * 3),
    }
    gift = fit_by_group(ShiftedBetaGeometric(), **more).groups["gift"]
    assert 0.1 < float(gift.survival(12)) < 0.9


def test_labels_of_another_length_are_refused() -> None:
    with pytest.raises(PerenneError, match="one group per customer"):
        fit_by_group(ShiftedBetaGeometric(), tenure=[1, 2, 3], churned=[1, 1, 0], group=["a", "b"])
