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
from perenne.identity.curves import Curves, log_odds

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
    person as another one. `wrong`: links by likeness that are likely two persons. `pairs`: pairs
    the estimate rests on; `decided`: decisions of the owner that it is measured by."""

    links: float
    wrong: float
    pairs: int
    decided: int
    customers: Likely
    repeat_rate: Likely

    @property
    def overstated(self) -> float:
        """By which share the number of customers is too high."""
        return self.customers.stated / self.customers.likely - 1 if self.customers.likely else 0.0


@dataclass(frozen=True)
class Open:
    """Pairs of records left apart: their numbers, the probability that the model states, and the
    pair of sources of each by number."""

    left: Ints
    right: Ints
    chance: Floats
    group: Ints


def likely(
    root: Ints,
    orders: Ints,
    *,
    pairs: Open,
    linked: Floats,
    curves: Curves,
    decided: int,
    rng: np.random.Generator,
) -> Missed:
    """What stands apart in error. `root` and `orders` are of each record: its customer, and the
    purchases it carries; `linked` are the probabilities of links that likeness made. How often
    stated probabilities are right is as little known as the `curves` are: without decisions of the
    owner the range is wide."""
    bought = np.bincount(root, weights=orders, minlength=len(root)).astype(np.int64)
    customers, repeat = int((bought > 0).sum()), int((bought > 1).sum())
    left, right, best = _between_buyers(root, bought, pairs)
    number, place = np.unique(np.concatenate([left, right]), return_inverse=True)
    one, other = place[: len(left)], place[len(left) :]
    mine = bought[number]
    fewer, more = np.zeros(DRAWS), np.zeros(DRAWS)
    odds, group = log_odds(pairs.chance[best]), pairs.group[best]
    chances = curves.drawn(DRAWS, rng).chance(odds, group)
    for draw, chance in enumerate(chances):
        same = rng.random(len(chance)) < chance
        joined = components(len(number), one[same], other[same])
        together = np.bincount(joined, weights=mine, minlength=len(number))
        fewer[draw] = len(number) - np.count_nonzero(together)
        more[draw] = (together > 1).sum() - (mine > 1).sum()
    left_over = customers - fewer
    rate = (repeat + more) / np.maximum(left_over, 1)
    return Missed(
        links=float(np.median(fewer)),
        wrong=float((1 - linked).sum()),
        pairs=len(best),
        decided=decided,
        customers=_spread(float(customers), left_over),
        repeat_rate=_spread(repeat / max(customers, 1), rate),
    )


def _between_buyers(root: Ints, bought: Ints, pairs: Open) -> tuple[Ints, Ints, Ints]:
    """Pairs of customers who both bought, each with the place of its likeliest pair of records."""
    left, right = root[pairs.left], root[pairs.right]
    open_ = np.flatnonzero((left != right) & (bought[left] > 0) & (bought[right] > 0))
    key = np.minimum(left, right)[open_] * len(root) + np.maximum(left, right)[open_]
    order = np.lexsort((-pairs.chance[open_], key))
    key, first = np.unique(key[order], return_index=True)
    return key // len(root), key % len(root), open_[order[first]]


def _spread(stated: float, drawn: Floats) -> Likely:
    low, high = np.quantile(drawn, WITHIN).tolist()
    return Likely(stated, float(np.median(drawn)), low, high)
