"""Probability models behind the interface of contenders."""

from dataclasses import dataclass

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.contenders.probability import (
    ProbabilityContender,
    probability_contender,
    spend_evidence,
    weekly_history,
)
from perenne.models.ledger import Ledger
from tests.models.tiny_beta_geo import tiny


@dataclass(frozen=True)
class Given:
    """A purchase model whose fit is known."""

    def fit(self, **_data):
        return tiny(r=0.6, alpha=8.0, a=0.8, b=3.0)


def ledger(rng, customers, *, weeks=78, returned=0.1):
    """A BG/NBD shop with Gamma-Gamma values; a share of every tenth order comes back."""
    truth = tiny(r=0.6, alpha=8.0, a=0.8, b=3.0)
    birth = rng.integers(0, 26 * 7, customers)
    zero = np.zeros(customers)
    times = truth.times(float(weeks), zero, zero, zero, rng=rng)
    who = np.tile(np.arange(customers), len(times))
    kept = np.isfinite(times.ravel())
    who = np.concatenate((np.arange(customers), who[kept]))
    age = np.concatenate((zero, np.ceil(times.ravel()[kept] * 7)))
    day = birth[who] + age.astype(int)
    inside = day <= weeks * 7
    who, day = who[inside], day[inside]
    key = np.unique(who * 10_000 + day)
    who, day = key // 10_000, key % 10_000
    nu = rng.gamma(4, 1 / 15, customers)
    net = rng.gamma(6, size=who.size) / nu[who]
    return Ledger(
        customer=who.astype(np.int32),
        day=day.astype(np.int32),
        orders=np.ones(who.size, dtype=np.int32),
        net=net,
        returned=np.where(rng.random(who.size) < returned, net, 0),
        margin=0.4 * net,
        until=weeks * 7,
        customer_ids=np.arange(customers),
    )


WHOLE = ledger(np.random.default_rng(1), 1500)
PAST = WHOLE.as_of(52 * 7)


@pytest.fixture(scope="module")
def forecast():
    rng = np.random.default_rng(2)
    fitted = ProbabilityContender("given", Given()).fit(PAST, horizon=182, rng=rng)
    return fitted.forecast(PAST, horizon=182, draws=60, rng=rng)


def test_forecast_has_the_shapes_and_kinds_of_the_contract(forecast):
    size = PAST.customers
    assert forecast.mean_orders.shape == forecast.mean_value.shape == (size,)
    assert (forecast.orders.shape, forecast.orders.dtype) == ((60, size), np.int32)
    assert (forecast.value.shape, forecast.value.dtype) == ((60, size), np.float32)
    assert (forecast.value[forecast.orders == 0] == 0).all()
    assert (forecast.value[forecast.orders > 0] > 0).all()


def test_draws_agree_with_the_mean_and_with_what_happened(forecast):
    actual = WHOLE.outcome(PAST, horizon=182)
    orders = forecast.orders.sum(axis=1)
    assert orders.mean() == pytest.approx(forecast.mean_orders.sum(), rel=0.05)
    assert forecast.value.sum(axis=1).mean() == pytest.approx(forecast.mean_value.sum(), rel=0.06)
    assert actual.orders.sum() == pytest.approx(forecast.mean_orders.sum(), rel=0.15)
    assert actual.value.sum() == pytest.approx(forecast.mean_value.sum(), rel=0.2)


def test_returns_are_taken_off(forecast):
    sold = PAST.net.sum()
    share = PAST.returned.sum() / sold
    fitted = ProbabilityContender("given", Given()).fit(
        PAST, horizon=182, rng=np.random.default_rng(3)
    )
    assert fitted.returns.shop == pytest.approx(share)
    gross = fitted.purchases.expected_purchases(26.0, **weekly_history(PAST))
    frequency, value = spend_evidence(PAST)
    gross = gross * fitted.spend.expected_value(frequency=frequency, monetary_value=value)
    assert forecast.mean_value.sum() / gross.sum() == pytest.approx(1 - share, abs=0.05)


def test_no_draws_leave_the_mean():
    rng = np.random.default_rng(4)
    fitted = ProbabilityContender("given", Given()).fit(PAST, horizon=182, rng=rng)
    bare = fitted.forecast(PAST, horizon=182, draws=0, rng=rng)
    assert bare.orders is None
    assert bare.mean_value.sum() > 0


def test_log_intervals_are_those_between_purchase_days():
    found = PAST.log_intervals(unit=7)
    for customer in (0, 5, 77):
        days = PAST.day[PAST.customer == customer]
        assert found[customer] == pytest.approx(np.log(np.diff(days) / 7).sum())
    assert (found[weekly_history(PAST)["frequency"] == 0] == 0).all()


def test_negative_repeat_orders_say_nothing_of_value():
    rows = Ledger(
        customer=np.array([0, 0, 1, 1], dtype=np.int32),
        day=np.array([1, 5, 2, 9], dtype=np.int32),
        orders=np.ones(4, dtype=np.int32),
        net=np.array([10.0, -4.0, 10.0, 30.0]),
        returned=np.zeros(4),
        margin=np.zeros(4),
        until=20,
        customer_ids=np.arange(2),
    )
    frequency, value = spend_evidence(rows)
    np.testing.assert_array_equal(frequency, [0, 1])
    np.testing.assert_array_equal(value, [np.nan, 30])


@pytest.mark.parametrize(
    "name",
    [
        "bg_nbd",
        "mbg_nbd",
        "pareto_nbd",
        *(pytest.param(slow, marks=pytest.mark.slow) for slow in ("bg_cnbd", "mbg_cnbd")),
    ],
)
def test_each_model_forecasts_the_simulated_shop(name):
    rng = np.random.default_rng(5)
    fitted = probability_contender(name).fit(PAST, horizon=182, rng=rng)
    found = fitted.forecast(PAST, horizon=182, draws=40, rng=rng)
    actual = WHOLE.outcome(PAST, horizon=182)
    assert fitted.name == name
    assert found.mean_orders.sum() == pytest.approx(actual.orders.sum(), rel=0.2)
    drawn = np.median(found.orders.sum(axis=1))
    assert drawn == pytest.approx(found.mean_orders.sum(), rel=0.15)
    assert found.mean_value.sum() == pytest.approx(actual.value.sum(), rel=0.25)


@pytest.mark.slow
def test_regularity_is_refused_where_purchases_come_at_random():
    with pytest.raises(PerenneError, match="how regularly they buy"):
        probability_contender("pareto_ggg").fit(PAST, horizon=182, rng=np.random.default_rng(5))


def test_unknown_name_is_refused():
    with pytest.raises(PerenneError, match="called magic") as refusal:
        probability_contender("magic")
    assert "bg_nbd" in refusal.value.next_step
