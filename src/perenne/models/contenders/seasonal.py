"""Purchase models on the clock of the shop: an hour of high season counts for more than one of low.

A process of purchases whose rate follows the calendar is a process of constant rate once time is
counted in what the calendar brings (the time change of Poisson processes; Daley & Vere-Jones 2003,
§ 7.4). So any model of the shop reads ages, and answers horizons, on that clock: the season acts
inside purchases and dropout, not on a finished forecast.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.contenders.probability import (
    WEEK,
    FittedProbability,
    probability_contender,
)
from perenne.models.forecast import HOLDS_OWN
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger, day_of
from perenne.models.purchases.dynamic_season import events_seen_twice, shop_calendar
from perenne.text import gettext as _

SEASON = "_season"
# Days of history: each time of the year seen once, and some of them twice.
SHORTEST = 400
# The model and its clock are fitted in turns; the third changes next to nothing.
TURNS = 3
# Prior standard deviations of the effects (logarithms of rates) that evidence chooses among.
SPREADS = (0.0, 0.03, 0.06, 0.1, 0.2, 0.4)
PAIRS = 3
# Decimals of a week that is told.
DECIMALS = 6
YEAR = 365


@dataclass(frozen=True)
class Clock:
    """What each day of the year counts for, from the end of day `begin` on.

    effects: of pairs of sine and cosine, then of events. level: what makes a mean year last as long
    on this clock as on any other.
    """

    begin: int
    pairs: int
    events: tuple[str, ...]
    effects: tuple[float, ...]
    level: float = 1.0

    def times(self, days: npt.NDArray[Any]) -> Floats:
        """Weeks of this clock from `begin` to the end of each of `days`."""
        weeks = self.counted(int(np.max(days, initial=self.begin + 1)))
        edges = self.begin + WEEK * np.arange(weeks.size + 1)
        passed = np.concatenate(([0.0], np.cumsum(weeks)))
        found: Floats = np.interp(days, edges, passed)
        return found

    def seasons(self, weeks: int) -> Floats:
        """Covariates of each of the first `weeks` weeks, (weeks, effects)."""
        last = self.begin + int(WEEK) * weeks
        return shop_calendar(self.begin + 1, last, pairs=self.pairs, events=self.events).values

    def told(self, until: int) -> dict[str, Any]:
        """The day that it counts from, and how long each week was up to `until`, for JSON."""
        return {
            "begin": day_of(self.begin).isoformat(),
            "weeks": self.counted(until).round(DECIMALS).tolist(),
        }

    def counted(self, last: int) -> Floats:
        weeks = -(-(last - self.begin) // int(WEEK))
        counted: Floats = np.exp(self.seasons(weeks) @ np.asarray(self.effects)) * self.level
        return counted

    def learnt(self, effects: Floats) -> Clock:
        """With these effects, and mean weeks of length 1 over four years."""
        free = replace(self, effects=tuple(effects.tolist()), level=1.0)
        return replace(free, level=1.0 / float(free.counted(self.begin + 4 * YEAR).mean()))


@dataclass(frozen=True)
class Seasonal:
    """A purchase model (its id in `SOURCES`) on the clock of the shop.

    PerenneError while the history is shorter than 400 days, and where no season shows.
    """

    source: str

    @property
    def name(self) -> str:
        return self.source + SEASON

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> FittedSeasonal:
        plain = probability_contender(self.source)
        clock = _flat(ledger)
        for _turn in range(TURNS):
            purchases = plain.purchases.fit(**ledger.ages(clock.times))
            clock = learn_clock(ledger, purchases, clock)
        if not any(clock.effects):
            raise PerenneError(
                _("No season shows in the orders of this shop."),
                next_step=_("Use the model without the season."),
            )
        history = ledger.ages(clock.times)
        inner = plain.fit_purchases(ledger, lambda **_weekly: plain.purchases.fit(**history))
        return FittedSeasonal(self.name, inner.purchases, inner.spend, inner.returns, clock)


@dataclass(frozen=True)
class FittedSeasonal(FittedProbability):
    """As any purchase model; ages and horizons are told on the clock."""

    holds: ClassVar[str] = HOLDS_OWN
    clock: Clock = Clock(0, 0, (), ())

    def times(self, days: npt.NDArray[Any]) -> Floats:
        return self.clock.times(days)

    def log_likelihood(self, ledger: Ledger) -> float:
        """Of repeat orders by the week, not by its own clock: models with other clocks compare."""
        first = ledger.until - ledger.histories().tenure.astype(np.int64)
        again = (ledger.orders > 0) & (ledger.day > first[ledger.customer])
        week = (ledger.day[again] - self.clock.begin - 1) // int(WEEK)
        faster = np.log(self.clock.counted(ledger.until))[week].sum()
        return float(self.purchases.log_likelihood + faster)

    def clock_until(self, day: int) -> dict[str, Any]:
        return self.clock.told(day)

    def history(self, ledger: Ledger) -> dict[str, Floats]:
        return ledger.ages(self.times)

    def ahead(self, ledger: Ledger, horizon: int) -> float:
        now, then = self.times(np.array([ledger.until, ledger.until + horizon]))
        return float(then - now)

    def days_until(self, ledger: Ledger, times: Floats) -> Floats:
        """The inverse of `ahead`, over ten years; beyond them a week is a week."""
        days = np.arange(10 * YEAR + 1)
        passed = self.times(ledger.until + days)
        passed -= passed[0]
        beyond = np.maximum(times - passed[-1], 0.0) * WEEK
        found: Floats = np.interp(times, passed, days) + beyond
        return found


def learn_clock(ledger: Ledger, purchases: object, clock: Clock) -> Clock:
    """The clock on which repeat orders come as the model, fitted on `clock`, expects them.

    Weekly repeat orders over those expected of the customers acquired by then are regressed, as
    logarithms, on the season, beside a level and a trend that are not kept: what is no season
    must not pass for one. Effects are shrunk by a normal prior whose spread maximises the evidence.
    """
    actual, expected = weekly_orders(ledger, purchases, clock)
    table = clock.seasons(actual.size)
    seen = expected > 1.0
    target = np.log((actual + 0.5) / (expected + 0.5)) + table @ np.asarray(clock.effects)
    return clock.learnt(_shrunk(table[seen], target[seen], weight=expected[seen]))


def weekly_orders(ledger: Ledger, purchases: object, clock: Clock) -> tuple[Floats, Floats]:
    """Repeat purchase days in each whole week of the history, and those expected."""
    weeks = int((ledger.until - clock.begin) // WEEK)
    first = ledger.until - ledger.histories().tenure.astype(np.int64)
    again = (ledger.orders > 0) & (ledger.day > first[ledger.customer])
    week = (ledger.day[again] - clock.begin - 1) // int(WEEK)
    actual = np.bincount(week[week < weeks], minlength=weeks).astype(float)
    born, counts = np.unique(first, return_counts=True)
    ends = clock.times(clock.begin + np.arange(weeks + 1) * int(WEEK))
    age = np.maximum(ends[:, None] - clock.times(born), 0.0)
    told = np.asarray(purchases.expected_purchases_new(age.ravel()))  # type: ignore[attr-defined] # any purchase model
    expected = np.diff(told.reshape(age.shape) @ counts)
    return actual, expected


def _shrunk(table: Floats, target: Floats, *, weight: Floats) -> Floats:
    """Effects by generalised ridge; the prior spread is that of the highest evidence."""
    size = target.size
    design = np.column_stack((np.ones(size), np.linspace(-1.0, 1.0, size), table))
    precision = weight / _noise(design, target, weight)
    seen = _Seen(
        curve=(design.T * precision) @ design,
        slope=(design.T * precision) @ target,
        effects=table.shape[1],
    )
    return seen.effects_at(max(SPREADS, key=seen.evidence))


@dataclass(frozen=True)
class _Seen:
    """Sums that the data give: of squares and of products with the target, weighted.

    The first two columns are level and trend, without a prior.
    """

    curve: Floats
    slope: Floats
    effects: int

    def evidence(self, spread: float) -> float:
        """Logarithm of the marginal likelihood of a prior spread, up to what is common to all."""
        curve, slope = self._at(spread)
        fit = float(slope @ np.linalg.solve(curve, slope))
        prior = -self.effects * np.log(spread) if spread else 0.0
        return (fit - float(np.linalg.slogdet(curve)[1])) / 2 + prior

    def effects_at(self, spread: float) -> Floats:
        """Posterior means; none of any size for a spread of 0."""
        if not spread:
            return np.zeros(self.effects)
        return np.asarray(np.linalg.solve(*self._at(spread))[2:])

    def _at(self, spread: float) -> tuple[Floats, Floats]:
        if not spread:
            return self.curve[:2, :2], self.slope[:2]
        return self.curve + np.diag([0.0, 0.0, *[spread**-2.0] * self.effects]), self.slope


def _noise(design: Floats, target: Floats, weight: Floats) -> float:
    """Variance of a residual of weight 1, at least that of counts, widened by its persistence."""
    root = np.sqrt(weight)
    fit = np.linalg.lstsq(design * root[:, None], target * root, rcond=None)[0]
    left = (target - design @ fit) * root
    squares = float(left @ left)
    scale = squares / max(target.size - design.shape[1], 1)
    together = min(max(float(left[1:] @ left[:-1]) / max(squares, 1e-12), 0.0), 0.8)
    return float(max(scale, 1.0) * (1 + together) / (1 - together))


def _flat(ledger: Ledger) -> Clock:
    """A clock without season; PerenneError when the history does not hold a year and more."""
    begin = int(ledger.day[ledger.orders > 0].min()) - 1
    days = ledger.until - begin
    if days < SHORTEST:
        raise PerenneError(
            _("The history of {days} days is too short to tell the season.").format(days=days),
            given={"days": days},
            allowed={"days": SHORTEST},
            next_step=_("Wait until more than a year is there."),
        )
    events = events_seen_twice(begin + 1, ledger.until)
    return Clock(begin, PAIRS, events, (0.0,) * (2 * PAIRS + len(events)))
