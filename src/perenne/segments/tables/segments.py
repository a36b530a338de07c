"""The segments table of a snapshot, put together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis.expr.types as ir

from perenne.segments.coverage import validate_rules
from perenne.segments.schema import SEGMENTS
from perenne.segments.settings import SegmentSettings
from perenne.segments.tables.keeping import Keep, lazily
from perenne.segments.tables.opportunity import opportunities
from perenne.segments.tables.ranks import sizes
from perenne.segments.tables.scores import name_segments
from perenne.segments.tables.status import status
from perenne.segments.tables.values import high_potential, high_value


def assign(
    tables: Mapping[str, ir.Table],
    *,
    as_of: date,
    inactivity_days: int,
    settings: SegmentSettings,
    keep: Keep = lazily,
) -> ir.Table:
    """The table `SEGMENTS`: one row per row of `tables["customer_facts"]`.

    `tables`: the marts `customer_facts` (as of `as_of`), `customer_days`, `order_values` and
    `profiles`; rows of the second and third after `as_of` are left out. `inactivity_days`: the
    inactivity window. `keep` may write a part and hand back what was written: all parts at once
    take twice the memory. Raises `PerenneError` when the rules leave a customer without a segment.
    """
    validate_rules(settings)
    people = tables["profiles"].select("customer_id", "customer_number")
    marts = _in_numbers(tables, people, keep)
    facts, orders = marts["customer_facts"], marts["order_values"]
    named = name_segments(facts, settings=settings, inactivity_days=inactivity_days)
    named = keep("segment_scores", named)
    best = keep("high_value", high_value(facts, settings=settings))
    potential = high_potential(facts, orders, high_value=best, as_of=as_of, keep=keep)
    possible = opportunities(
        named, marts, as_of=as_of, inactivity_days=inactivity_days, settings=settings
    )
    parts = (
        named,
        sizes(facts, settings=settings),
        best,
        keep("high_potential", potential),
        keep("opportunities", possible),
        status(marts["customer_days"], as_of=as_of, inactivity_days=inactivity_days),
    )
    return _joined(facts, parts, people)


_FACTS = (
    "customer_id",
    "first_order_on",
    "days_since_last_order",
    "orders",
    "revenue",
    "historical_clv_12m",
    "historical_clv_margin_12m",
)
"""Columns of `customer_facts` that segments are made of."""


def _in_numbers(
    tables: Mapping[str, ir.Table], people: ir.Table, keep: Keep
) -> dict[str, ir.Table]:
    """The marts with the numbers of customers as their `customer_id`: all that follows joins and
    groups by them, which numbers make several times quicker than texts."""
    facts = keep(
        "segment_facts", tables["customer_facts"].select(_FACTS).join(people, "customer_id")
    )
    orders = tables["order_values"]
    found = {
        "customer_facts": facts,
        "customer_days": tables["customer_days"],
        "order_values": orders.filter(orders.customer_number.notnull()),
    }
    return {name: _numbered(one) for name, one in found.items()}


def _numbered(table: ir.Table) -> ir.Table:
    kept = table.drop("customer_id") if "customer_id" in table.columns else table
    return kept.rename(customer_id="customer_number")


def _joined(facts: ir.Table, parts: tuple[ir.Table, ...], people: ir.Table) -> ir.Table:
    """Every customer of `facts` once, by id, with the columns of all parts, typed as the schema
    says."""
    table = facts.select("customer_id", revenue_12m=facts.historical_clv_12m.fill_null(0))
    for part in parts:
        new = part.drop("customer_id").columns
        table = table.left_join(part, "customer_id").select(table, *(part[name] for name in new))
    table = table.rename(customer_number="customer_id").join(people, "customer_number")
    return table.select(*SEGMENTS.names).cast(SEGMENTS.types)
