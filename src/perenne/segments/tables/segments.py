"""The segments table of a snapshot, put together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis.expr.types as ir

from perenne.segments.coverage import validate_rules
from perenne.segments.schema import SEGMENTS
from perenne.segments.settings import SegmentSettings
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
) -> ir.Table:
    """The table `SEGMENTS`: one row per row of `tables["customer_facts"]`.

    `tables`: the marts `customer_facts` (as of `as_of`), `customer_days` and `sales`; rows of the
    last two after `as_of` are left out. `inactivity_days`: the inactivity window. Raises
    `PerenneError` when the rules leave a customer without a segment.
    """
    validate_rules(settings)
    marts = {**tables, "sales": tables["sales"].filter(tables["sales"].customer_id.notnull())}
    facts = marts["customer_facts"]
    named = name_segments(facts, settings=settings, inactivity_days=inactivity_days)
    best = high_value(facts, settings=settings)
    parts = (
        named,
        sizes(facts, settings=settings),
        best,
        high_potential(facts, marts["sales"], high_value=best, as_of=as_of),
        opportunities(
            named, marts, as_of=as_of, inactivity_days=inactivity_days, settings=settings
        ),
        status(marts["customer_days"], as_of=as_of, inactivity_days=inactivity_days),
    )
    return _joined(facts, parts)


def _joined(facts: ir.Table, parts: tuple[ir.Table, ...]) -> ir.Table:
    """Every customer of `facts` once, with the columns of all parts, typed as the schema says."""
    table = facts.select("customer_id", revenue_12m=facts.historical_clv_12m.fill_null(0))
    for part in parts:
        new = part.drop("customer_id").columns
        table = table.left_join(part, "customer_id").select(table, *(part[name] for name in new))
    return table.select(*SEGMENTS.names).cast(SEGMENTS.types)
