"""The numbers behind each picture, as arrays. Ages and horizons are in weeks, days are numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger, Times
from perenne.text import gettext as _

WEEK = 7
Whole = npt.NDArray[np.int64]


def in_weeks(days: Whole) -> Floats:
    """The clock of every model without a season."""
    return np.asarray(days / WEEK, dtype=np.float64)


class Purchases(Protocol):
    """What the pictures ask of a fitted purchase model in weeks."""

    def expected_purchases(self, horizon: Any, **history: Any) -> Floats: ...
    def expected_purchases_new(self, horizon: Any) -> Any: ...
    def probability_alive(self, **history: Any) -> Floats: ...


@dataclass(frozen=True)
class Tracking:
    """Repeat purchase days added up week by week: day (last of the week), actual, expected.

    calibrated: the last day that the model knew.
    """

    day: Whole
    actual: Floats
    expected: Floats
    calibrated: int


def tracking(
    purchases: Purchases, ledger: Ledger, *, calibrated: int, times: Times = in_weeks
) -> Tracking:
    """Customers acquired until day `calibrated`, from their first purchase to `ledger.until`.

    Expected: E[X(age)] of a just-acquired customer, summed over customers at their ages. Raises
    PerenneError when nobody had bought by then.
    """
    first = ledger.until - ledger.histories().tenure.astype(np.int64)
    known = first <= calibrated
    if not known.any():
        raise PerenneError(
            _("Nobody had bought by the end of calibration."),
            given=calibrated,
            next_step=_("Give a later day."),
        )
    born, counts = np.unique(first[known], return_counts=True)
    start = int(born.min())
    ends = np.arange(start + WEEK - 1, ledger.until + 1, WEEK, dtype=np.int64)
    repeat = known[ledger.customer] & (ledger.orders > 0)
    repeat &= ledger.day > first[ledger.customer]
    actual = np.searchsorted(np.sort(ledger.day[repeat]), ends, side="right").astype(float)
    ages = np.maximum(times(ends)[:, None] - times(born), 0.0)
    # Ages of whole days repeat from week to week.
    distinct, place = np.unique(ages.round(9), return_inverse=True)
    by_age = np.asarray(purchases.expected_purchases_new(distinct), dtype=float)
    expected: Floats = by_age[place.reshape(ages.shape)] @ counts.astype(np.float64)
    return Tracking(ends, actual, expected, calibrated)


@dataclass(frozen=True)
class ByFrequency:
    """Mean purchase days in the holdout by repeat purchase days in calibration.

    frequency: 0 … most, the last one stands for itself and more.
    """

    frequency: Whole
    customers: Whole
    actual: Floats
    expected: Floats


def conditional_expectation(
    purchases: Purchases,
    ledger: Ledger,
    *,
    calibrated: int,
    most: int = 7,
    times: Times = in_weeks,
) -> ByFrequency:
    """Actual and expected purchase days after day `calibrated`, until `ledger.until`."""
    past = ledger.as_of(calibrated)
    history = past.ages(times)
    ahead = np.diff(times(np.array([calibrated, ledger.until])))[0]
    expected = purchases.expected_purchases(ahead, **history)
    actual = ledger.outcome(past, horizon=ledger.until - calibrated).orders
    of = np.minimum(history["frequency"], most).astype(np.int64)
    frequency, row, count = np.unique(of, return_inverse=True, return_counts=True)
    row = row.ravel()
    return ByFrequency(
        frequency=frequency,
        customers=count.astype(np.int64),
        actual=np.bincount(row, weights=actual) / count,
        expected=np.bincount(row, weights=expected) / count,
    )


@dataclass(frozen=True)
class FrequencyRecency:
    """A map over frequency (rows) and recency in weeks (columns) for one tenure.

    expected: purchases in the horizon; alive: P(alive); both (frequencies, recencies), NaN where
    no such customer can be, and P(alive) NaN where BG/NBD cannot doubt a one-time buyer.
    """

    frequency: Whole
    recency: Floats
    expected: Floats
    alive: Floats


def frequency_recency(
    purchases: Purchases, *, tenure: float, horizon: float, most: int = 12, columns: int = 14
) -> FrequencyRecency:
    """What the model says of customers aged `tenure` weeks over the next `horizon` weeks."""
    frequency = np.arange(most + 1, dtype=np.int64)
    recency = np.linspace(0.0, tenure, columns)
    x, t_x = (part.ravel() for part in np.meshgrid(frequency, recency, indexing="ij"))
    possible = (x == 0) == (t_x == 0)
    history = {
        "frequency": x[possible].astype(float),
        "recency": t_x[possible],
        "tenure": np.full(int(possible.sum()), float(tenure)),
    }
    tables = []
    for values in (
        purchases.expected_purchases(horizon, **history),
        _doubted(purchases.probability_alive(**history), history["frequency"]),
    ):
        table = np.full(x.size, np.nan)
        table[possible] = values
        tables.append(table.reshape(frequency.size, recency.size))
    return FrequencyRecency(frequency, recency, *tables)


@dataclass(frozen=True)
class AlivePath:
    """P(alive) of one customer at each age in weeks; `purchases` are ages of repeat purchases."""

    age: Floats
    alive: Floats
    purchases: Floats


def alive_path(purchases: Purchases, repeats: Any, *, until: float, steps: int = 7) -> AlivePath:
    """Ages from 0 to `until`, `steps` a week, knowing at each age only what was bought before.

    repeats: ages in weeks of repeat purchases, above 0. Models of the BG/NBD kind give 1 to a
    customer without repeat purchase, which they cannot doubt. Raises PerenneError for other ages.
    """
    ages = np.unique(np.asarray(repeats, dtype=float))
    if np.any(~np.isfinite(ages) | (ages <= 0) | (ages > until)):
        raise PerenneError(
            _("An age of purchase is not between 0 and the last age."),
            given={"until": until},
            next_step=_("Give weeks since the first purchase, which itself is left out."),
        )
    grid = np.arange(0.0, until * steps + 1e-9) / steps
    # Just before each purchase as well, so that the fall before it is seen.
    at = np.unique(np.concatenate((grid, ages, np.maximum(ages - 1e-6, 0.0), [until])))
    count = np.searchsorted(ages, at, side="right")
    last = np.where(count > 0, np.concatenate(([0.0], ages))[count], 0.0)
    alive = purchases.probability_alive(frequency=count.astype(float), recency=last, tenure=at)
    return AlivePath(at, _doubted(np.asarray(alive, dtype=float), count), ages)


def _doubted(alive: Floats, frequency: npt.NDArray[Any]) -> Floats:
    """P(alive), NaN where it is 1 only because the model cannot doubt a one-time buyer."""
    return np.where((frequency == 0) & (alive >= 1.0), np.nan, alive)


@dataclass(frozen=True)
class Deciles:
    """Customers in tenths by prediction, lowest first: means, and the interval of the mean."""

    customers: Whole
    predicted: Floats
    actual: Floats
    low: Floats
    high: Floats


def decile_calibration(
    actual: Floats, predicted: Floats, *, draws: npt.NDArray[Any] | None = None, level: float = 0.9
) -> Deciles:
    """Actual and predicted means by tenth. `draws` (draws, customers): joint predictive draws.

    The interval is that of the tenth's mean over draws; NaN without draws.
    """
    tenths = [
        part for part in np.array_split(np.argsort(predicted, kind="stable"), 10) if part.size
    ]
    bounds = np.full((2, len(tenths)), np.nan)
    if draws is not None:
        shares = ((1 - level) / 2, (1 + level) / 2)
        for i, part in enumerate(tenths):
            bounds[:, i] = np.quantile(draws[:, part].mean(axis=1, dtype=float), shares)
    return Deciles(
        customers=np.array([part.size for part in tenths], dtype=np.int64),
        predicted=np.array([predicted[part].mean() for part in tenths]),
        actual=np.array([actual[part].mean() for part in tenths]),
        low=bounds[0],
        high=bounds[1],
    )


@dataclass(frozen=True)
class ValueSpread:
    """How predicted values are spread: those above zero one by one, the others by their share."""

    above_zero: Floats
    zero: float
    mean: float
    median: float


def value_spread(values: Floats, *, least: float = 0.005) -> ValueSpread:
    """Values of customers, NaN left out; `least` and below (half a cent) counts as zero.

    Raises PerenneError when there is no value.
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if known.size == 0:
        raise PerenneError(
            _("There is no predicted value to show."), next_step=_("Give at least one value.")
        )
    counted = known > least
    return ValueSpread(
        above_zero=known[counted],
        zero=float(1 - counted.mean()),
        mean=float(known.mean()),
        median=float(np.median(known)),
    )
