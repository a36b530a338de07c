"""Draws moved to other quantiles of their own customer: ranks and zeros stay."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats

Singles = npt.NDArray[np.float32]
# Draws that are looked at while they are in the cache.
CELLS = 1 << 18


def reshaped(draws: Singles, *, grid: Floats, mapped: Floats) -> Singles:
    """Each customer's positive draws, (draws, customers), read at other levels.

    grid, mapped: levels, and the level at which to read the quantile instead. Where a draw's rank
    among the positive ones is moved to depends on how many these are, not on their values.
    """
    count, size = draws.shape
    below, share = _places(count, grid=grid, mapped=mapped)
    out = np.empty_like(draws)
    width = max(CELLS // count, 1)
    start = np.arange(width)[:, None] * count
    for first in range(0, size, width):
        part = slice(first, first + width)
        rows = np.ascontiguousarray(draws[:, part].T)
        order = rows.argsort(axis=1)
        order += start[: len(rows)]
        ordered = rows.ravel().take(order)
        zeros = np.count_nonzero(rows <= 0, axis=1)
        low = below[zeros] + start[: len(rows)]
        moved = ordered.ravel().take(low)
        low += share[zeros] > 0
        above = ordered.ravel().take(low)
        above -= moved
        above *= share[zeros]
        moved += above
        rows.ravel()[order] = moved
        out[:, part] = rows.T
    return out


def _places(count: int, *, grid: Floats, mapped: Floats) -> tuple[npt.NDArray[np.intp], Singles]:
    """(zeros, rank): the draw in order at which to read, and how far to go to the next."""
    zeros = np.arange(count + 1)[:, None]
    held = np.maximum(count - zeros, 1)
    rank = np.arange(count) - zeros
    place = np.interp((rank + 0.5) / held, grid, mapped) * held - 0.5
    place = np.clip(place, 0, held - 1) + np.minimum(zeros, count - 1)
    place = np.where(rank >= 0, place, np.arange(count))
    below = np.minimum(place.astype(np.intp), count - 1)
    return below, (place - below).astype(np.float32)
