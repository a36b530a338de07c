"""What was given back: credit-note lines, refund files, and amounts an order says were refunded."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from perenne.cleaning.settings import CleaningSettings
from perenne.warehouse import MONEY, QUANTITY, to_money

COLUMNS = (
    "refund_id",
    "source",
    "order_id",
    "customer_ref",
    "customer_ref_kind",
    "refunded_on",
    "date_known",
    "product_id",
    "category",
    "channel",
    "country",
    "quantity",
    "net",
    "cost",
    "origin",
)


def from_credit_notes(priced: ir.Table, heads: ir.Table, settings: CleaningSettings) -> ir.Table:
    """Lines of return documents, each matched to the customer's latest earlier sale line of the
    product with at least that quantity. Unmatched ones stay, without an order."""
    buyers = heads.select("order_key", "customer_ref", "customer_ref_kind", "channel", "country")
    back = priced.filter((priced.excluded_by == "return") & (priced.kind == "product"))
    back = back.inner_join(buyers, "order_key")
    if not settings.returns:
        return back.filter(ibis.literal(False)).pipe(_as_returns)
    back = back.mutate(
        key=back.row_file.concat("/", back.batch, "/", back.row_number.cast("string"))
    )
    given = back.select("source", "product_id").distinct()
    sold = priced.filter(priced.excluded_by.isnull() & (priced.quantity > 0))
    sold = sold.semi_join(given, ["source", "product_id"]).inner_join(buyers, "order_key")
    sold = sold.select(
        "source",
        "customer_ref",
        "product_id",
        sold_at="ordered_at",
        sold_quantity="quantity",
        sold_order="source_order_id",
        sold_channel="channel",
    )
    pairs = back.select("key", "source", "customer_ref", "product_id", "ordered_at", "quantity")
    pairs = pairs.inner_join(sold, ["source", "customer_ref", "product_id"])
    pairs = pairs.filter(
        (pairs.sold_at <= pairs.ordered_at) & (pairs.sold_quantity >= -pairs.quantity)
    )
    latest = ibis.row_number().over(
        ibis.window(group_by="key", order_by=[ibis.desc("sold_at"), ibis.desc("sold_order")])
    )
    found = pairs.mutate(rank=latest).filter(lambda t: t.rank == 0)
    found = found.select("key", "sold_order", "sold_channel")
    return _as_returns(back.left_join(found, "key", rname="found_{name}"))


def _as_returns(back: ir.Table) -> ir.Table:
    for name, kind in (("sold_order", "string"), ("sold_channel", "string"), ("key", "string")):
        if name not in back.columns:
            back = back.mutate(**{name: ibis.null(kind)})
    matched = back.source.concat("/", back.sold_order)
    return back.select(
        refund_id=back.source.concat("/return/", back.source_order_id, "/", back.key),
        source=back.source,
        order_id=back.sold_order.notnull().ifelse(matched, ibis.null("string")),
        customer_ref=back.customer_ref,
        customer_ref_kind=back.customer_ref_kind,
        refunded_on=back.ordered_on,
        date_known=ibis.literal(True),
        product_id=back.product_id,
        category=back.category,
        channel=ibis.coalesce(back.sold_channel, back.channel),
        country=back.country,
        quantity=(-back.quantity).cast(QUANTITY),
        net=(-back.net).cast(MONEY),
        cost=(-back.quantity * back.unit_cost).cast(MONEY),
        origin=ibis.literal("credit_note"),
    )


ORDER_COLUMNS = (
    "order_id",
    "source",
    "customer_ref",
    "customer_ref_kind",
    "channel",
    "country",
    "net",
    "cost",
    "product_paid",
    "is_purchase",
    "currency",
    "ordered_on",
)


def order_of_refund(
    refunds: ir.Table, orders: ir.Table, *, carry: Sequence[str] = ORDER_COLUMNS
) -> ir.Table:
    """`refunds` joined to the order they name: the only one of that number in their own source,
    else the only one anywhere. Order columns, `source` among them, come prefixed `order_`."""
    named = refunds.mutate(number=bare_number(refunds.source_order_id))
    known = orders.mutate(number=bare_number(orders.source_order_id))
    known = known.semi_join(named, "number")
    known = known.mutate(
        anywhere=known.order_id.count().over(ibis.window(group_by="number")),
        in_source=known.order_id.count().over(ibis.window(group_by=["source", "number"])),
    )
    prefixed = {f"order_{name}": known[name] for name in carry}
    known = known.select("number", "anywhere", "in_source", **prefixed)
    joined = named.inner_join(known, "number")
    at_home = (joined.source == joined.order_source) & (joined.in_source == 1)
    return joined.filter(at_home | (joined.anywhere == 1))


def without_order(refunds: ir.Table, orders: ir.Table) -> ir.Table:
    """Refund rows that name no known order, or one of several of that number."""
    found = order_of_refund(refunds, orders).select("batch", "row_file", "row_number").distinct()
    return refunds.anti_join(found, ["batch", "row_file", "row_number"])


def bare_number(number: ir.StringValue) -> ir.StringValue:
    """The order number as people write it: `#1001/5000032800768` and `1001` are the same, while
    `2025/001` is a number as it stands."""
    return number.strip().re_replace(r"^#", "").re_replace(r"/\d{10,}$", "").upper()


def from_files(refunds: ir.Table, lines: ir.Table) -> ir.Table:
    """Refund rows (already joined to their order): the part that paid for products.

    Shipping is what the refund says it gave back of it, and an amount beyond what the products
    cost; several refunds of one order together give back at most its product value. Goods come
    back where the refund names them or pays the whole order back; a part paid back without naming
    a product is a gesture.
    """
    refunds = refunds.mutate(goods=_of_goods(refunds))
    running = refunds.goods.cumsum(group_by="order_order_id", order_by=_order(refunds))
    before = ibis.least(running - refunds.goods, refunds.order_product_paid)
    upto = ibis.greatest(ibis.least(running, refunds.order_product_paid), before)
    table = refunds.mutate(upto=upto.cast(MONEY), before=before.cast(MONEY))
    table = table.mutate(net=_scaled(table, table.order_net))
    named = lines.semi_join(refunds, lines.order_id == refunds.order_order_id)
    sold = _products_of_orders(named)
    table = table.left_join(
        sold,
        [table.order_order_id == sold.sold_order, table.product_id == sold.sold_product],
    )
    own = (table.quantity * table.sold_unit_cost).cast(MONEY)
    whole = (table.upto - table.before) == table.order_product_paid
    goods = ibis.coalesce(own, _scaled(table, table.order_cost))
    gesture = whole.ifelse(table.order_cost, ibis.literal(0)).cast(MONEY)
    return table.select(
        refund_id=table.source.concat(
            "/refund/", table.batch, "/", table.row_file, "/", table.row_number.cast("string")
        ),
        source=table.order_source,
        order_id=table.order_order_id,
        customer_ref=table.order_customer_ref,
        customer_ref_kind=table.order_customer_ref_kind,
        refunded_on=table.refunded_on,
        date_known=ibis.literal(True),
        product_id=table.product_id,
        category=table.sold_category,
        channel=table.order_channel,
        country=table.order_country,
        quantity=table.quantity,
        net=table.net,
        cost=table.product_id.notnull().ifelse(goods, gesture),
        origin=ibis.literal("refund_file"),
    )


def _of_goods(refunds: ir.Table) -> ir.Value:
    """An amount without what it gave back of shipping."""
    return ibis.greatest(refunds.amount - refunds.shipping.fill_null(0), 0).cast(MONEY)


def _products_of_orders(lines: ir.Table) -> ir.Table:
    """Category and unit cost of each product of each order."""
    counted = lines.filter(lines.excluded_by.isnull() & lines.product_id.notnull())
    return counted.group_by(sold_order="order_id", sold_product="product_id").agg(
        sold_category=counted.category.min(),
        sold_unit_cost=counted.cost.sum() / counted.quantity.sum().nullif(0),
    )


def _order(table: ir.Table) -> list[ir.Value]:
    return [table.refunded_on, table.batch, table.row_file, table.row_number]


def _scaled(table: ir.Table, whole: ir.Value) -> ir.Value:
    """The part of `whole` given back from `before` to `upto` of what the products were paid.

    Several refunds of one order add up exactly; the part of an unknown whole is unknown.
    """
    paid = table.order_product_paid

    def given(amount: ir.Value) -> ir.Value:
        share = amount.cast("float64") / paid.cast("float64").nullif(0)
        part = to_money(whole.cast("float64") * share)
        return (amount == paid).ifelse(whole, part)

    part = (given(table.upto) - given(table.before)).cast(MONEY)
    return ((paid == 0) & whole.notnull()).ifelse(0, part).cast(MONEY)


def undated(orders: ir.Table, dated: ir.Table) -> ir.Table:
    """What orders say was refunded beyond the dated refunds: on the order's day, marked so."""
    dated = dated.mutate(goods=_of_goods(dated))
    seen = dated.group_by("order_order_id").agg(
        seen=dated.goods.sum(), of_shipping=(dated.amount - dated.goods).sum()
    )
    table = orders.filter(orders.is_purchase & (orders.refunded > 0))
    table = table.left_join(seen, table.order_id == seen.order_order_id)
    told, rest = table.seen.fill_null(0), table.refunded - table.of_shipping.fill_null(0)
    seen_part = ibis.least(told, table.product_paid)
    all_part = ibis.least(ibis.greatest(rest, told), table.product_paid)
    table = table.mutate(
        order_product_paid=table.product_paid,
        upto=all_part.cast(MONEY),
        before=seen_part.cast(MONEY),
    ).filter(lambda t: t.upto > t.before)
    whole = (table.upto == table.order_product_paid) | table.cost.isnull()
    return table.select(
        refund_id=table.order_id.concat("/undated"),
        source=table.source,
        order_id=table.order_id,
        customer_ref=table.customer_ref,
        customer_ref_kind=table.customer_ref_kind,
        refunded_on=table.ordered_on,
        date_known=ibis.literal(False),
        product_id=ibis.null("string"),
        category=ibis.null("string"),
        channel=table.channel,
        country=table.country,
        quantity=ibis.null(QUANTITY),
        net=_scaled(table, table.net),
        cost=whole.ifelse(_scaled(table, table.cost), ibis.literal(0)).cast(MONEY),
        origin=ibis.literal("order_total"),
    )
