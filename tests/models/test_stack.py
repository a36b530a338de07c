"""The stack: what its models know of each past, longer horizons, and calibrated draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.contenders import stack
from perenne.models.contenders.beyond import CARRYING, PURCHASES, Beyond, purchase_model
from perenne.models.contenders.examples import Describe, Described, learnt_horizon
from perenne.models.contenders.learners import FittedHurdle
from perenne.models.contenders.stack import TRUST, AsOf, Stack, described, expectations
from perenne.models.forecast import Forecast
from perenne.models.judging.scores import score
from perenne.models.ledger import Ledger
from tests.models.learning_shops import shop
from tests.models.shops import ledger_of

HORIZON = 180


def chance(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def reads_the_past_only(build: Callable[[Ledger], Describe], whole: Ledger, origin: int) -> bool:
    """Whether what is said as of `origin` stays when all that happened later is another story."""
    later = whole.day > origin
    kept = ~later | (chance(7).random(later.size) < 0.3)
    columns = ("customer", "day", "orders", "net", "returned", "margin")
    other = replace(
        whole,
        **{name: getattr(whole, name)[kept] for name in columns},
        columns={name: column[kept] for name, column in whole.columns.items()},
    )
    other = replace(other, net=np.where(other.day > origin, 9 * other.net, other.net))
    other = other.as_of(whole.until)
    one, two = (build(ledger)(ledger.as_of(origin)) for ledger in (whole, other))
    return all(
        np.array_equal(a, b, equal_nan=True)
        for a, b in (
            (one.features.values, two.features.values),
            (one.value, two.value),
            (one.further, two.further),
        )
    )


def test_the_model_of_an_example_sees_nothing_after_its_day() -> None:
    whole = shop(700, rng=chance())

    def honest(_ledger: Ledger) -> Describe:
        return AsOf(HORIZON, PURCHASES, TRUST, chance())

    def leaking(ledger: Ledger) -> Describe:
        """Planted: the model of all days describes an earlier one."""
        fitted = purchase_model(ledger, horizon=HORIZON, rng=chance())
        assert fitted is not None

        def describe(past: Ledger) -> Described:
            return described(past, fitted, horizon=HORIZON)

        return describe

    assert reads_the_past_only(honest, whole, whole.until - 300)
    assert not reads_the_past_only(leaking, whole, whole.until - 300)


class _Handed(Exception):  # it stops a fit, and is no error
    """What the stack hands to the learner."""

    def __init__(self, given: dict[str, Describe]) -> None:
        super().__init__()
        self.given = given


def test_what_is_learnt_from_is_described_as_of_each_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack hands the learner a description that is honest, and one model for today."""

    def handed(_name: str, _ledger: Ledger, *, describe: Describe, now: Describe, **_: int) -> None:
        raise _Handed({"describe": describe, "now": now})

    monkeypatch.setattr(stack, "learn", handed)
    whole = shop(700, rng=chance())
    with pytest.raises(_Handed) as stopped:
        Stack().fit(whole, horizon=HORIZON, rng=chance())
    given = stopped.value.given
    assert isinstance(given["describe"], AsOf)
    np.testing.assert_allclose(given["now"](whole).value, given["describe"](whole).value)


def test_features_hold_what_the_models_expect() -> None:
    whole = shop(700, rng=chance())
    model = purchase_model(whole, horizon=HORIZON, rng=chance())
    assert model is not None
    told = expectations(model, whole, horizon=HORIZON)
    said = model.forecast(whole, horizon=HORIZON, draws=0, rng=chance())
    np.testing.assert_allclose(told["model_orders"], said.mean_orders)
    np.testing.assert_allclose(told["model_value"], said.mean_value)
    found = described(whole, model, horizon=HORIZON).features
    np.testing.assert_allclose(found.column("model_value"), said.mean_value, rtol=1e-6)


@pytest.fixture(scope="module")
def fitted() -> tuple[Ledger, Ledger, FittedHurdle]:
    whole = shop(2500, rng=chance(5))
    past = whole.as_of(whole.until - HORIZON)
    return whole, past, Stack().fit(past, horizon=HORIZON, rng=chance())


