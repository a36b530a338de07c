"""From which probability a link may be made without asking: measured on pairs that were judged."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True)
class Threshold:
    """`value` and what it rests on; `precision` and `at_least` are None while unmeasured.

    `at_least` is the share of right links that the judged pairs make sure of; `missing` says how
    many further judged pairs could suffice, were all of them right.
    """

    value: float
    measured: bool
    judged: int
    accepted: int = 0
    precision: float | None = None
    at_least: float | None = None
    recall: float | None = None
    missing: int = 0


def choose(
    judged: Iterable[tuple[float, bool, int]],
    *,
    precision: float,
    confidence: float,
    fallback: float,
) -> Threshold:
    """The lowest probability above which links are right at the wanted precision.

    `judged` are pairs as (probability, the same person?, pairs of records that the link puts
    together), drawn without regard to the answer; those that put nothing together prove nothing.
    The lower bound of the share of right pairs must reach the precision: a wrong link between two
    large customers does more harm than one between two records. The threshold stands halfway to
    the next judged pair; without enough of them the `fallback` stands.
    """
    rows = sorted((row for row in judged if row[2]), key=lambda row: -row[0])
    total = sum(same for _p, same, _n in rows)
    seen = list(accumulate(rows, _Seen.and_one, initial=_Seen()))
    for place in range(len(rows), 0, -1):
        probability, so_far = rows[place - 1][0], seen[place]
        following = rows[place][0] if place < len(rows) else None
        if following == probability or so_far.share < precision:
            continue
        bound = so_far.at_least(confidence)
        if bound >= precision:
            return Threshold(
                value=(probability + (probability if following is None else following)) / 2,
                measured=True,
                judged=len(rows),
                accepted=place,
                precision=so_far.share,
                at_least=bound,
                recall=so_far.links / total if total else None,
            )
    needed = math.ceil(math.log(1 - confidence) / math.log(precision))
    return Threshold(fallback, False, len(rows), missing=max(needed - len(rows), 1))


@dataclass(frozen=True)
class _Seen:
    """Links judged so far, each weighing as many pairs of records as it puts together: the whole
    weight, that of the right ones, the sum of its squares, and how many links were right."""

    weight: int = 0
    right: int = 0
    squares: int = 0
    links: int = 0

    def and_one(self, judged: tuple[float, bool, int]) -> _Seen:
        _probability, same, number = judged
        return _Seen(
            self.weight + number,
            self.right + same * number,
            self.squares + number**2,
            self.links + same,
        )

    @property
    def share(self) -> float:
        return self.right / self.weight

    def at_least(self, confidence: float) -> float:
        """Lower bound of the share, from as many links of one weight as tell as much (Kish)."""
        tried = int(self.weight**2 / self.squares)
        return lower_bound(math.floor(self.share * tried), tried, confidence=confidence)


def lower_bound(right: int, tried: int, *, confidence: float) -> float:
    """The share that `right` of `tried` exceeds with this confidence (Clopper and Pearson 1934)."""
    if right == 0:
        return 0.0
    low, high = 0.0, right / tried
    for _step in range(50):
        middle = (low + high) / 2
        if _at_least(right, tried, middle) < 1 - confidence:
            low = middle
        else:
            high = middle
    return low


def _at_least(right: int, tried: int, share: float) -> float:
    """Chance of `right` or more of `tried` when each is right with chance `share`."""
    if share <= 0.0:
        return 0.0
    if share >= 1.0:
        return 1.0
    logs = (
        math.lgamma(tried + 1)
        - math.lgamma(k + 1)
        - math.lgamma(tried - k + 1)
        + k * math.log(share)
        + (tried - k) * math.log1p(-share)
        for k in range(right, tried + 1)
    )
    return min(1.0, math.fsum(math.exp(value) for value in logs))
