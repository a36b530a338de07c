"""What is known of each customer on one day, as numbers for a learner: nothing later is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger, day_of
from perenne.text import gettext as _

Matrix = npt.NDArray[np.float32]
Columns = dict[str, npt.NDArray[Any]]
Facts = Callable[[Ledger], Mapping[str, npt.ArrayLike]]
"""Further numbers by name, one per customer of a ledger, as known on its last day: visits, e-mails
opened … It is asked anew for each day that is learnt from, and must not look beyond it."""

WINDOWS = (30, 90, 180, 365)
YEAR = 365
# Histogram trees tell at most 255 values of a category apart; rarer codes count as unknown.
MOST_CATEGORIES = 250
CATEGORICAL = ("channel", "country", "first_category", "first_discounted", "main_category")


@dataclass(frozen=True)
class Features:
    """One row per customer of a ledger, NaN where a thing is not known or has no meaning."""

    names: tuple[str, ...]
    values: Matrix

    def column(self, name: str) -> Matrix:
        return self.values[:, self.names.index(name)]

    @property
    def categorical(self) -> npt.NDArray[np.bool_]:
        """Which columns hold codes rather than amounts."""
        return np.array([name in CATEGORICAL for name in self.names])


def features(ledger: Ledger, *, horizon: int, facts: Facts | None = None) -> Features:
    """Features as of the end of `ledger.until`, for a forecast of `horizon` days.

    Events of the ledger are counted; facts: further numbers. Only rows up to `ledger.until` count,
    so that a ledger which holds later ones must go through `as_of` first; PerenneError when it has
    not.
    """
    if ledger.day.size and int(ledger.day.max()) > ledger.until:
        raise PerenneError(
            _("The ledger holds rows after the day of the prediction."),
            given={"until": str(day_of(ledger.until)), "last": str(day_of(ledger.day.max()))},
            next_step=_("Take ledger.as_of(day) first."),
        )
    purchases = _Purchases.of(ledger)
    columns: Columns = {
        **_rhythm(purchases),
        **_amounts(ledger, purchases),
        **_windows(ledger, purchases),
        **_season(purchases, horizon),
        **_categories(ledger),
        **_first_order(ledger, purchases),
        **_told(facts, ledger),
    }
    return Features(
        tuple(columns),
        np.column_stack([np.asarray(column, dtype=np.float32) for column in columns.values()]),
    )


@dataclass(frozen=True)
class _Purchases:
    """The rows with a purchase; `first` and `last` are the places of a customer's in them."""

    customer: npt.NDArray[np.int32]
    day: Floats
    orders: Floats
    net: Floats
    counts: Floats
    first: npt.NDArray[np.intp]
    last: npt.NDArray[np.intp]
    until: int

    @classmethod
    def of(cls, ledger: Ledger) -> _Purchases:
        sold = ledger.orders > 0
        customer = ledger.customer[sold]
        counts = np.bincount(customer, minlength=ledger.customers)
        ends = np.cumsum(counts)
        return cls(
            customer,
            ledger.day[sold].astype(float),
            ledger.orders[sold].astype(float),
            ledger.net[sold],
            counts.astype(float),
            ends - counts,
            ends - 1,
            ledger.until,
        )

    def total(self, values: Floats | npt.NDArray[np.bool_]) -> Floats:
        sums: Floats = np.bincount(self.customer, values, minlength=self.counts.size).astype(float)
        return sums


def _rhythm(rows: _Purchases) -> Columns:
    """When: ages in days, the gaps between purchase days, and how unusual the silence is."""
    first, last = rows.day[rows.first], rows.day[rows.last]
    silence, tenure = rows.until - last, rows.until - first
    gap = np.diff(rows.day, prepend=rows.day[:1])
    gap[rows.first] = 0.0
    gaps = rows.counts - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(gaps > 0, (last - first) / gaps, np.nan)
        spread = (rows.total(gap**2) - gaps * mean**2) / (gaps - 1)
        deviation = np.where(gaps > 1, np.sqrt(np.maximum(spread, 0.0)), np.nan)
    late = rows.day > (first + tenure / 2)[rows.customer]
    return {
        "silence": silence,
        "frequency": gaps,
        "recency": last - first,
        "tenure": tenure,
        "orders": rows.total(rows.orders),
        "rate": rows.counts / (tenure + 30.0),
        "last_gap": np.where(gaps > 0, gap[rows.last], np.nan),
        "mean_gap": mean,
        "deviation_of_gaps": deviation,
        "silence_in_gaps": silence / np.maximum(mean, 1.0),
        "share_in_second_half": rows.total(late) / rows.counts,
    }


