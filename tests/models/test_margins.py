"""Intervals of margin, of customers and of groups, against known answers and simulated shops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import norm

from perenne.models.forecast import Forecast
from perenne.models.margins import MarginOutlook, MarginRate
from perenne.models.outlook import QUANTILES, of_groups, quantiles_of
from perenne.models.spend.returns import fit_margin_rate

SIZE = 40_000


def outlook(
    rate: MarginRate,
    value: np.ndarray,
    codes: Sequence[int] = (),
    *,
    factor: float | np.ndarray = 1.0,
    seed: int = 1,
) -> tuple[dict[str, np.ndarray], list[dict[str, float | int]]]:
    """(quantiles of customers, rows of groups) for draws of value, (draws, customers)."""
    rng = np.random.default_rng(seed)
    size = value.shape[1]
    groups = np.array(codes if len(codes) else [0] * size)
    each = np.broadcast_to(np.asarray(factor, dtype=float), size)
    told = MarginOutlook([groups.max() + 1], shifts=rate.shifts(len(value), rng=rng))
    forecast = Forecast(np.ones(size), value.mean(axis=0, dtype=float), value=value)
    quantiles = quantiles_of(value * each.astype(np.float32))
    found = told.add(forecast, rate, [groups], factor=each, told=quantiles, rng=rng)
    return found, list(told.rows(0))


def test_of_a_value_that_is_known_the_rate_alone_is_uncertain() -> None:
    value = np.tile(np.float32([100.0, 0.0, -50.0]), (SIZE, 1))
    rate = MarginRate(np.full(3, 0.4), np.full(3, 0.01), within=2.0)
    found, ((row),) = outlook(rate, value)
    spread = {100: (100**2 * 0.01 + 100 * 2) ** 0.5, -50: (50**2 * 0.01 + 50 * 2) ** 0.5}
    for name, level in QUANTILES.items():
        sure = 100 * 0.4 + norm.ppf(level) * spread[100]
        assert found[name][0] == pytest.approx(sure, abs=0.5)
        assert found[name][1] == 0
        back = -50 * 0.4 + norm.ppf(level) * spread[-50]
        assert found[name][2] == pytest.approx(back, abs=0.5)
        # Errors of customers even out: their variances add up, not their intervals.
        both = 50 * 0.4 + norm.ppf(level) * np.hypot(*spread.values())
        assert row[f"margin_{name}"] == pytest.approx(both, abs=0.6)


def test_what_all_rates_have_in_common_does_not_even_out() -> None:
    value = np.full((SIZE, 50), 10.0, dtype=np.float32)
    rate = MarginRate(np.full(50, 0.4), np.zeros(50), shift=0.1)
    found, (row,) = outlook(rate, value)
    for name, level in QUANTILES.items():
        assert row[f"margin_{name}"] == pytest.approx(50 * 10 * (0.4 + 0.1 * norm.ppf(level)), 0.02)
        assert found[name][0] == pytest.approx(10 * (0.4 + 0.1 * norm.ppf(level)), 0.02)


def test_one_rate_for_all_is_the_value_times_it() -> None:
    value = np.random.default_rng(2).gamma(2, 20, (500, 4)).astype(np.float32)
    found, _rows = outlook(MarginRate(np.array([0.3, -0.2, 0.0, np.nan]), np.zeros(4)), value)
    by_hand = np.quantile(value, 0.95, axis=0)
    assert found["hi90"][0] == pytest.approx(0.3 * by_hand[0], rel=1e-5)
    # Who leaves a loss on each order loses most where they buy most.
    assert found["lo90"][1] == pytest.approx(-0.2 * by_hand[1], rel=1e-5)
    assert found["hi90"][2] == 0
    assert np.isnan(found["median"][3])


def test_with_one_rate_the_interval_of_a_group_is_that_of_its_revenue_times_it() -> None:
    rng = np.random.default_rng(5)
    size, codes = 9_000, np.random.default_rng(6).integers(0, 3, 9_000)
    shared = rng.lognormal(0, 0.2, (300, 1))
    value = (shared * rng.gamma(0.3, 40, (300, size))).astype(np.float32)
    factor = rng.uniform(0.8, 1, size)
    forecast = Forecast(np.ones(size), value.mean(axis=0, dtype=float), value=value)
    revenue = of_groups(forecast, codes, count=3, factor=factor)
    assert revenue.quantiles is not None
    rate = MarginRate(np.full(size, 0.35), np.zeros(size))
    for place, row in enumerate(outlook(rate, value, codes.tolist(), factor=factor)[1]):
        assert row["margin_mean"] == pytest.approx(0.35 * revenue.mean[place], rel=1e-9)
        for name, ends in revenue.quantiles.items():
            assert row[f"margin_{name}"] == pytest.approx(0.35 * ends[place], rel=1e-5)


def test_a_margin_is_discounted_as_its_value_is() -> None:
    """With a rate that is hardly uncertain, and with one that is sure."""
    value = np.random.default_rng(2).gamma(2, 20, (500, 2)).astype(np.float32)
    for unsure in (0.0, 1e-12):
        rate = MarginRate(np.array([0.3, 0.5]), np.full(2, unsure))
        found, (row,) = outlook(rate, value, factor=0.8)
        by_hand = 0.8 * np.array([0.3, 0.5]) * np.quantile(value, 0.95, axis=0)
        assert found["hi90"] == pytest.approx(by_hand, rel=1e-4)
        total = 0.8 * np.quantile(value @ np.array([0.3, 0.5]), 0.95)
        assert row["margin_hi90"] == pytest.approx(total, rel=1e-4)


def test_nothing_is_told_where_a_cost_is_unknown() -> None:
    value = np.random.default_rng(2).gamma(2, 20, (200, 3)).astype(np.float32)
    rate = MarginRate(np.array([0.3, np.nan, 0.5]), np.full(3, 0.02), within=1.0)
    found, (first, second) = outlook(rate, value, [0, 0, 1])
    assert np.isfinite(found["lo50"]).tolist() == [True, False, True]
    assert (first["margin_unknown"], second["margin_unknown"]) == (1, 0)
    assert np.isnan(first["margin_mean"])
    assert "margin_lo90" not in first
    assert second["margin_lo90"] == pytest.approx(found["lo90"][2], rel=1e-5)
    nowhere, (row,) = outlook(MarginRate.unknown(3), value)
    assert np.isnan(nowhere["hi90"]).all()
    assert row["margin_unknown"] == 3
    assert "margin_hi90" not in row


def test_a_part_without_any_known_cost_keeps_its_group_from_being_told() -> None:
    value = np.random.default_rng(2).gamma(2, 20, (200, 2)).astype(np.float32)
    told = MarginOutlook([1], shifts=np.zeros(200, dtype=np.float32))
    group, rng = [np.zeros(2, dtype=np.int64)], np.random.default_rng(1)
    forecast = Forecast(np.ones(2), np.full(2, 40.0), value=value)
    for rate in (MarginRate(np.full(2, 0.3), np.zeros(2)), MarginRate.unknown(2)):
        told.add(forecast, rate, group, factor=np.ones(2), told=quantiles_of(value), rng=rng)
    (row,) = told.rows(0)
    assert row["margin_unknown"] == 2
    assert "margin_median" not in row


def test_a_formula_without_draws_has_a_margin_and_no_interval() -> None:
    told = MarginOutlook([1], shifts=np.zeros(0, dtype=np.float32))
    forecast = Forecast(np.ones(2), np.full(2, 40.0))
    rate, group = MarginRate(np.full(2, 0.3), np.full(2, 0.01)), [np.zeros(2, dtype=np.int64)]
    rng = np.random.default_rng(1)
    found = told.add(forecast, rate, group, factor=np.ones(2), told=None, rng=rng)
    assert np.isnan(found["lo90"]).all()
    assert list(told.rows(0)) == [{"margin_mean": pytest.approx(24.0), "margin_unknown": 0}]


def test_nine_in_ten_margins_lie_within() -> None:
    """Customers have rates of their own, and products others: the shop's past tells them."""
    rng = np.random.default_rng(4)
    customers = 6_000
    rate = rng.normal(0.35, 0.08, customers)

    def margins(value: np.ndarray) -> np.ndarray:
        return rng.normal(rate * value, (30.0 * 0.1**2 * value) ** 0.5)

    past = rng.gamma(2, 60, customers)
    left = margins(past)
    fitted = fit_margin_rate(net=past, margin=left)
    assert fitted.within == pytest.approx(0.3, rel=0.15)
    assert fitted.within / fitted.strength == pytest.approx(0.08**2, rel=0.15)
    mean = fitted.of(left, past)
    value = rng.gamma(1.5, 50, (400, customers)).astype(np.float32)
    found, _rows = outlook(MarginRate(mean, fitted.unsure(past), fitted.within), value)
    actual = margins(rng.gamma(1.5, 50, customers))
    for level in (50, 90):
        inside = (found[f"lo{level}"] <= actual) & (actual <= found[f"hi{level}"])
        assert inside.mean() == pytest.approx(level / 100, abs=0.02)
