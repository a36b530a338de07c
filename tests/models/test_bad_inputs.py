"""What no model may swallow: one table of situations, for every public model.

A new public model without a line in `CASES` fails `test_every_public_model_is_here`; a situation
that a model leaves out says why it cannot arise.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pytest

import perenne.models
from perenne.core import PerenneError
from perenne.models import (
    BetaGeo,
    BetaGeoBetaBinomial,
    CustomerLifetimeValue,
    DynamicParetoNBD,
    GammaGamma,
    Panel,
    ShiftedBetaGeometric,
    load_model,
)

Data = dict[str, Any]
CENTURIES = 1000 * 52.18  # a thousand years in weeks

SITUATIONS = (
    "repeat purchases with zero recency",
    "a recency beyond the tenure",
    "a negative value",
    "a missing value",
    "an infinite value",
    "no customers",
    "one customer",
    "nobody came back",
    "all spend equal",
    "a single day of history",
    "a horizon of 0",
    "a horizon of 1000 years",
    "a horizon below 0",
    "no table",
)


@cache
def buyers() -> Mapping[str, np.ndarray]:
    """500 customers with a lifetime, and regular buyers among them."""
    rng = np.random.default_rng(3)
    size = 500
    tenure = rng.uniform(20, 80, size)
    k = rng.gamma(3, 1, size)
    pace, life = rng.gamma(0.8, 1 / 5, size), rng.exponential(1 / rng.gamma(0.7, 1 / 15, size))
    rows = []
    for shape, speed, end in zip(k, pace, np.minimum(life, tenure), strict=True):
        gaps = rng.gamma(shape, 1 / (shape * speed), 400)
        times = gaps.cumsum()
        seen = times <= end
        last = times[seen][-1] if seen.any() else 0.0
        rows.append((seen.sum(), last, np.log(gaps[seen]).sum()))
    x, recency, logs = np.array(rows, dtype=float).T
    order = np.argsort(-x, kind="stable")  # the first one has many purchases
    columns = {"frequency": x, "recency": recency, "tenure": tenure, "log_intervals": logs}
    return {name: column[order] for name, column in columns.items()}


def some(*names: str) -> Data:
    return {name: buyers()[name].copy() for name in names}


def orders() -> Data:
    """Frequency and mean value; those without repeat orders have none."""
    rng = np.random.default_rng(4)
    x = buyers()["frequency"]
    value = rng.gamma(6 * np.maximum(x, 1)) / rng.gamma(4, 1 / 15, x.size) / np.maximum(x, 1)
    return {"frequency": x.copy(), "monetary_value": np.where(x > 0, value, np.nan)}


def donors() -> Data:
    rng = np.random.default_rng(5)
    chance, end = rng.beta(1.2, 0.75, 500), rng.geometric(rng.beta(0.7, 2.8, 500))
    gave = (rng.random((500, 6)) < chance[:, None]) & (np.arange(1, 7) < end[:, None])
    last = np.where(gave.any(axis=1), 6 - np.argmax(gave[:, ::-1], axis=1), 0)
    order = np.argsort(-last, kind="stable")
    columns = {"frequency": gave.sum(axis=1), "recency": last, "periods": np.full(500, 6)}
    return {name: column[order].astype(float) for name, column in columns.items()}


def lives() -> Data:
    """1,000 subscribers, Fader & Hardie (2007), High End."""
    return {
        "tenure": np.array([1.0, 2, 3, 4, 5, 6, 7, 7]),
        "churned": np.array([1.0, 1, 1, 1, 1, 1, 1, 0]),
        "weights": np.array([131.0, 126, 90, 60, 42, 34, 26, 491]),
    }


def rows_of_purchases() -> Data:
    """The buyers, purchase by purchase, until week 80."""
    rng = np.random.default_rng(6)
    x, recency, tenure = (buyers()[name] for name in ("frequency", "recency", "tenure"))
    who, time = [np.arange(500)], [80 - tenure]
    for person in np.flatnonzero(x):
        between = np.append(rng.random(int(x[person]) - 1), 1.0) * recency[person]
        who.append(np.full(between.size, person))
        time.append(80 - tenure[person] + between)
    return {"customer": np.concatenate(who), "time": np.concatenate(time)}


def first_becomes(**values: float) -> Callable[[Data], Data]:
    """The same data with the first row changed."""

    def changed(data: Data) -> Data:
        return {
            name: np.append(values[name], column[1:]) if name in values else column
            for name, column in data.items()
        }

    return changed


def all_become(**values: float) -> Callable[[Data], Data]:
    return lambda data: data | {name: np.full(_size(data), value) for name, value in values.items()}


def first(count: int) -> Callable[[Data], Data]:
    return lambda data: {name: column[:count] for name, column in data.items()}


def _size(data: Data) -> int:
    return int(np.size(next(iter(data.values()))))


@dataclass(frozen=True)
class Said:
    """What a change of the data brings: a refusal that reads like this, at `fit`."""

    change: Callable[[Data], Data]
    message: str


@dataclass(frozen=True)
class Case:
    """One model: good data, how to fit, how to predict, and what it says in each situation."""

    good: Callable[[], Data]
    fit: Callable[[Any], Any]
    predict: Callable[[Any, float, Data], Any]
    said: Mapping[str, Said]
    cannot: Mapping[str, str] = field(default_factory=dict)
    longest: str = ""  # the refusal of 1000 years, where there is one
    below: str = "A horizon is negative"
    saved: Callable[[Any], Any] = lambda fitted: fitted


def _bought(fitted: Any, horizon: float, data: Data) -> Any:
    return fitted.expected_purchases(horizon, **data)


NOTHING = {"frequency": 0.0, "recency": 0.0}
HISTORY: dict[str, Said] = {
    "repeat purchases with zero recency": Said(
        first_becomes(recency=0.0), "repeat purchases has zero recency .1 rows"
    ),
    "a recency beyond the tenure": Said(
        first_becomes(recency=999.0), "recency lies beyond the tenure .1 rows"
    ),
    "a negative value": Said(first_becomes(frequency=-1.0), "A value is negative"),
    "a missing value": Said(first_becomes(tenure=np.nan), "A value is missing or infinite"),
    "an infinite value": Said(first_becomes(tenure=np.inf), "A value is missing or infinite"),
    "no customers": Said(first(0), "There are no customers"),
    "one customer": Said(first(1), "One customer cannot"),
    "nobody came back": Said(all_become(**NOTHING, log_intervals=0.0), "(?i)no customer"),
    "a single day of history": Said(
        all_become(**NOTHING, tenure=0.0, log_intervals=0.0), "single day|No time|second time"
    ),
}
NO_SPEND = {"all spend equal": "it reads no amounts"}


def purchases(name: str, *extra: str) -> Case:
    model = getattr(perenne.models, name)
    return Case(
        good=lambda: some("frequency", "recency", "tenure", *extra),
        fit=lambda data: model().fit(data),
        predict=_bought,
        said=HISTORY,
        cannot=NO_SPEND,
    )


def contract(name: str) -> Case:
    model = getattr(perenne.models, name)
    return Case(
        good=lives,
        fit=lambda data: model().fit(data),
        predict=lambda fitted, horizon, data: fitted.probability_alive(
            horizon, tenure=data["tenure"]
        ),
        said={
            "a recency beyond the tenure": Said(
                lambda data: data | {"entered": np.append(9.0, np.zeros(7))}, "came into view later"
            ),
            "a negative value": Said(first_becomes(tenure=-1.0), "not a whole number of periods"),
            "a missing value": Said(first_becomes(tenure=np.nan), "missing or infinite"),
            "an infinite value": Said(first_becomes(tenure=np.inf), "missing or infinite"),
            "no customers": Said(first(0), "There are no customers"),
            "one customer": Said(
                lambda data: {
                    name: column[-2:] if name != "weights" else np.full(2, 0.5)
                    for name, column in (
                        data | {"tenure": np.append(data["tenure"][:-1], 9)}
                    ).items()
                },
                "One customer cannot",
            ),
            "nobody came back": Said(all_become(churned=0.0), "Nobody has left"),
            "a single day of history": Said(
                all_become(tenure=0.0, churned=0.0), "Nobody has left: there is no churn"
            ),
        },
        cannot={
            "repeat purchases with zero recency": "contracts have no purchases",
            "all spend equal": "it reads no amounts",
        },
        below="A number of periods is below 0",
    )


def _donor_said() -> dict[str, Said]:
    more = "there are more purchases than opportunities"
    return HISTORY | {
        "repeat purchases with zero recency": Said(first_becomes(recency=0.0), more),
        "a recency beyond the tenure": Said(first_becomes(recency=9.0), more),
        "a missing value": Said(first_becomes(periods=np.nan), "missing or infinite"),
        "an infinite value": Said(first_becomes(periods=np.inf), "missing or infinite"),
        "nobody came back": Said(all_become(**NOTHING), "No customer bought at any opportunity"),
        "a single day of history": Said(
            all_become(**NOTHING, periods=1.0), "No customer had two opportunities"
        ),
    }


def _dynamic() -> Case:
    everyone = np.arange(500)
    sale = {
        "customer": np.tile(everyone, 8),
        "start": np.repeat(np.arange(8) * 10.0, 500) + np.tile(everyone % 5, 8),
        "end": np.repeat(np.arange(8) * 10.0, 500) + np.tile(everyone % 5, 8) + 4.0,
        "sale": np.ones(4000),
    }
    panel = Panel.of(sale, otherwise=0)
    model = DynamicParetoNBD(life=(), ridge=1.0)

    def said(change: Callable[[Data], Data], message: str) -> Said:
        return Said(change, message)

    def predicted(fitted: Any, horizon: float, data: Data) -> Any:
        history = {name: column[:3] for name, column in some(*PLAIN).items()}
        return fitted.expected_purchases(horizon, **history, customer=everyone[:3], panel=panel)

    return Case(
        good=rows_of_purchases,
        fit=lambda data: model.fit(data, until=80.0, panel=panel),
        predict=predicted,
        said={
            "a recency beyond the tenure": said(
                first_becomes(time=999.0), "lies after the end of observation"
            ),
            "a missing value": said(first_becomes(time=np.nan), "A purchase has no time"),
            "an infinite value": said(first_becomes(time=-np.inf), "A purchase has no time"),
            "no customers": said(first(0), "Rows of purchases need a customer"),
            "one customer": said(all_become(customer=0.0), "One customer cannot"),
            "nobody came back": said(first(500), "No customer bought a second time"),
            "a single day of history": said(
                lambda data: {"customer": everyone, "time": np.full(500, 80.0)},
                "No time has passed",
            ),
        },
        cannot={
            "repeat purchases with zero recency": "purchases at one time count once",
            "a negative value": "times may lie before the origin",
            "all spend equal": "it reads no amounts",
        },
    )


PLAIN = ("frequency", "recency", "tenure")


def _value() -> Case:
    def fit(data: Any) -> Any:
        history = some(*PLAIN)
        return CustomerLifetimeValue(BetaGeo().fit(history), GammaGamma().fit(orders())), data

    def predict(model: Any, horizon: float, data: Data) -> Any:
        given = some(*PLAIN) | orders() if data is None else data
        return model[0].predict(horizon, data=given, draws=0).expected_value[0]

    return Case(
        good=lambda: some(*PLAIN) | orders(),
        fit=lambda data: _told(fit(data), data),
        predict=predict,
        said={
            **{
                name: said
                for name, said in HISTORY.items()
                if name not in ("one customer", "nobody came back", "a single day of history")
            },
            "an infinite value": Said(
                first_becomes(monetary_value=np.inf), "has no monetary value"
            ),
        },
        cannot=dict.fromkeys(
            ("one customer", "nobody came back", "a single day of history"),
            "the models below it have been fitted",
        )
        | {"all spend equal": "Gamma-Gamma refuses it"},
        longest="lies beyond 100 years",
        saved=lambda model: model[0].purchases,
    )


def _told(model: Any, data: Any) -> Any:
    """A value has no fit of its own: bad data meet it at the prediction."""
    model[0].predict(12.0, data=data, draws=0)
    return model


CASES: dict[str, Case] = {
    "BetaGeo": purchases("BetaGeo"),
    "ModifiedBetaGeo": purchases("ModifiedBetaGeo"),
    "BetaGeoCNBD": purchases("BetaGeoCNBD", "log_intervals"),
    "ModifiedBetaGeoCNBD": purchases("ModifiedBetaGeoCNBD", "log_intervals"),
    "ParetoNBD": purchases("ParetoNBD"),
    "ParetoGGG": purchases("ParetoGGG", "log_intervals"),
    "BetaGeoBetaBinomial": Case(
        good=donors,
        fit=lambda data: BetaGeoBetaBinomial().fit(data),
        predict=lambda fitted, horizon, data: fitted.expected_purchases(
            min(round(horizon), 1000), **data
        ),
        said=_donor_said(),
        cannot=NO_SPEND,
    ),
    "ShiftedBetaGeometric": contract("ShiftedBetaGeometric"),
    "BetaDiscreteWeibull": contract("BetaDiscreteWeibull"),
    "GammaGamma": Case(
        good=orders,
        fit=lambda data: GammaGamma().fit(data),
        predict=lambda fitted, horizon, data: fitted.expected_value(**data),
        said={
            "a negative value": Said(first_becomes(frequency=-1.0), "frequency is negative"),
            "a missing value": Said(first_becomes(monetary_value=np.nan), "has no monetary value"),
            "an infinite value": Said(first_becomes(monetary_value=np.inf), "no monetary value"),
            "no customers": Said(first(0), "There are no customers"),
            "one customer": Said(first(1), "Only 1 customers have repeat purchases with a value"),
            "nobody came back": Said(all_become(frequency=0.0), "Only 0 customers"),
            "all spend equal": Said(
                all_become(frequency=2.0, monetary_value=20.0), "All customers spend the same, 20"
            ),
        },
        cannot=dict.fromkeys(
            (
                "repeat purchases with zero recency",
                "a recency beyond the tenure",
                "a single day of history",
                "a horizon below 0",
            ),
            "it reads no times",
        ),
    ),
    "DynamicParetoNBD": _dynamic(),
    "CustomerLifetimeValue": _value(),
}


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
