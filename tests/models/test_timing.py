"""When value comes, and what keeping customers costs."""

import numpy as np
import pyarrow as pa
import pytest

from perenne.models.contenders.probability import FittedProbability, probability_contender
from perenne.models.forecast import Forecast
from perenne.models.margins import MarginRate
from perenne.models.outlook import mean_discount, of_customers, of_groups
from perenne.models.predicting import Ahead, Groups, Least, Terms, rising
from perenne.models.timing import Timing, cost_of_keeping, even_timing, timings
from tests.models.shops import ledger_of, shop

RATE = 0.10


class Leaving:
    """Orders at one a week while a customer, who leaves at the rate `leaving` a week."""

    def __init__(self, leaving, alive):
        self.leaving, self.alive = leaving, np.array(alive)

    def expected_purchases(self, time, *, frequency, **_history):
        alive = self.alive[frequency.astype(int)]
        return alive * (-np.expm1(-self.leaving * time) / self.leaving)

    def probability_alive(self, *, frequency, **_history):
        return self.alive[frequency.astype(int)]


@pytest.fixture
def two():
    """One order, and two orders: the rows of two customers."""
    return ledger_of([(0, 0, 9.0), (1, 0, 9.0), (1, 50, 9.0)], until=100)


def test_discount_and_stay_by_hand(two):
    leaving = 0.02
    model = FittedProbability("leaving", Leaving(leaving, [0.2, 0.8]), None, None)
    found = timings(two, model, [12, 36], rate=RATE)
    force = np.log1p(RATE) * 7 / 365.25
    for horizon in (12, 36):
        weeks = horizon / 12 * 365.25 / 7
        both = leaving + force
        owed = -np.expm1(-both * weeks) / both
        plain = -np.expm1(-leaving * weeks) / leaving
        assert found[horizon].discount == pytest.approx(owed / plain, rel=1e-3)
        years = owed * 7 / 365.25
        assert found[horizon].stay == pytest.approx(np.array([0.2, 0.8]) * years, rel=5e-3)
        assert (found[horizon].discount > mean_discount(horizon, rate=RATE)).all()


def test_who_never_leaves_orders_evenly(two):
    model = FittedProbability("leaving", Leaving(1e-9, [1.0, 1.0]), None, None)
    found = timings(two, model, [24], rate=RATE)[24]
    even = even_timing(2, 24, rate=RATE)
    assert found.discount == pytest.approx(even.discount, rel=2e-4)
    assert found.stay == pytest.approx(even.stay, rel=1e-3)


def test_of_a_fitted_model_later_value_counts_less_and_nobody_stays_longer_than_the_horizon():
    ledger = shop(np.random.default_rng(2), customers=400)
    model = probability_contender("mbg_nbd").fit(ledger, horizon=365, rng=np.random.default_rng(1))
    found = timings(ledger, model, (12, 24, 36), rate=RATE)
    assert (found[36].discount < found[24].discount).all()
    assert (found[24].discount < found[12].discount).all()
    for months, timing in found.items():
        assert (timing.stay >= 0).all()
        assert (timing.stay <= even_timing(400, months, rate=RATE).stay + 1e-9).all()


def test_keeping_costs_are_those_of_who_is_still_a_customer():
    """300 spent last year on one who is surely there and one who has half left: 200 each."""
    alive = np.array([1.0, 0.5, 0.0])
    year = Timing(np.ones(3), alive * 1.0)
    assert cost_of_keeping(300.0, year, alive) == pytest.approx([200.0, 100.0, 0.0])
    leaves = Timing(np.ones(3), np.array([0.5, 0.5, 0.0]))
    assert cost_of_keeping(300.0, leaves, alive) == pytest.approx([100.0, 100.0, 0.0])
    assert cost_of_keeping(300.0, year, np.zeros(3)) == pytest.approx([0.0, 0.0, 0.0])


def test_without_a_model_each_known_customer_costs_the_same():
    cost = cost_of_keeping(300.0, even_timing(3, 12, rate=0.0), np.ones(3))
    assert cost == pytest.approx([100.0, 100.0, 100.0])


def test_discounts_differ_between_customers_and_totals_follow():
    value = np.array([[10.0, 0.0], [20.0, 40.0]], dtype=np.float32)
    told = Forecast(np.array([1.0, 1.0]), value.mean(axis=0).astype(float), value > 0, value)
    factor = np.array([0.9, 0.5])
    assert of_customers(told, factor=factor).mean == pytest.approx([13.5, 10.0])
    both = of_groups(told, np.array([0, 0]), count=1, factor=factor)
    assert both.mean == pytest.approx([23.5])
    assert both.quantiles["median"] == pytest.approx([(9.0 + 38.0) / 2])


def test_a_longer_horizon_is_never_less_likely_nor_worth_less():
    names = ("p_order_{}m", *(f"clv_{{}}m_{name}" for name in ("median", "lo50", "hi50")))
    ends = ("lo90", "lo50", "hi50", "hi90")
    margins = tuple(f"clv_margin_{{}}m_{end}" for end in ends)
    every = (*names, "clv_{}m_lo90", "clv_{}m_hi90", *margins)
    columns = {name.format(n): pa.array([0.3, 0.2]) for name in every for n in (12, 24)}
    columns["p_order_24m"] = pa.array([0.2, 0.4])
    found = rising(columns, (12, 24))
    assert found["p_order_12m"].to_pylist() == [0.25, 0.2]
    assert found["p_order_24m"].to_pylist() == [0.25, 0.4]
    assert [float(one) for one in found["clv_24m_hi90"].to_pylist()] == [0.3, 0.2]


def test_a_margin_rises_with_the_horizon_unless_a_loss_is_in_sight():
    ends = ("lo90", "lo50", "hi50", "hi90")
    stems = ("p_order_{}m", *(f"clv_{{}}m_{end}" for end in ("median", *ends)))
    stems += tuple(f"clv_margin_{{}}m_{end}" for end in ends)
    columns = {stem.format(n): pa.array([3.0, 3.0]) for stem in stems for n in (12, 24)}
    columns["clv_margin_24m_hi50"] = pa.array([2.0, 2.0])
    columns["clv_margin_24m_lo90"] = pa.array([3.0, -1.0])
    found = rising(columns, (12, 24))
    told = [[float(one) for one in found[f"clv_margin_{n}m_hi50"].to_pylist()] for n in (12, 24)]
    assert told == [[2.5, 3.0], [2.5, 2.0]]


def test_the_margin_of_a_longer_time_is_no_lower_where_value_leaves_something():
    """Rates of both horizons are learnt apart: here those of the longer one are lower."""
    size = 3
    groups = [Groups("all", [None], np.zeros(size, dtype=np.int64))]

    def told(months, value, rate, least=None):
        rates = MarginRate(np.array(rate), np.zeros(size))
        terms = Terms(months, np.ones(size), rates, None, least)
        ahead = Ahead(terms, groups, shifts=np.zeros(0, dtype=np.float32))
        ahead.add(Forecast(np.ones(size), np.array(value)), slice(0, size), rng=None)
        return ahead

    first = told(12, [100.0, 100, 100], [0.4, 0.4, -0.1])
    then = told(24, [110.0, 300, 200], [0.3, 0.3, -0.1], first.least())
    (total,) = then.rows(learnt=None)
    found = then.columns()["clv_margin_24m"].to_pylist()
    assert found == [40, 90, -20]
    assert total["margin_mean"] == pytest.approx(110)
    assert isinstance(first.least(), Least)
