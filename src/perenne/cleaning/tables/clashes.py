"""Numbers that two imports of one source give to different orders, or to different customers."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from perenne.cleaning.tables.merge import ORDER

_CENT = 0.01


def several(table: ir.Table) -> ir.Table:
    """One cell: whether a source of these staged rows has more than one import."""
    told = table.select("source", "batch").distinct()
    counts = told.group_by("source").agg(imports=told.count())
    return counts.agg(n=(counts.imports > 1).sum().fill_null(0))


def of_orders(staged: Mapping[str, ir.Table]) -> ir.Table:
    """Per source and pair of imports: orders that both tell (`shared`), and those of them that are
    of another customer and of another day or amount (`clashing`); where one of the two names no
    customer, of another day and amount.

    A newer export replaces what an older one told of an order. Two tills that both count from 1
    are no such exports: one would silently take the place of the other.
    """
    told = _order_tellings(staged)
    older, newer = _both(told, ORDER)
    met = older.inner_join(newer, [*ORDER])
    met = met.filter(met.seq < met.seq_2)
    another = (met.who_kind == met.who_kind_2) & (met.who != met.who_2)
    unnamed = met.who.isnull() | met.who_2.isnull()
    day = (met.day != met.day_2).fill_null(False)
    amount = ((met.amount - met.amount_2).abs() > _CENT).fill_null(False)
    clash = (another & (day | amount)).fill_null(False) | (unnamed & day & amount)
    return _counted(met, clash, number="source_order_id")


def of_customers(customers: ir.Table) -> ir.Table:
    """The same of customers by the ids of their source: of another e-mail, and not of one name."""
    own = customers.filter(
        customers.customer_ref.notnull() & (customers.customer_ref_kind.fill_null("id") == "id")
    )
    told = own.group_by("source", "customer_ref", "batch", "seq").agg(
        file=own.row_file.min(), email=own.email.lower().min(), name=own.last_name.lower().min()
    )
    key = ("source", "customer_ref")
    older, newer = _both(told.filter(told.email.notnull()), key)
    met = older.inner_join(newer, [*key])
    met = met.filter(met.seq < met.seq_2)
    namesakes = (met.name == met.name_2).fill_null(False)
    return _counted(met, (met.email != met.email_2) & ~namesakes, number="customer_ref")


def _order_tellings(staged: Mapping[str, ir.Table]) -> ir.Table:
    """A row per order and import: customer, day and amount, as its own rows or its lines say."""
    names = (*ORDER, "batch", "seq", "file", "who", "who_kind", "day", "amount")
    parts = []
    if "orders" in staged:
        own = staged["orders"]
        own = own.filter(own.document.fill_null("sale") == "sale")
        parts.append(own.mutate(value=own.total))
    if "order_lines" in staged:
        lines = staged["order_lines"]
        if "orders" in staged:
            lines = lines.anti_join(staged["orders"].select("batch").distinct(), "batch")
        parts.append(
            lines.mutate(value=ibis.coalesce(lines.amount, lines.quantity * lines.unit_price))
        )
    told = [
        part.group_by(*ORDER, "batch", "seq")
        .agg(
            file=part.row_file.min(),
            who=part.customer_ref.min(),
            who_kind=part.customer_ref_kind.fill_null("id").min(),
            day=part.ordered_on.min(),
            amount=part.value.sum().cast("float64"),
        )
        .select(*names)
        for part in parts
    ]
    return ibis.union(*told) if len(told) > 1 else told[0]


def _both(told: ir.Table, key: tuple[str, ...]) -> tuple[ir.Table, ir.Table]:
    other = {f"{name}_2": name for name in told.columns if name not in key}
    return told, told.rename(other)


def _counted(met: ir.Table, clash: ir.BooleanValue, *, number: str) -> ir.Table:
    marked = met.mutate(clash=clash)
    return marked.group_by("source", "batch", "batch_2").agg(
        file=marked.file.min(),
        file_2=marked.file_2.min(),
        shared=marked.count(),
        clashing=marked.clash.sum().fill_null(0),
        example=marked[number].min(where=marked.clash),
    )
