"""Margin of a sale or return: net - cost, with what stands in for an unknown cost."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.metrics.settings import MetricSettings
from perenne.warehouse import MONEY, to_money


def with_margin(sales: ir.Table, settings: MetricSettings) -> ir.Table:
    """Add cost_known and margin, and fill cost by the default or average rate where allowed."""
    sales = sales.mutate(cost_known=sales.cost.notnull())
    if settings.margin_default_rate is not None:
        kept = ibis.literal(1 - settings.margin_default_rate, type=MONEY)
        sales = sales.mutate(cost=sales.cost.fill_null((sales.net * kept).cast(MONEY)))
    elif settings.missing_cost == "average":
        sales = _with_average(sales)
    return sales.mutate(margin=(sales.net - sales.cost).cast(MONEY))


def _with_average(sales: ir.Table) -> ir.Table:
    """Where no cost is known at all, margins stay null."""
    known = sales.filter(sales.cost_known, sales.kind == "sale")
    share = known.aggregate(
        cost_share=known.cost.sum().cast("float64") / known.net.sum().cast("float64").nullif(0)
    )
    joined = sales.cross_join(share)
    stand_in = to_money(joined.net.cast("float64") * joined.cost_share)
    return joined.mutate(cost=joined.cost.fill_null(stand_in)).drop("cost_share")


def sum_all(value: ir.Column, where: ir.BooleanValue | None = None) -> ir.Scalar:
    """Sum that is null as soon as one of its values is unknown, and 0 over nothing."""
    unknown = value.isnull() if where is None else value.isnull() & where
    return ibis.ifelse(
        unknown.any().fill_null(False), ibis.null(), value.sum(where=where).fill_null(0)
    )
