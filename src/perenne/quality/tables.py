"""What the checks look at, in Ibis: lazy views of a staged table, pushed to the engine."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import ibis
import ibis.expr.types as ir

from perenne.quality.checks import DAYS, JUDGED, MEASURED, Check
from perenne.warehouse import STAGED


def facts(table: ir.Table, name: str) -> ir.Table:
    """One row: rows, filled cells by column, first and last day, quartiles of the logarithms."""
    origin = ("row_file", "row_number", "row_hash")
    columns = [column for column in table.columns if column not in origin]
    found = {f"filled_{column}": table[column].count() for column in columns}
    day = table[DAYS[name]] if name in DAYS else ibis.null("date")
    amount = table[MEASURED[name]].abs() if name in MEASURED else None
    size = (amount > 0).ifelse(amount.cast("float64").ln(), None) if amount is not None else None
    return table.agg(
        rows=table.count(),
        first=day.min() if name in DAYS else ibis.null("date"),
        last=day.max() if name in DAYS else ibis.null("date"),
        days=day.nunique() if name in DAYS else ibis.literal(0),
        quartiles=ibis.null("array<float64>")
        if size is None
        else size.approx_quantile([0.25, 0.75]),
        **found,
    )


def view(
    table: ir.Table,
    check: Check,
    *,
    name: str,
    currencies: Collection[str],
    orders: ir.Table | None,
    earlier: Sequence[ir.Table],
    read: tuple[int, int],
) -> ir.Table:
    """The rows that a check asks, of the kind that its `view` names."""
    if check.view == "lines":
        # One row of a file may tell a consent by e-mail and another by SMS.
        return table.select("row_file", "row_number", "row_hash").distinct()
    if check.view == "keyed":
        return keyed(table, check.columns)
    if check.view == "sales":
        return table.filter(table.document.isnull() | (table.document == "sale"))
    if check.view == "judged":
        return judged(table, name, currencies=currencies, orders=orders)
    if check.view == "gaps":
        return gaps(table[DAYS[name]], allowed=int(str(check.high)))
    if check.view == "said":
        return said(table)
    if check.view == "earlier":
        return apart(table, name, earlier)
    if check.view == "read":
        return kept(*read)
    return table


def keyed(table: ir.Table, columns: Sequence[str]) -> ir.Table:
    """Rows that fill the key. What orders and answers told of their persons (`told_on`) may be told
    in other words each time, and is no list of them."""
    known = table.filter([table[column].notnull() for column in columns])
    if "told_on" in table.columns:
        known = known.filter(known.told_on.isnull())
    return known.select(*columns, "row_hash").distinct()


def judged(
    table: ir.Table, name: str, *, currencies: Collection[str], orders: ir.Table | None
) -> ir.Table:
    """The table with what holds of a row: 1 or 0, and 1 where there is nothing to judge."""
    added: dict[str, ir.Value] = {
        f"{column}_plausible": _passed(_PLAUSIBLE[name, column](table))
        for column in JUDGED.get(name, ())
    }
    if "currency" in table.columns:
        added["currency_known"] = _passed(table.currency.isin(sorted(currencies)))
    if orders is None:
        return table.mutate(**added)
    known = orders.select("source_order_id").distinct().mutate(known=ibis.literal(1, "int8"))
    joined = table.left_join(known, "source_order_id", rname="known_{name}")
    return joined.mutate(order_known=joined.known.fill_null(0), **added)


def _passed(condition: ir.BooleanValue) -> ir.Value:
    return condition.fill_null(True).cast("int8")


_PLAUSIBLE = {
    ("orders", "tax"): lambda t: t.tax.abs() <= t.total.abs(),
    ("orders", "refunded"): lambda t: t.refunded <= t.total.abs(),
    ("order_lines", "discount"): lambda t: (
        t.discount <= (t.quantity.fill_null(1) * t.unit_price).abs()
    ),
    ("products", "cost"): lambda t: t.cost <= t.price,
    ("costs", "to_on"): lambda t: t.to_on >= t.from_on,
    ("subscriptions", "ended_on"): lambda t: t.ended_on >= t.started_on,
    ("surveys", "score"): lambda t: (
        (t.score >= t.scale_min.fill_null(t.score.cast("int64")))
        & (t.score <= t.scale_max.fill_null(t.score.ceil().cast("int64")))
    ),
}
"""What should hold of a column beside another of the row."""


def gaps(day: ir.DateColumn, *, allowed: int) -> ir.Table:
    """One row per day that has rows: are the empty days before it no more than allowed?"""
    days = day.name("day").as_table().filter(lambda t: t.day.notnull()).distinct()
    before = days.day.lag().over(ibis.window(order_by="day"))
    empty = days.day.delta(before, unit="day") - 1
    return days.mutate(no_gap=_passed(empty <= allowed))


def said(consents: ir.Table) -> ir.Table:
    """One row per channel and purpose of twenty persons or more: did anybody say no?"""
    by_channel = consents.group_by("channel", "purpose").agg(
        persons=consents.count(),
        others=(consents.suppressed | (consents.status != "subscribed")).sum(),
    )
    asked = by_channel.filter(by_channel.persons >= 20)
    return asked.mutate(some_said_no=_passed(asked.others > 0))


def apart(table: ir.Table, name: str, earlier: Sequence[ir.Table]) -> ir.Table:
    """One row per earlier import of the same table: does it end before this begins, or begin after
    this ends?"""
    day = DAYS[name]
    spans = [one.agg(other_first=one[day].min(), other_last=one[day].max()) for one in earlier]
    spans_of = ibis.union(*spans) if len(spans) > 1 else spans[0]
    crossed = spans_of.cross_join(table.agg(first=table[day].min(), last=table[day].max()))
    away = (crossed.other_last < crossed.first) | (crossed.other_first > crossed.last)
    return crossed.mutate(apart=_passed(away))


def kept(read: int, refused: int) -> ir.Table:
    """One row per row read; the last ones stand for those that were refused."""
    rows = ibis.range(read).unnest().name("row").as_table()
    return rows.mutate(kept=(rows.row < read - refused).cast("int8"))


def order_ids(tables: Sequence[ir.Table]) -> ir.Table:
    """The order numbers that these tables know."""
    ids = [one.select("source_order_id") for one in tables]
    return ibis.union(*ids) if len(ids) > 1 else ids[0]


def refused_by_reason(quarantine: ir.Table) -> ir.Table:
    """Refused rows by reason and column: counts, no values."""
    return (
        quarantine.group_by("reason", "column")
        .agg(rows=quarantine.count())
        .order_by(ibis.desc("rows"), "reason", "column")
    )


OFFERED = (
    "source",
    "product_id",
    "product_name",
    "sku",
    "gtin",
    "price",
    "sale_price",
    "currency",
    "tax_included",
    "stock",
    "availability",
    "status",
    "seq",
)


def newest_offers(products: Sequence[ir.Table]) -> ir.Table:
    """Products of several imports (with `source` and `seq`): the newest word of each source on
    each product, gift cards apart."""
    together = ibis.union(*products) if len(products) > 1 else products[0]
    newest = ibis.row_number().over(
        ibis.window(
            group_by=["source", "product_id"],
            order_by=[ibis.desc("seq"), "row_file", "row_number"],
        )
    )
    ranked = together.mutate(rank=newest).filter(lambda t: t.rank == 0)
    offered = ranked.filter(~ranked.is_gift_card.fill_null(False))
    return offered.select(*OFFERED).order_by("source", "product_id")


def of_import(products: ir.Table, *, source: str, seq: int) -> ir.Table:
    """Staged products with the source and number of their import."""
    whole = completed(products, "products").select(*STAGED["products"].names)
    return whole.mutate(source=ibis.literal(source), seq=ibis.literal(seq, "int64"))


def completed(table: ir.Table, name: str) -> ir.Table:
    """`table` with the columns that its schema has got since it was imported, null."""
    types: Mapping[str, str] = STAGED[name].types
    added = {one: ibis.null(kind) for one, kind in types.items() if one not in table.columns}
    return table.mutate(**added) if added else table
