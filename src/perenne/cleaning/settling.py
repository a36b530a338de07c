"""Which orders an earlier cleaning has settled, so that their rows need not be cleaned again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from perenne.cleaning.tables import payments, settled
from perenne.warehouse import Table

Keep = Callable[[str, Table], Table]
Fetch = Callable[[Table], pa.Table]
Staged = Mapping[str, Table]


@dataclass(frozen=True)
class Earlier:
    """Canonical orders and lines of an earlier cleaning, and the day as of which it was made."""

    orders: Table
    lines: Table
    as_of: date


def first_touched(
    earlier: Earlier, *, before: Staged, now: Staged, news: Staged, keep: Keep, fetch: Fetch
) -> date | None:
    """The first day of any order that is told otherwise since: staged rows of the imports before,
    of all, and of the new ones. None when nothing is; it may be after the earlier as-of day."""
    orders = keep("touched", settled.touched(now, news, since=earlier.as_of))
    asked = [settled.first_day(now, orders)]
    if "refunds" in now:
        since, sold = earlier.as_of, earlier.orders
        asked.append(settled.first_day_refunded(now, news, sold, since=since))
    if "products" in news:
        lists = (before.get("products", now["products"].limit(0)), now["products"])
        changed = settled.changed_products(*lists)
        asked.append(settled.first_day_of(changed, earlier.lines))
    days = [fetch(one).column(0)[0].as_py() for one in asked]
    return min((day for day in days if day), default=None)


def has_payments(now: Staged, fetch: Fetch) -> bool:
    """Payments are matched with orders by number, address and amount, so that a new order may
    change what an old one is."""
    return "orders" in now and bool(fetch(payments.how_many(now["orders"]))[0][0].as_py())


@dataclass(frozen=True)
class Opened:
    """What is to be cleaned: orders (`source`, `source_order_id`), and refunds but for those that
    stand in `settled_refunds`."""

    orders: Table
    settled_refunds: Table | None

    def of(self, staged: Staged) -> dict[str, Table]:
        """The rows of `staged` that are to be cleaned; what tells no orders stays whole."""
        return settled.of_orders(staged, self.orders, settled_refunds=self.settled_refunds)


def opened(
    earlier: Earlier, staged: Staged, *, until: date, keep: Keep, fetch: Fetch
) -> Opened | None:
    """What is not settled before `until`, which no touched order precedes. None where one number
    is that of several orders, on both sides of the day."""
    if fetch(settled.shared_numbers(earlier.orders, until=until))[0][0].as_py():
        return None
    orders = keep("open_orders", settled.open_orders(staged, earlier.orders, until=until))
    if "refunds" not in staged:
        return Opened(orders, None)
    refunds = staged["refunds"]
    known = earlier.orders.filter(earlier.orders.ordered_on < until)
    if fetch(settled.named_twice(refunds, known, orders))[0][0].as_py():
        return None
    return Opened(orders, keep("settled_refunds", settled.settled_refunds(refunds, known)))


def judged(staged: Staged) -> dict[str, Table]:
    """The staged tables of which a part may be cleaned."""
    return {name: table for name, table in staged.items() if name in (*settled.SALES, "refunds")}
