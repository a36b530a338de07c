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

DRAWS = 200
"""Ways in which the open pairs may come out."""
WITHIN = (0.05, 0.95)
_TRUST = 5.0
"""Decided pairs that the model's own probabilities weigh beside those of the owner."""
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


def recalled(probability: Floats, judged: Floats, same: npt.NDArray[np.bool_]) -> Floats:
    """Probabilities whose odds are moved by one factor, so that those of the `judged` pairs add up
    to how many of them the owner accepted; the fewer there are, the less they move."""
    if not len(judged):
        return probability
    wanted = same.sum() + _TRUST * judged.mean()
    weight = 1 + _TRUST / len(judged)
    low, high = -12.0, 12.0
    for _step in range(60):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if _moved(judged, middle).sum() * weight < wanted else (low, middle)
        )
    return _moved(probability, (low + high) / 2)


def _moved(probability: Floats, by: float) -> Floats:
    sure = np.clip(probability, 1e-9, 1 - 1e-9)
    odds = np.log(sure) - np.log1p(-sure)
    moved: Floats = 1.0 / (1.0 + np.exp(-(odds + by)))
    return moved


def likely(
    root: Ints,
    orders: Ints,
    *,
    pairs: tuple[Ints, Ints, Floats],
    linked: Floats,
    decided: int,
    rng: np.random.Generator,
) -> Missed:
    """What stands apart in error. `root` and `orders` are of each record: its customer, and the
    purchases it carries; `pairs` (left, right, probability) of records left apart; `linked` are
    the probabilities of links that likeness made."""
    bought = np.bincount(root, weights=orders, minlength=len(root)).astype(np.int64)
    customers, repeat = int((bought > 0).sum()), int((bought > 1).sum())
    left, right, chance = _between_buyers(root, bought, pairs)
    number, place = np.unique(np.concatenate([left, right]), return_inverse=True)
    one, other = place[: len(left)], place[len(left) :]
    mine = bought[number]
    fewer, more = np.zeros(DRAWS), np.zeros(DRAWS)
    for draw in range(DRAWS):
        same = rng.random(len(chance)) < chance
        joined = components(len(number), one[same], other[same])
        together = np.bincount(joined, weights=mine, minlength=len(number))
        fewer[draw] = len(number) - np.count_nonzero(together)
        more[draw] = (together > 1).sum() - (mine > 1).sum()
    left_over = customers - fewer
    rate = (repeat + more) / np.maximum(left_over, 1)
    return Missed(
        links=float(fewer.mean()),
        wrong=float((1 - linked).sum()),
        pairs=len(chance),
        decided=decided,
        customers=_spread(float(customers), left_over),
        repeat_rate=_spread(repeat / max(customers, 1), rate),
    )


def _between_buyers(
    root: Ints, bought: Ints, pairs: tuple[Ints, Ints, Floats]
) -> tuple[Ints, Ints, Floats]:
    """Pairs of customers who both bought, each with its likeliest pair of records."""
    left, right, chance = root[pairs[0]], root[pairs[1]], pairs[2]
    open_ = (left != right) & (bought[left] > 0) & (bought[right] > 0)
    low, high = np.minimum(left, right)[open_], np.maximum(left, right)[open_]
    key, place = np.unique(low * len(root) + high, return_inverse=True)
    best = np.zeros(len(key))
    np.maximum.at(best, place, chance[open_])
    return key // len(root), key % len(root), best


def _spread(stated: float, drawn: Floats) -> Likely:
    low, high = np.quantile(drawn, WITHIN).tolist()
    return Likely(stated, float(drawn.mean()), low, high)