def test_intervals_hold_nine_customers_in_ten(
    fitted: tuple[Ledger, Ledger, FittedHurdle],
) -> None:
    whole, past, learnt = fitted
    actual = whole.outcome(past, horizon=HORIZON)
    told = learnt.forecast(past, horizon=HORIZON, draws=150, rng=chance())
    found = score(told, actual, rng=chance())
    assert 0.88 <= found.pit90 <= 0.92
    assert abs(found.bias) < 0.12
    orders = score(told, actual, rng=chance(), quantity="orders")
    assert 0.88 <= orders.pit90 <= 0.92


def test_a_longer_horizon_is_carried_on(fitted: tuple[Ledger, Ledger, FittedHurdle]) -> None:
    _whole, past, learnt = fitted
    near, far = (
        learnt.forecast(past, horizon=days, draws=100, rng=chance()) for days in (180, 365)
    )
    assert (far.mean_orders >= near.mean_orders).all()
    assert (far.mean_value >= near.mean_value).all()
    assert far.mean_value.sum() < near.mean_value.sum() * 365 / 180
    assert far.value is not None
    assert far.orders is not None
    assert far.value.mean(axis=0).sum() == pytest.approx(far.mean_value.sum(), rel=0.05)
    assert far.orders.mean(axis=0).sum() == pytest.approx(far.mean_orders.sum(), rel=0.05)
    assert near.orders is not None
    # Whoever buys more than expected in a future goes on so in it.
    bought = (near.orders == 0, near.orders > 0)
    none, some = ((far.orders - near.orders)[one].mean() for one in bought)
    assert some > 1.5 * none
    with pytest.raises(PerenneError, match="in 180 days, not in 90"):
        learnt.forecast(past, horizon=90, draws=0, rng=chance())


def test_a_horizon_as_long_as_the_history_is_learnt_in_part() -> None:
    whole = shop(900, rng=chance(), days=400)
    days = learnt_horizon(whole, 365)
    assert days == (whole.until - int(whole.day.min())) // 2
    learnt = Stack().fit(whole, horizon=365, rng=chance())
    assert learnt.horizon == days
    told = learnt.forecast(whole, horizon=365, draws=0, rng=chance())
    assert np.isfinite(told.mean_value).all()
    assert told.mean_value.sum() > 0


def test_too_little_is_refused_before_anything_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_args: object, **_given: object) -> None:
        raise AssertionError("a model was fitted")

    monkeypatch.setattr(stack, "purchase_model", never)
    for customers, days in ((150, 900), (900, 100)):
        whole = shop(customers, rng=chance(), days=days)
        with pytest.raises(PerenneError, match="too short to learn"):
            Stack().fit(whole, horizon=365, rng=chance())


def subscribers(rng: np.random.Generator, *, customers: int = 900, days: int = 900) -> Ledger:
    """A payment a month, of which one in ten is the last, for shares of ten that differ."""
    rows = []
    for who, joined in enumerate(rng.uniform(0, days, customers)):
        paid, gone = joined, rng.beta(1, 9)
        while paid < days:
            rows.append((who, int(paid), 20.0))
            if rng.random() < gone:
                break
            paid += 30.44
    return ledger_of(rows, until=days)


def test_who_carries_a_forecast_on_lets_customers_leave() -> None:
    ledger = subscribers(chance(1))
    usual = purchase_model(ledger, horizon=365, rng=chance())
    carries = purchase_model(ledger, horizon=365, rng=chance(), names=CARRYING)
    assert usual is not None
    assert usual.name == "nbd"
    assert carries is not None
    near = Forecast(np.ones(ledger.customers), np.full(ledger.customers, 20.0))
    told = [
        Beyond(model).extend(near, ledger, days=(365, 1096), rng=chance()).mean_orders.sum()
        for model in (usual, carries)
    ]
    assert told[0] > 2.99 * ledger.customers
    assert told[1] < 2.7 * ledger.customers
