"""Subscriptions read as lives: renewals faced, who left, what of them the records can know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import poisson

from perenne.core import PerenneError
from perenne.models.contracts.beta_discrete_weibull import BetaDiscreteWeibull
from perenne.models.contracts.fitted_contract import FittedContract
from perenne.models.contracts.shifted_beta_geometric import ShiftedBetaGeometric
from perenne.text import gettext as _

FEWEST = 50
"""Subscriptions of an interval below which no model is fitted to them."""
YEAR_MONTHS = 12
_PER_YEAR = {"day": 365.0, "week": 365 / 7, "month": 12.0, "year": 1.0}
_DAYS = {"day": 1, "week": 7}
# Times the usual number of starts of a month, from which those of the first one are a transfer.
TRANSFER = 10
# Months with starts, beside the first, that tell the usual number.
USUAL_MONTHS = 6
# Chance that so few left before, as the model has it, below which records are taken to begin late.
BY_CHANCE = 0.005
# Ends before which the records are taken not to have begun: strays.
STRAYS = 0.005

Row = Mapping[str, Any]
Days = npt.NDArray[np.datetime64]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Lives:
    """Subscriptions of one interval as known on a day, (subscriptions,) each.

    unit, every: what is billed at once. start, until: first day paid for, first day that is not.
    churned: has left. is_older: begun before the records, which tell the day of a transfer instead.
    """

    unit: str
    every: int
    as_of: date
    start: Days
    until: Days
    churned: Flags
    rows: Sequence[Row]
    is_older: bool = False

    @property
    def interval(self) -> str:
        return self.unit if self.every == 1 else f"{self.every} {self.unit}"

    @property
    def name(self) -> str:
        return f"{self.interval}{OLDER}" if self.is_older else self.interval

    @property
    def per_year(self) -> float:
        return _PER_YEAR[self.unit] / self.every

    @property
    def size(self) -> int:
        return int(self.start.size)

    @property
    def tenure(self) -> Counts:
        """The renewal at which each left, or renewals survived so far."""
        whole, exact = self.renewals(np.minimum(self.until, np.datetime64(self.as_of)))
        return np.where(self.churned, np.maximum(whole + ~exact, 1), whole)

    @property
    def in_force(self) -> Flags:
        return self.until > np.datetime64(self.as_of)

    @property
    def cohort(self) -> npt.NDArray[Any]:
        """Year in which payment began."""
        return self.start.astype("datetime64[Y]").astype(str)

    def renewals(self, day: Days | np.datetime64) -> tuple[Counts, Flags]:
        """Whole periods from the start of each to `day`, and whether they end on it.

        A month that is too short for the day of the start renews on its last day.
        """
        if self.unit in _DAYS:
            length = self.every * _DAYS[self.unit]
            days = (day - self.start).astype(np.int64)
            return days // length, days % length == 0
        step = self.every * (YEAR_MONTHS if self.unit == "year" else 1)
        first, last = self.start.astype("datetime64[M]"), day.astype("datetime64[M]")
        length = ((last + 1).astype("datetime64[D]") - last.astype("datetime64[D]")).astype(int)
        due = np.minimum((self.start - first.astype("datetime64[D]")).astype(int), length - 1)
        passed = (day - last.astype("datetime64[D]")).astype(int)
        months = (last - first).astype(np.int64) - (due > passed)
        return months // step, (months % step == 0) & (due == passed)

    def at(self, day: date) -> Lives:
        """The same as they were known on an earlier day: who left later was still there."""
        now = np.datetime64(day)
        known = np.flatnonzero(self.start <= now)
        gone = self.churned[known] & (self.until[known] <= now)
        until = np.where(gone, self.until[known], np.datetime64(date.max))
        return self.part(known, as_of=day, until=until, churned=gone)

    def part(self, chosen: npt.NDArray[Any], **changed: Any) -> Lives:
        """Those `chosen` by place; what is `changed` is given for them."""
        whole = {
            "as_of": self.as_of,
            "until": self.until[chosen],
            "churned": self.churned[chosen],
            "is_older": self.is_older,
        }
        rows = [self.rows[place] for place in chosen.tolist()]
        return Lives(
            self.unit, self.every, start=self.start[chosen], rows=rows, **{**whole, **changed}
        )


OLDER = "+"
"""What the name of an interval ends with, for subscriptions begun before the records."""


def by_interval(rows: Iterable[Row], as_of: date) -> list[Lives]:
    """Subscriptions by interval, those older than the records apart.

    Left out are those without an interval and those whose trial never ended.
    """
    found: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        unit, every = row["interval_unit"], row["interval_count"] or 1
        start, until = row["paying_from"], row["paying_until"]
        if unit in _PER_YEAR and start <= as_of and start < until:
            found.setdefault((unit, every), []).append(row)
    lives = [_lives(held, unit, every, as_of) for (unit, every), held in found.items()]
    apart = [part for one in lives for part in _apart(one)]
    return sorted(apart, key=lambda one: one.name)


def _lives(rows: Sequence[Row], unit: str, every: int, as_of: date) -> Lives:
    def days(name: str) -> Days:
        return np.array([row[name] for row in rows], dtype="datetime64[D]")

    churned = np.array([bool(row["ended"]) for row in rows])
    return Lives(unit, every, as_of, days("paying_from"), days("paying_until"), churned, rows)


def _apart(lives: Lives) -> list[Lives]:
    """Those begun in the first month apart, where so many are that a transfer must have dated them.

    A new system often dates what it takes over from the day on which it does so. How old they are
    is then unknown; their lives since say as much of them as can be known, and nothing of others.
    """
    months, place, count = np.unique(
        lives.start.astype("datetime64[M]"), return_inverse=True, return_counts=True
    )
    usual = float(np.median(count[1:])) if months.size > USUAL_MONTHS else np.inf
    if count[0] < max(FEWEST, TRANSFER * usual):
        return [lives]
    first = place.ravel() == 0
    later, older = np.flatnonzero(~first), np.flatnonzero(first)
    return [lives.part(later), lives.part(older, is_older=True)]


@dataclass(frozen=True)
class Learnt:
    """A model of the lives of an interval. begins: the day on which the records begin, where those
    who had left before are missing from them; None where the records seem whole."""

    model: FittedContract
    begins: date | None = None


def fit(lives: Lives) -> Learnt:
    """The shifted beta-geometric, or the beta-discrete-Weibull where its AIC is lower.

    Where those who left before some day seem to be missing, lives count from that day on only
    (left truncation): otherwise who was left to be seen would be taken for loyal by nature. Raises
    PerenneError below the least number of subscriptions, or where neither can be fitted.
    """
    if lives.size < FEWEST:
        raise PerenneError(
            _(
                "Too few subscriptions of this interval to learn from: {n}, fewer than {least}."
            ).format(n=lives.size, least=FEWEST),
            given=lives.size,
            next_step=_("Read the survival that was seen, or wait for more of them."),
        )
    late = _late(lives)
    if late is not None:
        return late
    return Learnt(_fitted(tenure=lives.tenure, churned=lives.churned))


def _late(lives: Lives) -> Learnt | None:
    """The fit on what records that begin late can know; None where they seem whole.

    They do when, by that very fit, few of those that are older than the first end known would have
    left before it.
    """
    ends = lives.until[lives.churned].astype(np.int64)
    if not ends.size:
        return None
    begins = np.datetime64(int(np.quantile(ends, STRAYS, method="lower")), "D")
    kept = np.flatnonzero(~lives.churned | (lives.until >= begins))
    seen = lives.part(kept)
    old = seen.start < begins
    whole, exact = seen.renewals(begins)
    before = np.where(old, whole - exact, 0)
    entered = np.minimum(before, seen.tenure - seen.churned)
    if not entered.any():
        return None
    try:
        model = _fitted(tenure=seen.tenure, churned=seen.churned, entered=entered)
    except PerenneError:
        return None
    missed = -float(model.curve().log_survival(entered.astype(float)).sum())
    seen_before = lives.size - kept.size
    is_late = poisson.cdf(seen_before, missed) < BY_CHANCE
    return Learnt(model, begins.item()) if is_late else None


def _fitted(**given: Any) -> FittedContract:
    simple = ShiftedBetaGeometric().fit(**given)
    try:
        rich: FittedContract = BetaDiscreteWeibull().fit(**given)
    except PerenneError:
        return simple
    return rich if rich.log_likelihood - simple.log_likelihood > 1 else simple
