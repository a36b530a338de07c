"""What no model may swallow: one table of situations, for every public model.

A new public model without a line in `CASES` fails `test_every_public_model_is_here`; a situation
that a model leaves out says why it cannot arise.
"""

from __future__ import annotations

import inspect
import json
import re
from functools import cache
from typing import Any

import numpy as np
import pytest

import perenne.models
from perenne.core import PerenneError
from perenne.models import BetaGeoBetaBinomial, ShiftedBetaGeometric, load_model

from .bad_inputs import CASES, CENTURIES, SITUATIONS, donors, lives


def public_models() -> list[str]:
    """Public classes that are fitted to data, or predict from it."""
    kinds = {name: getattr(perenne.models, name) for name in perenne.models.__all__}
    return sorted(
        name
        for name, kind in kinds.items()
        if inspect.isclass(kind) and (hasattr(kind, "fit") or hasattr(kind, "predict"))
    )


def test_every_public_model_is_here() -> None:
    assert public_models() == sorted(CASES)


@pytest.mark.parametrize("name", CASES)
def test_every_situation_is_answered(name: str) -> None:
    case = CASES[name]
    answered = {*case.said, *case.cannot, *(s for s in SITUATIONS if "horizon" in s), "no table"}
    assert answered == set(SITUATIONS)
    assert not set(case.said) & set(case.cannot)


@cache
def fitted(name: str) -> Any:
    return CASES[name].fit(CASES[name].good())


PAIRS = [(name, situation) for name, case in CASES.items() for situation in case.said]


@pytest.mark.parametrize(("name", "situation"), PAIRS, ids=["-".join(pair) for pair in PAIRS])
def test_data_that_no_model_can_use_are_refused_with_what_to_do(name: str, situation: str) -> None:
    case = CASES[name]
    said = case.said[situation]
    with pytest.raises(PerenneError) as refused:
        case.fit(said.change(case.good()))
    assert re.search(said.message, refused.value.what), refused.value.what
    assert refused.value.next_step


@pytest.mark.parametrize("name", CASES)
def test_horizons(name: str) -> None:
    """0 brings nothing, 1000 years finite figures or a refusal, below 0 a refusal."""
    case, model = CASES[name], fitted(name)
    data = {key: column for key, column in case.good().items() if key != "weights"}
    if "a horizon below 0" in case.cannot:
        assert np.isfinite(case.predict(model, 1.0, data)).all()
        return
    now = np.asarray(case.predict(model, 0.0, data))
    assert np.all((now == 0) | (now == 1))  # purchases and value: nothing; a contract: still there
    if name == "DynamicParetoNBD" or not case.longest:
        assert np.isfinite(case.predict(model, CENTURIES, data)).all()
    else:
        with pytest.raises(PerenneError, match=case.longest):
            case.predict(model, CENTURIES, data)
    for wrong in (-1.0, np.nan):
        with pytest.raises(PerenneError, match=case.below):
            case.predict(model, wrong if name != "BetaGeoBetaBinomial" else -1, data)


@pytest.mark.parametrize("name", CASES)
def test_what_is_no_table_is_refused(name: str) -> None:
    for wrong in ([1, 2, 3], "orders.csv", np.ones((3, 3))):
        with pytest.raises(PerenneError, match="These data are no table"):
            CASES[name].fit(wrong)


@pytest.mark.parametrize("name", [name for name in CASES if name != "CustomerLifetimeValue"])
def test_weights_that_stand_for_nobody_are_told_so(name: str) -> None:
    data = CASES[name].good()
    rows = len(next(iter(data.values())))
    with pytest.raises(PerenneError, match="Every weight is 0: the rows stand for nobody") as it:
        CASES[name].fit(data | {"weights": np.zeros(rows)})
    assert "how many customers each row stands for" in it.value.next_step


@pytest.mark.parametrize("name", CASES)
def test_lazy_frames_and_mappings_are_read_as_frames_are(name: str) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    narwhals = pytest.importorskip("narwhals")
    case, model = CASES[name], fitted(name)
    frame = polars.DataFrame(case.good())
    plain = {key: column for key, column in case.good().items() if key != "weights"}
    expected = case.predict(model, 12.0, plain)
    kinds = [frame.lazy()]
    if name == "BetaGeo":  # all read through one function
        duckdb = pytest.importorskip("duckdb")
        kinds += [frame, frame.to_arrow(), narwhals.from_native(frame.lazy())]
        kinds.append(duckdb.sql("select * from frame"))
    for given in kinds:
        again = case.fit(given)
        np.testing.assert_allclose(case.predict(again, 12.0, plain), expected, rtol=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_a_model_saved_by_another_version_is_refused(name: str) -> None:
    saved = json.loads(CASES[name].saved(fitted(name)).to_json())
    assert load_model(json.dumps(saved)).parameters == saved["parameters"]
    with pytest.raises(PerenneError, match="saved in format 99; this version reads format 1") as it:
        load_model(json.dumps(saved | {"format": 99}))
    assert "Fit the model again" in it.value.next_step
    with pytest.raises(PerenneError, match="No model is called Future"):
        load_model(json.dumps(saved | {"model": "Future"}))


def test_opportunities_that_are_the_same_for_all_are_one_number() -> None:
    data = donors()
    each = BetaGeoBetaBinomial().fit(data)
    rest = {name: data[name] for name in ("frequency", "recency")}
    one = BetaGeoBetaBinomial().fit(rest, periods=6)
    assert one.parameters == each.parameters
    np.testing.assert_array_equal(
        one.expected_purchases(3, **rest, periods=6), each.expected_purchases(3, **data)
    )


def test_a_contract_is_asked_about_periods_that_can_be() -> None:
    model = ShiftedBetaGeometric().fit(lives())
    for ask in (
        lambda wrong: model.survival(wrong),
        lambda wrong: model.churn_hazard(1 + wrong),
        lambda wrong: model.expected_remaining_life(tenure=wrong, horizon=3),
        lambda wrong: model.expected_remaining_life(tenure=1, horizon=wrong),
        lambda wrong: model.sample_remaining_life(tenure=wrong, rng=np.random.default_rng(1)),
    ):
        for wrong in (-1.0, np.nan):
            with pytest.raises(PerenneError, match="A number of periods is below"):
                ask(wrong)
    for rate in (-0.5, np.nan, np.inf):
        with pytest.raises(PerenneError, match=r"discount rate of .* per year cannot be used"):
            model.discounted_remaining_life(rate, tenure=1)
