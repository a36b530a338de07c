"""By when a further order is as likely as not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats
from perenne.models.value.prediction import EVEN_ODDS_NEVER

GRID = 16

Probability = Callable[[float, npt.NDArray[Any]], Floats]
"""(horizon, indices of customers) → probability of an order within it, which grows with it."""


def even_odds(
    probability: Probability, *, size: int, longest: float
) -> tuple[Floats, npt.NDArray[np.int8]]:
    """Horizon at which `probability` is one half, and a reason where there is none; (size,) each.

    Looked for until `longest`, on a geometric grid and linear in log(horizon) between its points:
    the probability there is 0.5 ± 0.01. A customer leaves the search as soon as it is found.
    """
    when = np.full(size, np.nan)
    chance = probability(longest, np.arange(size))
    waiting = np.flatnonzero(chance >= 0.5)
    reason = np.where(chance >= 0.5, 0, EVEN_ODDS_NEVER).astype(np.int8)
    before, at_before = 0.0, np.zeros(waiting.size)
    for point in longest * np.geomspace(1e-4, 1.0, GRID):
        if waiting.size == 0:
            break
        now = probability(point, waiting)
        found = now >= 0.5
        share = (0.5 - at_before[found]) / (now[found] - at_before[found])
        start = before or point / 10
        when[waiting[found]] = start * (point / start) ** share
        before, at_before, waiting = point, now[~found], waiting[~found]
    return when, reason
