"""How good a forecast of the mean is: its level, its errors, its ranking, its calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

from perenne.models.histories import Floats

BINS = 10
# Customers below which the mean of a bin has no interval.
FEWEST = 5


def bias(actual: Floats, predicted: Floats) -> float:
    """Sum predicted / sum actual - 1; NaN when nothing was bought in all."""
    total = float(actual.sum())
    return float(predicted.sum()) / total - 1 if total > 0 else np.nan


def rmse(actual: Floats, predicted: Floats) -> float:
    """Root of the mean squared error, in the unit of `actual`; the mean forecast minimises it."""
    return float(np.sqrt(np.mean((actual - predicted) ** 2)))


def mae(actual: Floats, predicted: Floats) -> float:
    """Mean absolute error, in the unit of `actual`; the median forecast minimises it."""
    return float(np.mean(np.abs(actual - predicted)))


def normalised_gini(actual: Floats, predicted: Floats) -> float:
    """Gini of `actual` in the order of `predicted`, over that in its own order: 1 is perfect.

    Customers with one prediction share their mean rank, so that their order in the table does not
    matter. NaN when nothing was bought or all bought alike. As in the Kaggle contests and Wang,
    Liu & Miao (2019), "A deep probabilistic model for customer lifetime value prediction", § 4.3.
    """
    perfect = _gini(actual, rankdata(actual))
    return _gini(actual, rankdata(predicted)) / perfect if perfect > 0 else np.nan


def _gini(actual: Floats, rank: Floats) -> float:
    """Twice the area between the diagonal and the curve of shares, lowest rank first."""
    total, n = float(actual.sum()), actual.size
    return 2 * float(actual @ rank) / (n * total) - (n + 1) / n if total > 0 else np.nan


def capture(actual: Floats, predicted: Floats, *, share: float) -> float:
    """Share of the actual total that the `share` of customers predicted highest bring.

    Of customers with one prediction at the edge, the part that fits counts, at their mean.
    """
    total, room = float(actual.sum()), share * actual.size
    if total <= 0:
        return np.nan
    above = actual.size - rankdata(predicted, method="max")
    tied = rankdata(predicted, method="max") - rankdata(predicted, method="min") + 1
    return float(actual @ np.clip((room - above) / tied, 0, 1)) / total


def spearman(actual: Floats, predicted: Floats) -> float:
    """Correlation of mean ranks; NaN when either is constant."""
    first, second = rankdata(actual), rankdata(predicted)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return np.nan
    return float(np.corrcoef(first, second)[0, 1])


@dataclass(frozen=True)
class Calibration:
    """Bins of customers by prediction, lowest first: how many, what was said, what happened.

    low, high: 90% interval of the mean of what happens to such customers, NaN where it cannot be
    told (fewer than five customers, or all alike).
    """

    customers: Floats
    predicted: Floats
    actual: Floats
    low: Floats
    high: Floats

    @property
    def slope(self) -> float:
        """Of actual on predicted bin means, with an intercept, weighted by customers.

        1: the differences that are predicted are those that happen, whatever the level (Cox 1958;
        Van Calster et al. 2016). Below 1 the forecast is too extreme, above 1 too timid.
        """
        x = self.predicted - np.average(self.predicted, weights=self.customers)
        y = self.actual - np.average(self.actual, weights=self.customers)
        spread = float(self.customers @ x**2)
        return float(self.customers @ (x * y)) / spread if spread > 0 else np.nan

    @property
    def slope_through_origin(self) -> float:
        """The same without an intercept: level and spread at once."""
        spread = float(self.customers @ self.predicted**2)
        return float(self.customers @ (self.predicted * self.actual)) / spread if spread else np.nan


def tenths(predicted: Floats, *, bins: int = BINS) -> npt.NDArray[np.int64]:
    """The bin of each customer by prediction, from 0; customers with one prediction share one."""
    middle = (rankdata(predicted) - 0.5) / predicted.size
    place: npt.NDArray[np.int64] = np.minimum((middle * bins).astype(np.int64), bins - 1)
    return place


def calibration(actual: Floats, predicted: Floats, *, bins: int = BINS) -> Calibration:
    """Means by bin of prediction. Customers with one prediction share a bin; empty ones go."""
    place = tenths(predicted, bins=bins)
    counts = np.bincount(place, minlength=bins)
    held = counts > 0

    def mean(values: Floats) -> Floats:
        sums: Floats = np.bincount(place, weights=values, minlength=bins)[held] / counts[held]
        return sums

    level = mean(actual)
    apart = actual - np.bincount(place, weights=actual, minlength=bins)[place] / counts[place]
    low, high = mean_interval(
        level, counts[held].astype(float), square=mean(apart**2), cube=mean(apart**3)
    )
    return Calibration(counts[held].astype(float), mean(predicted), level, low, high)


def mean_interval(
    mean: Floats, size: Floats, *, square: Floats, cube: Floats, level: float = 0.9
) -> tuple[Floats, Floats]:
    """Interval of a mean from its sample's central moments, right for skewed values.

    Hall (1992), "On the removal of skewness by transformation": the t statistic is bent by a
    monotone cubic of its skewness. Where most customers bring nothing and a few much, the plain
    ± 1.64 standard errors would miss above nine times in ten of its misses.
    """
    z = float(norm.ppf((1 + level) / 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.sqrt(square * size / (size - 1))
        bend = cube / square**1.5 / np.sqrt(size)

        def straight(place: float) -> Floats:
            """The t with t + bend t²/3 + bend² t³/27 + bend/6 = `place`."""
            inside: Floats = 3 / bend * (np.cbrt(1 + bend * (place - bend / 6)) - 1)
            return np.where(np.abs(bend) < 1e-6, place, inside)

        error = deviation / np.sqrt(size)
        low, high = mean - straight(z) * error, mean - straight(-z) * error
    known = (size >= FEWEST) & (square > 0)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)
