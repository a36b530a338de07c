"""The season of a shop as far as its weeks tell it, and what a season may still do.

Where a year has not been seen, a season cannot be told from a trend or from a pace that wanders.
So nothing is decided: season, wandering and chance are parts of one model of the shop's weekly
orders, and their sizes are weighed by what the weeks make of each (Rasmussen & Williams 2006, § 2.7
and § 5.4). A forecast that knows no season is moved by what is known of it, and what is left open
is told as the error that it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.stats import norm

from perenne.core import PerenneError
from perenne.models.contenders.beyond import PURCHASES
from perenne.models.contenders.occasions import find_occasions
from perenne.models.contenders.probability import (
    NEVER_LEAVE,
    FittedProbability,
    probability_contender,
)
from perenne.models.contenders.seasonal import PAIRS, SEASON, Clock, weekly_orders
from perenne.models.forecast import HOLDS_OWN, HOLDS_PAST, HOLDS_RECENT, FittedContender
from perenne.models.histories import Floats, Ints
from perenne.models.judging.recalibration import LEVEL_BELIEF, SEASON_SPREAD, unseen_season
from perenne.models.judging.trials import Rehearsal, first_day
from perenne.models.ledger import Ledger
from perenne.models.purchases.dynamic_season import events_seen_twice, shop_calendar

WEEK = 7
# Standard deviations that effects of a season may have, those of the nth pair of waves 1/n of it;
# those of a pace that wanders, and weeks in which it forgets where it was.
SWINGS = (0.0, 0.1, 0.2, 0.4)
WANDERS = (0.0, 0.05, 0.1, 0.2)
MEMORY = 13.0
# Weeks that are read, the latest; fewer than so many tell nothing.
MOST_WEEKS, FEWEST_WEEKS = 260, 8
# What a purchase model without a season holds of that of the last horizon, beside that of its whole
# past: in 35 forecasts of two simulated shops misses went with 0.2 and 0.55 of the two.
LATE_PART = 0.25
# Weeks of late. Standard deviations of their logarithm beside that of all: in a shop that stays as
# it is, whose customers are others than those of the start, and in one that drifts; how many drift.
LATE_WEEKS, STILL, DRIFT, DRIFTING = 13, 0.1, 0.3, 0.25
# Logarithm of the factor by which a season moves a forecast at most.
FURTHEST = 1.4


@dataclass(frozen=True)
class Pace:
    """Effects of the season on the logarithm of the shop's pace: means and covariance.

    The columns are those of `shop_calendar`: pairs of sine and cosine, then events. By week from
    the end of day `begin` on: table, those columns; actual, repeat orders; expected, those that a
    model without a season expects; exposed, days that customers had been known for, in all. doubt:
    chance that there is no season.
    """

    begin: int
    events: tuple[str, ...]
    table: Floats
    actual: Floats
    expected: Floats
    exposed: Floats
    effects: Floats
    covariance: Floats
    doubt: float = 0.0

    def factor(self, fitted: FittedContender, *, until: int, horizon: int) -> float:
        """What a forecast of the days after `until` is multiplied with."""
        season = self.shift(getattr(fitted, "holds", HOLDS_PAST), until=until, horizon=horizon)
        steady = fitted.name.removesuffix(SEASON) in NEVER_LEAVE
        return float(np.exp(season + (self.drift(until) if steady else 0.0)))

    def shift(self, holds: str, *, until: int, horizon: int) -> float:
        """What moves the logarithm of a forecast of the days after `until` to their season.

        holds: the season that the forecast is made of: its own, that of the last `horizon` days
        (what is learnt from features of late), or that of the whole past, as counts make up rates,
        and in part of late, as who is silent in a low season passes for gone. What was seen of a
        year says nothing of the mean of its other days: of these it moves none.
        """
        if holds == HOLDS_OWN:
            return 0.0
        late, ever = self._level(self._past(until, horizon)), self._level(self._past(until))
        part = 1.0 if holds == HOLDS_RECENT else LATE_PART
        moved = self._level(self._ahead(until, horizon)) - part * late - (1 - part) * ever
        moved *= 1 - unseen_season(self.begin + 1, until, horizon=horizon)
        return float(np.clip(moved, -FURTHEST, FURTHEST))

    def drift(self, until: int) -> float:
        """Logarithm of the pace of late beside that of the whole past, for who knows no leaving.

        Of repeat orders per customer so far, season apart; held by what chance and a season that is
        not known yet may have made of it.
        """
        last = max((until - self.begin) // WEEK, 1)
        first = last - LATE_WEEKS
        if first < LATE_WEEKS or not self.actual.size:
            return 0.0
        exposed = self.exposed * np.exp(self.table @ self.effects)
        (late, all_late), (ever, all_ever) = (
            (float(self.actual[weeks].sum()), float(exposed[weeks].sum()))
            for weeks in (slice(first, last), slice(0, last))
        )
        if min(late, ever, all_late) <= 0:
            return 0.0
        all_weeks = np.average(self.table[:last], axis=0, weights=self.exposed[:last] + 1e-9)
        moved = self.table[first:last].mean(axis=0) - all_weeks
        noise = 1 / late + float(moved @ self.covariance @ moved)
        found = float(np.log(late / all_late) - np.log(ever / all_ever))
        still, moving = (norm.pdf(found, scale=np.hypot(one, noise**0.5)) for one in (STILL, DRIFT))
        chance = DRIFTING * moving / ((1 - DRIFTING) * still + DRIFTING * moving)
        held = chance * DRIFT**2 / (DRIFT**2 + noise)
        return float(np.clip(found, -FURTHEST, FURTHEST) * held)

    def error(self, until: int, horizon: int, *, learnt: Sequence[tuple[int, int]]) -> float:
        """Standard deviation of what a season may still do to a total whose level is learnt.

        learnt: earlier (origin, horizon) at which it was: where these lie in the other half of the
        year, they mislead.
        """
        moved = self._towards(until, horizon)
        # n windows that overlap by half cover (n + 1) / 2 windows.
        apart = (len(learnt) + 1) / (2 * max(len(learnt), 1))
        weights = [apart * min(1.0, length / horizon) for _origin, length in learnt]
        for (origin, length), weight in zip(learnt, weights, strict=True):
            moved = moved - weight * self._towards(origin, length) / (sum(weights) + LEVEL_BELIEF)
        return float(np.sqrt(max(float(moved @ self.covariance @ moved), 0.0)))

    def _towards(self, until: int, horizon: int) -> Floats:
        (ahead, days), (past, weight) = self._ahead(until, horizon), self._past(until)
        moved: Floats = np.average(ahead, axis=0, weights=days) - np.average(
            past, axis=0, weights=weight
        )
        return moved

    def _level(self, weeks: tuple[Floats, Floats]) -> float:
        table, weight = weeks
        return float(np.log(np.average(np.exp(table @ self.effects), weights=weight)))

    def _ahead(self, until: int, horizon: int) -> tuple[Floats, Floats]:
        """Columns of the weeks after `until`, and how many of their days are asked for."""
        table = shop_calendar(until + 1, until + horizon, pairs=PAIRS, events=self.events).values
        return table, np.minimum(horizon - WEEK * np.arange(len(table)), WEEK).astype(float)

    def _past(self, until: int, days: int | None = None) -> tuple[Floats, Floats]:
        """Columns of the weeks up to `until` (of the last `days`), by the orders expected."""
        last = max((until - self.begin) // WEEK, 1)
        first = 0 if days is None else max(last - max(days // WEEK, 1), 0)
        return self.table[first:last], self.expected[first:last] + 1e-9


def learn_pace(ledger: Ledger, purchases: object) -> Pace:
    """From weekly repeat orders over those that a purchase model without a season expects.

    Beside season and wandering stand a level and a trend without a prior, as neither may pass for
    a season.
    """
    begin = ledger.first_sale - 1
    events = events_seen_twice(begin + 1, ledger.until)
    swings = np.array([*np.repeat(1 / np.arange(1.0, PAIRS + 1), 2), *[1.0] * len(events)])
    clock = Clock(begin, PAIRS, events, (0.0,) * swings.size)
    actual, expected = weekly_orders(ledger, purchases, clock)
    table = clock.seasons(actual.size)
    seen = (expected > 1.0) & (np.arange(expected.size) >= expected.size - MOST_WEEKS)
    if np.count_nonzero(seen) < FEWEST_WEEKS:
        told = [_Told(0.0, np.zeros(swings.size), np.diag((size * swings) ** 2)) for size in SWINGS]
        flat = 1
    else:
        weeks = _Weeks.of(
            actual[seen], expected[seen], place=np.flatnonzero(seen), table=table[seen]
        )
        told = [weeks.told(swing * swings, wander) for swing, wander in product(SWINGS, WANDERS)]
        flat = len(WANDERS)
    weight, effects, covariance = _averaged(told)
    weekly = (actual, expected, _exposed(ledger, begin, expected.size))
    # The first size is that of no season.
    return Pace(begin, events, table, *weekly, effects, covariance, float(weight[:flat].sum()))


def _exposed(ledger: Ledger, begin: int, weeks: int) -> Floats:
    """Days that customers had been known for, summed over them, in each week from `begin` on."""
    first = ledger.until - ledger.histories().tenure.astype(np.int64) - begin
    edges = WEEK * np.arange(weeks + 1)
    born = np.sort(first)
    count = np.searchsorted(born, edges, side="right")
    before = np.concatenate(([0], np.cumsum(born)))
    days: Floats = np.diff(count * edges - before[count]).astype(float)
    return days


@dataclass(frozen=True)
class _Told:
    """What the weeks tell where season and wandering have given sizes."""

    evidence: float
    effects: Floats
    covariance: Floats


@dataclass(frozen=True)
class _Weeks:
    """Logarithms of actual over expected orders, their variance by chance, columns, places."""

    target: Floats
    chance: Floats
    table: Floats
    place: Floats

    @classmethod
    def of(cls, actual: Floats, expected: Floats, *, place: Ints, table: Floats) -> _Weeks:
        target = np.log((actual + 0.5) / (expected + 0.5))
        # What neighbours do not share: the variance of counts, or more.
        steps = np.diff(target) ** 2 / (1 / expected[1:] + 1 / expected[:-1])
        return cls(target, max(float(steps.mean()), 1.0) / expected, table, place.astype(float))

    def told(self, swings: Floats, wander: float) -> _Told:
        """By restricted maximum likelihood and normal priors of these standard deviations."""
        apart = np.abs(self.place[:, None] - self.place)
        waves = self.table * swings
        whole = waves @ waves.T + wander**2 * np.exp(-apart / MEMORY) + np.diag(self.chance)
        size = self.target.size
        design = np.column_stack((np.ones(size), np.linspace(-1, 1, size)))
        factor = cho_factor(whole, lower=True)
        through = cho_solve(factor, design)
        curve = design.T @ through
        free = np.linalg.solve(curve, through.T)
        left = cho_solve(factor, self.target) - through @ (free @ self.target)
        weighed = cho_solve(factor, waves) - through @ (free @ waves)
        sizes = 2 * np.log(np.diag(factor[0])).sum() + np.linalg.slogdet(curve)[1]
        return _Told(
            -float(self.target @ left + sizes) / 2,
            swings * (waves.T @ left),
            np.diag(swings**2) - swings[:, None] * (waves.T @ weighed) * swings,
        )


def _averaged(told: Sequence[_Told]) -> tuple[Floats, Floats, Floats]:
    """(chance of each size, mean and covariance of the effects over all of them)."""
    evidence = np.array([one.evidence for one in told])
    weight = np.exp(evidence - evidence.max())
    weight /= weight.sum()
    effects: Floats = weight @ np.array([one.effects for one in told])
    covariance = np.zeros((effects.size, effects.size))
    for share, one in zip(weight, told, strict=True):
        away = one.effects - effects
        covariance += share * (one.covariance + np.outer(away, away))
    return weight, effects, covariance


def pace_of(
    ledger: Ledger, rehearsal: Rehearsal, *, horizon: int, rng: np.random.Generator
) -> Pace | None:
    """Beside the first purchase model that fits the shop; None when none does.

    None as well in the first two months, and in a shop that sells on occasions: weeks between them
    are no low season.
    """
    if ledger.until - ledger.first_sale < WEEK * FEWEST_WEEKS or find_occasions(ledger):
        return None
    for name in PURCHASES:
        try:
            model = rehearsal.fit(probability_contender(name), ledger, horizon=horizon, rng=rng)
        except PerenneError:
            continue
        if isinstance(model, FittedProbability):
            return learn_pace(ledger, model.purchases)
    return None


def open_season(
    ledger: Ledger, pace: Pace | None, *, horizon: int, learnt: Sequence[tuple[int, int]]
) -> float:
    """Standard deviation that seasons add to the logarithm of a total.

    Of what the weeks leave open, and of days at a time of the year that was never seen.
    """
    unseen = SEASON_SPREAD * unseen_season(first_day(ledger), ledger.until, horizon=horizon)
    known = pace.error(ledger.until, horizon, learnt=learnt) if pace else 0.0
    return float(np.hypot(unseen, known))
