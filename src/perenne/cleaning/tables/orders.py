"""Canonical orders and order lines out of judged and priced lines, in the workspace's currency."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from perenne.cleaning.settings import ExchangeRate
from perenne.cleaning.tables.merge import ORDER
from perenne.warehouse import MONEY, to_money

_AMOUNTS = ("gross", "discount", "net")
# Rules that set an order aside whole.
ORDER_RULES = ("cancelled", "pending", "test", "adjustment", "payment", "return")


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


def converted(
    table: ir.Table,
    rates: ir.Table,
    *,
    day: str,
    amounts: Iterable[str],
    currency: str = "currency",
) -> ir.Table:
    """`table` with `amounts` in the workspace's currency at the rate of `day`."""
    joined = table.left_join(
        rates,
        [
            table[currency] == rates.rate_currency,
            table[day] >= rates.since,
            table[day] < rates.until,
        ],
    )
    same = joined.rate == 1.0
    changed = {
        name: same.ifelse(joined[name], to_money(joined[name].cast("float64") * joined.rate))
        for name in amounts
    }
    return joined.mutate(**changed).drop("rate_currency", "rate", "since", "until")


LISTED = ("category", "product_name", "cost", "is_gift_card")


def with_products(lines: ir.Table, products: ir.Table) -> ir.Table:
    """`lines` with category and name from the product lists (`reference.coded_products`) where the
    line has none, and `list_cost` in `list_currency`. The list of the line's own source speaks
    first; what it does not know is taken from the only other source that tells it."""
    names = ("source", "product_id")
    own = products.select(
        "source",
        product_id="code",
        own_currency="currency",
        **{f"own_{name}": products[name] for name in LISTED},
    )
    joined = lines.left_join(own, list(names), rname="list_{name}")
    joined = joined.drop([f"list_{name}" for name in names if f"list_{name}" in joined.columns])
    abroad = products.filter(products.everywhere)
    joined = joined.left_join(_told_once(abroad), "product_id", rname="list_{name}")
    said = {name: ibis.coalesce(joined[f"own_{name}"], joined[f"any_{name}"]) for name in LISTED}
    gift = said["is_gift_card"].fill_null(False).ifelse("gift_card", ibis.null("string"))
    currency = joined.own_cost.notnull().ifelse(joined.own_currency, joined.any_currency)
    filled = joined.mutate(
        category=ibis.coalesce(joined.category, said["category"]),
        product_name=ibis.coalesce(joined.product_name, said["product_name"]),
        kind=ibis.coalesce(joined.kind, gift),
        list_cost=said["cost"],
        list_currency=currency,
    )
    private = [name for name in filled.columns if name.startswith(("own_", "any_"))]
    return filled.drop(*private, "list_product_id")


def _told_once(products: ir.Table) -> ir.Table:
    """For each code of a product, over all sources, the facts that one source alone tells."""
    facts = {
        f"any_{name}": (products[name].count() == 1).ifelse(products[name].min(), None)
        for name in LISTED
    }
    currency = products.currency.min(where=products.cost.notnull())
    return products.group_by(product_id="code").agg(any_currency=currency, **facts)


def with_costs(lines: ir.Table) -> ir.Table:
    """`lines` with `unit_cost`: the line's own, else the product list's."""
    unit_cost = ibis.coalesce(lines.unit_cost, lines.list_cost)
    return lines.mutate(unit_cost=unit_cost).drop("list_cost", "list_currency")


def canonical_lines(priced: ir.Table) -> ir.Table:
    """Schema `order_lines`, `customer_id` left out (identity adds it)."""
    table = priced
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


OF_HEAD = (
    "ordered_at",
    "ordered_on",
    "status",
    "channel",
    "country",
    "coupon",
    "customer_ref",
    "customer_ref_kind",
    "document",
)


def canonical_orders(priced: ir.Table, heads: ir.Table) -> ir.Table:
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
    grouped = table.group_by("order_key").agg(
        **sums,
        currency=table.currency.min(),
        products=table.counted.sum(),
        unknown_costs=(table.counted & table.line_cost.isnull()).sum(),
        cost_sum=table.line_cost.sum(where=table.counted).cast(MONEY),
        product_paid=table.product_paid.sum(where=table.counted).fill_null(0).cast(MONEY),
        as_given=table.written.sum().cast(MONEY),
        shipping_given=table.shipping.max(),
        tax=ibis.coalesce(table.order_tax.max(), table.tax_share.sum(where=table.counted)),
        total_given=table.total.max(),
        refunded=table.refunded.max(),
        includes=table.includes.max(),
        order_rule=table.excluded_by.min(where=table.excluded_by.isin(ORDER_RULES)),
        stock_rule=table.excluded_by.min(where=table.excluded_by == "stock_movement"),
    )
    head = heads.select("order_key", *ORDER, *OF_HEAD)
    return _finished(grouped.inner_join(head, "order_key")).drop("order_key")


def _finished(grouped: ir.Table) -> ir.Table:
    excluded = ibis.coalesce(grouped.order_rule, grouped.stock_rule, ibis.literal("no_product"))
    shipping = grouped.shipping_given.fill_null(0).cast("float64")
    untaxed = ~grouped.includes | (grouped.product_paid == 0)
    ratio = grouped.net.cast("float64") / grouped.product_paid.cast("float64").nullif(0)
    net_shipping = to_money(untaxed.ifelse(shipping, shipping * ratio))
    # A refunded order that says no amount was paid back whole.
    all_back = (grouped.status == "refunded").ifelse(grouped.product_paid, ibis.null(MONEY))
    return grouped.mutate(
        order_id=order_id(grouped),
        status=grouped.status.fill_null("paid"),
        is_purchase=grouped.products > 0,
        excluded_by=(grouped.products > 0).ifelse(ibis.null("string"), excluded),
        shipping=net_shipping,
        tax=grouped.tax.fill_null(0).cast(MONEY),
        total=ibis.coalesce(grouped.total_given, grouped.as_given).cast(MONEY),
        cost=(grouped.unknown_costs > 0).ifelse(ibis.null(MONEY), grouped.cost_sum),
        refunded=ibis.coalesce(grouped.refunded.nullif(0), all_back, ibis.literal(0)).cast(MONEY),
    )
