"""The inactivity window: how long a customer may be silent and still count as active."""

from __future__ import annotations

import math

GAP_QUANTILE = 0.9
SHORTEST_WINDOW = 7
FALLBACK_WINDOW = 365
FEWEST_GAPS = 20


def learn_window(gaps: int, quantile: float | None) -> int:
    """Days: the 90th percentile of the gaps between purchases, rounded up, at least a week.

    365 when fewer than 20 gaps are known: too few to learn from.
    """
    if gaps < FEWEST_GAPS or quantile is None:
        return FALLBACK_WINDOW
    return max(SHORTEST_WINDOW, math.ceil(quantile))
