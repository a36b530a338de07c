"""Purchase models on the clock of the shop: an hour of high season counts for more than one of low.

A process of purchases whose rate follows the calendar is a process of constant rate once time is
counted in what the calendar brings (the time change of Poisson processes; Daley & Vere-Jones 2003,
§ 7.4). So any model of the shop reads ages, and answers horizons, on that clock: the season acts
inside purchases and dropout, not on a finished forecast.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.contenders.probability import (
    WEEK,
    FittedProbability,
    probability_contender,
)
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger
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


@dataclass(frozen=True)
class Clock:
    """What each day of the year counts for. effects: of pairs of sine and cosine, then of events.

    level: what makes a mean year last as long on this clock as on any other.
    """

    pairs: int
    events: tuple[str, ...]
    effects: tuple[float, ...]
    level: float = 1.0

    def between(self, start: int, days: npt.NDArray[np.integer] | Floats) -> Floats:
        """Weeks of this clock from the end of day `start` to the end of each of `days`."""
        last = int(np.max(days, initial=start + 1))
        weeks = self._weeks(start + 1, last)
        edges = start + WEEK * np.arange(weeks.size + 1)
        passed = np.concatenate(([0.0], np.cumsum(weeks)))
        found: Floats = np.interp(days, edges, passed)
        return found

    def _weeks(self, first: int, last: int) -> Floats:
        table = shop_calendar(first, last, pairs=self.pairs, events=self.events).values
        counted: Floats = np.exp(table @ np.asarray(self.effects)) * self.level
        return counted

    def levelled(self, first: int) -> Clock:
        """The same clock with mean weeks of length 1 over four years."""
        weeks = replace(self, level=1.0)._weeks(first, first + 4 * 365)
        return replace(self, level=1.0 / float(weeks.mean()))


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
        clock, begin = _flat(ledger), _before(ledger)
        for _turn in range(TURNS):
            purchases = plain.purchases.fit(**clocked_history(ledger, clock, begin))
            clock = learn_clock(ledger, purchases, clock)
        if not any(clock.effects):
            raise PerenneError(
                _("No season shows in the orders of this shop."),
                next_step=_("Use the model without the season."),
            )
        history = clocked_history(ledger, clock, begin)
        inner = plain.fit_purchases(ledger, lambda **_weekly: plain.purchases.fit(**history))
        return FittedSeasonal(
            self.name, inner.purchases, inner.spend, inner.returns, clock=clock, begin=begin
        )


@dataclass(frozen=True)
class FittedSeasonal(FittedProbability):
    """As any purchase model; ages and horizons are told on the clock, which begins at `begin`."""

    clock: Clock = Clock(0, (), ())
    begin: int = 0

    def history(self, ledger: Ledger) -> dict[str, Floats]:
        return clocked_history(ledger, self.clock, self.begin)

    def ahead(self, ledger: Ledger, horizon: int) -> float:
        ends = self.clock.between(self.begin, np.array([ledger.until, ledger.until + horizon]))
        return float(ends[1] - ends[0])


def clocked_history(ledger: Ledger, clock: Clock, begin: int) -> dict[str, Floats]:
    """frequency, recency and tenure of each customer, in weeks of `clock`."""
    history = ledger.histories()
    first = ledger.until - history.tenure.astype(np.int64)
    days = np.arange(begin, ledger.until + 1)
    at = clock.between(begin, days)
    born, last = (at[day - begin] for day in (first, first + history.recency.astype(np.int64)))
    return {
        "frequency": history.frequency,
        "recency": last - born,
        "tenure": at[-1] - born,
    }


def learn_clock(ledger: Ledger, purchases: object, clock: Clock) -> Clock:
    """The clock on which repeat orders come as the model, fitted on `clock`, expects them.

    Weekly repeat orders over those expected of the customers acquired by then are regressed, as
    logarithms, on the season, beside a level and a trend that are not kept: what is no season
    must not pass for one. Effects are shrunk by a normal prior whose spread maximises the evidence.
    """
    begin = _before(ledger)
    actual, expected = _weekly(ledger, purchases, clock, begin)
    table = shop_calendar(
        begin + 1, begin + int(WEEK) * actual.size, pairs=clock.pairs, events=clock.events
    ).values
    seen = expected > 1.0
    so_far = np.asarray(clock.effects)
    target = np.log((actual + 0.5) / (expected + 0.5)) + table @ so_far
    effects = _shrunk(table[seen], target[seen], weight=expected[seen])
    return replace(clock, effects=tuple(effects.tolist())).levelled(begin + 1)


def _weekly(ledger: Ledger, purchases: object, clock: Clock, begin: int) -> tuple[Floats, Floats]:
    """Repeat purchase days in each whole week of the history, and those expected."""
    weeks = int((ledger.until - begin) // WEEK)
    first = ledger.until - ledger.histories().tenure.astype(np.int64)
    again = (ledger.orders > 0) & (ledger.day > first[ledger.customer])
    week = (ledger.day[again] - begin - 1) // int(WEEK)
    actual = np.bincount(week[week < weeks], minlength=weeks).astype(float)
    at = clock.between(begin, np.arange(begin, ledger.until + 1))
    born, counts = np.unique(first, return_counts=True)
    ends = at[(np.arange(weeks + 1) * int(WEEK))]
    age = np.maximum(ends[:, None] - at[born - begin], 0.0)
    told = np.asarray(purchases.expected_purchases_new(age.ravel()))  # type: ignore[attr-defined] # any purchase model
    expected = np.diff(told.reshape(age.shape) @ counts)
    return actual, expected


def _shrunk(table: Floats, target: Floats, *, weight: Floats) -> Floats:
    """Effects by generalised ridge; the prior spread is that of the highest evidence."""
    size = target.size
    place = np.linspace(-1.0, 1.0, size)
    free = np.column_stack((np.ones(size), place))
    noise = _noise(np.column_stack((free, table)), target, weight)
    precision = weight / noise
    best = max(SPREADS, key=lambda spread: _evidence(table, free, target, precision, spread))
    if best == 0.0:
        return np.zeros(table.shape[1])
    prior = np.concatenate((np.zeros(2), np.full(table.shape[1], best**-2.0)))
    design = np.column_stack((free, table))
    curve = (design.T * precision) @ design + np.diag(prior)
    return np.asarray(np.linalg.solve(curve, (design.T * precision) @ target)[2:])


def _noise(design: Floats, target: Floats, weight: Floats) -> float:
    """Variance of a residual of weight 1, at least that of counts, widened by its persistence."""
    root = np.sqrt(weight)
    fit = np.linalg.lstsq(design * root[:, None], target * root, rcond=None)[0]
    left = (target - design @ fit) * root
    squares = float(left @ left)
    scale = squares / max(target.size - design.shape[1], 1)
    together = min(max(float(left[1:] @ left[:-1]) / max(squares, 1e-12), 0.0), 0.8)
    return float(max(scale, 1.0) * (1 + together) / (1 - together))


def _evidence(
    table: Floats, free: Floats, target: Floats, precision: Floats, spread: float
) -> float:
    """Logarithm of the marginal likelihood, level and trend integrated out."""
    covariance = np.diag(1 / precision) + spread**2 * (table @ table.T)
    factor = np.linalg.cholesky(covariance)
    solved = np.linalg.solve(factor, np.column_stack((free, target)))
    plain, wanted = solved[:, :-1], solved[:, -1]
    inner = plain.T @ plain
    left = wanted - plain @ np.linalg.solve(inner, plain.T @ wanted)
    inside = float(np.log(np.diag(factor)).sum())
    return -float(left @ left) / 2 - inside - float(np.linalg.slogdet(inner)[1]) / 2


def _flat(ledger: Ledger) -> Clock:
    """A clock without season; PerenneError when the history does not hold a year and more."""
    begin = _before(ledger)
    days = ledger.until - begin
    if days < SHORTEST:
        raise PerenneError(
            _("The history of {days} days is too short to tell the season.").format(days=days),
            given={"days": days},
            allowed={"days": SHORTEST},
            next_step=_("Wait until more than a year is there."),
        )
    events = events_seen_twice(begin + 1, ledger.until)
    return Clock(PAIRS, events, (0.0,) * (2 * PAIRS + len(events)))


def _before(ledger: Ledger) -> int:
    """The day before the first purchase."""
    return int(ledger.day[ledger.orders > 0].min()) - 1
