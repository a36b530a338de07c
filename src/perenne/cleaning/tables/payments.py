"""Payments beside the orders that they pay: which of them are sales of their own."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from perenne.cleaning.tables.merge import ORDER
from perenne.warehouse import MONEY

NAMED_DAYS = (-1, 60)
"""Days after its order within which a payment that names it is made."""
ALIKE_DAYS = 2
"""Days between an order and a payment that tells only who paid how much."""
_CENT = 0.01


def how_many(orders: ir.Table) -> ir.Table:
    """One cell: how many order rows are payments."""
    return orders.agg(payments=(orders.document == "payment").sum().fill_null(0))


def settled(kept: Mapping[str, ir.Table], persons: ir.Table, *, mode: str) -> ir.Table:
    """Order rows in which a payment stays a payment only where its order is there.

    A payment is of an order of another source if it names that order's number, or if both tell the
    same e-mail (of `persons`, all that was said of customers, or their own) and amount within two
    days. Every other payment is a sale: nobody else tells it.
    `mode`: as in `CleaningSettings.payments`.
    """
    orders = kept["orders"]
    payment = orders.document == "payment"
    if mode == "aside":
        return orders
    if mode == "orders":
        return orders.mutate(document=payment.ifelse("sale", orders.document))
    told = _emails(persons)
    paid = _with_email(orders.filter(payment), told).select(
        *ORDER, "email", "total", day="ordered_on", number=_number(orders.pays_order)
    )
    sold = _with_email(_sales(orders, kept["order_lines"]), told)
    found = _by_number(paid, sold).union(_alike(paid, sold)).distinct()
    marked = orders.left_join(found.mutate(found=True), list(ORDER), rname="f_{name}")
    alone = payment & marked.found.isnull()
    return marked.mutate(document=alone.ifelse("sale", marked.document)).select(*orders.columns)


def _emails(persons: ir.Table) -> ir.Table:
    """The e-mails, old and new, of each reference that a source makes to a customer."""
    known = persons.filter(persons.email.notnull() & persons.customer_ref.notnull())
    return known.select("source", "customer_ref", told=known.email.lower()).distinct()


def _with_email(table: ir.Table, told: ir.Table) -> ir.Table:
    joined = table.left_join(told, ["source", "customer_ref"], rname="t_{name}")
    own = (joined.customer_ref_kind == "email").ifelse(joined.customer_ref.lower(), None)
    return joined.mutate(email=ibis.coalesce(own, joined.told))


def _sales(orders: ir.Table, lines: ir.Table) -> ir.Table:
    """What is sold: order rows that are no payments, and orders that only lines tell."""
    names = (*ORDER, "customer_ref", "customer_ref_kind", "ordered_on", "total")
    own = orders.filter(orders.document.fill_null("sale") != "payment").select(*names)
    rest = lines.anti_join(orders, list(ORDER))
    value = ibis.coalesce(rest.amount, rest.quantity * rest.unit_price - rest.discount.fill_null(0))
    told = rest.group_by(*ORDER).agg(
        customer_ref=rest.customer_ref.min(),
        customer_ref_kind=rest.customer_ref_kind.min(),
        ordered_on=rest.ordered_on.min(),
        total=value.sum().cast(MONEY),
    )
    return own.union(told.select(*names))


def _number(text: ir.StringValue) -> ir.StringValue:
    """An order number without the hash before it and the platform's own id behind it."""
    return text.strip().re_replace(r"^#", "").re_replace(r"/\d{10,}$", "").upper()


def _by_number(paid: ir.Table, sold: ir.Table) -> ir.Table:
    """Payments that name the number of an order of another source."""
    order = sold.select(
        sold_by="source", number=_number(sold.source_order_id), sold_on="ordered_on"
    )
    met = paid.inner_join(order, "number")
    days = met.day.delta(met.sold_on, unit="day")
    return met.filter((met.source != met.sold_by) & days.between(*NAMED_DAYS)).select(*ORDER)


def _alike(paid: ir.Table, sold: ir.Table) -> ir.Table:
    """Payments by the same address of the same amount at the same time as an order elsewhere."""
    order = sold.select("email", sold_by="source", sold_on="ordered_on", asked="total")
    met = paid.inner_join(order, "email")
    days = met.day.delta(met.sold_on, unit="day")
    same = (met.total - met.asked).abs() < _CENT
    near = same & days.between(-ALIKE_DAYS, ALIKE_DAYS)
    return met.filter((met.source != met.sold_by) & near).select(*ORDER)
