"""From which probability a link may be made without asking: measured on pairs that were judged.

Curves (`curves`) say how often links are right, per group of links: a pair of sources. Few judged
pairs that lie clearly apart are then enough, and few of each pair of sources where others were
judged too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from perenne.identity.curves import (
    Bools,
    Curves,
    Floats,
    Judged,
    learnt,
    log_odds,
)

FEWEST, OWN = 20, 5
"""Judged pairs, of all groups and of the group itself, below which the curve would be little but
what was assumed of it."""
LEAST = 0.75
"""How likely the last link that is made must be right by all that was judged."""
_STEP = 0.02
_BELOW = 1e-7
_MORE = (2, 4, 8, 16, 32)


@dataclass(frozen=True)
class Threshold:
    """`value` and what it rests on; `precision` and `at_least` are None while unmeasured.

    `judged` counts the links of the group that were judged, `others` those of other groups.
    `precision` is the share of right ones among the judged links from the value on, `at_least` the
    share of all links from there on that the judged pairs make sure of; `missing` says how many
    further judged pairs could suffice, were they like those there are (0: none would).
    """

    value: float
    measured: bool
    judged: int
    accepted: int = 0
    precision: float | None = None
    at_least: float | None = None
    recall: float | None = None
    missing: int = 0
    others: int = 0


@dataclass(frozen=True)
class Group:
    """Links of one kind: those that were judged, as (probability, the same person?, pairs of
    records that the link puts together), drawn without regard to the answer, and those that nobody
    has judged, as (probability, pairs of records)."""

    judged: Sequence[tuple[float, bool, int]] = ()
    open_: Sequence[tuple[float, int]] = ()


@dataclass(frozen=True)
class Wanted:
    """The share of right links to reach, how surely, and the threshold that stands until then."""

    precision: float
    confidence: float
    fallback: float


def choose(
    judged: Iterable[tuple[float, bool, int]],
    *,
    open_: Iterable[tuple[float, int]] = (),
    precision: float,
    confidence: float,
    fallback: float,
) -> Threshold:
    """The threshold of links of one kind (`Choosing`)."""
    group = Group([*judged], [*open_])
    return Choosing([group], Wanted(precision, confidence, fallback)).thresholds()[0]


@dataclass(frozen=True)
class _Links:
    """Judged links: their probability, whether right, and how many pairs of records each puts
    together."""

    chance: Floats
    same: Bools
    number: Floats

    @classmethod
    def of(cls, judged: Iterable[tuple[float, bool, int]]) -> _Links:
        rows = np.array([row for row in judged if row[2]], dtype=float).reshape(-1, 3)
        return cls(rows[:, 0], rows[:, 1] > 0, rows[:, 2])

    def __len__(self) -> int:
        return len(self.chance)


class Choosing:
    """The lowest probabilities from which links are right at the precision.

    The least likely links are made that the precision allows, whichever group they are of: one
    likelihood, by all that was judged, is asked of the last link of every group, and is never below
    `LEAST`. A wrong link between two large customers does more harm than one between two records,
    so that each weighs as many pairs as it puts together; the share of right pairs among all links
    that are made must reach the precision with the confidence. Which links were judged may depend
    on their probabilities, as where doubtful ones are asked for first. A threshold stands halfway
    to the next link, and never lower than anything that was judged of its group; without enough
    judged links the fallback stands.
    """

    def __init__(self, groups: Sequence[Group], wanted: Wanted) -> None:
        self.wanted = wanted
        self.seen = seen = [_Links.of(group.judged) for group in groups]
        self.total = sum(map(len, seen))
        self.judged = Judged(
            np.concatenate([np.zeros(0), *(one.chance for one in seen)]),
            np.concatenate([np.zeros(0, dtype=bool), *(one.same for one in seen)]),
            np.repeat(np.arange(len(seen)), [len(one) for one in seen]),
        )
        enough = self.total >= FEWEST
        self.steps = {
            place: _Steps.of(one, groups[place].open_)
            for place, one in enumerate(seen)
            if enough and len(one) >= OWN
        }
        self._curves: dict[int, Curves] = {}

    def thresholds(self) -> list[Threshold]:
        for times in (1, *_MORE):
            found = self._reached(self.curves(times)) if self.steps else None
            if found is not None and times == 1:
                return [
                    self._measured(place, found[place]) if place in found else self._open(place)
                    for place in range(len(self.seen))
                ]
            if found is not None:
                return [self._open(place, times) for place in range(len(self.seen))]
        return [self._open(place, 1) for place in range(len(self.seen))]

    def curves(self, times: int = 1) -> Curves:
        """What the judged links, each counted so many `times`, leave possible."""
        if times not in self._curves:
            self._curves[times] = learnt(self.judged, groups=len(self.seen), times=times)
        return self._curves[times]

    def _reached(self, curves: Curves) -> dict[int, int] | None:
        """Of each group how many steps are links; None where the precision is not reached."""
        wrong = {place: steps.wrong(curves, place) for place, steps in self.steps.items()}
        likely, order, below = [], [], []
        for place, steps in self.steps.items():
            # Steps are taken from the top.
            falling = np.minimum.accumulate(1 - curves.weight @ wrong[place])
            lowest = min(float(self.seen[place].chance.min()), self.wanted.fallback)
            fine = (steps.last >= lowest) & (falling >= LEAST)
            likely.append(falling[fine])
            below.append(steps.last[fine] < self.wanted.fallback)
            order.append(np.full(fine.sum(), place))
        group, under = np.concatenate(order), np.concatenate(below)
        every = np.lexsort((-np.concatenate(likely), under))
        number = np.concatenate([self.steps[place].number[: (group == place).sum()]
                                 for place in self.steps])  # fmt: skip
        amiss = np.concatenate([wrong[place][:, : (group == place).sum()]
                                for place in self.steps], axis=1)  # fmt: skip
        bound = _bound(amiss[:, every], number[every], curves, self.wanted.confidence)
        good = np.flatnonzero(bound >= self.wanted.precision)
        if not len(good) or good[-1] + 1 < np.count_nonzero(~under):
            return None
        taken = np.bincount(group[every[: good[-1] + 1]], minlength=len(self.seen))
        return {place: int(taken[place]) for place in self.steps}

    def _measured(self, place: int, taken: int) -> Threshold:
        seen, steps = self.seen[place], self.steps[place]
        if not taken:  # None of its links is likely enough.
            return Threshold(1.0, False, len(seen), others=self.total - len(seen))
        last, curves = taken - 1, self.curves()
        above = seen.chance >= steps.last[last]
        weight = seen.number[above]
        wrong = steps.wrong(curves, place)
        return Threshold(
            value=float(steps.values[last]),
            measured=True,
            judged=len(seen),
            accepted=int(above.sum()),
            precision=float(weight[seen.same[above]].sum() / weight.sum()) if above.any() else None,
            at_least=float(_bound(wrong, steps.number, curves, self.wanted.confidence)[last]),
            recall=float((above & seen.same).sum() / max(seen.same.sum(), 1)),
            others=self.total - len(seen),
        )

    def _open(self, place: int, times: int = 1) -> Threshold:
        """Unmeasured: the fallback, or higher where what was judged speaks against it. So many
        `times` what was judged would be enough."""
        own = len(self.seen[place])
        short = max(FEWEST - self.total, OWN - own, 0)
        return Threshold(
            self._cautious(place) if place in self.steps else self.wanted.fallback,
            False,
            own,
            missing=short or (times - 1) * own,
            others=self.total - own,
        )

    def _cautious(self, place: int) -> float:
        wanted, steps, curves = self.wanted, self.steps[place], self.curves()
        most = _bound(steps.wrong(curves, place), steps.number, curves, 1 - wanted.confidence)
        asked = steps.last >= wanted.fallback
        possible = steps.values[asked & (most >= wanted.precision)]
        against = asked.any() and not (most[asked] >= wanted.precision).all()
        return float(possible.min(initial=1.0)) if against else wanted.fallback


@dataclass(frozen=True)
class _Steps:
    """All links in steps of nearly equal log odds, the likeliest first: the middle of each, its
    lowest probability (`last`), that of a threshold below it (`values`, halfway to the next link),
    and how many pairs of records it puts together."""

    odds: Floats
    last: Floats
    values: Floats
    number: Floats

    @classmethod
    def of(cls, seen: _Links, open_: Sequence[tuple[float, int]]) -> _Steps:
        others = np.array([*open_], dtype=float).reshape(-1, 2)
        chance, number = np.r_[seen.chance, others[:, 0]], np.r_[seen.number, others[:, 1]]
        order = np.argsort(-chance, kind="stable")
        chance, number = chance[order], number[order]
        odds = log_odds(chance)
        start = np.flatnonzero(np.r_[True, np.diff(np.floor(odds / _STEP)) != 0])
        weight = np.add.reduceat(number, start)
        last = chance[np.r_[start[1:] - 1, len(odds) - 1]]
        following = np.r_[chance[start[1:]], last[-1] - _BELOW]
        middle = np.add.reduceat(odds * number, start) / weight
        return cls(middle, last, (last + following) / 2, weight)

    def wrong(self, curves: Curves, group: int) -> Floats:
        """How often the links of each step are wrong: a row per curve."""
        share: Floats = 1 - curves.chance(self.odds, group)
        return share


def _bound(wrong: Floats, number: Floats, curves: Curves, confidence: float) -> Floats:
    """Of each step the share of right pairs up to there that is reached for sure."""
    share = 1 - np.cumsum(wrong * number, axis=1) / np.cumsum(number)
    order = np.argsort(share, axis=0)
    below = np.cumsum(curves.weight[order], axis=0)
    place = (below > 1 - confidence).argmax(axis=0)
    lowest: Floats = np.take_along_axis(share, order, axis=0)[place, np.arange(len(place))]
    return lowest
