"""Order lines: where they come from, what each one is, which rule sets it aside, its amounts."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from perenne.cleaning.rules import KIND_RULE_IDS, KIND_RULES, patterns
from perenne.cleaning.settings import CleaningSettings, TaxSettings
from perenne.warehouse import MONEY, QUANTITY, STAGED, to_money

ORDER = ("source", "source_order_id")
EXTRA = ("source", "batch", "seq", "identical")


def lines_of_orders(orders: ir.Table, lines: ir.Table) -> ir.Table:
    """One line for each order row of an order that has no lines of its own.

    It holds no product where the order states no amount, or where the file has lines, so that
    those of this order are in quarantine.
    """
    alone = orders.anti_join(lines, list(ORDER))
    with_lines = lines.select("batch").distinct().mutate(file_has_lines=True)
    alone = alone.left_join(with_lines, "batch", rname="l_{name}")
    tax_out = alone.tax_included.fill_null(True).ifelse(0, alone.tax.fill_null(0))
    paid = alone.total - alone.shipping.fill_null(0) - tax_out
    after_discount = ibis.coalesce(alone.subtotal, paid).cast(MONEY)
    empty = alone.file_has_lines.fill_null(False) | after_discount.isnull()
    written = ibis.coalesce(alone.total, alone.subtotal)
    values: dict[str, ir.Value] = {
        "amount": empty.ifelse(0, after_discount).cast(MONEY),
        "kind": empty.ifelse(ibis.literal("empty"), ibis.null("string")),
        "quantity": ibis.literal(1).cast(QUANTITY),
        "unit_cost": alone.cost,
        "discount": alone.discount,
        "written": empty.ifelse(0, written).cast(MONEY),
    }
    for name, kind in STAGED["order_lines"].types.items():
        if name not in values and name not in alone.columns:
            values[name] = ibis.null(kind)
    wanted = (*STAGED["order_lines"].names, *EXTRA, "written")
    return alone.mutate(**values).mutate(tax=ibis.null(MONEY)).select(*wanted)


def as_written(lines: ir.Table, *, also: tuple[str, ...] = ()) -> ir.Table:
    """`lines` with `written`: the value the source wrote, that reconciliation follows."""
    written = ibis.coalesce(lines.quantity * lines.unit_price, lines.amount).cast(MONEY)
    names = (*STAGED["order_lines"].names, *EXTRA, *also)
    return lines.mutate(written=written).select(*names, "written")


def order_values(orders: ir.Table) -> ir.Table:
    """Order rows with `written`, as `lines_of_orders` takes it."""
    return orders.mutate(written=ibis.coalesce(orders.total, orders.subtotal).cast(MONEY))


def last_order_day(heads: ir.Table) -> ir.Table:
    """One cell: the last day with an order that was neither called off nor a test."""
    sales = heads.filter(
        (heads.document.fill_null("sale") == "sale")
        & ~heads.status.fill_null("paid").isin(["cancelled", "voided", "test"])
        & ~heads.is_test.fill_null(False)
    )
    return sales.agg(day=sales.ordered_on.max())


def headers(orders: ir.Table, lines: ir.Table) -> ir.Table:
    """One row per order: its order row where there is one, else what its lines say. Lines that
    are all negative are a return.

    `order_key` numbers the orders, so that lines are grouped by a number and not by two texts.
    """
    own = orders.group_by(*ORDER).agg(
        has_row=ibis.literal(True),
        **_firsts(orders, exclude=("subtotal", "shipping", "tax", "discount", "total", "refunded")),
        **{
            name: orders[name].sum().cast(MONEY)
            for name in ("subtotal", "shipping", "tax", "discount", "total", "refunded")
        },
    )
    shared = [n for n in STAGED["order_lines"].names if n in STAGED["orders"].names]
    from_lines = lines.anti_join(orders, list(ORDER))
    derived = from_lines.group_by(*ORDER).agg(
        lowest=from_lines.written.min(),
        highest=from_lines.written.max(),
        **_firsts(from_lines, only=tuple(n for n in shared if n not in ("tax", "discount"))),
    )
    given_back = (derived.document.fill_null("sale") == "sale") & (
        (derived.highest <= 0) & (derived.lowest < 0)
    )
    derived = derived.mutate(
        document=given_back.fill_null(False).ifelse(ibis.literal("return"), derived.document)
    ).drop("lowest", "highest")
    missing = {
        name: ibis.null(kind) for name, kind in own.schema().items() if name not in derived.columns
    }
    both = own.union(derived.mutate(**missing).select(*own.columns))
    return both.mutate(order_key=ibis.row_number())


def _firsts(
    table: ir.Table, *, exclude: tuple[str, ...] = (), only: tuple[str, ...] | None = None
) -> dict[str, ir.Value]:
    """The smallest value of each column: order columns are equal on all rows of an order."""
    skip = (*ORDER, "row_file", "row_number", "row_hash", "batch", "seq", "identical", *exclude)
    names = only or tuple(n for n in STAGED["orders"].names if n not in skip)
    return {name: table[name].min() for name in names if name not in skip}


def judged(
    lines: ir.Table, heads: ir.Table, *, settings: CleaningSettings, as_of: ir.Value
) -> ir.Table:
    """`lines` joined to their order, with `kind`, `given` (value as written) and `excluded_by`."""
    own = lines.drop(
        [
            name
            for name in lines.columns
            if name in heads.columns
            and name not in ORDER
            and name not in ("currency", "tax", "discount")
        ]
    )
    head = heads.rename({f"order_{name}": name for name in ("currency", "tax", "discount")})
    joined = with_kind(own, settings).inner_join(head, list(ORDER))
    after = joined.amount + joined.discount.fill_null(0)
    before = ibis.coalesce(after, joined.quantity * joined.unit_price).cast(MONEY)
    joined = joined.mutate(
        before=before.fill_null(0),
        own_discount=joined.discount.fill_null(0),
        quantity=joined.quantity.fill_null(1),
        currency=ibis.coalesce(joined.currency, joined.order_currency),
    )
    joined = joined.mutate(given=(joined.before - joined.own_discount).cast(MONEY))
    excluded = _order_rule(joined, settings, as_of)
    excluded = ibis.coalesce(excluded, _line_rule(joined, settings))
    judged_ = joined.mutate(excluded_by=excluded)
    return _free_lines(judged_, settings)


def with_kind(lines: ir.Table, settings: CleaningSettings) -> ir.Table:
    """`lines` with a `kind` everywhere. Each product text is looked at once, not once per line."""
    untold = lines.filter(lines.kind.isnull()).select("product_id", "product_name").distinct()
    texts = [untold.product_id.strip().lower(), untold.product_name.strip().lower()]
    told: ir.StringValue = ibis.null("string")
    for name, pattern in patterns(settings).items():
        fits = texts[0].re_search(pattern).fill_null(False) | texts[1].re_search(pattern).fill_null(
            False
        )
        told = ibis.coalesce(told, fits.ifelse(ibis.literal(name), ibis.null("string")))
    by_text = untold.mutate(told=told).filter(lambda t: t.told.notnull())
    by_text = by_text.select(
        id_text=by_text.product_id.fill_null(""),
        name_text=by_text.product_name.fill_null(""),
        told=by_text.told,
    )
    joined = lines.left_join(
        by_text,
        [
            lines.product_id.fill_null("") == by_text.id_text,
            lines.product_name.fill_null("") == by_text.name_text,
        ],
    )
    kind = ibis.coalesce(joined.kind, joined.told, ibis.literal("product"))
    return joined.mutate(kind=kind).drop("id_text", "name_text", "told")


def _first_true(cases: Mapping[str, ir.BooleanValue]) -> ir.StringValue:
    result: ir.StringValue = ibis.null("string")
    for rule, condition in reversed(list(cases.items())):
        result = condition.fill_null(False).ifelse(ibis.literal(rule), result)
    return result


def _order_rule(table: ir.Table, settings: CleaningSettings, as_of: ir.Value) -> ir.StringValue:
    called_off = table.status.isin(["cancelled", "voided"]) & (
        table.cancelled_on.isnull() | (table.cancelled_on <= as_of)
    )
    rules = {
        "cancelled": (settings.cancelled_orders, called_off),
        "pending": (settings.pending_orders, table.status == "pending"),
        "test": (settings.test_orders, table.is_test.fill_null(False) | (table.status == "test")),
        "adjustment": (settings.adjustments, table.document == "adjustment"),
    }
    return _first_true({rule: condition for rule, (on, condition) in rules.items() if on})


def _line_rule(table: ir.Table, settings: CleaningSettings) -> ir.StringValue:
    nobody = (table.before == 0) & table.customer_ref.isnull() & table.total.isnull()
    rules: dict[str, ir.BooleanValue] = {}
    for kind, switch in KIND_RULES.items():
        if getattr(settings, switch):
            rules[KIND_RULE_IDS[kind]] = table.kind == kind
    rules["no_product"] = table.kind == "empty"
    if settings.stock_movements:
        rules["stock_movement"] = nobody
    if settings.returns:
        rules["return"] = table.document == "return"
    return _first_true(rules)


def _free_lines(table: ir.Table, settings: CleaningSettings) -> ir.Table:
    if not settings.zero_price_lines:
        return table
    paid = (table.excluded_by.isnull() & (table.before != 0)).fill_null(False)
    has_paid = paid.max().over(ibis.window(group_by="order_key"))
    free = table.excluded_by.isnull() & (table.before == 0) & has_paid
    return table.mutate(excluded_by=free.ifelse(ibis.literal("zero_price_line"), table.excluded_by))


def priced(lines: ir.Table, tax: TaxSettings) -> ir.Table:
    """`lines` with `gross`, `discount`, `net` (all without tax) in the source's currency.

    The part of the order's discount and of its taxes that the lines do not state is shared over
    the lines in proportion to their value, by running totals, so that the shares add up exactly.
    Gift cards bear neither: they are value that is sold, taxed when it is spent.
    """
    shared = lines.mutate(bears=lines.excluded_by.isnull() | (lines.kind == "sample"))
    charged = shared.bears | (shared.kind == "gift_card")
    shared = shared.mutate(
        weight=shared.bears.ifelse(shared.given, 0).cast(MONEY),
        charged=charged.ifelse(shared.given, 0).cast(MONEY),
    )
    order = ibis.window(group_by="order_key")
    shared = shared.mutate(
        running=shared.weight.cumsum(group_by="order_key", order_by=_line_order(shared)),
        weights=shared.weight.sum().over(order).cast(MONEY),
        all_charged=shared.charged.sum().over(order).cast(MONEY),
        stated_discount=shared.bears.ifelse(shared.own_discount, 0).sum().over(order).cast(MONEY),
        taxed_lines=shared.tax.count().over(order),
    )
    rest = ibis.coalesce(
        shared.all_charged - shared.subtotal,
        shared.order_discount.fill_null(0) - shared.stated_discount,
    )
    shared = shared.mutate(
        order_rest=ibis.greatest(rest, 0).cast(MONEY),
        all_given=shared.given.sum().over(order).cast(MONEY),
    )
    shared = shared.mutate(includes=_tax_included(shared, tax))
    shared = shared.mutate(rest_share=_share(shared, shared.order_rest))
    shared = shared.mutate(paid=(shared.given - shared.rest_share).cast(MONEY))
    shared = shared.mutate(tax_share=_tax_share(shared, tax))
    net = (shared.paid - shared.includes.ifelse(shared.tax_share, 0)).cast(MONEY)
    shared = shared.mutate(net=net)
    gross = (shared.paid == 0).ifelse(
        _without_tax(shared, shared.before, tax), _ratio(shared, shared.before)
    )
    gross = gross.cast("decimal(18, 4)")
    return shared.mutate(gross=gross).mutate(discount=lambda t: (t.gross - t.net).cast(MONEY))


def _ratio(table: ir.Table, value: ir.Value) -> ir.Value:
    """`value` scaled as tax scaled the line: exact when nothing was taken out."""
    scaled = to_money(value.cast("float64") * (table.net / table.paid.nullif(0)))
    return (table.net == table.paid).ifelse(value, scaled)


def _without_tax(table: ir.Table, value: ir.Value, tax: TaxSettings) -> ir.Value:
    """A fully discounted line tells no tax of its own: the default rate is taken out."""
    if tax.default_rate is None:
        return value
    rate = 1.0 + float(tax.default_rate)
    return table.includes.ifelse(to_money(value.cast("float64") / rate), value)


def _tax_included(table: ir.Table, tax: TaxSettings) -> ir.BooleanValue:
    """Do prices include tax? Where the source does not say, as the order's own figures show: the
    total holds the tax once, so that it is in the lines if they reach the total without it."""
    if tax.prices != "auto":
        return ibis.literal(tax.prices == "included")
    short = table.total - (table.all_given - table.order_rest) - table.shipping.fill_null(0)
    shown = short.abs() <= (short - table.order_tax).abs()
    shown = (table.order_tax > 0).ifelse(shown, ibis.null("boolean"))
    return ibis.coalesce(table.tax_included, shown, ibis.literal(tax.default_rate is not None))


def _tax_share(table: ir.Table, tax: TaxSettings) -> ir.Value:
    """Tax on the line: its own, else its share of the order's (shipping bears tax too, whether it
    stands in the order or on a line)."""
    paid_in_all = (table.weights - table.order_rest).cast("float64")
    carried = table.kind.isin(["shipping", "fee"]) & ~table.bears
    lines = carried.ifelse(table.given, 0).sum().over(ibis.window(group_by="order_key"))
    shipping = ibis.greatest(table.shipping.fill_null(0), lines)
    with_shipping = paid_in_all + shipping.cast("float64")
    taxes = table.order_tax.cast("float64")
    products = to_money(taxes * paid_in_all / with_shipping.nullif(0))
    shared = _share(table, products.fill_null(0))
    stated = (table.taxed_lines > 0).ifelse(table.tax.fill_null(0), shared)
    if tax.default_rate is None:
        return stated.cast(MONEY)
    rate = float(tax.default_rate)
    assumed = to_money(table.paid.cast("float64") * (rate / (1 + rate)))
    unstated = table.order_tax.isnull() & (table.taxed_lines == 0)
    return unstated.ifelse(assumed, stated).cast(MONEY)


def _share(table: ir.Table, amount: ir.Value) -> ir.Value:
    """The line's part of an order amount in proportion to `weight`; the parts add up exactly."""
    total = table.weights.cast("float64").nullif(0)
    whole, passed = amount.cast("float64"), table.running - table.weight
    upto = to_money(whole * (table.running.cast("float64") / total))
    before = to_money(whole * (passed.cast("float64") / total))
    return table.bears.ifelse((upto - before).fill_null(0), 0).cast(MONEY)


def _line_order(table: ir.Table) -> list[ir.Value]:
    return [table.batch, table.row_file, table.row_number]
