"""What no model may swallow: data, and what each public model says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

import perenne.models
from perenne.models import (
    BetaGeo,
    BetaGeoBetaBinomial,
    CustomerLifetimeValue,
    DynamicParetoNBD,
    GammaGamma,
    Panel,
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


def some(*names: str, customers: int = 500) -> Data:
    """Columns of every so many-th of the buyers."""
    return {name: buyers()[name][:: 500 // customers].copy() for name in names}


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


def purchases(name: str, *extra: str, customers: int = 500) -> Case:
    model = getattr(perenne.models, name)
    return Case(
        good=lambda: some("frequency", "recency", "tenure", *extra, customers=customers),
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
    "ExponentialNBD": purchases("ExponentialNBD"),
    "ParetoGGG": purchases("ParetoGGG", "log_intervals", customers=125),
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
