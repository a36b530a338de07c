"""Marts: canonical tables in, tables ready for figures out. Lazy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.metrics.settings import MetricSettings
from perenne.metrics.tables import Tables
from perenne.metrics.tables.canonical import known, purchases, table
from perenne.metrics.tables.costs import customer_costs
from perenne.metrics.tables.facts import customer_facts, instants
from perenne.metrics.tables.margins import with_margin
from perenne.metrics.tables.narrow import order_values, profiles
from perenne.warehouse import MONEY

Keep = Callable[[str, ir.Table], ir.Table]
LEDGER = (
    "kind",
    "day",
    "known_on",
    "order_id",
    "order_number",
    "customer_id",
    "category",
    "channel",
    "country",
    "gross",
    "discount",
    "net",
    "cost",
    "first_day",
    "acquisition_channel",
)
"""Columns of `sales` that its parts bring."""
MARTS = (
    "sales",
    "profiles",
    "order_values",
    "customer_days",
    "customer_costs",
    "customer_facts",
)
"""What `build_marts` makes; beside them stands `customer_runs`."""


def _lazily(_name: str, table: ir.Table) -> ir.Table:
    return table


@dataclass(frozen=True)
class Earlier:
    """What the marts of an earlier snapshot said, where a refresh goes on from them.

    `profiles`, `days`, `facts`: its marts `profiles`, `customer_days` and `customer_facts`.
    `fresh`: the orders, lines and refunds that its ledger does not hold, and the `sales` made of
    them once they are kept.
    `changed`: `customer_id` of everybody of whom any order is new or told otherwise.
    """

    profiles: ir.Table
    days: ir.Table
    facts: ir.Table
    fresh: Tables
    changed: ir.Table


def build_marts(
    tables: Tables,
    *,
    as_of: date,
    settings: MetricSettings,
    keep: Keep = _lazily,
    earlier: Earlier | None = None,
) -> dict[str, ir.Table]:
    """Sales, profiles, order values, customer days, attributed costs and customer facts.

    `tables` are the canonical tables by name; a missing one counts as empty. `keep` may write a
    mart and hand back what was written, so that the facts read it rather than compute it again;
    with `earlier` it adds the rows of `sales` and `order_values` that an earlier snapshot holds.
    """
    before = earlier.profiles if earlier else None
    people = keep("profiles", profiles(tables, as_of=as_of, before=before))
    told = {**tables, **earlier.fresh} if earlier else tables
    ledger = keep("sales", sales(told, people=people, as_of=as_of, settings=settings))
    sold = earlier.fresh.get("sales", ledger) if earlier else ledger
    orders = keep("order_values", order_values(sold, people))
    days = keep("customer_days", _days(tables, people, as_of=as_of, earlier=earlier))
    costs = keep("customer_costs", customer_costs(tables, days=days, as_of=as_of))
    facts = customer_facts(
        tables,
        people=people,
        orders=orders,
        days=days,
        costs=costs,
        instants=_instants(tables, as_of=as_of, earlier=earlier),
        as_of=as_of,
        settings=settings,
    )
    kept = keep("customer_facts", facts)
    return dict(zip(MARTS, (ledger, people, orders, days, costs, kept), strict=True))


def sales(tables: Tables, *, people: ir.Table, as_of: date, settings: MetricSettings) -> ir.Table:
    """The ledger of value: one row per counted product line and per return.

    Columns: kind (sale | return), day, known_on (of a return, the day it came back, whichever day
    it counts on), month, order_id, order_number, customer_id, first_day of
    the customer, category, channel and country of the order, acquisition_channel, gross,
    discount, net, cost, margin (null when the cost is unknown), cost_known. Returns are negative.
    `people`: the mart `profiles`.
    """
    orders = purchases(tables, as_of)
    if not settings.include_guests:
        orders = known(orders)
    customers = people.select("customer_id", "first_day", "acquisition_channel")
    lines = table(tables, "order_lines")
    counted = lines.filter(lines.excluded_by.isnull())
    sold = _of_customer(orders, customers)
    returned = _returns(tables, as_of=as_of, settings=settings)
    rows = ibis.union(
        _lines(counted, sold),
        _orders_without_lines(sold, lines),
        _of_customer(returned, customers).select(*LEDGER),
    )
    return with_margin(rows.mutate(month=rows.day.truncate("M")), settings)


def customer_days(tables: Tables, *, people: ir.Table, as_of: date) -> ir.Table:
    """One row per known customer and purchase day: customer_number, customer_id, day, orders, net
    before returns.

    Also day_number from 1, first_day, prev_day, next_day, orders_to_date: one row holds all that
    is true of the customer from `day` until the day before `next_day`. `people`: `profiles`.
    """
    ids = people.select("customer_id", "customer_number")
    orders = known(purchases(tables, as_of)).join(ids, "customer_id")
    # Numbers are grouped and ordered quicker than texts.
    days = orders.group_by(orders.customer_number, day=orders.ordered_on).aggregate(
        orders=orders.count(), net=orders.net.sum().cast(MONEY)
    )
    history = ibis.window(group_by="customer_number", order_by="day")
    so_far = ibis.cumulative_window(group_by="customer_number", order_by="day")
    told = days.mutate(
        day_number=ibis.row_number().over(history) + 1,
        prev_day=days.day.lag().over(history),
        next_day=days.day.lead().over(history),
        first_day=days.day.min().over(so_far),
        orders_to_date=days.orders.sum().over(so_far).cast("int64"),
    )
    return told.left_join(ids, "customer_number").drop("customer_number_right")


def _days(tables: Tables, people: ir.Table, *, as_of: date, earlier: Earlier | None) -> ir.Table:
    """`customer_days`, of those alone whose orders have changed where the others' are known."""
    if earlier is None:
        return customer_days(tables, people=people, as_of=as_of)
    orders = table(tables, "orders").semi_join(earlier.changed, "customer_id")
    made = customer_days({"orders": orders}, people=people, as_of=as_of)
    numbers = earlier.profiles.semi_join(earlier.changed, "customer_id")
    rest = earlier.days.anti_join(numbers, "customer_number")
    return made.union(rest.select(made.columns))


