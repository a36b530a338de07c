"""Adding the truth up from the process, chunk by chunk, before any file is written.

Conventions: an order counts unless cancelled or voided; one waiting for payment counts; one
whose products come to 0 counts, with value 0; orders without e-mail count in revenue and
orders, never in customers. Revenue is products after discount, without tax, shipping and gift
cards; what is given back is taken off in the month it is given back. Margin is that net revenue
minus the cost of goods, and returned goods give their cost back.

Revenue of a month is `new` when the customer's first purchase lies in that month, `returning`
when it lies before; it is also told apart by order: the customer's first, or a later one.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from perenne.demo import channels
from perenne.demo.baskets import total_by_sale
from perenne.demo.process import is_purchase, rank
from perenne.demo.season import DAY, Calendar, Ints
from perenne.demo.shapes import CANCELLED, GIFT_CARD_ONLY, PENDING, VOIDED, Table, without_tax
from perenne.demo.spool import Book, months_of

_LONGEST_RUN = 12
_UNKNOWN = len(channels.NAMES)


def month_names(calendar: Calendar) -> list[str]:
    """The months of a history, as `2025-10`."""
    first = np.datetime64(calendar.start, "M")
    last = np.datetime64(calendar.until, "M")
    return [str(month) for month in np.arange(first, last + 1)]


@dataclass(slots=True)
class Tally:
    """Sums that grow with each chunk of customers; each customer comes once, with all orders."""

    calendar: Calendar
    months: dict[str, Ints] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    gaps: Ints = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    second: Ints = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    depth: Ints = field(default_factory=lambda: np.zeros(_LONGEST_RUN + 1, dtype=np.int64))
    visible: Ints = field(default_factory=lambda: np.zeros(_UNKNOWN + 1, dtype=np.int64))
    acquired: Ints = field(default_factory=lambda: np.zeros(_UNKNOWN, dtype=np.int64))
    cohorts: Ints = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))

    def __post_init__(self) -> None:
        days = (self.calendar.until - self.calendar.start).days + 1
        size = len(month_names(self.calendar))
        self.gaps = np.zeros(days + 1, dtype=np.int64)
        self.second = np.zeros(days + 1, dtype=np.int64)
        self.cohorts = np.zeros((size, size), dtype=np.int64)

    def add(self, people: Table, book: Book) -> None:
        """Count a chunk: its people and all their orders, sorted by person and time."""
        self._add_money(book)
        self._add_customers(people, book.sales)
        self._add_gaps(book.sales)
        self._add_cohorts(book.sales)

    def _add_money(self, book: Book) -> None:
        sales, refunds = book.sales, book.refunds
        month, given_back = months_of(sales), months_of_days(refunds["day"])
        for prefix, (chosen, back) in _kinds(book, month, given_back).items():
            self._by_month(f"{prefix}orders", month[chosen], np.ones(int(chosen.sum())))
            self._by_month(f"{prefix}revenue", month[chosen], sales["net"][chosen])
            self._by_month(f"{prefix}returns", given_back[back], refunds["net"][back])
            self._by_month(f"{prefix}cost", month[chosen], sales["cost"][chosen])
            self._by_month(f"{prefix}returned_cost", given_back[back], refunds["cost"][back])
        self._add_totals(book, is_purchase(sales))

    def _add_totals(self, book: Book, counted: Table) -> None:
        sales = book.sales[counted]
        returned = total_by_sale(book.sales, book.refunds, book.refunds["goods"])[counted]
        self._total("gross_revenue", without_tax(sales["gross"]))
        self._total("discount", without_tax(sales["gross"]) - without_tax(sales["paid"]))
        self._total("discounted_orders", sales["discount"] > 0)
        self._total("orders_with_returns", returned > 0)
        self._total("gift_card_only_orders", sales["kind"] == GIFT_CARD_ONLY)
        self._total("gift_card_revenue_cents", sales["gift"])
        self._total("free_orders", sales["paid"] + sales["gift"] == 0)
        self._total("orders_last_365_days", self._recent(sales) & (sales["rank"] > 0))
        for status, name in ((PENDING, "pending"), (CANCELLED, "cancelled"), (VOIDED, "voided")):
            self._total(f"{name}_orders", book.sales["status"] == status)

    def _recent(self, sales: Table) -> Table:
        return np.asarray(sales["at"] >= self.calendar.end - 365 * DAY)

    def _add_customers(self, people: Table, sales: Table) -> None:
        counts = np.bincount(sales["owner"][sales["rank"] > 0], minlength=len(people))
        self.depth += np.bincount(np.minimum(counts, _LONGEST_RUN), minlength=_LONGEST_RUN + 1)
        first = sales[sales["rank"] == 1]
        shown = np.where(first["mark"] == channels.UNMARKED, _UNKNOWN, first["channel"])
        self.visible += np.bincount(shown, minlength=_UNKNOWN + 1)
        self.acquired += np.bincount(people["channel"][first["owner"]], minlength=_UNKNOWN)
        recent = sales["owner"][(sales["rank"] > 0) & self._recent(sales)]
        self.totals["buyers_last_365_days"] = self.totals.get("buyers_last_365_days", 0) + len(
            np.unique(recent)
        )

    def _add_gaps(self, sales: Table) -> None:
        known = sales[sales["rank"] > 0]
        gap = np.diff(known["at"] // DAY)
        again = known["rank"][1:] > 1
        self.gaps += np.bincount(gap[again], minlength=len(self.gaps))
        self.second += np.bincount(_days_to_second_day(known), minlength=len(self.second))

    def _add_cohorts(self, sales: Table) -> None:
        known = sales[sales["rank"] > 0]
        if not len(known):
            return
        month = months_of(known) - self._first_month()
        start = np.flatnonzero(known["rank"] == 1)
        joined = np.repeat(month[start], np.diff(np.append(start, len(known))))
        size = len(self.cohorts)
        cells = np.unique(known["owner"] * size * size + joined * size + month)
        place, active = np.unique(cells % (size * size), return_counts=True)
        self.cohorts[place // size, place % size] += active

    def _first_month(self) -> int:
        return int(np.datetime64(self.calendar.start, "M").astype(int))

    def _by_month(self, name: str, month: Ints, values: Any) -> None:
        size = len(self.cohorts)
        known = self.months.setdefault(name, np.zeros(size, dtype=np.int64))
        sums = np.bincount(month - self._first_month(), weights=values, minlength=size)
        known += sums.astype(np.int64)

    def _total(self, name: str, values: Any) -> None:
        self.totals[name] = self.totals.get(name, 0) + int(np.sum(values))


def _kinds(book: Book, month: Ints, given_back: Ints) -> dict[str, tuple[Table, Table]]:
    """Which sales and which refunds belong to each kind of revenue, by prefix."""
    sales, sale = book.sales, book.refunds["sale"]
    joined, known = _joined(sales, month), sales["rank"] > 0
    counted = is_purchase(sales)
    new, back_new = month == joined, given_back == joined[sale]
    kinds = {
        "": counted,
        "guest_": counted & (sales["guest"] == 1),
        "first_order_": sales["rank"] == 1,
        "later_order_": sales["rank"] > 1,
    }
    return {
        **{prefix: (chosen, chosen[sale]) for prefix, chosen in kinds.items()},
        "new_": (known & new, known[sale] & back_new),
        "returning_": (known & ~new, known[sale] & ~back_new),
    }


def _joined(sales: Table, month: Ints) -> Ints:
    """The month of each sale's person's first attributable purchase, -1 without any."""
    first = sales["rank"] == 1
    joined = np.full(int(sales["owner"].max(initial=-1)) + 1, -1, dtype=np.int64)
    joined[sales["owner"][first]] = month[first]
    of_sale: Ints = joined[sales["owner"]]
    return of_sale


def _days_to_second_day(known: Table) -> Ints:
    """Days from the first purchase day to the next one, for each person who has one."""
    day, start = known["at"] // DAY, np.flatnonzero(known["rank"] == 1)
    since = day - np.repeat(day[start], np.diff(np.append(start, len(known))))
    later = np.flatnonzero(since > 0)
    days: Ints = since[later[np.unique(known["owner"][later], return_index=True)[1]]]
    return days


def without_gift_card_orders(book: Book) -> Book:
    """A book without the orders that hold gift cards alone, for those who do not count them."""
    kept = book.part(np.flatnonzero(book.sales["kind"] != GIFT_CARD_ONLY))
    kept.sales["rank"] = rank(kept.sales)
    return kept


def months_of_days(days: Ints) -> Ints:
    """Months since January 1970 of days since 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
