"""From many values to few numbers that can be drawn: bins of a long tail, a concentration curve."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from perenne.charts.scales import Number, drawables, round_step


@dataclass(frozen=True)
class Bin:
    """Values from `low` (included) to `high` (excluded); None is an open end."""

    low: float | None
    high: float | None
    count: int


def bins(values: Iterable[Number | None], *, most: int = 24, tail: float = 0.03) -> list[Bin]:
    """Count values in equal bins with round edges; the long tails become open bins.

    As many bins as the number of values bears (Rice's rule, twice the cube root), up to `most`.
    The last bin is open when a share of about `tail` lies far beyond the others, the first one
    likewise. Missing, infinite and NaN values are left out. No values give no bins.
    """
    data = np.sort(np.asarray(drawables(values), dtype=np.float64))
    if data.size == 0:
        return []
    if data[0] == data[-1]:
        return [Bin(float(data[0]), float(data[0]), int(data.size))]
    low, high = _core(data, tail)
    count = min(most, math.ceil(2 * data.size ** (1 / 3)))
    step = round_step((high - low) / count)
    edges = np.arange(np.floor(low / step), np.ceil(high / step) + 0.5) * step
    return _counted(data, np.round(edges, 12))


def concentration(
    values: Iterable[Number | None], *, points: int = 100
) -> list[tuple[float, float]]:
    """Return (share of customers, share of value), the best customers first, from (0, 0) to (1, 1).

    The curve passes above 1 where some values are negative. A total of zero or less has no
    shares: it gives no points. (The Lorenz curve, read from the other end.)
    """
    data = np.sort(np.asarray(drawables(values), dtype=np.float64))[::-1]
    total = float(data.sum())
    if data.size == 0 or total <= 0:
        return []
    running = np.concatenate(([0.0], np.cumsum(data))) / total
    kept = np.unique(np.round(np.linspace(0, data.size, min(points, data.size) + 1)).astype(int))
    return [(float(k) / data.size, float(running[k])) for k in kept]


def _core(data: np.ndarray, tail: float) -> tuple[float, float]:
    """Return the range drawn in closed bins: all of it, unless its ends stretch it."""
    low, high = float(data[0]), float(data[-1])
    near_low, near_high = (float(np.quantile(data, share)) for share in (tail, 1 - tail))
    body = near_high - near_low
    if body <= 0:
        return low, high
    return (
        near_low if near_low - low > body * 0.5 else low,
        near_high if high - near_high > body * 0.5 else high,
    )


def _counted(data: np.ndarray, edges: np.ndarray) -> list[Bin]:
    positions = np.searchsorted(data, edges, side="left")
    closed = [
        Bin(float(edges[i]), float(edges[i + 1]), int(positions[i + 1] - positions[i]))
        for i in range(len(edges) - 1)
    ]
    below, above = int(positions[0]), int(data.size - positions[-1])
    first = [Bin(None, float(edges[0]), below)] if below else []
    last = [Bin(float(edges[-1]), None, above)] if above else []
    return [*first, *closed, *last]