def _instants(tables: Tables, *, as_of: date, earlier: Earlier | None) -> ir.Table:
    """`instants`, of those alone whose orders have changed where the others' are known."""
    if earlier is None:
        return instants(tables, as_of=as_of)
    orders = table(tables, "orders").semi_join(earlier.changed, "customer_id")
    made = instants({"orders": orders}, as_of=as_of)
    return made.union(earlier.facts.anti_join(earlier.changed, "customer_id").select(made.columns))


def _lines(counted: ir.Table, orders: ir.Table) -> ir.Table:
    joined = counted.join(orders, counted.order_id == orders.order_id)
    return joined.select(
        kind=ibis.literal("sale"),
        day=orders.ordered_on,
        known_on=orders.ordered_on,
        order_id=counted.order_id,
        order_number=orders.order_number,
        customer_id=orders.customer_id,
        category=counted.category,
        channel=orders.channel,
        country=orders.country,
        gross=counted.gross,
        discount=counted.discount,
        net=counted.net,
        cost=counted.cost,
        first_day=orders.first_day,
        acquisition_channel=orders.acquisition_channel,
    )


def _orders_without_lines(orders: ir.Table, lines: ir.Table) -> ir.Table:
    """A purchase whose lines are unknown still counts, with the order's own amounts."""
    # Looked at for themselves: whole lines that two readers ask for are kept in memory.
    named = lines.select("order_id", "excluded_by")
    bare = orders.anti_join(named.filter(named.excluded_by.isnull()), "order_id")
    told = bare.mutate(
        kind=ibis.literal("sale"),
        day=bare.ordered_on,
        known_on=bare.ordered_on,
        category=ibis.null("string"),
    )
    return told.select(*LEDGER)


def _returns(tables: Tables, *, as_of: date, settings: MetricSettings) -> ir.Table:
    refunds = table(tables, "refunds")
    if not settings.include_guests:
        refunds = known(refunds)
    orders = table(tables, "orders").select("order_id", "ordered_on", "order_number")
    joined = refunds.left_join(orders, "order_id")
    on_order = settings.returns_on == "order_day"
    given_back = ibis.coalesce(orders.ordered_on, refunds.refunded_on)
    rows = joined.select(
        kind=ibis.literal("return"),
        day=given_back if on_order else refunds.refunded_on,
        known_on=refunds.refunded_on,
        order_id=refunds.order_id,
        order_number=orders.order_number,
        customer_id=refunds.customer_id,
        category=refunds.category,
        channel=refunds.channel,
        country=refunds.country,
        gross=ibis.literal(0, type=MONEY),
        discount=ibis.literal(0, type=MONEY),
        net=(-refunds.net).cast(MONEY),
        cost=(-refunds.cost).cast(MONEY),
    )
    return rows.filter(rows.known_on <= as_of)


def _of_customer(rows: ir.Table, customers: ir.Table) -> ir.Table:
    return rows.left_join(customers, "customer_id").drop("customer_id_right")
