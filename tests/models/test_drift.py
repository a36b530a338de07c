"""Past predictions against what happened since."""

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from perenne.models.earlier import Earlier, curve
from perenne.models.earlier import prediction as earlier_prediction
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
    # All chance: it falls by the root of the part, and 95% is wider than 90%.
    assert told.low / told.expected == pytest.approx(1 - 0.1 * 1.96 / 1.645 / np.sqrt(0.5))
    assert not told.refit


def test_the_error_of_the_level_is_the_same_part_on_any_day():
    told = drift(sold(until=125), prediction(level_spread=0.1 / 1.645))
    assert told.low / told.expected == pytest.approx(1 - 1.96 * 0.1 / 1.645)
    both = drift(sold(until=125), prediction(level_spread=0.03))
    chance = (0.1 / 1.645) ** 2 - 0.03**2
    away = 1.96 * np.sqrt(0.03**2 + chance / 0.25)
    assert both.low / both.expected == pytest.approx(1 - away)


def test_a_known_rhythm_is_used():
    late = np.concatenate([np.full(50, 0.1), np.full(50, 1.0)])
    told = drift(sold(until=150), prediction(by_day=late))
    assert told.expected == pytest.approx(0.2 * told.actual)
    assert told.refit


def test_a_total_outside_its_interval_asks_for_a_refit():
    told = drift(sold(level=1.5), prediction())
    assert told.bias == pytest.approx(-1 / 3)
    (reason,) = told.reasons
    assert "outside the 95% interval" in reason
    # The level is told once: differences are those predicted, at another level.
    assert told.slope == pytest.approx(1)


def test_lost_differences_ask_for_a_refit():
    told = drift(sold(even=True), prediction())
    assert told.low < told.actual < told.high
    (reason,) = told.reasons
    assert "slope 0.00" in reason


def future(rng, *, days, level=1.0, spread=0.12, customers=1500):
    """Customers of known rates, whose shop is off by a common factor; what was said of them."""
    rates = rng.gamma(0.6, 1.0, customers)
    factor = level * np.exp(spread * rng.standard_normal() - spread**2 / 2)
    counts = rng.poisson(rates * factor * days / 365)
    who = np.repeat(np.arange(customers), counts)
    when = rng.integers(1, days + 1, who.size)
    basket = 40 * rng.gamma(4.0, 0.25, who.size)
    rows = [(int(w), int(d) + 100, float(b)) for w, d, b in zip(who, when, basket, strict=True)]
    # Orders of one day are one row, as in a ledger that was read.
    each = {}
    for w, d, b in rows:
        each[w, d] = each.get((w, d), 0.0) + b
    first = [(w, 50, 5.0) for w in range(customers)]
    ledger = ledger_of([*first, *((w, d, b) for (w, d), b in each.items())], until=100 + days)
    expected = 40 * rates
    total = expected.sum()
    chance = 40**2 * 1.25 * rates.sum()
    away = 1.645 * np.sqrt((spread * total) ** 2 + chance)
    said = Prediction(
        100, 365, np.arange(customers), expected, total - away, total + away, level_spread=spread
    )
    return drift(ledger, said)


def test_a_calibrated_forecast_is_flagged_in_at_most_a_tenth_of_refreshes():
    rng = np.random.default_rng(11)
    told = [future(rng, days=days) for days in (20, 40, 80, 120, 160, 180) for _shop in range(40)]
    assert sum(one.refit for one in told) <= 0.1 * len(told)
    assert sum(one.low <= one.actual <= one.high for one in told) >= 0.9 * len(told)


def test_as_if_all_were_chance_the_interval_of_a_short_part_would_be_too_wide():
    """What the level hides: early on, a miss by a third is no chance of single orders."""
    rng = np.random.default_rng(12)
    found = future(rng, days=36)
    assert (found.high - found.low) / found.expected < 2 * 1.96 * 0.2


def test_a_shop_that_halves_is_flagged_within_six_weeks():
    rng = np.random.default_rng(13)
    assert sum(future(rng, days=42, level=0.5, customers=4000).refit for _shop in range(20)) >= 18


def test_lost_differences_are_flagged_only_where_chance_cannot_explain_them():
    rng = np.random.default_rng(14)
    expected = rng.gamma(2.0, 50.0, 60)
    rows = [(who, 50, 5.0) for who in range(60)]
    rows += [
        (who, 101 + day, float(expected[who] * rng.gamma(0.1, 5.0)))
        for who in range(60)
        for day in (1, 2)
    ]
    said = {"expected": expected, "customer_ids": np.arange(60), "total_low": 0.0}
    told = drift(ledger_of(rows, until=200), prediction(**said, total_high=1e9))
    assert told.slope_error > 0.2
    assert not told.refit


def test_an_earlier_snapshot_is_read_with_its_months_and_without_its_discount():
    months = pa.table(
        {
            "part": ["actual", *["existing"] * 12],
            "month": [date(2024, 12, 1), *(date(2025, n + 1, 1) for n in range(12))],
            "revenue": [99.0, *(24.0 - 2 * n for n in range(12))],
        }
    )
    by_day = curve(months)
    assert by_day is not None
    assert by_day[-1] == pytest.approx(1)
    assert by_day[30] > 31 / 365
    totals = {"dimension": "all", "horizon_months": 12, "lo90": 90.0, "hi90": 120.0}
    tables = {
        "prediction_totals": pa.Table.from_pylist([totals]),
        "predictions": pa.table({"customer_id": ["a", "b"], "clv_12m": [40.0, 60.0]}),
        "prediction_months": months,
    }
    manifest = {"discount_rate": 0.1, "total_level_spread": 0.12}
    found = earlier_prediction(Earlier(date(2025, 1, 1), tables, manifest))
    assert found is not None
    assert 1.03 < found.expected.sum() / 100 < 1.1**0.5
    assert found.total_high / 120 == pytest.approx(found.expected.sum() / 100)
    assert found.level_spread == 0.12
    assert curve(None) is None


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
