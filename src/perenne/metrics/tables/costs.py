"""Spend attributed to customers: acquisition to those it won, retention to those who bought."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.metrics.tables import Tables
from perenne.metrics.tables.canonical import table

COLUMNS = ("customer_id", "day", "kind", "amount")


def customer_costs(tables: Tables, *, days: ir.Table, as_of: date) -> ir.Table:
    """customer_id, day, kind (acquisition | retention), amount (float64).

    Acquisition: spend of (channel, calendar month of the first order) / its new customers, dated
    on the first order. Retention: spend of a calendar month / known buyers of the month, dated on
    the customer's first purchase of that month. `days` is the mart `customer_days`.
    """
    costs = table(tables, "costs")
    costs = costs.filter(costs.day <= as_of).mutate(month=costs.day.truncate("M"))
    bought = days.select("customer_id", "day", "first_day", month=days.day.truncate("M"))
    # Of months without spend nothing is looked at: most shops know the spend of some alone.
    bought = bought.semi_join(costs, "month")
    buyers = bought.group_by("customer_id", "month").aggregate(day=bought.day.min())
    return ibis.union(
        _shared(costs, _won(tables, bought), kind="acquisition", keys=("channel", "month")),
        _shared(costs, buyers, kind="retention", keys=("month",)),
    )


def _won(tables: Tables, bought: ir.Table) -> ir.Table:
    """One row per customer: day and month of the first purchase, acquisition channel."""
    first = bought.filter(bought.day == bought.first_day).drop("first_day")
    customers = table(tables, "customers").select("customer_id", "channel")
    joined = first.left_join(customers, "customer_id")
    return joined.select("customer_id", "day", "channel", "month")


def _shared(costs: ir.Table, people: ir.Table, *, kind: str, keys: tuple[str, ...]) -> ir.Table:
    """Each group's spend divided equally among its people."""
    spent = costs.filter(costs.kind == kind)
    spend = spent.group_by(*keys).aggregate(spend=spent.amount.sum())
    heads = people.group_by(*keys).aggregate(heads=people.customer_id.nunique())
    rate = spend.join(heads, list(keys)).select(*keys, "spend", "heads")
    rate = rate.mutate(amount=rate.spend.cast("float64") / rate.heads.cast("float64"))
    joined = people.join(rate.select(*keys, "amount"), list(keys))
    return joined.mutate(kind=ibis.literal(kind)).select(*COLUMNS)
