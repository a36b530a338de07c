"""The past of a shop as arrays: one row per customer and day with a purchase or a return."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.models.events import Events
from perenne.models.histories import Floats

EPOCH = date(1970, 1, 1)
Days = npt.NDArray[np.int32]
Rows = npt.NDArray[np.intp]
Times = Callable[[npt.NDArray[Any]], Floats]
"""Day numbers → moments on the clock of a purchase model, in its unit of time."""
# Decimals of an age: differences of moments must not tell like ages apart.
AGE_DECIMALS = 9


def day_number(day: date) -> int:
    """Days since 1970-01-01, the unit of every `day` in a ledger."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    return EPOCH + timedelta(days=int(number))


@dataclass(frozen=True)
class Ledger:
    """Rows sorted by customer, then day. Nothing after `until` (a day number) is in it.

    customer: index into `customer_ids`; day: day number; orders: 0 on a day with returns only;
    net: sold after discount, before returns; returned: what was given back, positive; margin:
    after returns, NaN where the cost is unknown. `columns`: further numbers per row (gross,
    discount, units, category code …). `attributes`: one value per customer, known at the first
    order (channel, country, first_category, first_discounted). `events`: what customers did beside
    buying, where it is known. `whole`: the ledger that this one is a part of.
    """

    customer: npt.NDArray[np.int32]
    day: Days
    orders: npt.NDArray[np.int32]
    net: Floats
    returned: Floats
    margin: Floats
    until: int
    customer_ids: npt.NDArray[Any]
    columns: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    attributes: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    events: Events | None = field(default=None, repr=False, compare=False)
    whole: Ledger | None = field(default=None, repr=False, compare=False)

    @property
    def customers(self) -> int:
        return int(self.customer_ids.size)

    @property
    def shop(self) -> Ledger:
        """The ledger of all customers, for what only the whole shop can tell."""
        return self if self.whole is None else self.whole

    @cached_property
    def first_day(self) -> int:
        """The first day with a row; `until` without any."""
        return int(self.day.min(initial=self.until))

    @cached_property
    def first_sale(self) -> int:
        """The first day with a purchase; `until` without any."""
        return int(self.day[self.orders > 0].min(initial=self.until))

    @cached_property
    def usual_net(self) -> float:
        """Mean net of a purchase day, 0 without any."""
        sold = self.orders > 0
        return float(self.net[sold].sum()) / max(int(sold.sum()), 1)

    @cached_property
    def starts(self) -> Rows:
        """First row of each customer, and the number of rows at the end: (customers + 1,)."""
        counts = np.bincount(self.customer, minlength=self.customers)
        return np.concatenate(([0], np.cumsum(counts)))

    def as_of(self, until: int) -> Ledger:
        """The ledger as it stood on day `until`: later rows and later customers are gone."""
        rows = self.day <= until
        bought = np.zeros(self.customers, dtype=bool)
        bought[self.customer[rows & (self.orders > 0)]] = True
        return self._only(rows & bought[self.customer], bought, until=until)

    def part(self, customers: slice) -> Ledger:
        """Customers that follow each other, as a view that knows the `shop` it is part of."""
        first, last, _step = customers.indices(self.customers)
        rows = slice(int(self.starts[first]), int(self.starts[last]))
        return replace(
            self,
            customer=self.customer[rows] - np.int32(first),
            day=self.day[rows],
            orders=self.orders[rows],
            net=self.net[rows],
            returned=self.returned[rows],
            margin=self.margin[rows],
            customer_ids=self.customer_ids[first:last],
            columns={name: column[rows] for name, column in self.columns.items()},
            attributes={name: column[first:last] for name, column in self.attributes.items()},
            whole=self.shop,
        )

    def of(self, chosen: npt.NDArray[np.bool_]) -> Ledger:
        """The ledger of the customers where `chosen`, (customers,), is true."""
        return self._only(chosen[self.customer], chosen, until=self.until)

    def _only(
        self, rows: npt.NDArray[np.bool_], chosen: npt.NDArray[np.bool_], *, until: int
    ) -> Ledger:
        number = np.cumsum(chosen) - 1
        return replace(
            self,
            customer=number[self.customer[rows]].astype(np.int32),
            day=self.day[rows],
            orders=self.orders[rows],
            net=self.net[rows],
            returned=self.returned[rows],
            margin=self.margin[rows],
            until=until,
            customer_ids=self.customer_ids[chosen],
            columns={name: column[rows] for name, column in self.columns.items()},
            attributes={name: column[chosen] for name, column in self.attributes.items()},
            events=None if self.events is None else self.events.as_of(until),
            whole=None,
        )

    def histories(self) -> History:
        """Frequency, recency, tenure and monetary value of each customer, as of `until`."""
        sold = self.orders > 0
        who, day, net = self.customer[sold], self.day[sold], self.net[sold]
        counts = np.bincount(who, minlength=self.customers)
        ends = np.cumsum(counts)
        firsts = ends - counts
        first, last = day[firsts], day[ends - 1]
        total = np.bincount(who, weights=net, minlength=self.customers)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (total - net[firsts]) / (counts - 1)
        return History(
            frequency=(counts - 1).astype(float),
            recency=(last - first).astype(float),
            tenure=(self.until - first).astype(float),
            monetary_value=mean,
            first_value=net[firsts],
        )

    def log_intervals(self, *, unit: float) -> Floats:
        """Sum of the logarithms of the times between purchase days of each customer, in `unit`
        days, (customers,)."""
        sold = self.orders > 0
        who, day = self.customer[sold], self.day[sold]
        same = who[1:] == who[:-1]
        logs = np.log(np.diff(day)[same] / unit)
        sums = np.bincount(who[1:][same], weights=logs, minlength=self.customers)
        return sums.astype(np.float64)

    def ages(self, times: Times) -> dict[str, Floats]:
        """Frequency, recency and tenure of each customer, as of `until`, on the clock `times`."""
        history = self.histories()
        first = self.until - history.tenure.astype(np.int64)
        born, last = times(first), times(first + history.recency.astype(np.int64))
        return {
            "frequency": history.frequency,
            "recency": np.round(last - born, AGE_DECIMALS),
            "tenure": np.round(times(np.array([self.until])) - born, AGE_DECIMALS),
        }

    def outcome(self, customers: Ledger, *, horizon: int) -> Outcome:
        """What `customers` (this ledger as of an earlier day) did in the `horizon` days after.

        Value is net of returns dated in those days.
        """
        start = customers.until
        inside = (self.day > start) & (self.day <= start + horizon)
        place = np.full(self.customers, -1)
        _same, here, there = np.intersect1d(
            self.customer_ids, customers.customer_ids, assume_unique=True, return_indices=True
        )
        place[here] = there
        who = place[self.customer]
        inside &= who >= 0
        who = who[inside]

        def total(values: npt.NDArray[Any]) -> Floats:
            sums = np.bincount(who, weights=values[inside], minlength=customers.customers)
            return sums.astype(np.float64)

        return Outcome(
            orders=total((self.orders > 0).astype(float)),
            value=total(self.net) - total(self.returned),
            margin=total(self.margin),
        )


@dataclass(frozen=True)
class History:
    """Per customer, ages in days. monetary_value: mean net of repeat purchase days, NaN for none.

    frequency counts repeat purchase days.
    """

    frequency: Floats
    recency: Floats
    tenure: Floats
    monetary_value: Floats
    first_value: Floats


@dataclass(frozen=True)
class Outcome:
    """Per customer: purchase days, value net of returns, margin, in a window."""

    orders: Floats
    value: Floats
    margin: Floats
