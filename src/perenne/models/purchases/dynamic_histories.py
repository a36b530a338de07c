"""Purchases in calendar time → what the dynamic model needs of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
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
    read_table,
    refuse_weights,
    refuse_where,
)
from perenne.models.purchases.calendar import Calendar
from perenne.models.purchases.moments import read_moment, read_moments
from perenne.text import gettext as _


@dataclass(frozen=True)
class PurchaseRows:
    """One row per customer and time of purchase, sorted; `customer` counts from 0.

    customer_ids: the value of each customer as given; until: end of observation; weights: how many
    customers each one stands for, (customers,).
    """

    customer: npt.NDArray[np.intp]
    time: Floats
    until: float
    customer_ids: npt.NDArray[Any]
    weights: Floats

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
            number[self.customer[rows]],
            self.time[rows],
            self.until,
            self.customer_ids[kept],
            self.weights[kept],
        )


def read_purchases(data: Any = None, *, until: float | date, **given: Any) -> PurchaseRows:
    """Rows of purchases (`customer`, `time`) up to `until`, in one time unit.

    customer: any values (numbers, text); time: numbers, or dates, which make weeks the unit;
    weights: on each row how many customers this one stands for, 1 when not given. Purchases of a
    customer at one time count once. Raises PerenneError for no rows, a time that is no number or
    lies after `until`, or weights that differ within a customer.
    """
    table = read_table(data, ("customer", "time", "weights"))
    columns = {**table, **{name: value for name, value in given.items() if value is not None}}
    who = np.atleast_1d(np.asarray(columns.get("customer", ()))).ravel()
    time = read_moments("time", columns["time"])[0] if np.size(columns.get("time", ())) else ()
    time, end = np.asarray(time, dtype=np.float64), read_moment(until)
    if not time.size or who.size != time.size:
        raise PerenneError(
            _("Rows of purchases need a customer and a time each."),
            given={"customer": int(who.size), "time": int(time.size)},
            next_step=_("Give two columns of one length: customer=… and time=…."),
        )
    refuse_where(
        ~np.isfinite(time) | (time > end),
        _("A purchase has no time, or lies after the end of observation."),
        given={"time": time},
        next_step=_("Give times up to until=…, in the unit of the calendar."),
    )
    ids, number = np.unique(who, return_inverse=True)
    weights = _weights(columns.get("weights"), number.ravel(), customers=ids.size)
    order = np.lexsort((time, number))
    number, time = number[order], time[order]
    new = np.concatenate(([True], (np.diff(number) != 0) | (np.diff(time) != 0)))
    return PurchaseRows(number[new].astype(np.intp), time[new], end, ids, weights)


def _weights(given: Any, number: npt.NDArray[np.intp], *, customers: int) -> Floats:
    """(customers,), from one value per row."""
    if given is None:
        return np.ones(customers)
    rows = read_columns(None, ("weights",), {"weights": given})["weights"]
    found = np.zeros(customers)
    if rows.size == number.size:
        found[number] = rows
    refuse_weights(rows if rows.size == number.size else np.array([np.nan]))
    refuse_where(
        found[number] != rows,
        _("The rows of one customer have different weights."),
        given={"weights": rows},
        next_step=_("A weight says how many customers this one stands for: repeat it."),
    )
    return found


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
        each = rows.weights[rows.customer[rows.repeats]]
        repeats = np.bincount(pieces, weights=each, minlength=calendar.pieces)
        distinct = compress(frequency, recency, tenure, weights=rows.weights)
        return cls(distinct, repeats.astype(np.float64), rows.until)
