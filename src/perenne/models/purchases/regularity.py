"""How regularly customers buy, from how alike the intervals of each are.

Wheat, R. D. & Morrison, D. G. (1990), Estimating Purchase Regularity with Two Interpurchase Times,
Journal of Marketing Research 27(1): where intervals are Gamma(k, kλ), the first of two is a share
of both that is Beta(k, k), whatever λ. Its variance 1 / (8k + 4) tells k.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from perenne.models.histories import read_columns

# Buyers with two intervals below which nothing is told.
FEWEST = 50
# k from which models of regular purchases gain, and standard errors that it must lie above it.
REGULAR, SURELY = 1.5, 2.0


@dataclass(frozen=True)
class Regularity:
    """k: 1 is purchases at random, more is more regular. buyers: those with two intervals."""

    k: float
    error: float
    buyers: int

    @property
    def found(self) -> bool:
        """Is it surely so regular that models of regular purchases gain?"""
        return bool(self.k - SURELY * self.error > REGULAR)


def regularity(customer: Any, time: Any) -> Regularity | None:
    """Of purchases (purchases,) each, sorted by customer and time; None where too few tell.

    Intervals are paired as they come; customers with several pairs count once, by their mean.
    """
    columns = read_columns(None, ("customer", "time"), {"customer": customer, "time": time})
    who, when = columns["customer"], columns["time"]
    starts = np.flatnonzero(np.diff(who, prepend=np.nan) != 0)
    place = np.arange(who.size) - np.repeat(starts, np.diff(starts, append=who.size))
    # The third, fifth, … purchase closes a pair of intervals.
    ends = np.flatnonzero((place > 0) & (place % 2 == 0))
    both = when[ends] - when[ends - 2]
    share = (when[ends - 1] - when[ends - 2]) / np.where(both > 0, both, np.nan)
    kept = np.isfinite(share)
    _who, buyer = np.unique(who[ends[kept]], return_inverse=True)
    if buyer.size == 0 or buyer.max() + 1 < FEWEST:
        return None
    squares = np.bincount(buyer, (share[kept] - 0.5) ** 2) / np.bincount(buyer)
    variance, buyers = max(float(squares.mean()), 1e-9), int(squares.size)
    error = float(squares.std(ddof=1) / np.sqrt(buyers))
    return Regularity(1 / (8 * variance) - 0.5, error / (8 * variance**2), buyers)
