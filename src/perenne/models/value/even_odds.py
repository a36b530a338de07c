"""By when a further order is as likely as not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats, Rows
from perenne.models.value.prediction import EVEN_ODDS_NEVER

HALVINGS = 9
NEAREST = 1e-8
"""The first point of the grid, as a share of the longest horizon: a century's half minute."""

Probability = Callable[[Floats, npt.NDArray[Any]], Floats]
"""(horizon of each, indices of customers) → probability of an order within it, which grows with
it."""


def even_odds(
    probability: Probability, *, size: int, longest: float
) -> tuple[Floats, npt.NDArray[np.int8]]:
    """Horizon at which `probability` is one half, and a reason where there is none; (size,) each.

    Looked for until `longest`, by halving a geometric grid that all share (4% from point to point,
    so that models with one calendar for all are asked for few horizons), and linear in its
    logarithm between two points: the probability there is 0.5 ± 0.001.
    """
    last = probability(np.full(size, longest), np.arange(size))
    never = ~(last >= 0.5)
    when = np.full(size, np.nan)
    who = np.flatnonzero(~never)
    when[who] = longest * NEAREST ** (1 - _place(probability, who, last[who], longest=longest))
    return when, np.where(never, EVEN_ODDS_NEVER, 0).astype(np.int8)


def _place(probability: Probability, who: Rows, last: Floats, *, longest: float) -> Floats:
    """Where on the grid, from 0 to 1, the probability of each passes one half."""
    steps = 2**HALVINGS
    low, high = np.zeros(who.size, dtype=np.intp), np.full(who.size, steps)
    at_low, at_high = np.zeros(who.size), last
    for _halving in range(HALVINGS if who.size else 0):
        middle = (low + high) // 2
        now = probability(longest * NEAREST ** (1 - middle / steps), who)
        over = now >= 0.5
        low, at_low = np.where(over, low, middle), np.where(over, at_low, now)
        high, at_high = np.where(over, middle, high), np.where(over, now, at_high)
    return np.asarray((low + (0.5 - at_low) / (at_high - at_low)) / steps)
