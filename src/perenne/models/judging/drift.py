"""Previous predictions against what has happened since: whether to fit again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats
from perenne.models.judging.points import bias, normalised_gini, tenths
from perenne.models.ledger import Ledger
from perenne.text import format_number
from perenne.text import gettext as _

# Calibration slope outside which the ranking by value has drifted, and standard errors from 1.
SLOPES = (0.8, 1.25)
SURE_OF_SLOPE = 2.58
# Standard errors of the 90% interval that is told, and of the 95% one that the total must leave.
TOLD, SURE = 1.645, 1.96
# Purchase days since the prediction below which nothing is said of the slope.
ENOUGH = 100
# Part of the horizon below which nothing is judged, and days after which a fit is old anyway.
EARLIEST = 0.05
OLDEST = 180


@dataclass(frozen=True)
class Prediction:
    """What was said on day `made` for the `horizon` days after, per customer and in total.

    expected: value by customer of `customer_ids`; by_day: the expected part of the total that falls
    before each day of the horizon, (horizon,) rising to 1, or None for the same each day;
    total_low, total_high: 90% interval of the total over the whole horizon; level_spread: what of
    it is the error of the level as a whole, as a standard deviation of the logarithm.
    """

    made: int
    horizon: int
    customer_ids: npt.NDArray[np.generic]
    expected: Floats
    total_low: float
    total_high: float
    by_day: Floats | None = None
    level_spread: float = 0.0


@dataclass(frozen=True)
class Drift:
    """What was expected to date and what came; slope and gini NaN while too little has come.

    low, high: 95% interval of the total to date. slope: of what came on what was expected, by
    tenths of customers, the level apart; slope_error: its standard error. `refit` when `reasons`
    holds any.
    """

    days: int
    expected: float
    actual: float
    low: float
    high: float
    bias: float
    slope: float
    slope_error: float
    gini: float
    reasons: tuple[str, ...]

    @property
    def refit(self) -> bool:
        return bool(self.reasons)


def drift(ledger: Ledger, prediction: Prediction) -> Drift:
    """Score a prediction on the days since it was made, up to the end of its horizon.

    Rule: fit again when the total to date lies outside its 95% interval, when the calibration
    slope, the level apart, leaves 0.8 to 1.25 by more than chance would have it (2.58 standard
    errors, once 100 purchase days came), or when the prediction is older than its horizon or 180
    days. Before a twentieth of the horizon only age counts. The interval to date holds two errors:
    that of the level, the same part of the expected total on any day, and chance, which evens out
    as days add up.
    """
    age = ledger.until - prediction.made
    days = min(age, prediction.horizon)
    part = _part(prediction, days)
    actual, orders = _since(ledger, prediction, days)
    expected = prediction.expected * part
    low, high = _to_date(prediction, part)
    slope, error = _slope(actual, expected) if orders >= ENOUGH else (np.nan, np.nan)
    told = Drift(
        days=days,
        expected=float(expected.sum()),
        actual=float(actual.sum()),
        low=low,
        high=high,
        bias=bias(actual, expected),
        slope=slope,
        slope_error=error,
        gini=normalised_gini(actual, expected) if orders >= ENOUGH else np.nan,
        reasons=(),
    )
    judged = days >= EARLIEST * prediction.horizon
    reasons = (_misses(told) if judged else []) + _old(age, prediction.horizon)
    return replace(told, reasons=tuple(reasons))


def _part(prediction: Prediction, days: int) -> float:
    if days <= 0:
        return 0.0
    if prediction.by_day is None:
        return days / prediction.horizon
    return float(prediction.by_day[days - 1])


def _since(ledger: Ledger, prediction: Prediction, days: int) -> tuple[Floats, float]:
    """Value and purchase days since the prediction, in the order of its customers.

    A customer that the ledger no longer knows (erased, merged) has bought nothing.
    """
    inside = (ledger.day > prediction.made) & (ledger.day <= prediction.made + days)
    who = ledger.customer[inside]

    def total(values: Floats) -> Floats:
        sums = np.bincount(who, weights=values[inside], minlength=ledger.customers)
        return sums.astype(np.float64)

    value = np.zeros(prediction.customer_ids.size)
    orders = np.zeros(prediction.customer_ids.size)
    _same, here, there = np.intersect1d(
        ledger.customer_ids, prediction.customer_ids, return_indices=True
    )
    value[there] = total(ledger.net - ledger.returned)[here]
    orders[there] = total((ledger.orders > 0).astype(float))[here]
    return value, float(orders.sum())


def _to_date(prediction: Prediction, part: float) -> tuple[float, float]:
    if part <= 0:
        return 0.0, 0.0
    total = float(prediction.expected.sum())
    level = total * prediction.level_spread

    def away(half_width: float) -> float:
        chance = max((half_width / TOLD) ** 2 - level**2, 0.0)
        return SURE * float(np.sqrt((part * level) ** 2 + part * chance))

    low = total * part - away(total - prediction.total_low)
    return max(low, 0.0), total * part + away(prediction.total_high - total)


def _slope(actual: Floats, expected: Floats) -> tuple[float, float]:
    """Slope by tenths of customers once both have one total, and its standard error.

    The error is robust, as customers of high value differ more from what is expected of them, and
    that of a slope of 1, which is what is tested.
    """
    total = float(actual.sum())
    if total <= 0 or float(expected.sum()) <= 0:
        return np.nan, np.nan
    level = expected * (total / float(expected.sum()))
    place = tenths(level)
    counts = np.bincount(place)
    apart = (np.bincount(place, weights=level) / np.maximum(counts, 1))[place] - level.mean()
    spread = float(apart @ apart)
    if spread <= 0:
        return np.nan, np.nan
    slope = float(apart @ actual) / spread
    off = actual - actual.mean() - apart
    return slope, float(np.linalg.norm(apart * off)) / spread


def _misses(told: Drift) -> list[str]:
    found = []
    if not told.low <= told.actual <= told.high:
        found.append(
            _(
                "what came in since, {actual}, is outside the 95% interval of what was "
                "expected by now, {low} to {high}"
            ).format(
                actual=format_number(told.actual),
                low=format_number(told.low),
                high=format_number(told.high),
            )
        )
    certain = abs(told.slope - 1) > SURE_OF_SLOPE * told.slope_error
    if certain and not SLOPES[0] <= told.slope <= SLOPES[1]:
        found.append(
            _("differences between customers are not those predicted (slope {slope})").format(
                slope=format_number(told.slope, decimals=2)
            )
        )
    return found


def _old(age: int, horizon: int) -> list[str]:
    if age <= min(horizon, OLDEST):
        return []
    return [_("the prediction is {days} days old").format(days=age)]
