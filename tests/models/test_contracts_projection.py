"""Published survival tables: years never fitted are projected, and what remains is valued."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import betaln

from perenne.models.contracts.beta_discrete_weibull import BetaDiscreteWeibull
from perenne.models.contracts.shifted_beta_geometric import (
    FittedShiftedBetaGeometric,
    ShiftedBetaGeometric,
)

# Fader & Hardie (2007), table 1: % of customers still active after year 0, 1, … 12.
REGULAR = (100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3)
HIGH_END = (100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4)
FITTED, LATER = 7, np.arange(8, 13)

BOTH = pytest.mark.parametrize(
    ("printed", "most", "mean"),
    [(REGULAR, 0.35, 0.30), (HIGH_END, 1.65, 1.20)],
    ids=["Regular", "High End"],
)


def fitted_until(printed: tuple[float, ...], year: int) -> FittedShiftedBetaGeometric:
    left = [10 * (a - b) for a, b in pairwise(printed[: year + 1])]
    return ShiftedBetaGeometric().fit(
        tenure=[*range(1, year + 1), year],
        churned=[1.0] * year + [0.0],
        weights=[*left, 10 * printed[year]],
    )


def at(alpha: float, beta: float) -> FittedShiftedBetaGeometric:
    zeros = ((0.0, 0.0), (0.0, 0.0))
    return FittedShiftedBetaGeometric({"alpha": alpha, "beta": beta}, 0.0, zeros, 1.0)


@BOTH
def test_fader_hardie_2007_table_1_years_8_to_12(
    printed: tuple[float, ...], most: float, mean: float
) -> None:
    """Fitted on years 0 to 7 alone, in points of the % still active; bounds are what was measured.

    | year     | 8     | 9     | 10    | 11    | 12    |
    | Regular  | -0.29 | -0.26 | -0.28 | -0.31 | -0.30 |
    | High End | -0.76 | -0.92 | -1.28 | -1.39 | -1.60 |
    """
    told = 100 * fitted_until(printed, FITTED).survival(LATER)
    errors = told - np.array(printed)[LATER]
    assert np.abs(errors).max() < most
    assert np.abs(errors).mean() < mean
    assert (errors < 0).all()  # a little too careful, never too hopeful


@BOTH
def test_fader_hardie_2007_curves_through_the_same_years_fail(
    printed: tuple[float, ...], most: float, mean: float
) -> None:
    """Least squares, as in the introduction of the paper: each is many times farther off."""
    year, seen, truth = np.arange(8.0), np.array(printed[:8]), np.array(printed)[LATER]
    curves = {
        "linear": np.polyval(np.polyfit(year, seen, 1), LATER),
        "quadratic": np.polyval(np.polyfit(year, seen, 2), LATER),
        "exponential": np.exp(np.polyval(np.polyfit(year, np.log(seen), 1), LATER)),
    }
    for name, told in curves.items():
        assert np.abs(told - truth).max() > 5 * most, name
        assert np.abs(told - truth).mean() > 5 * mean, name
    assert curves["linear"][-1] < truth[-1] < curves["quadratic"][-1]


@BOTH
def test_the_farthest_year_comes_closer_with_each_year_seen(
    printed: tuple[float, ...], most: float, mean: float
) -> None:
    """The farthest year, fitted on years 0 to 5, 7, 9 and 11."""
    errors = [
        abs(100 * float(fitted_until(printed, known).survival(12)) - printed[12])
        for known in (5, 7, 9, 11)
    ]
    assert (np.diff(errors) < 0).all()
    assert errors[1] < most
    assert errors[0] < 4.8


def test_a_free_duration_parameter_finds_none_where_churn_is_the_regular_customers() -> None:
    """c = 1 is the sBG: the Weibull form leaves it only where the data ask for it."""
    left = [10 * (a - b) for a, b in pairwise(REGULAR[: FITTED + 1])]
    free = BetaDiscreteWeibull().fit(
        tenure=[*range(1, 8), 7], churned=[1.0] * 7 + [0.0], weights=[*left, 241.0]
    )
    assert abs(free.parameters["c"] - 1) < 3 * free.standard_errors["c"]
    assert free.log_likelihood >= fitted_until(REGULAR, FITTED).log_likelihood


def gauss_2f1(b: float, c: float, z: float) -> float:
    """2F1(1, b; c; z) by Euler's integral, independent of any series."""
    area = quad(
        lambda t: np.exp((c - b - 1) * np.log1p(-t)) / (1 - z * t),
        0,
        1,
        weight="alg",
        wvar=(b - 1, 0),
    )[0]
    return float(area * np.exp(-betaln(b, c - b)))


@pytest.mark.parametrize(("alpha", "beta"), [(0.668, 3.806), (1.704, 1.182), (2.5, 0.9)], ids=str)
@pytest.mark.parametrize("rate", [0.05, 0.10, 0.20])
def test_fader_hardie_2010_del_and_derl_by_three_ways(
    alpha: float, beta: float, rate: float
) -> None:
    """DEL = 2F1(1, β; α+β; 1/(1+d)); DERL after n-1 renewals, eq. 6, the n-th one being due.

    Beside Euler's integral of the hypergeometric function, the plain sum over 20,000 renewals.
    """
    fitted, z = at(alpha, beta), 1 / (1 + rate)
    k = np.arange(20_000)
    by_sum = float((fitted.survival(k) * z**k).sum())
    assert fitted.discounted_life(rate) == pytest.approx(by_sum, rel=1e-9)
    if alpha > 1:  # Euler's integrand has no end point to fear
        assert gauss_2f1(beta, alpha + beta, z) == pytest.approx(by_sum, rel=1e-7)
    for n in (1, 2, 5):
        derl = float(fitted.discounted_remaining_life(rate, tenure=n - 1, due_now=True)[0])
        alive = fitted.survival(n - 1 + k[1:]) / fitted.survival(n - 1)
        assert derl == pytest.approx(float((alive * z ** (k[1:] - 1)).sum()), rel=1e-9)
        if alpha > 1:
            closed = (beta + n - 1) / (alpha + beta + n - 1)
            assert derl == pytest.approx(
                closed * gauss_2f1(beta + n, alpha + beta + n, z), rel=1e-7
            )


def test_fader_hardie_2010_ignoring_heterogeneity_undervalues_those_who_stay() -> None:
    """The peril of the title: one retention rate for all, from the same survival table."""
    fitted, rate = fitted_until(HIGH_END, FITTED), 0.10
    counts = np.array(HIGH_END[: FITTED + 1])
    retention = counts[1:].sum() / counts[:-1].sum()
    alike = retention / (1 + rate - retention) * (1 + rate)
    derl = fitted.discounted_remaining_life(rate, tenure=np.arange(6), due_now=True)
    assert (np.diff(derl) > 0).all()  # each renewal tells of a loyal customer
    assert derl[-1] > 1.3 * alike
