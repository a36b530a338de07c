"""By when a further order is as likely as not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats
from perenne.models.value.prediction import EVEN_ODDS_NEVER

GRID = 12
STEPS = 5


def even_odds(
    probability: Callable[[Floats], Floats], *, size: int, longest: float
) -> tuple[Floats, npt.NDArray[np.int8]]:
    """Horizon where `probability(horizon)` is one half, and a reason where there is none.

    Looked for until `longest`; (size,) each. `probability` grows with the horizon. False position
    (Illinois) between the points of a geometric grid, to about 0.1%.
    """
    grid = longest * np.geomspace(1e-5, 1.0, GRID)
    low, high = np.zeros(size), np.full(size, np.nan)
    at_low, at_high = np.full(size, -0.5), np.full(size, np.nan)
    for point in grid:
        value = probability(np.full(size, point)) - 0.5
        first = np.isnan(high) & (value >= 0)
        high[first], at_high[first] = point, value[first]
        still = np.isnan(high)
        low[still], at_low[still] = point, value[still]
    never = np.isnan(high)
    found = _between(probability, bounds=(low, high), values=(at_low, at_high))
    return np.where(never, np.nan, found), np.where(never, EVEN_ODDS_NEVER, 0).astype(np.int8)


def _between(
    probability: Callable[[Floats], Floats],
    *,
    bounds: tuple[Floats, Floats],
    values: tuple[Floats, Floats],
) -> Floats:
    (low, high), (at_low, at_high) = bounds, values
    middle = high
    with np.errstate(invalid="ignore", divide="ignore"):
        for _step in range(STEPS):
            middle = high - at_high * (high - low) / (at_high - at_low)
            value = probability(np.nan_to_num(middle, nan=1.0)) - 0.5
            up = value >= 0
            at_low = np.where(up, at_low / 2, value)
            at_high = np.where(up, value, at_high / 2)
            low, high = np.where(up, low, middle), np.where(up, middle, high)
    return middle
