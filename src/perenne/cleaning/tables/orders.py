"""Canonical orders and order lines out of judged and priced lines, in the workspace's currency."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from perenne.cleaning.settings import ExchangeRate
from perenne.cleaning.tables.lines import ORDER
from perenne.warehouse import MONEY

_AMOUNTS = ("gross", "discount", "net")


def order_id(table: ir.Table) -> ir.StringValue:
    return table.source.concat("/", table.source_order_id)


def rates_table(rates: Iterable[ExchangeRate], base: str) -> ir.Table:
    """Exchange rates with the day each one ends; the workspace's currency is always 1."""
    listed = sorted(
        (*rates, ExchangeRate(currency=base, rate=Decimal(1))), key=lambda r: (r.currency, r.since)
    )
    rows = [{"rate_currency": r.currency, "rate": float(r.rate), "since": r.since} for r in listed]
    table = ibis.memtable(
        rows, schema={"rate_currency": "string", "rate": "float64", "since": "date"}
    )
    until = table.since.lead().over(ibis.window(group_by="rate_currency", order_by="since"))
    return table.mutate(until=ibis.coalesce(until, ibis.date("9999-12-31")))


def converted(table: ir.Table, rates: ir.Table, *, day: str, amounts: Iterable[str]) -> ir.Table:
    """`table` with `amounts` in the workspace's currency at the rate of `day`."""
    joined = table.left_join(
        rates,
        [
            table.currency == rates.rate_currency,
            table[day] >= rates.since,
            table[day] < rates.until,
        ],
    )
    same = joined.rate == 1.0
    changed = {
        name: same.ifelse(
            joined[name], (joined[name].cast("float64") * joined.rate).round(4).cast(MONEY)
        )
        for name in amounts
    }
    return joined.mutate(**changed).drop("rate_currency", "rate", "since", "until")


def with_products(lines: ir.Table, products: ir.Table) -> ir.Table:
    """`lines` with category and unit cost from the product list where the line has none."""
    known = products.select(
        "source",
        "product_id",
        list_category="category",
        list_name="product_name",
        list_cost="cost",
        list_gift="is_gift_card",
    )
    joined = lines.left_join(known, ["source", "product_id"], rname="list_{name}")
    return joined.mutate(
        category=ibis.coalesce(joined.category, joined.list_category),
        product_name=ibis.coalesce(joined.product_name, joined.list_name),
        kind=ibis.coalesce(
            joined.kind, joined.list_gift.fill_null(False).ifelse("gift_card", ibis.null("string"))
        ),
    ).drop("list_category", "list_name", "list_gift", "list_source", "list_product_id")


def with_costs(lines: ir.Table) -> ir.Table:
    """`lines` with `unit_cost`: the line's own, else the product list's."""
    return lines.mutate(unit_cost=ibis.coalesce(lines.unit_cost, lines.list_cost)).drop("list_cost")


def canonical_lines(priced: ir.Table) -> ir.Table:
    """Schema `order_lines`, `customer_id` left out (identity adds it)."""
    position = ibis.row_number().over(
        ibis.window(group_by="order_key", order_by=["batch", "row_file", "row_number"])
    )
    table = priced.mutate(position=position)
    return table.select(
        order_line_id=order_id(table).concat("/", table.position.cast("string")),
        order_id=order_id(table),
        ordered_on=table.ordered_on,
        product_id=table.product_id,
        product_name=table.product_name,
        category=table.category,
        kind=table.kind,
        excluded_by=table.excluded_by,
        quantity=table.quantity,
        gross=table.gross,
        discount=table.discount,
        net=table.net,
        cost=(table.quantity * table.unit_cost).cast(MONEY),
        as_given=table.written,
        batch=table.batch,
    )


def canonical_orders(priced: ir.Table) -> ir.Table:
    """Schema `orders` less `customer_id` and `order_number`, plus `customer_ref`, its kind,
    and what refunds need: `product_paid` (counted products, tax included) and `refunded`."""
    counted = priced.excluded_by.isnull()
    product_paid = (priced.paid + priced.includes.ifelse(0, priced.tax_share)).cast(MONEY)
    table = priced.mutate(
        counted=counted,
        product_paid=product_paid,
        line_cost=(priced.quantity * priced.unit_cost).cast(MONEY),
    )
    sums = {
        name: table[name].sum(where=table.counted).fill_null(0).cast(MONEY) for name in _AMOUNTS
    }
    names = (
        "ordered_at",
        "ordered_on",
        "status",
        "channel",
        "country",
        "currency",
        "coupon",
        "customer_ref",
        "customer_ref_kind",
        "document",
    )
    grouped = table.group_by(*ORDER).agg(
        **{name: table[name].min() for name in names},
        **sums,
        products=table.counted.sum(),
        unknown_costs=(table.counted & table.line_cost.isnull()).sum(),
        cost_sum=table.line_cost.sum(where=table.counted).cast(MONEY),
        product_paid=table.product_paid.sum(where=table.counted).fill_null(0).cast(MONEY),
        as_given=table.written.sum().cast(MONEY),
        shipping_given=table.shipping.max(),
        tax=table.order_tax.max(),
        total_given=table.total.max(),
        refunded=table.refunded.max(),
        order_rule=table.excluded_by.min(
            where=table.excluded_by.isin(["cancelled", "pending", "test", "adjustment", "return"])
        ),
        stock_rule=table.excluded_by.min(where=table.excluded_by == "stock_movement"),
    )
    return _finished(grouped)


def _finished(grouped: ir.Table) -> ir.Table:
    excluded = ibis.coalesce(grouped.order_rule, grouped.stock_rule, ibis.literal("no_product"))
    shipping = grouped.shipping_given.fill_null(0).cast("float64")
    taxed = (grouped.product_paid == grouped.net) | (grouped.product_paid == 0)
    ratio = grouped.net.cast("float64") / grouped.product_paid.cast("float64").nullif(0)
    net_shipping = taxed.ifelse(shipping, shipping * ratio).round(4).cast(MONEY)
    return grouped.mutate(
        order_id=order_id(grouped),
        status=grouped.status.fill_null("paid"),
        is_purchase=grouped.products > 0,
        excluded_by=(grouped.products > 0).ifelse(ibis.null("string"), excluded),
        shipping=net_shipping,
        tax=grouped.tax.fill_null(0).cast(MONEY),
        total=ibis.coalesce(grouped.total_given, grouped.as_given).cast(MONEY),
        cost=(grouped.unknown_costs > 0).ifelse(ibis.null(MONEY), grouped.cost_sum),
        refunded=grouped.refunded.fill_null(0).cast(MONEY),
    )
