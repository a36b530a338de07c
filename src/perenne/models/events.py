"""What customers did besides buying (visits, carts, e-mails opened), counted as of any day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats

WINDOWS = (30, 90, 365)
# Customers of whom a kind must tell: what a handful did is no rule for the others.
FEWEST = 100


class Customers(Protocol):
    """Whose events are counted, and until when: a ledger."""

    @property
    def until(self) -> int: ...

    @property
    def customers(self) -> int: ...

    @property
    def customer_ids(self) -> npt.NDArray[Any]: ...


@dataclass(frozen=True)
class Events:
    """Rows sorted by day: who did what kind of thing, on what day (day number), how many times.

    customer_ids: distinct and sorted; kinds: names; who, kind: places in them. Called with a ledger
    it gives what a learner reads: events of each kind in the last 30, 90 and 365 days and days
    since the last one, all as of the last day of the ledger. NaN as of days before the first event
    of the kind: then nobody was counting.
    """

    customer_ids: npt.NDArray[Any]
    kinds: tuple[str, ...]
    who: npt.NDArray[Any]
    kind: npt.NDArray[Any]
    day: npt.NDArray[Any]
    count: Floats

    @classmethod
    def of(
        cls,
        customer_ids: npt.NDArray[Any],
        day: npt.NDArray[Any],
        kind: npt.NDArray[Any],
        *,
        count: Floats | None = None,
    ) -> Self:
        """From one row per event (`count`: of so many), in any order."""
        ids, who = np.unique(customer_ids, return_inverse=True)
        names, what = np.unique(kind, return_inverse=True)
        order = np.argsort(day, kind="stable")
        counts = np.ones(day.size) if count is None else np.asarray(count, dtype=float)
        kinds = tuple(map(str, names))
        return cls(ids, kinds, who[order], what[order], day[order], counts[order])

    def common(self, fewest: int = FEWEST) -> Self:
        """Without the kinds that fewer than `fewest` customers did."""
        size = max(self.customer_ids.size, 1)
        pairs = np.unique(self.kind.astype(np.int64) * size + self.who)
        held = np.bincount(pairs // size, minlength=len(self.kinds)) >= fewest
        rows = held[self.kind]
        return replace(
            self,
            kinds=tuple(name for name, kept in zip(self.kinds, held, strict=True) if kept),
            who=self.who[rows],
            kind=(np.cumsum(held) - 1)[self.kind[rows]],
            day=self.day[rows],
            count=self.count[rows],
        )

    def as_of(self, until: int) -> Self:
        """What had happened by the end of day `until`."""
        known = slice(0, int(np.searchsorted(self.day, until, side="right")))
        return replace(
            self,
            who=self.who[known],
            kind=self.kind[known],
            day=self.day[known],
            count=self.count[known],
        )

    def __call__(self, ledger: Customers) -> dict[str, Floats]:
        past, size = self.as_of(ledger.until), ledger.customers
        place = self._places(ledger)[past.who]
        age = ledger.until - past.day
        facts: dict[str, Floats] = {}
        for code, kind in enumerate(self.kinds):
            of_kind = past.kind == code
            rows = of_kind & (place >= 0)
            told = _counted(kind, place[rows], age[rows], past.count[rows], size=size)
            facts |= told if of_kind.any() else {name: np.full(size, np.nan) for name in told}
        return facts

    def _places(self, ledger: Customers) -> npt.NDArray[np.intp]:
        """Where each of the customers stands in the ledger; −1 for who is not in it."""
        places = np.full(self.customer_ids.size, -1, dtype=np.intp)
        if not places.size:
            return places
        at = np.minimum(np.searchsorted(self.customer_ids, ledger.customer_ids), places.size - 1)
        same = self.customer_ids[at] == ledger.customer_ids
        places[at[same]] = np.flatnonzero(same)
        return places


def _counted(
    kind: str, who: npt.NDArray[Any], age: npt.NDArray[Any], count: Floats, *, size: int
) -> dict[str, Floats]:
    since = np.full(size, np.inf)
    np.minimum.at(since, who, age)
    counts = {
        f"{kind}_{days}": np.bincount(who[recent], weights=count[recent], minlength=size).astype(
            float
        )
        for days in WINDOWS
        for recent in [age < days]
    }
    counts[f"days_since_{kind}"] = np.where(np.isfinite(since), since, np.nan)
    return counts
