"""Order lines: where they come from, what each one is, which rule sets it aside, its amounts."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from perenne.cleaning.rules import KIND_RULE_IDS, patterns
from perenne.cleaning.settings import KIND_RULES, CleaningSettings
from perenne.cleaning.tables.merge import ORDER
from perenne.warehouse import MONEY, QUANTITY, STAGED

EXTRA = ("source", "batch", "seq", "identical")


def lines_of_orders(orders: ir.Table, lines: ir.Table, selling: ir.Table) -> ir.Table:
    """One line for each order row of an order that has no lines of its own.

    It holds no product where the order states no amount, or where the file has lines (its import is
    one of `selling`), so that those of this order are in quarantine.
    """
    alone = orders.anti_join(lines, list(ORDER))
    alone = alone.left_join(selling.mutate(sells=True), "batch", rname="s_{name}")
    tax_out = alone.tax_included.fill_null(True).ifelse(0, alone.tax.fill_null(0))
    paid = alone.total - alone.shipping.fill_null(0) - tax_out
    after_discount = ibis.coalesce(alone.subtotal, paid).cast(MONEY)
    empty = alone.sells.fill_null(False) | after_discount.isnull()
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
    written = ibis.coalesce(_multiplied(lines), lines.amount)
    names = (*STAGED["order_lines"].names, *EXTRA, *also)
    return lines.mutate(written=written).select(*names, "written")


def _multiplied(lines: ir.Table) -> ir.DecimalValue:
    # Cast at once: to choose between amounts of two widths takes numbers of 128 bits.
    return (lines.quantity * lines.unit_price).cast(MONEY)


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


OF_ORDER = (
    "order_key",
    "ordered_at",
    "ordered_on",
    "document",
    "customer_ref",
    "subtotal",
    "shipping",
    "total",
    "refunded",
    "tax_included",
    "status",
    "cancelled_on",
    "is_test",
)
OF_LINE = (
    *ORDER,
    "batch",
    "seq",
    "row_file",
    "row_number",
    "product_id",
    "product_name",
    "category",
    "kind",
    "quantity",
    "unit_price",
    "amount",
    "discount",
    "tax",
    "unit_cost",
    "currency",
    "written",
    "list_cost",
    "list_currency",
)


def judged(
    lines: ir.Table,
    heads: ir.Table,
    kinds: ir.Table,
    *,
    settings: CleaningSettings,
    as_of: ir.Value,
) -> ir.Table:
    """`lines` joined to their order, with `kind`, `given` (value as written) and `excluded_by`.

    A line at no price in an order that was paid for is told by `pricing.order_sums`.
    """
    own = _with_kind(lines.select(*OF_LINE, own_on="ordered_on"), kinds)
    money = {f"order_{name}": heads[name] for name in ("currency", "tax", "discount")}
    joined = own.inner_join(heads.select(*ORDER, *OF_ORDER, **money), list(ORDER))
    after = (joined.amount + joined.discount.fill_null(0)).cast(MONEY)
    before = ibis.coalesce(after, _multiplied(joined))
    joined = joined.mutate(
        before=before.fill_null(0),
        own_discount=joined.discount.fill_null(0),
        quantity=joined.quantity.fill_null(1),
        currency=ibis.coalesce(joined.currency, joined.order_currency),
    )
    joined = joined.mutate(given=(joined.before - joined.own_discount).cast(MONEY))
    excluded = ibis.coalesce(_order_rule(joined, settings, as_of), _line_rule(joined, settings))
    told = joined.mutate(excluded_by=excluded)
    return told.drop(
        "order_currency", "amount", "unit_price", "discount", "status", "cancelled_on", "is_test"
    )


def product_texts(lines: ir.Table) -> ir.Table:
    """Each product id and name of lines that do not say what they are, once."""
    return lines.filter(lines.kind.isnull()).select("product_id", "product_name").distinct()


def product_kinds(texts: ir.Table, settings: CleaningSettings) -> ir.Table:
    """What kind of line the product's id or name tells, where it tells one."""
    words = [texts.product_id.strip().lower(), texts.product_name.strip().lower()]
    told: ir.StringValue = ibis.null("string")
    for name, pattern in patterns(settings).items():
        fits = words[0].re_search(pattern).fill_null(False) | words[1].re_search(pattern).fill_null(
            False
        )
        told = ibis.coalesce(told, fits.ifelse(ibis.literal(name), ibis.null("string")))
    by_text = texts.mutate(told=told).filter(lambda t: t.told.notnull())
    return by_text.select(
        id_text=by_text.product_id.fill_null(""),
        name_text=by_text.product_name.fill_null(""),
        told=by_text.told,
    )


def _with_kind(lines: ir.Table, kinds: ir.Table) -> ir.Table:
    """`lines` with a `kind` everywhere."""
    joined = lines.left_join(
        kinds,
        [
            lines.product_id.fill_null("") == kinds.id_text,
            lines.product_name.fill_null("") == kinds.name_text,
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
        "payment": (True, table.document == "payment"),
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
