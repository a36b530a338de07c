"""The few rows from which the context of a snapshot is learnt."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.metrics.inactivity import GAP_QUANTILE
from perenne.metrics.tables import Tables
from perenne.metrics.tables.canonical import table


def ledger_facts(tables: Tables) -> ir.Table:
    """One row over sales: history, orders, guests, revenue with and without cost."""
    sales, orders = tables["sales"], tables["order_values"]
    sold = orders.filter(orders.is_sale)
    is_known = sold.customer_number.notnull()
    told = sold.aggregate(
        history_from=sold.day.min(),
        customers_from=sold.day.min(where=is_known),
        orders=sold.count(),
        guest_orders=(~is_known).sum().fill_null(0),
        customers=sold.customer_number.nunique(),
        product_revenue=sold.net.sum(),
    )
    costs = sales.aggregate(
        revenue_without_cost=sales.net.sum(where=(sales.kind == "sale") & ~sales.cost_known),
        has_unknown_cost=(~sales.cost_known).any(),
    )
    return told.cross_join(costs)


def gap_facts(tables: Tables) -> ir.Table:
    """One row: how many gaps between purchase days, and their 90th percentile."""
    days = tables["customer_days"]
    gaps = days.filter(days.prev_day.notnull())
    gap = gaps.day.delta(gaps.prev_day, unit="day")
    return gaps.aggregate(gaps=gaps.count(), quantile=gap.quantile(GAP_QUANTILE))


def spend_facts(tables: Tables, as_of: date) -> ir.Table:
    """One row per kind of spend: first and last day, total."""
    costs = table(tables, "costs")
    costs = costs.filter(costs.day <= as_of)
    return costs.group_by("kind").aggregate(
        first_day=costs.day.min(), last_day=costs.day.max(), total=costs.amount.sum()
    )


def relation_facts(tables: Tables) -> ir.Table:
    """name (events, surveys, subscriptions, consents), kind, rows: what is told beside orders."""
    kinds = {"events": "event", "surveys": "kind", "subscriptions": None, "consents": None}
    parts = []
    for name, column in kinds.items():
        told = table(tables, name)
        kind = told[column] if column else ibis.literal("")
        parts.append(told.select(name=ibis.literal(name), kind=kind))
    every = ibis.union(*parts)
    return every.group_by("name", "kind").aggregate(rows=every.count())
