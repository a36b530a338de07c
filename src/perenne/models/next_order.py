"""By when a further order is as likely as not, given how likely one is within each horizon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.models.contenders.occasions import FittedOccasions
from perenne.models.contenders.probability import FittedProbability
from perenne.models.histories import Floats, Rows, compress
from perenne.models.ledger import Ledger
from perenne.models.value.discounting import LONGEST_YEARS, units_per_year

DAYS_A_YEAR = 365.25
# Points in time at which the model is asked between two horizons; of the first one more, since the
# chance rises from 0, and the first of them lies this share of the horizon ahead.
POINTS, FIRST_POINTS, SOONEST = 8, 24, 1e-3
# A chance of nearly all possible futures says no more than that it is at least so high.
CERTAIN = 0.995
EVEN = float(np.log(2.0))


@dataclass(frozen=True)
class Curve:
    """What a purchase model says of distinct histories: how orders spread over time.

    row: the distinct history of each customer. Times are in the unit of the model.
    """

    model: FittedProbability
    ledger: Ledger
    history: Mapping[str, Floats]
    row: Rows

    @classmethod
    def of(cls, model: FittedProbability, ledger: Ledger) -> Curve:
        history = model.history(ledger)
        rows = compress(*history.values())
        distinct = (rows.frequency, rows.recency, rows.tenure)
        return cls(model, ledger, dict(zip(history, distinct, strict=True)), rows.row)

    def time(self, days: int) -> float:
        """When a day so far ahead is: on occasions, how many come until then."""
        if not isinstance(self.model, FittedOccasions):
            return self.model.ahead(self.ledger, days)
        passed, until = self.model.occasions.passed, self.ledger.until
        return float(passed(until + days) - passed(until))

    def days(self, times: Floats) -> Floats:
        if isinstance(self.model, FittedOccasions):
            return self.model.occasions.days_until(self.ledger.until, times)
        return self.model.days_until(self.ledger, times)

    def points(self, low: float, high: float) -> Iterator[float]:
        """Times beyond `low` until `high`: occasions, or so dense that a chance hardly bends."""
        if isinstance(self.model, FittedOccasions):
            yield from np.arange(low + 1, high + 1).tolist()
        elif low > 0:
            yield from np.linspace(low, high, POINTS + 1)[1:].tolist()
        else:
            yield from (high * np.geomspace(SOONEST, 1.0, FIRST_POINTS)).tolist()

    def chance(self, time: float, place: npt.NDArray[np.intp] | slice) -> Floats:
        """P(an order until `time`) of the distinct histories `place`."""
        whole = isinstance(self.model, FittedOccasions)
        found = self.model.purchases.probability_of_purchase(
            int(time) if whole else time,
            **{name: column[place] for name, column in self.history.items()},
        )
        return np.asarray(found, dtype=np.float64)

    def force(self, time: float, place: npt.NDArray[np.intp]) -> Floats:
        """−log P(no order until `time`)."""
        if time <= 0:
            return np.zeros(place.size)
        return _force(self.chance(time, place))


def ultimate(model: FittedProbability, ledger: Ledger) -> Floats:
    """P(any order within a hundred years), (customers,)."""
    curve = Curve.of(model, ledger)
    if isinstance(model, FittedOccasions):
        longest = LONGEST_YEARS * DAYS_A_YEAR / model.occasions.step
    else:
        longest = LONGEST_YEARS * units_per_year("week")
    return curve.chance(longest, slice(None))[curve.row]


def placed(model: FittedProbability, ledger: Ledger, stated: Mapping[int, Floats]) -> Floats:
    """Days from the last of the ledger until an order is as likely as not, (customers,).

    stated: days ahead → the chance of an order until then, (customers,), rising with the days. The
    day lies between the two horizons whose chances hold one half between them; where, `model` says:
    −log(1 − chance) grows between them as it does under the model. So a model that agrees with the
    chances tells its own day. NaN where the last chance is below one half.
    """
    curve, found = Curve.of(model, ledger), np.full(ledger.customers, np.nan)
    start, below = 0, np.zeros(ledger.customers)
    for end in sorted(stated):
        chance = stated[end]
        here = np.flatnonzero((below < 0.5) & (chance >= 0.5))
        if here.size:
            times = _between(
                curve,
                curve.row[here],
                span=(curve.time(start) if start else 0.0, curve.time(end)),
                chances=(below[here], chance[here]),
            )
            days = np.where(np.isnan(times), end, curve.days(np.nan_to_num(times)))
            found[here] = np.clip(days, np.nextafter(start, end), end)
        start, below = end, chance
    return found


def _between(
    curve: Curve, row: Rows, *, span: tuple[float, float], chances: tuple[Floats, Floats]
) -> Floats:
    """The time within `span` of each customer; NaN where the model has none in it."""
    low, high = span
    place, of = np.unique(row, return_inverse=True)
    start, end = curve.force(low, place), curve.force(high, place)
    width = np.maximum(end - start, 0.0)
    wanted = _share(*chances, told=end[of])
    when, waiting = np.full(row.size, np.nan), np.arange(row.size)
    before, behind = low, np.zeros(place.size)
    for point in curve.points(low, high):
        even = (point - low) / (high - low)
        told = (curve.force(point, place) - start) / np.where(width > 1e-12, width, 1.0)
        now = np.maximum(np.where(width > 1e-12, told, even), behind)
        done = (now[of[waiting]] >= wanted[waiting]) | (point >= high)
        who = waiting[done]
        gained = now[of[who]] - behind[of[who]]
        part = np.divide(
            wanted[who] - behind[of[who]], gained, out=np.ones(who.size), where=gained > 0
        )
        whole = isinstance(curve.model, FittedOccasions)
        when[who] = point if whole else before + np.clip(part, 0.0, 1.0) * (point - before)
        before, behind, waiting = point, now, waiting[~done]
        if waiting.size == 0:
            break
    return when


def _share(below: Floats, above: Floats, *, told: Floats) -> Floats:
    """How much of the way from the lower to the higher chance leads to one half, 0 to 1."""
    low = _force(below)
    high = _force(np.minimum(above, CERTAIN))
    high = np.where(above >= CERTAIN, np.maximum(told, high), high)
    return np.clip((EVEN - low) / (high - low), 0.0, 1.0)


def _force(chance: Floats) -> Floats:
    return np.asarray(-np.log1p(-np.minimum(chance, 1 - 1e-15)), dtype=np.float64)
