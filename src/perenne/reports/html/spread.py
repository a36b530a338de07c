"""How value is spread over customers: one number per customer in, a few numbers out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TENTHS = 10


@dataclass(frozen=True)
class Tenth:
    """A tenth of the customers, best first: how many, from which value, and their share of all."""

    customers: int
    lowest: float
    share: float
    share_so_far: float


@dataclass(frozen=True)
class Spread:
    """What the distribution says; shares are None when the total is not above zero.

    `majority_share`: the smallest share of customers, best first, that brings `MAJORITY` of all.
    """

    customers: int
    mean: float
    median: float
    p90: float
    total: float
    top_customers: int
    top_share: float | None
    majority_customers: int | None
    majority_share: float | None
    tenths: Sequence[Tenth]


TOP = 0.2
MAJORITY = 0.8


def spread(values: Sequence[float]) -> Spread | None:
    """Sum up one value per customer; None without customers."""
    best_first = np.sort(np.asarray(values, dtype=np.float64))[::-1]
    if not best_first.size:
        return None
    total = float(best_first.sum())
    running = np.cumsum(best_first)
    top = max(1, round(best_first.size * TOP))
    majority = int(np.argmax(running >= MAJORITY * total)) + 1 if total > 0 else None
    return Spread(
        customers=int(best_first.size),
        mean=float(best_first.mean()),
        median=float(np.median(best_first)),
        p90=float(np.quantile(best_first, 0.9)),
        total=total,
        top_customers=top,
        top_share=float(running[top - 1]) / total if total > 0 else None,
        majority_customers=majority,
        majority_share=majority / best_first.size if majority else None,
        tenths=_tenths(best_first, running, total),
    )


def _tenths(best_first: np.ndarray, running: np.ndarray, total: float) -> list[Tenth]:
    if best_first.size < TENTHS or total <= 0:
        return []
    ends = [round(best_first.size * n / TENTHS) for n in range(TENTHS + 1)]
    sums = [0.0, *(float(running[end - 1]) for end in ends[1:])]
    return [
        Tenth(
            customers=ends[n + 1] - ends[n],
            lowest=float(best_first[ends[n + 1] - 1]),
            share=(sums[n + 1] - sums[n]) / total,
            share_so_far=sums[n + 1] / total,
        )
        for n in range(TENTHS)
    ]
