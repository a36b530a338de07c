"""Whether customers whose first order was discounted come back as often as the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.models.ledger import Ledger

YEAR = 365
# Standard errors, and relative difference, from which on the two groups are told apart.
CERTAIN, MATTERS = 3.0, 0.2


@dataclass(frozen=True)
class FirstDiscount:
    """Share of each group that ordered again within a year; discounted is (customers,)."""

    discounted: npt.NDArray[np.bool_]
    share: float
    others: float


def first_discount(ledger: Ledger) -> FirstDiscount | None:
    """None where it is not known, or where the difference is small or may be chance."""
    codes = ledger.attributes.get("first_discounted")
    # Codes are places among the values that occur: only both together tell which is which.
    if codes is None or not {0, 1} <= set(np.unique(codes).tolist()):
        return None
    again, old = _came_back(ledger)
    groups = [again[old & (codes == code)] for code in (1, 0)]
    if not all(group.size for group in groups):
        return None
    share, others = (float(group.mean()) for group in groups)
    pooled = float(np.concatenate(groups).mean())
    error = np.sqrt(pooled * (1 - pooled) * sum(1 / group.size for group in groups))
    apart = abs(share - others)
    if not error or apart < CERTAIN * error or apart < MATTERS * others:
        return None
    return FirstDiscount(codes == 1, round(share, 3), round(others, 3))


def _came_back(ledger: Ledger) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Who ordered again within a year of the first order, and who has had that year."""
    sold = ledger.orders > 0
    who, day = ledger.customer[sold], ledger.day[sold]
    first = np.searchsorted(who, np.arange(ledger.customers))
    second = np.minimum(first + 1, who.size - 1)
    within = (who[second] == who[first]) & (second > first)
    within &= day[second] - day[first] <= YEAR
    return within, ledger.until - day[first] >= YEAR
