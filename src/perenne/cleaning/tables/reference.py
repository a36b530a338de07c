"""Products and costs: the newest word on each product, spend spread over its days."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.warehouse import MONEY, to_money


def canonical_products(products: ir.Table) -> ir.Table:
    """Schema `products` and the currency of its amounts: one row per source and product id, the
    newest import's first row."""
    rank = ibis.row_number().over(
        ibis.window(
            group_by=["source", "product_id"],
            order_by=[ibis.desc("seq"), "row_file", "row_number"],
        )
    )
    newest = products.mutate(rank=rank).filter(lambda t: t.rank == 0)
    return newest.select(
        "source",
        "product_id",
        "product_name",
        "category",
        "vendor",
        "status",
        "stock",
        "price",
        "cost",
        "currency",
        is_gift_card=newest.is_gift_card.fill_null(False),
    )


def canonical_costs(costs: ir.Table) -> ir.Table:
    """Schema `costs`: rows that span days are spread evenly; the days add up to the row exactly.
    A row that ends before it starts is spent on its first day, so that no spend is lost."""
    span = costs.to_on.delta(costs.from_on, unit="day") + 1
    days = ibis.greatest(span, 1).cast("int64")
    table = costs.mutate(days=days, step=ibis.range(0, days).unnest())
    share = table.amount.cast("float64") / table.days
    upto, before = to_money(share * (table.step + 1)), to_money(share * table.step)
    return table.select(
        day=(table.from_on.cast("timestamp") + table.step.as_interval("D")).cast("date"),
        source=table.source,
        channel=table.channel,
        campaign=table.campaign,
        kind=table.kind.fill_null("acquisition"),
        amount=(upto - before).cast(MONEY),
    )