def _amounts(ledger: Ledger, rows: _Purchases) -> Columns:
    """How much, before returns, and what part of it was discount or came back."""
    net = rows.total(rows.net)
    mean = net / rows.counts
    returned = _per_customer(ledger, ledger.returned)
    columns = {
        "net": net,
        "mean_net": mean,
        "last_net_to_mean": rows.net[rows.last] / np.maximum(mean, 1e-9),
        "largest_net": np.maximum.reduceat(rows.net, rows.first),
        "return_share": returned / np.maximum(net, 1e-9),
    }
    if "discount" in ledger.columns:
        gross = np.maximum(net + _per_customer(ledger, ledger.columns["discount"]), 1e-9)
        columns["discount_share"] = 1 - net / gross
    return columns


def _windows(ledger: Ledger, rows: _Purchases) -> Columns:
    columns: Columns = {}
    for days in WINDOWS:
        inside = rows.day > rows.until - days
        columns[f"orders_{days}"] = rows.total(inside)
        columns[f"net_{days}"] = rows.total(inside * rows.net)
        lately = ledger.day > ledger.until - days
        columns[f"returned_{days}"] = _per_customer(ledger, lately * ledger.returned)
    return columns


def _season(rows: _Purchases, horizon: int) -> Columns:
    """What was bought a year before the days to predict; NaN for who was no customer by then."""
    start = rows.until - YEAR
    inside = (rows.day > start) & (rows.day <= start + min(horizon, YEAR))
    known = rows.day[rows.first] <= start
    return {
        "orders_year_before": np.where(known, rows.total(inside), np.nan),
        "net_year_before": np.where(known, rows.total(inside * rows.net), np.nan),
    }


def _categories(ledger: Ledger) -> Columns:
    """Number of categories bought, and the one with most revenue."""
    if "category" not in ledger.columns:
        return {}
    code = ledger.columns["category"]
    known = (ledger.orders > 0) & (code >= 0)
    width = int(code.max(initial=0)) + 1
    keys, place = np.unique(
        ledger.customer[known].astype(np.int64) * width + code[known], return_inverse=True
    )
    spent = np.bincount(place, weights=ledger.net[known], minlength=keys.size)
    who, what = keys // width, keys % width
    main = np.full(ledger.customers, -1)
    # The last write wins: the largest amount, and the smallest code among equals.
    order = np.lexsort((-what, spent, who))
    main[who[order]] = what[order]
    return {
        "categories": np.bincount(who, minlength=ledger.customers),
        "main_category": _code(main),
    }


def _first_order(ledger: Ledger, rows: _Purchases) -> Columns:
    """All that is known of a customer who has ordered once, and stays true of the others."""
    months = (ledger.day[ledger.orders > 0][rows.first]).astype("datetime64[D]")
    columns: Columns = {
        "first_net": rows.net[rows.first],
        "first_month": months.astype("datetime64[M]").astype(int) % 12 + 1,
    }
    for name in ("channel", "country", "first_category", "first_discounted"):
        if name in ledger.attributes:
            columns[name] = _code(ledger.attributes[name])
    return columns


def _code(codes: npt.NDArray[Any]) -> Floats:
    """NaN where unknown; names (not yet codes) are numbered in their order."""
    if codes.dtype.kind not in "iufb":
        codes = np.unique(codes.astype(str), return_inverse=True)[1]
    values = codes.astype(float)
    return np.where((values < 0) | (values >= MOST_CATEGORIES), np.nan, values)


def _told(facts: Facts | None, ledger: Ledger) -> Columns:
    """PerenneError when a fact has not one number per customer."""
    sources = [one for one in (ledger.events, facts) if one is not None]
    told = {name: np.asarray(values) for one in sources for name, values in one(ledger).items()}
    for name, values in told.items():
        if values.shape != (ledger.customers,):
            raise PerenneError(
                _("The fact {name} does not give one number per customer.").format(name=name),
                given=values.shape,
                allowed=((ledger.customers,),),
                next_step=_("Give one number for each of ledger.customer_ids, NaN where unknown."),
            )
    return told


def _per_customer(ledger: Ledger, values: Floats) -> Floats:
    sums: Floats = np.bincount(ledger.customer, values, minlength=ledger.customers).astype(float)
    return sums
