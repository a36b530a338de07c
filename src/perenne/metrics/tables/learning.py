"""The few rows from which the context of a snapshot is learnt."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.metrics.inactivity import GAP_QUANTILE
from perenne.metrics.tables import Tables
from perenne.metrics.tables.canonical import table


def ledger_facts(tables: Tables) -> ir.Table:
    """One row over the sales mart: history, orders, guests, revenue with and without cost."""
    sales = tables["sales"]
    is_sale = sales.kind == "sale"
    return sales.aggregate(
        history_from=sales.day.min(where=is_sale),
        customers_from=sales.day.min(where=is_sale & sales.customer_id.notnull()),
        orders=sales.order_id.nunique(where=is_sale),
        guest_orders=sales.order_id.nunique(where=is_sale & sales.customer_id.isnull()),
        customers=sales.customer_id.nunique(where=is_sale),
        product_revenue=sales.net.sum(where=is_sale),
        revenue_without_cost=sales.net.sum(where=is_sale & ~sales.cost_known),
        has_unknown_cost=(~sales.cost_known).any(),
    )


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
