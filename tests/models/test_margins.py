"""Intervals of margin, against known answers and simulated shops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from perenne.models.margins import MarginRate
from perenne.models.outlook import QUANTILES, quantiles_of
from perenne.models.spend.returns import fit_margin_rate

SIZE = 40_000


def told(rate: MarginRate, value: np.ndarray) -> dict[str, np.ndarray]:
    return rate.quantiles(value, quantiles_of(value), rng=np.random.default_rng(1))


def test_of_a_value_that_is_known_the_rate_alone_is_uncertain() -> None:
    value = np.tile(np.float32([100.0, 0.0, -50.0]), (SIZE, 1))
    rate = MarginRate(np.full(3, 0.4), np.full(3, 0.01), within=2.0)
    found = told(rate, value)
    for name, level in QUANTILES.items():
        sure = 100 * 0.4 + norm.ppf(level) * (100**2 * 0.01 + 100 * 2) ** 0.5
        assert found[name][0] == pytest.approx(sure, abs=0.5)
        assert found[name][1] == 0
        back = -50 * 0.4 + norm.ppf(level) * (50**2 * 0.01 + 50 * 2) ** 0.5
        assert found[name][2] == pytest.approx(back, abs=0.5)


def test_one_rate_for_all_is_the_value_times_it() -> None:
    value = np.random.default_rng(2).gamma(2, 20, (500, 4)).astype(np.float32)
    found = told(MarginRate(np.array([0.3, -0.2, 0.0, np.nan]), np.zeros(4)), value)
    by_hand = np.quantile(value, 0.95, axis=0)
    assert found["hi90"][0] == pytest.approx(0.3 * by_hand[0], rel=1e-5)
    # Who leaves a loss on each order loses most where they buy most.
    assert found["lo90"][1] == pytest.approx(-0.2 * by_hand[1], rel=1e-5)
    assert found["hi90"][2] == 0
    assert np.isnan(found["median"][3])


def test_nothing_is_told_where_a_cost_is_unknown() -> None:
    value = np.random.default_rng(2).gamma(2, 20, (200, 3)).astype(np.float32)
    rate = MarginRate(np.array([0.3, np.nan, 0.5]), np.full(3, 0.02), within=1.0)
    found = told(rate, value)
    assert np.isfinite(found["lo50"]).tolist() == [True, False, True]
    assert told(MarginRate.unknown(3), value)["hi90"].shape == (3,)


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
    found = told(MarginRate(mean, fitted.unsure(past), fitted.within), value)
    actual = margins(rng.gamma(1.5, 50, customers))
    for level in (50, 90):
        inside = (found[f"lo{level}"] <= actual) & (actual <= found[f"hi{level}"])
        assert inside.mean() == pytest.approx(level / 100, abs=0.02)
