"""Canonical tables as metrics read them: purchases, and empty tables for what is absent."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.metrics.tables import Tables
from perenne.warehouse import CANONICAL


def table(tables: Tables, name: str) -> ir.Table:
    """The canonical table of this name, empty when it was not handed in."""
    found = tables.get(name)
    if found is not None:
        return found
    schema = ibis.schema(CANONICAL[name].types)
    return ibis.memtable([], schema=schema)


def purchases(tables: Tables, as_of: date) -> ir.Table:
    """Orders that count, up to the end of `as_of`."""
    orders = table(tables, "orders")
    return orders.filter(orders.is_purchase, orders.ordered_on <= as_of)


def known(orders: ir.Table) -> ir.Table:
    """Without guests: what belongs to a customer."""
    return orders.filter(orders.customer_id.notnull())
