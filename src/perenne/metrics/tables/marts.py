"""Marts: canonical tables in, tables ready for figures out. Lazy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.metrics.settings import MetricSettings
from perenne.metrics.tables import Tables
from perenne.metrics.tables.canonical import known, purchases, table
from perenne.metrics.tables.costs import customer_costs
from perenne.metrics.tables.facts import customer_facts
from perenne.metrics.tables.margins import with_margin
from perenne.metrics.tables.narrow import either, numbered, order_values, profiles
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


def build_marts(
    tables: Tables,
    *,
    as_of: date,
    settings: MetricSettings,
    keep: Keep = _lazily,
    fresh: Tables | None = None,
) -> dict[str, ir.Table]:
    """Sales, profiles, order values, customer days, attributed costs and customer facts.

    `tables` are the canonical tables by name; a missing one counts as empty. `keep` may write a
    mart and hand back what was written, so that the facts read it rather than compute it again.
    `fresh`: the orders, lines and refunds of which the ledger is made, where `keep` adds what an
    earlier ledger says of the others.
    """
    ledger = keep("sales", sales(tables, as_of=as_of, settings=settings, fresh=fresh or {}))
    people = keep("profiles", profiles(tables, as_of=as_of))
    orders = keep("order_values", order_values(ledger, people))
    days = keep("customer_days", numbered(customer_days(tables, as_of=as_of), people))
    costs = keep("customer_costs", customer_costs(tables, days=days, as_of=as_of))
    facts = customer_facts(
        tables, orders=orders, days=days, costs=costs, as_of=as_of, settings=settings
    )
    kept = keep("customer_facts", facts)
    return dict(zip(MARTS, (ledger, people, orders, days, costs, kept), strict=True))


def sales(
    tables: Tables, *, as_of: date, settings: MetricSettings, fresh: Tables | None = None
) -> ir.Table:
    """The ledger of value: one row per counted product line and per return, of the orders and
    refunds of `fresh` where some are named.

    Columns: kind (sale | return), day, known_on (of a return, the day it came back, whichever day
    it counts on), month, order_id, order_number, customer_id, first_day of
    the customer, category, channel and country of the order, acquisition_channel, gross,
    discount, net, cost, margin (null when the cost is unknown), cost_known. Returns are negative.
    """
    told = {**tables, **(fresh or {})}
    orders = purchases(told, as_of)
    if not settings.include_guests:
        orders = known(orders)
    customers = _customers(tables, as_of=as_of)
    lines = table(told, "order_lines")
    counted = lines.filter(lines.excluded_by.isnull())
    sold = _of_customer(orders, customers)
    returned = _returns(told, as_of=as_of, settings=settings)
    rows = ibis.union(
        _lines(counted, sold),
        _orders_without_lines(sold, counted),
        _of_customer(returned, customers).select(*LEDGER),
    )
    return with_margin(rows.mutate(month=rows.day.truncate("M")), settings)


def customer_days(tables: Tables, *, as_of: date) -> ir.Table:
    """One row per known customer and purchase day: customer_id, day, orders, net before returns.

    Also day_number from 1, first_day, prev_day, next_day, orders_to_date: one row holds all that
    is true of the customer from `day` until the day before `next_day`.
    """
    orders = known(purchases(tables, as_of))
    days = orders.group_by(orders.customer_id, day=orders.ordered_on).aggregate(
        orders=orders.count(), net=orders.net.sum().cast(MONEY)
    )
    history = ibis.window(group_by="customer_id", order_by="day")
    so_far = ibis.cumulative_window(group_by="customer_id", order_by="day")
    return days.mutate(
        day_number=ibis.row_number().over(history) + 1,
        prev_day=days.day.lag().over(history),
        next_day=days.day.lead().over(history),
        first_day=days.day.min().over(so_far),
        orders_to_date=days.orders.sum().over(so_far).cast("int64"),
    )


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


def _orders_without_lines(orders: ir.Table, counted: ir.Table) -> ir.Table:
    """A purchase whose lines are unknown still counts, with the order's own amounts."""
    bare = orders.anti_join(counted, "order_id")
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


def _customers(tables: Tables, *, as_of: date) -> ir.Table:
    """Of each customer the first day and the channel that won it, where one is told."""
    orders = known(purchases(tables, as_of))
    first = orders.group_by("customer_id").aggregate(first_day=orders.ordered_on.min())
    channels = table(tables, "customers").select("customer_id", acquisition_channel="channel")
    return either(first, channels)


def _of_customer(rows: ir.Table, customers: ir.Table) -> ir.Table:
    return rows.left_join(customers, "customer_id").drop("customer_id_right")
