"""What customers did besides buying (visits, carts, e-mails opened), counted as of any day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats
from perenne.models.ledger import Ledger

WINDOWS = (30, 90, 365)


@dataclass(frozen=True)
class Events:
    """One row per event: who, on what day (day number), of what kind. In any order.

    Called with a ledger it gives the facts that a learner reads (`features(facts=…)`): events of
    each kind in the last 30, 90 and 365 days and days since the last one, all as of the last day of
    the ledger. NaN as of days before the first event of the kind: then nobody was counting.
    """

    customer_ids: npt.NDArray[Any]
    day: npt.NDArray[Any]
    kind: npt.NDArray[Any]

    def __call__(self, ledger: Ledger) -> dict[str, Floats]:
        order = np.argsort(ledger.customer_ids)
        listed = ledger.customer_ids[order]
        place = np.minimum(np.searchsorted(listed, self.customer_ids), max(listed.size - 1, 0))
        known = (listed[place] == self.customer_ids) & (self.day <= ledger.until)
        facts: dict[str, Floats] = {}
        for kind in np.unique(self.kind).tolist():
            of_kind = self.kind == kind
            began = int(self.day[of_kind].min()) <= ledger.until
            rows = known & of_kind
            told = _counted(
                kind, order[place[rows]], ledger.until - self.day[rows], size=ledger.customers
            )
            facts |= {
                name: values if began else np.full_like(values, np.nan)
                for name, values in told.items()
            }
        return facts


def _counted(
    kind: str, who: npt.NDArray[Any], age: npt.NDArray[Any], *, size: int
) -> dict[str, Floats]:
    since = np.full(size, np.inf)
    np.minimum.at(since, who, age)
    counts = {
        f"{kind}_{days}": np.bincount(who[age < days], minlength=size).astype(float)
        for days in WINDOWS
    }
    counts[f"days_since_{kind}"] = np.where(np.isfinite(since), since, np.nan)
    return counts
