"""Shops that sell on occasions: found, counted by hand, forecast without the overshoot."""

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.contenders.occasions import (
    BetaGeoBetaBinomialContender,
    Occasions,
    find_occasions,
)
from perenne.models.contenders.probability import probability_contender
from perenne.models.ledger import Ledger, day_number
from tests.models.shops import ledger_of, shop

MONTHS = [np.datetime64("2022-01", "M") + k for k in range(30)]


def boxes(seed: int = 1, customers: int = 3_000) -> Ledger:
    """A monthly box, sent on the 5th: bought or not each month, until the customer leaves."""
    rng = np.random.default_rng(seed)
    chance, leaving = rng.beta(1.2, 0.8, customers), rng.beta(0.6, 4.0, customers)
    born = rng.integers(0, 12, customers)
    life = rng.geometric(leaving)
    days = [int((month.astype("datetime64[D]") + 4).astype(int)) for month in MONTHS]
    rows = [
        (who, days[month], float(rng.gamma(6.0, 5.0)))
        for who in range(customers)
        for month in range(born[who], len(MONTHS))
        if month == born[who] or (month - born[who] < life[who] and rng.random() < chance[who])
    ]
    return ledger_of(rows, until=days[-1] + 3)


def test_months_of_unequal_length_are_occasions_and_any_day_is_none():
    found = find_occasions(boxes(customers=200))
    assert found is not None
    assert found.first == 18_997  # 5 January 2022
    assert found.step == pytest.approx(30.44, abs=0.1)
    assert find_occasions(shop(np.random.default_rng(1), customers=100)) is None


def test_a_skipped_occasion_is_counted():
    days = [0, 28, 56, 84, 140, 168]
    found = find_occasions(ledger_of([(1, day, 10.0) for day in days], until=170))
    assert found == Occasions(0, pytest.approx(28.0))
    assert [found.passed(day) for day in (0, 27, 28, 167, 168)] == [0, 1, 1, 6, 6]


def test_counts_by_hand():
    # Customer 1 takes occasions 0, 1 (two days near it) and 3; customer 2 takes 2 only.
    rows = [(1, 0, 5.0), (1, 30, 5.0), (1, 91, 5.0), (2, 61, 9.0), (3, 0, 1.0), (3, 122, 1.0)]
    ledger = ledger_of(rows, until=125)
    fitted_on = find_occasions(ledger)
    assert fitted_on is not None
    from perenne.models.contenders import occasions

    taken = occasions._taken(ledger, fitted_on)
    assert taken["frequency"].tolist() == [2, 0, 1]
    assert taken["recency"].tolist() == [3, 0, 4]
    assert taken["periods"].tolist() == [4, 2, 4]


def test_the_total_of_the_next_year_is_met_where_continuous_time_overshoots():
    whole = boxes()
    rng = np.random.default_rng(2)
    past = whole.as_of(day_number(np.datetime64("2023-06-08").item()))
    actual = whole.outcome(past, horizon=365)
    told = {
        name: contender.fit(past, horizon=365, rng=rng).forecast(
            past, horizon=365, draws=60, rng=rng
        )
        for name, contender in (
            ("bg_bb", BetaGeoBetaBinomialContender()),
            ("nbd", probability_contender("nbd")),
        )
    }
    miss = {name: one.mean_orders.sum() / actual.orders.sum() - 1 for name, one in told.items()}
    assert abs(miss["bg_bb"]) < 0.05
    assert abs(miss["nbd"]) > 0.3
    ours = told["bg_bb"]
    assert ours.orders.max() <= 12
    low, high = np.quantile(ours.orders.sum(axis=1), (0.01, 0.99))
    assert low < actual.orders.sum() < high
    assert ours.mean_value.sum() == pytest.approx(ours.mean_orders.sum() * 30, rel=0.1)


def test_refusals_name_the_reason():
    rng = np.random.default_rng(3)
    with pytest.raises(PerenneError, match="Orders come on any day"):
        BetaGeoBetaBinomialContender().fit(shop(rng, customers=300), horizon=90, rng=rng)
    past = boxes(customers=400)
    fitted = BetaGeoBetaBinomialContender().fit(past, horizon=90, rng=rng)
    with pytest.raises(PerenneError, match="No occasion falls in the next 10 days") as refusal:
        fitted.forecast(past, horizon=10, draws=2, rng=rng)
    assert "31 days" in refusal.value.next_step
