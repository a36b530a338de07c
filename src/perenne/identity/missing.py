"""How many links are missed, and what that does to figures per customer. Plain arrays.

Two records that are probably one person, but not surely enough to be linked, are two customers: the
customers are too many, and those who come back too few. The probability of each pair that was left
apart says how far off, without knowing which pairs are right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.identity.clusters import Ints, components
from perenne.identity.curves import Bools, Curves, log_odds

DRAWS = 200
"""Ways in which the open pairs may come out."""
WITHIN = (0.05, 0.95)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Likely:
    """A figure as it stands, and as it likely is: the middle and the ends of nine draws in ten."""

    stated: float
    likely: float
    low: float
    high: float


@dataclass(frozen=True)
class Missed:
    """What the pairs left apart do. `links`: of customers with orders, how many are likely the same
    person as another one. `wrong`: how many more customers there are likely, since links by
    likeness join two persons. `pairs`: pairs left apart that the estimate rests on; `decided`:
    decisions of the owner that it is measured by."""

    links: float
    wrong: float
    pairs: int
    decided: int
    customers: Likely
    repeat_rate: Likely


@dataclass(frozen=True)
class Spoken:
    """Pairs of records that likeness speaks of: their numbers, the probability that the model
    states, and the pair of sources of each by number."""

    left: Ints
    right: Ints
    chance: Floats
    group: Ints

    def among(self, chosen: Bools) -> Spoken:
        left, right, group = (column[chosen] for column in (self.left, self.right, self.group))
        return Spoken(left, right, self.chance[chosen], group)


@dataclass(frozen=True)
class Stated:
    """Who is one customer (`root` of each record), who would be by what is certain alone (`sure`),
    and the purchases that each record carries."""

    root: Ints
    sure: Ints
    orders: Ints

    def bought(self, root: Ints) -> Ints:
        return np.bincount(root, weights=self.orders, minlength=len(root)).astype(np.int64)


def likely(
    stated: Stated,
    *,
    apart: Spoken,
    linked: Spoken,
    curves: Curves,
    decided: int,
    rng: np.random.Generator,
) -> Missed:
    """What pairs left `apart`, and those `linked` by likeness, do in error. How often stated
    probabilities are right is as little known as the `curves` are: without decisions of the owner
    the range is wide."""
    bought = stated.bought(stated.root)
    customers, repeat = int((bought > 0).sum()), int((bought > 1).sum())
    open_ = _Edges.of(stated.root, bought, apart, among=bought > 0)
    made = _Edges.of(stated.sure, stated.bought(stated.sure), linked)
    drawn = curves.drawn(DRAWS, rng)
    joined = open_.counted(open_.none()) - open_.outcomes(drawn, rng)
    split = made.outcomes(drawn, rng) - made.counted(~made.none())
    likely_customers = customers - joined[:, 0] + split[:, 0]
    rate = (repeat - joined[:, 1] + split[:, 1]) / np.maximum(likely_customers, 1)
    return Missed(
        links=float(np.median(joined[:, 0])),
        wrong=float(np.median(split[:, 0])),
        pairs=len(open_.one),
        decided=decided,
        customers=_spread(float(customers), likely_customers),
        repeat_rate=_spread(repeat / max(customers, 1), rate),
    )


@dataclass(frozen=True)
class _Edges:
    """Customers two by two, each pair with the log odds and the pair of sources of its likeliest
    records: their places among the customers concerned, and what each of these has bought."""

    one: Ints
    other: Ints
    odds: Floats
    group: Ints
    bought: Ints

    @classmethod
    def of(cls, root: Ints, bought: Ints, pairs: Spoken, *, among: Bools | None = None) -> _Edges:
        left, right = root[pairs.left], root[pairs.right]
        wanted = left != right
        if among is not None:
            wanted &= among[left] & among[right]
        asked = np.flatnonzero(wanted)
        key = np.minimum(left, right)[asked] * len(root) + np.maximum(left, right)[asked]
        order = np.lexsort((-pairs.chance[asked], key))
        key, first = np.unique(key[order], return_index=True)
        best = asked[order[first]]
        number, place = np.unique(
            np.concatenate([key // len(root), key % len(root)]), return_inverse=True
        )
        one, other = place[: len(key)], place[len(key) :]
        return cls(one, other, log_odds(pairs.chance[best]), pairs.group[best], bought[number])

    def none(self) -> Bools:
        return np.zeros(len(self.one), dtype=bool)

    def counted(self, same: Bools) -> Ints:
        """How many of the customers concerned have bought, and have come back, if these pairs are
        one person each."""
        joined = components(len(self.bought), self.one[same], self.other[same])
        together = np.bincount(joined, weights=self.bought, minlength=len(self.bought))
        return np.array([(together > 0).sum(), (together > 1).sum()])

    def outcomes(self, curves: Curves, rng: np.random.Generator) -> Ints:
        """`counted`, a row for each curve as it may come out."""
        chances = curves.chance(self.odds, self.group)
        return np.array([self.counted(rng.random(len(chance)) < chance) for chance in chances])


def _spread(stated: float, drawn: Floats) -> Likely:
    low, high = np.quantile(drawn, WITHIN).tolist()
    return Likely(stated, float(np.median(drawn)), low, high)
