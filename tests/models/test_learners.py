"""The boosted hurdle: calibrated on a shop it can learn, repeatable, and refusing thin data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.contenders.boosting import boost
from perenne.models.contenders.examples import ORIGINS, origins
from perenne.models.contenders.learners import Hurdle
from tests.models.learning_shops import shop

HORIZON = 180


def test_level_draws_and_first_order_signs() -> None:
    rng = np.random.default_rng(5)
    whole = shop(2500, rng=rng)
    past = whole.as_of(whole.until - HORIZON)
    actual = whole.outcome(past, horizon=HORIZON)
    fitted = Hurdle().fit(past, horizon=HORIZON, rng=np.random.default_rng(1))
    found = fitted.forecast(past, horizon=HORIZON, draws=60, rng=np.random.default_rng(2))
    assert found.mean_orders.sum() == pytest.approx(actual.orders.sum(), rel=0.12)
    assert found.mean_value.sum() == pytest.approx(actual.value.sum(), rel=0.12)
    assert found.value is not None
    assert found.value.mean(axis=0).sum() == pytest.approx(found.mean_value.sum(), rel=0.05)
    once = past.histories().frequency == 0
    channel = past.attributes["channel"]
    better = found.mean_value[once & (channel == 1)].mean()
    assert better > 1.3 * found.mean_value[once & (channel == 0)].mean()
    again = Hurdle().fit(past, horizon=HORIZON, rng=np.random.default_rng(1))
    same = again.forecast(past, horizon=HORIZON, draws=0, rng=np.random.default_rng(2))
    np.testing.assert_allclose(same.mean_value, found.mean_value, rtol=1e-9)
    with pytest.raises(PerenneError, match="in 180 days, not in 90"):
        fitted.forecast(past, horizon=90, draws=0, rng=rng)


def test_every_outcome_learnt_from_ends_by_the_last_day() -> None:
    days = origins(0, 1000, horizon=180)
    assert len(days) == ORIGINS
    assert max(days) + 180 == 1000
    assert origins(0, 200, horizon=180) == []


def test_a_short_history_is_refused_with_the_reason() -> None:
    whole = shop(300, rng=np.random.default_rng(1), days=200)
    with pytest.raises(PerenneError, match="too short to learn what customers do in 365 days"):
        Hurdle().fit(whole, horizon=365, rng=np.random.default_rng(1))


def test_a_shop_without_categories_discounts_or_channels() -> None:
    whole = replace(shop(500, rng=np.random.default_rng(3), days=700), columns={}, attributes={})
    fitted = Hurdle().fit(whole, horizon=120, rng=np.random.default_rng(1))
    found = fitted.forecast(whole, horizon=120, draws=0, rng=np.random.default_rng(1))
    assert np.isfinite(found.mean_value).all()


@pytest.mark.parametrize("categorical", [False, True])
def test_a_column_unknown_throughout_a_fold(categorical: bool) -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=(600, 2)).astype(np.float32)
    fold = np.arange(600) % 3
    values[fold != 0, 1] = np.nan
    values[fold == 0, 1] = 1.0
    wanted = (values[:, 0] > 0).astype(float)
    fitted = boost(
        "chance",
        values,
        wanted,
        weight=np.ones(600),
        fold=fold,
        categorical=np.array([False, categorical]),
        seed=1,
    )
    assert fitted.predict(values)[wanted > 0].mean() > 0.9
