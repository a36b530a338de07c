"""Past predictions against what happened since."""

from dataclasses import replace

import numpy as np
import pytest

from perenne.models.judging.drift import Prediction, drift
from tests.models.shops import ledger_of

N = 200


def sold(*, level=1.0, until=200, even=False):
    """Customer i buys for 10 i (or all alike) on each tenth day after day 100."""
    rows = [(who, 50, 5.0) for who in range(N)]
    for who in range(N):
        amount = level * (N / 2 if even else who + 1) / 2
        rows += [(who, day, amount) for day in range(110, until + 1, 10)]
    return ledger_of(rows, until=until)


def prediction(**changes):
    expected = 10 * (np.arange(N) + 1) / 2
    total = expected.sum()
    return replace(
        Prediction(100, 100, np.arange(N), expected, 0.9 * total, 1.1 * total), **changes
    )


def test_a_right_prediction_needs_no_refit():
    told = drift(sold(), prediction())
    assert (told.days, told.bias, told.refit) == (100, pytest.approx(0), False)
    assert told.slope == pytest.approx(1)
    assert told.gini == pytest.approx(1)


def test_a_part_of_the_horizon_is_judged_to_date():
    told = drift(sold(until=150), prediction())
    assert told.days == 50
    assert told.expected == pytest.approx(told.actual)
    assert told.low / told.expected == pytest.approx(1 - 0.1 / np.sqrt(0.5))
    assert not told.refit


def test_a_known_rhythm_is_used():
    late = np.concatenate([np.full(50, 0.1), np.full(50, 1.0)])
    told = drift(sold(until=150), prediction(by_day=late))
    assert told.expected == pytest.approx(0.2 * told.actual)
    assert told.refit


def test_a_total_outside_its_interval_asks_for_a_refit():
    told = drift(sold(level=1.5), prediction())
    assert told.bias == pytest.approx(-1 / 3)
    assert "outside the 90% interval" in told.reasons[0]
    assert told.slope == pytest.approx(1.5)
    assert "slope 1.50" in told.reasons[1]


def test_lost_differences_ask_for_a_refit():
    told = drift(sold(even=True), prediction())
    assert told.low < told.actual < told.high
    (reason,) = told.reasons
    assert "slope 0.00" in reason


def test_age_alone_asks_for_a_refit():
    double = prediction()
    said = {"expected": 2 * double.expected, "total_low": 1.0, "total_high": 1e9}
    told = drift(sold(until=290), prediction(horizon=200, **said))
    assert told.reasons == ("the prediction is 190 days old",)
    assert drift(sold(until=201), prediction()).reasons == ("the prediction is 101 days old",)


def test_on_the_first_days_nothing_is_judged():
    told = drift(sold(level=9.0, until=103), prediction())
    assert not told.refit
    assert np.isnan(told.slope)
    same_day = drift(sold(until=100), prediction())
    assert (same_day.days, same_day.expected, same_day.refit) == (0, 0, False)


def test_customers_since_erased_have_bought_nothing():
    told = drift(sold(), prediction(customer_ids=np.arange(N) + 100))
    assert told.refit
