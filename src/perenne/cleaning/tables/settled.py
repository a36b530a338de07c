"""Orders that nothing new speaks of: what an earlier cleaning made of them still holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.cleaning.tables import merge, reference
from perenne.cleaning.tables import refunds as refunds_
from perenne.cleaning.tables.merge import ORDER
from perenne.cleaning.tables.orders import LISTED

SALES = ("orders", "order_lines")
"""Staged tables that tell orders."""
PLACE = ("batch", "row_file", "row_number")
"""Where a staged row stands."""


def touched(
    staged: Mapping[str, ir.Table], news: Mapping[str, ir.Table], *, since: date
) -> ir.Table:
    """Orders that `news` (staged rows of later imports) tell, or something dated after `since`."""
    parts = [news[name].select(*ORDER) for name in SALES if name in news]
    after = ibis.literal(since)
    for name in SALES:
        if name in staged:
            rows = staged[name]
            parts.append(rows.filter(rows.ordered_on > after).select(*ORDER))
    if "orders" in staged:
        rows = staged["orders"]
        parts.append(rows.filter(rows.cancelled_on > after).select(*ORDER))
        if "refunds" in staged:
            # A refund may be taken back on that day (`merge.refund_rows`).
            told = rows.filter(rows.refunds_told_on > after)
            parts.append(told.semi_join(staged["refunds"], list(ORDER)).select(*ORDER))
    return ibis.union(*parts, distinct=True)


def first_day(staged: Mapping[str, ir.Table], orders: ir.Table) -> ir.Table:
    """One cell: the earliest day that any row tells of some orders."""
    days = [
        staged[name].semi_join(orders, list(ORDER)).select("ordered_on")
        for name in SALES
        if name in staged
    ]
    every = ibis.union(*days)
    return every.agg(day=every.ordered_on.min())


def first_day_refunded(
    staged: Mapping[str, ir.Table],
    news: Mapping[str, ir.Table],
    earlier: ir.Table,
    *,
    since: date,
) -> ir.Table:
    """One cell: the earliest day of an order (canonical, `earlier`) whose number a refund names
    that is new, or that came after `since`, or that shares its own number with such a one."""
    refunds = staged["refunds"]
    late = refunds.filter(refunds.refunded_on > ibis.literal(since))
    new = late.union(news["refunds"]) if "refunds" in news else late
    again = refunds.semi_join(new, ["source", "source_refund_id"])
    told = _numbered(new.select(*ORDER).union(again.select(*ORDER))).select("number").distinct()
    met = _numbered(earlier).semi_join(told, "number")
    return met.agg(day=met.ordered_on.min())


def _numbered(table: ir.Table) -> ir.Table:
    return table.mutate(number=refunds_.bare_number(table.source_order_id))


def settled_refunds(refunds: ir.Table, orders: ir.Table) -> ir.Table:
    """Where rows stand of refunds of settled `orders` (canonical)."""
    known = _named(orders, refunds)
    met = refunds_.order_of_refund(refunds, known, carry=("order_id", "source"))
    return met.select(*PLACE).distinct()


def named_twice(refunds: ir.Table, orders: ir.Table, opened: ir.Table) -> ir.Table:
    """One cell: numbers that refunds name and that both settled orders and open ones bear."""
    settled, others = (_named(table, refunds).select("number") for table in (orders, opened))
    both = settled.semi_join(others, "number").distinct()
    return both.agg(n=both.count())


def _named(orders: ir.Table, refunds: ir.Table) -> ir.Table:
    """Orders whose number some refund names."""
    return _numbered(orders).semi_join(_numbered(refunds).select("number").distinct(), "number")


def first_day_of(products: ir.Table, lines: ir.Table) -> ir.Table:
    """One cell: the earliest day on which some products were sold. `lines`: canonical."""
    sold = lines.semi_join(products, "product_id")
    return sold.agg(day=sold.ordered_on.min())


def changed_products(before: ir.Table, now: ir.Table) -> ir.Table:
    """Products, as lines name them, of which two lists (staged) tell something else."""
    one, other = (_listed(table) for table in (before, now))
    gone, come = one.difference(other), other.difference(one)
    return gone.select("product_id").union(come.select("product_id"), distinct=True)


def _listed(products: ir.Table) -> ir.Table:
    fated = merge.keyed_rows(products, "products", ("product_id",))
    coded = reference.coded_products(fated.filter(fated.fate == "kept"))
    return coded.select("source", "currency", "everywhere", *LISTED, product_id="code")


def open_orders(staged: Mapping[str, ir.Table], earlier: ir.Table, *, until: date) -> ir.Table:
    """Orders that `earlier` (canonical orders) does not hold, or holds from `until` on; `until` is
    not after the first day of any order that was touched since."""
    day = ibis.literal(until)
    parts = []
    for name in SALES:
        if name in staged:
            rows = staged[name]
            late = rows.ordered_on.isnull() | (rows.ordered_on >= day)
            parts.append(rows.filter(late).select(*ORDER))
    told = ibis.union(*parts, distinct=True)
    settled = earlier.filter(earlier.ordered_on < day).select(*ORDER)
    return told.anti_join(settled, list(ORDER))


def of_orders(
    staged: Mapping[str, ir.Table], orders: ir.Table, *, settled_refunds: ir.Table | None
) -> dict[str, ir.Table]:
    """`staged` with the rows of these orders, and refunds but for those that stand elsewhere; what
    tells no orders stays whole."""
    found = {
        name: table.semi_join(orders, list(ORDER)) if name in SALES else table
        for name, table in staged.items()
    }
    if settled_refunds is not None and "refunds" in found:
        found["refunds"] = found["refunds"].anti_join(settled_refunds, list(PLACE))
    return found


def shared_numbers(earlier: ir.Table, *, until: date) -> ir.Table:
    """One cell: numbers of orders that several customers share (`merge.order_rows`) on both sides
    of `until`."""
    day = ibis.literal(until)
    number = earlier.source_order_id.re_replace("~[0-9]+$", "")
    told = earlier.select(
        "source", "source_order_id", number=number, late=earlier.ordered_on >= day
    )
    several = told.filter(told.number != told.source_order_id).select("source", "number").distinct()
    met = told.semi_join(several, ["source", "number"])
    sides = met.group_by("source", "number").agg(some=met.late.any(), every=met.late.all())
    return sides.agg(split=(sides.some & ~sides.every).sum().fill_null(0))
