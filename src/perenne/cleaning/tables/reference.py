"""Products and costs: the newest word on each product, spend spread over its days."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.warehouse import MONEY, to_money

CODES = {"other_id": False, "sku": True, "gtin": True}
"""By what else order lines may name a product, and whether other sources may, too."""


def canonical_products(products: ir.Table) -> ir.Table:
    """Schema `products` and the currency of its amounts: one row per source and product id, the
    newest import's first row."""
    return _newest(products).drop(*CODES)


def coded_products(products: ir.Table) -> ir.Table:
    """Canonical products, one row per source and `code` by which order lines may name them: their
    id, else another code that is of one product of the source alone. `everywhere`: other sources
    may name them by it, too."""
    listed = _newest(products)
    own = listed.select("source", code="product_id")
    told = ibis.union(
        *(
            listed.select("source", "product_id", code=name, everywhere=ibis.literal(everywhere))
            for name, everywhere in CODES.items()
        )
    )
    told = told.filter(told.code.notnull()).anti_join(own, ["source", "code"])
    codes = told.group_by("source", "code").agg(
        product_id=told.product_id.min(),
        last=told.product_id.max(),
        everywhere=told.everywhere.max(),
    )
    codes = codes.filter(codes.product_id == codes.last).drop("last")
    ids = own.mutate(product_id=own.code, everywhere=ibis.literal(True))
    names = ("source", "code", "product_id", "everywhere")
    every = ids.select(*names).union(codes.select(*names))
    return every.inner_join(listed.drop(*CODES), ["source", "product_id"])


def _newest(products: ir.Table) -> ir.Table:
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
        *CODES,
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
