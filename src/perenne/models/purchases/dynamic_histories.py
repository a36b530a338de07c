"""Purchases in calendar time → what the dynamic model needs of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.histories import (
    Floats,
    Histories,
    check_histories,
    compress,
    read_columns,
    refuse_where,
)
from perenne.models.purchases.calendar import Calendar
from perenne.text import gettext as _


@dataclass(frozen=True)
class PurchaseRows:
    """One row per customer and time of purchase, sorted; `customer` counts from 0.

    customer_ids: the value of each customer as given; until: end of observation.
    """

    customer: npt.NDArray[np.intp]
    time: Floats
    until: float
    customer_ids: npt.NDArray[Any]

    @property
    def customers(self) -> int:
        return int(self.customer_ids.size)

    @property
    def repeats(self) -> npt.NDArray[np.bool_]:
        """Rows that are not the first of their customer."""
        return np.concatenate(([False], self.customer[1:] == self.customer[:-1]))

    def histories(self) -> tuple[Floats, Floats, Floats]:
        """frequency, recency and tenure per customer, in the order of `customer_ids`."""
        counts = np.bincount(self.customer, minlength=self.customers)
        ends = np.cumsum(counts)
        first, last = self.time[ends - counts], self.time[ends - 1]
        return (counts - 1).astype(np.float64), last - first, self.until - first

    def first(self, customers: int) -> PurchaseRows:
        """Those of about `customers` customers, spread evenly over the ids."""
        kept = np.arange(self.customers) % max(1, self.customers // customers) == 0
        number = np.cumsum(kept) - 1
        rows = kept[self.customer]
        return PurchaseRows(
            number[self.customer[rows]], self.time[rows], self.until, self.customer_ids[kept]
        )


def read_purchases(data: Any = None, *, until: float, **given: Any) -> PurchaseRows:
    """Rows of purchases (`customer`, `time`) up to `until`, in one time unit.

    customer: any values (numbers, text); time: numbers. Purchases of a customer at one time count
    once. Raises PerenneError for no rows, a time that is no number or lies after `until`.
    """
    time = read_columns(data, ("time",), given)["time"]
    customer = given.get("customer")
    if customer is None and data is not None:
        customer = _column(data, "customer")
    who = np.asarray(customer).ravel() if customer is not None else np.empty(0)
    if not time.size or who.size != time.size:
        raise PerenneError(
            _("Rows of purchases need a customer and a time each."),
            given={"customer": int(who.size), "time": int(time.size)},
            next_step=_("Give two columns of one length: customer=… and time=…."),
        )
    refuse_where(
        ~np.isfinite(time) | (time > until),
        _("A purchase has no time, or lies after the end of observation."),
        given={"time": time},
        next_step=_("Give times up to until=…, in the unit of the calendar."),
    )
    ids, number = np.unique(who, return_inverse=True)
    order = np.lexsort((time, number))
    number, time = number[order], time[order]
    new = np.concatenate(([True], (np.diff(number) != 0) | (np.diff(time) != 0)))
    return PurchaseRows(number[new].astype(np.intp), time[new], float(until), ids)


def _column(data: Any, name: str) -> Any:
    import narwhals as nw

    frame = nw.from_native(data, eager_only=True)
    return frame[name].to_numpy() if name in frame.columns else None


@dataclass(frozen=True)
class DynamicHistories:
    """Distinct (frequency, recency, tenure), and how often each piece saw a repeat purchase.

    These are sufficient: the covariates at purchases count only by their sum over all.
    """

    histories: Histories
    repeats: Floats  # (pieces,)
    until: float

    @classmethod
    def of(cls, rows: PurchaseRows, calendar: Calendar) -> DynamicHistories:
        frequency, recency, tenure = rows.histories()
        check_histories(frequency, recency, tenure)
        calendar.require(rows.until - float(tenure.max()), rows.until)
        pieces = calendar.piece_until(rows.time[rows.repeats])
        repeats = np.bincount(pieces, minlength=calendar.pieces).astype(np.float64)
        return cls(compress(frequency, recency, tenure), repeats, rows.until)
