"""Customers joined by likeness, the likeliest first, each step by all that their records say.

A record of its own is compared with whichever record of a customer it is most like: records of one
person are variants of each other. Between two customers of several records one pair that looks
alike is little: of forty-nine pairs of strangers one may well agree by chance. There the odds of
all pairs that the step puts together count, on average: strangers reach a high average no more
often than one pair of them does, however much their records depend on each other (Vovk and Wang
2021, on averages of e-values). A source that says little must not thin out what another one says:
the average is that of one pair of sources, of the one that says most.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from perenne.identity.clusters import Ints

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Likeness:
    """Pairs of records that look alike: their numbers, the odds that they are one person's, and
    the pair of sources (`profile`) that each is of."""

    left: Ints
    right: Ints
    odds: Floats
    profile: Ints


class Join(NamedTuple):
    """Two customers put together: the odds that this is right, how many pairs of records it puts
    together, the pair of sources that says so, and the places of the pairs that speak of it."""

    odds: float
    number: int
    profile: int
    pairs: tuple[int, ...]


def odds_of(probability: Floats) -> Floats:
    """Probabilities are kept with six decimals: none is surer than a million to one."""
    sure = np.clip(probability, 1e-6, 1 - 1e-6)
    odds: Floats = sure / (1 - sure)
    return odds


def joins(root: Ints, source: Ints, alike: Likeness, *, least: Floats) -> list[Join]:
    """The steps in which customers (`root` of each record) are joined, the likeliest first.

    `source` is that of each record; `least` are the odds per pair of sources below which nothing is
    joined. An average never grows as customers do, so that each step is less sure than the one
    before, and a stricter `least` takes the same steps, but fewer.
    """
    return _Growing(root, source, alike, least).run()


@dataclass
class _Between:
    """What speaks for joining two customers: per pair of sources the sum of the odds and the best,
    and all pairs of records."""

    sums: dict[int, float] = field(default_factory=dict)
    best: dict[int, float] = field(default_factory=dict)
    pairs: list[int] = field(default_factory=list)

    def hear(self, profile: int, odds: float, pair: int) -> None:
        self.sums[profile] = self.sums.get(profile, 0.0) + odds
        self.best[profile] = max(self.best.get(profile, 0.0), odds)
        self.pairs.append(pair)

    def take(self, other: _Between) -> _Between:
        for profile, odds in other.sums.items():
            self.sums[profile] = self.sums.get(profile, 0.0) + odds
        for profile, odds in other.best.items():
            self.best[profile] = max(self.best.get(profile, 0.0), odds)
        self.pairs += other.pairs
        return self


class _Growing:
    """Customers while they are being joined: the records of each per source, and its neighbours."""

    def __init__(self, root: Ints, source: Ints, alike: Likeness, least: Floats) -> None:
        self.least = least.tolist()
        self.ends = _ends(source, alike)
        self.near: dict[int, dict[int, _Between]] = {}
        sides = zip(root[alike.left].tolist(), root[alike.right].tolist(), strict=True)
        told = zip(alike.odds.tolist(), alike.profile.tolist(), strict=True)
        for place, ((one, other), (odds, profile)) in enumerate(zip(sides, told, strict=True)):
            if one != other:
                between = self.near.setdefault(one, {}).setdefault(other, _Between())
                self.near.setdefault(other, {})[one] = between
                between.hear(profile, odds, place)
        self.records = self._counted(root, source)

    def _counted(self, root: Ints, source: Ints) -> dict[int, Counter[int]]:
        members = np.flatnonzero(np.isin(root, np.fromiter(self.near, np.int64, len(self.near))))
        found: dict[int, Counter[int]] = {customer: Counter() for customer in self.near}
        for customer, one in zip(root[members].tolist(), source[members].tolist(), strict=True):
            found[customer][one] += 1
        return found

    def run(self) -> list[Join]:
        made = []
        heap = [
            entry
            for one, beside in self.near.items()
            for other in beside
            if one < other and (entry := self._entry(one, other))
        ]
        heapify(heap)
        while heap:
            entry = heappop(heap)
            odds, one, other, profile = entry
            if other not in self.near.get(one, ()) or self._entry(one, other) != entry:
                continue
            between = self.near[one][other]
            number = self.records[one].total() * self.records[other].total()
            made.append(Join(-odds, number, profile, tuple(between.pairs)))
            for neighbour in self._merge(one, other):
                if again := self._entry(*sorted((one, neighbour))):
                    heappush(heap, again)
        return made

    def _entry(self, one: int, other: int) -> tuple[float, int, int, int] | None:
        """The likeliest pair of sources that is likely enough, if any."""
        between = self.near[one][other]
        odds = between.best if self._alone(one, other) else self._average(one, other)
        found = ((-odds[at], one, other, at) for at in odds if odds[at] >= self.least[at])
        return min(found, default=None)

    def _alone(self, one: int, other: int) -> bool:
        return min(self.records[one].total(), self.records[other].total()) == 1

    def _average(self, one: int, other: int) -> dict[int, float]:
        """Odds per pair of records that the two customers have of each pair of sources."""
        mine, theirs = self.records[one], self.records[other]
        found = {}
        for profile, total in self.near[one][other].sums.items():
            here, there = self.ends[profile]
            number = mine[here] * theirs[there]
            number += mine[there] * theirs[here] if here != there else 0
            found[profile] = total / number
        return found

    def _merge(self, one: int, other: int) -> list[int]:
        """`other` becomes part of `one`; whom it is beside now."""
        beside = self.near.pop(other)
        del beside[one], self.near[one][other]
        for neighbour, between in beside.items():
            del self.near[neighbour][other]
            mine = self.near[one].get(neighbour)
            both = between if mine is None else mine.take(between)
            self.near[one][neighbour] = self.near[neighbour][one] = both
        self.records[one] += self.records.pop(other)
        return list(self.near[one])


def _ends(source: Ints, alike: Likeness) -> list[tuple[int, int]]:
    """The two sources of each pair of sources."""
    ends = np.zeros((int(alike.profile.max(initial=-1)) + 1, 2), dtype=np.int64)
    ends[alike.profile] = np.stack([source[alike.left], source[alike.right]], axis=1)
    return [(one, other) for one, other in ends.tolist()]
