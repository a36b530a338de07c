"""Counts and sums that say where every row and every amount went."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from perenne.warehouse import MONEY

FLOW_KEY = ("batch", "source", "month", "currency", "rule")


def fate_counts(table: ir.Table) -> ir.Table:
    """Rows kept and merged per import."""
    return table.group_by("batch", "source").agg(
        kept=(table.fate == "kept").sum(), merged=(table.fate == "merged").sum()
    )


def line_flows(lines: ir.Table, *, rule: ir.Value, currency: str) -> ir.Table:
    """Rows and written value per import, month, currency (where unsaid: this one) and `rule`."""
    named = lines.mutate(
        rule=rule,
        month=lines.ordered_on.truncate("M"),
        currency=lines.currency.fill_null(currency),
    )
    found = named.group_by(*FLOW_KEY).agg(
        rows=named.count(), amount=named.written.sum().fill_null(0).cast(MONEY)
    )
    return found.mutate(month=found.month.strftime("%Y-%m"))


def moved(lines: ir.Table, *, currency: str) -> ir.Table:
    """Value of lines that bear no day or one (`own_on`) in another month than their order
    (`ordered_on`): it leaves the one, and what is counted in the other came in there."""
    apart = lines.filter(~lines.own_on.truncate("M").identical_to(lines.ordered_on.truncate("M")))
    rule = ibis.literal("moved")
    left = line_flows(apart.mutate(ordered_on=apart.own_on), rule=rule, currency=currency)
    came = line_flows(apart, rule=rule, currency=currency)
    return left.union(came.mutate(rows=ibis.literal(0, "int64"), amount=(-came.amount).cast(MONEY)))


def fate_in_time(priced: ir.Table, as_of: ir.Value) -> ir.StringValue:
    """The rule a line falls under, once it is known whether it can be placed before `as_of`."""
    rule = ibis.coalesce(priced.excluded_by, ibis.literal("counted"))
    rule = (priced.ordered_on > as_of).ifelse(ibis.literal("later"), rule)
    return priced.ordered_on.isnull().ifelse(ibis.literal("undated"), rule)


def of_orders(lines: ir.Table, heads: ir.Table) -> ir.Table:
    """`lines` with their own day as `own_on`, and with the day and currency of their order."""
    order = heads.select("source", "source_order_id", day="ordered_on", money="currency")
    joined = lines.left_join(order, ["source", "source_order_id"], rname="o_{name}")
    return joined.mutate(
        own_on=joined.ordered_on,
        ordered_on=joined.day,
        currency=ibis.coalesce(joined.currency, joined.money),
    )


def merged_lines(lines: ir.Table, heads: ir.Table) -> ir.Table:
    """Merged rows with their day, where they have none that of their order, for `line_flows`."""
    merged = of_orders(lines.filter(lines.fate == "merged"), heads)
    return merged.mutate(ordered_on=ibis.coalesce(merged.own_on, merged.ordered_on))


def line_batches(lines: ir.Table) -> ir.Table:
    """Imports that have line rows."""
    return lines.select("batch").distinct()


def undated(priced: ir.Table) -> ir.Table:
    """Lines whose order has no date anywhere: they cannot be placed in time."""
    return priced.filter(priced.ordered_on.isnull())


def quarantined(lines: ir.Table, refunds: ir.Table) -> ir.Table:
    """Rows that only a refresh can refuse, as the imports write theirs: lines of orders without a
    date, refunds without an order."""
    parts = [
        table.select(
            batch=table.batch,
            file=table.row_file,
            line=table.row_number,
            column=ibis.literal("source_order_id"),
            value=table.source_order_id,
            reason=ibis.literal(reason),
            table=ibis.literal(name),
        )
        for table, reason, name in (
            (lines, "order_without_date", "order_lines"),
            (refunds, "order_unknown", "refunds"),
        )
    ]
    return parts[0].union(parts[1])


def currencies(
    lines: ir.Table, heads: ir.Table, *, kept: Mapping[str, ir.Table], base: str
) -> ir.Table:
    """Each currency of lines, refunds, costs, product costs and subscriptions: rows, first day."""
    order = heads.select("source", "source_order_id", money="currency", day="ordered_on")
    joined = lines.left_join(order, ["source", "source_order_id"], rname="o_{name}")
    sold = joined.select(
        money=ibis.coalesce(joined.currency, joined.money, ibis.literal(base)),
        day=ibis.coalesce(joined.ordered_on, joined.day),
    )
    refunds, costs, products = kept["refunds"], kept["costs"], kept["products"]
    products = products.filter(products.cost.notnull())
    paid = kept["subscriptions"].filter(kept["subscriptions"].price.notnull())
    parts = (
        sold,
        refunds.select(money="currency", day="refunded_on"),
        costs.select(money="currency", day="from_on"),
        products.select(money="currency", day=ibis.null("date")),
        paid.select(money="currency", day=ibis.null("date")),
    )
    every = ibis.union(*parts).filter(lambda t: t.money.notnull())
    return every.group_by("money").agg(rows=every.count(), first=every.day.min())
