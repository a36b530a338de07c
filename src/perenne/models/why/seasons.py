"""Customers who buy at one time of the year: until it comes round, their silence says little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.models.ledger import Ledger

FEWEST_ORDERS, FEWEST_YEARS = 3, 3
HALF_WIDTH = 30
"""Days on either side of its middle that the season of a customer lasts."""
YEAR = 365.25


@dataclass(frozen=True)
class Season:
    """is_due_later: (customers,), buys at one time of the year, which has not come round since the
    last purchase. month: 1 to 12, that of its middle."""

    is_due_later: npt.NDArray[np.bool_]
    month: npt.NDArray[np.int64]


def season_of(ledger: Ledger) -> Season:
    """Every purchase day within 30 days of one day of the year, over three years at least."""
    sold = ledger.orders > 0
    who, day = ledger.customer[sold], ledger.day[sold].astype(float)
    counts = np.bincount(who, minlength=ledger.customers)
    angle = 2 * np.pi * day / YEAR
    east, north = (
        np.bincount(who, weights=side(angle), minlength=ledger.customers)
        for side in (np.cos, np.sin)
    )
    middle = np.arctan2(north, east) / (2 * np.pi) * YEAR
    apart = np.abs((day - middle[who] + YEAR / 2) % YEAR - YEAR / 2)
    strays = np.bincount(who, weights=apart > HALF_WIDTH, minlength=ledger.customers)
    ends = np.cumsum(counts)
    first, last = day[ends - counts], day[ends - 1]
    years = np.round((last - first) / YEAR) + 1
    seasonal = (counts >= FEWEST_ORDERS) & (strays == 0) & (years >= FEWEST_YEARS)
    # The middle of the season of the last purchase, and the end of the next one.
    of_last = middle + np.round((last - middle) / YEAR) * YEAR
    due = of_last + YEAR + HALF_WIDTH
    month = of_last.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    return Season(seasonal & (ledger.until <= due), month)
