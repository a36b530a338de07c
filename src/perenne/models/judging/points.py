"""How good a forecast of the mean is: its level, its errors, its ranking, its calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from perenne.models.histories import Floats

BINS = 10


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
    """Bins of customers by prediction, lowest first: how many, what was said, what happened."""

    customers: Floats
    predicted: Floats
    actual: Floats

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


def calibration(actual: Floats, predicted: Floats, *, bins: int = BINS) -> Calibration:
    """Means by bin of prediction. Customers with one prediction share a bin; empty ones go."""
    middle = (rankdata(predicted) - 0.5) / actual.size
    place = np.minimum((middle * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    held = counts > 0

    def mean(values: Floats) -> Floats:
        sums: Floats = np.bincount(place, weights=values, minlength=bins)[held] / counts[held]
        return sums

    return Calibration(counts[held].astype(float), mean(predicted), mean(actual))
