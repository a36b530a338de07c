"""What each line was sold for: discounts and taxes of its order shared over the lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.types as ir

from perenne.cleaning.settings import CleaningSettings, TaxSettings
from perenne.warehouse import MONEY, to_money

PLACE = ("batch", "row_file", "row_number")
View = Callable[[ir.Table], ir.Table]
_SHORT = 100
"""Lines of an order whose rows are kept as a list."""


def order_sums(judged: ir.Table, heads: ir.Table, settings: CleaningSettings) -> ir.Table:
    """Per `order_key` what pricing asks of the lines together, one row per order.

    `is_paid`: a line of it has a price, so that lines at no price are gifts. Sums over lines that
    bear the order's discount (`weights`) and its taxes, over shipping that does not (`carried`),
    over all (`all_given`); lines that state a tax (`taxed_lines`); `order_rest`, the part of the
    order's discount that lines do not state. `rows`: the numbers of its rows in turn, null where
    a window over its lines is needed: they share an amount, or their rows alone do not tell which
    comes first. Grouping narrow rows and joining is far quicker than windows over wide ones.
    """
    untold = judged.excluded_by.isnull()
    gift = judged.kind == "gift_card"
    bears = untold | (judged.kind == "sample")
    # Whether such a line bears anything is known once the order is.
    maybe = untold & (judged.before == 0) & (judged.kind != "sample")
    carriage = judged.kind.isin(["shipping", "fee"])
    if not settings.zero_price_lines:
        maybe = ibis.literal(False)
    table = judged.select(
        "order_key", "given", "own_discount", "tax", "seq", "row_number",
        sure=bears & ~maybe, maybe=maybe, gift=gift, carriage=carriage,
        priced=untold & (judged.before != 0),
    )  # fmt: skip
    sums = table.group_by("order_key").agg(
        is_paid=table.priced.max().fill_null(False),
        all_given=table.given.sum(),
        taxed_lines=table.tax.count(),
        weights=table.given.sum(where=table.sure),
        weights_maybe=table.given.sum(where=table.maybe),
        charged=table.given.sum(where=(table.sure | table.gift)),
        charged_maybe=table.given.sum(where=table.maybe & ~table.gift),
        discount_sum=table.own_discount.sum(where=table.sure),
        discount_maybe=table.own_discount.sum(where=table.maybe),
        carried=table.given.sum(where=table.carriage & ~table.sure & ~table.maybe),
        carried_maybe=table.given.sum(where=table.carriage & table.maybe),
        lines=table.count(),
        rows=table.row_number.collect().sort(),
        first_import=table.seq.min(),
        last_import=table.seq.max(),
    )
    sums = sums.inner_join(heads.select("order_key", "subtotal", "discount", "tax"), "order_key")
    charged = _total(sums.charged, sums.is_paid.ifelse(0, sums.charged_maybe))
    stated = _total(sums.discount_sum, sums.is_paid.ifelse(0, sums.discount_maybe))
    rest = ibis.coalesce(charged - sums.subtotal, sums.discount.fill_null(0) - stated)
    shares_tax = (sums.taxed_lines == 0) & (sums.tax.fill_null(0) != 0)
    # A row of an import is one line, and lists are searched for each of their lines.
    together = (sums.first_import == sums.last_import) & (sums.lines <= _SHORT)
    return sums.select(
        "order_key", "is_paid", "taxed_lines",
        all_given=_total(sums.all_given),
        weights=_total(sums.weights, sums.is_paid.ifelse(0, sums.weights_maybe)),
        carried=_total(sums.carried, sums.is_paid.ifelse(sums.carried_maybe, 0)),
        order_rest=ibis.greatest(rest, 0).cast(MONEY),
        rows=((rest <= 0) & ~shares_tax & together).ifelse(sums.rows, None),
    )  # fmt: skip


def _total(*parts: ir.Value) -> ir.Value:
    whole = parts[0].fill_null(0)
    for part in parts[1:]:
        whole = whole + part.fill_null(0)
    return whole.cast(MONEY)


def priced(
    judged: ir.Table, sums: ir.Table, *, cleaning: CleaningSettings, tax: TaxSettings, view: View
) -> ir.Table:
    """`judged` with `gross`, `discount`, `net` (all without tax) in the source's currency, and the
    line's `position` in its order.

    The part of the order's discount and of its taxes that the lines do not state is shared over
    the lines in proportion to their value, by running totals, so that the shares add up exactly.
    Gift cards bear neither: they are value that is sold, taxed when it is spent. `view` gives the
    lines with their orders a name: engines keep a table that is told twice in one query, while of
    a named one each reader asks for what it needs.
    """
    shared = judged.inner_join(sums, "order_key")
    if cleaning.zero_price_lines:
        free = shared.excluded_by.isnull() & (shared.before == 0) & shared.is_paid
        rule = free.ifelse(ibis.literal("zero_price_line"), shared.excluded_by)
        shared = shared.mutate(excluded_by=rule)
    shared = shared.mutate(bears=shared.excluded_by.isnull() | (shared.kind == "sample"))
    shared = shared.mutate(weight=shared.bears.ifelse(shared.given, 0).cast(MONEY))
    shared = _numbered(view(shared))
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


def _numbered(lines: ir.Table) -> ir.Table:
    """`lines` with their `position` in the order, and the `running` total of `weight` up to each,
    which only those that share something are asked for."""
    alone = lines.filter(lines.rows.notnull())
    alone = alone.mutate(running=alone.weight, position=alone.rows.index(alone.row_number))
    several = lines.filter(lines.rows.isnull())
    place: dict[str, Any] = {"group_by": "order_key", "order_by": PLACE}
    several = several.mutate(
        running=several.weight.cumsum(**place).cast(MONEY),
        position=ibis.row_number().over(ibis.window(**place)),
    )
    return alone.union(several).drop("rows")


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
    shipping = ibis.greatest(table.shipping.fill_null(0), table.carried)
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
