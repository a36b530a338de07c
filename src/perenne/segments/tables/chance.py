"""How likely another order is: what customers with the same scores did afterwards.

Nothing of the future leaks in: customers are scored on a past day with what was known then, and
whether they ordered is read from the days after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from perenne.core import add_months
from perenne.segments.settings import SegmentSettings
from perenne.segments.tables.ages import day_literal
from perenne.segments.tables.scores import name_segments

_CELL = ["rfm_recency", "rfm_frequency", "rfm_monetary"]


def chances(
    named: ir.Table,
    tables: Mapping[str, ir.Table],
    *,
    as_of: date,
    inactivity_days: int,
    settings: SegmentSettings,
) -> ir.Table:
    """`customer_id`, `chance_of_another_order`, `chance_basis`, `chance_days`, `chance_note`.

    `named`: scores and segment as of `as_of`. The share comes from the customer's RFM cell, or
    from its segment when fewer than `settings.min_customers` stood in the cell; null with a note
    when the history is too short or both are too small.
    """
    start = _scored_on(tables["customer_days"], as_of=as_of, inactivity_days=inactivity_days)
    past = _known_then(tables, start, as_of=as_of)
    then = name_segments(past, settings=settings, inactivity_days=inactivity_days)
    seen = then.join(past.select("customer_id", "ordered_again"), "customer_id")
    cells, segments = _shares(seen, _CELL, "cell"), _shares(seen, ["segment"], "segment")
    found = named.left_join(cells, _CELL).select(named, "cell_share", "cell_customers")
    both = found.left_join(segments, "segment").select(found, "segment_share", "segment_customers")
    return _chosen(both.cross_join(start), settings.min_customers)


def _scored_on(days: ir.Table, *, as_of: date, inactivity_days: int) -> ir.Table:
    """One row: the past day to score on, null when there is not as much history before as after."""
    year = add_months(as_of, -12)
    window = as_of - timedelta(days=inactivity_days)
    before_window = window - timedelta(days=inactivity_days)
    first = days.aggregate(first_day=days.day.min())
    scored_on = ibis.cases(
        (first.first_day <= day_literal(add_months(as_of, -24)), day_literal(year)),
        (first.first_day <= day_literal(before_window), day_literal(window)),
        else_=None,
    )
    dated = first.select(scored_on=scored_on)
    return dated.mutate(chance_days=day_literal(as_of).delta(dated.scored_on, unit="day"))


def _known_then(tables: Mapping[str, ir.Table], start: ir.Table, *, as_of: date) -> ir.Table:
    """The facts that scores need, as they stood on the past day, and what came after."""
    days = tables["customer_days"].cross_join(start)
    # A day tells all that is true of its customer until the next one.
    is_last = days.next_day.isnull() | (days.next_day > days.scored_on)
    last = days.filter(days.day <= days.scored_on, is_last)
    bought = last.select(
        "customer_id",
        "scored_on",
        orders=last.orders_to_date,
        last_day=last.day,
        ordered_again=(last.next_day <= day_literal(as_of)).fill_null(False),
    )
    orders = tables["order_values"].cross_join(start)
    earned = (
        orders.filter(orders.day <= orders.scored_on)
        .group_by("customer_id")
        .aggregate(revenue=ibis._.net.sum())
    )
    facts = bought.left_join(earned, "customer_id")
    told = facts.mutate(
        revenue=facts.revenue.fill_null(0),
        days_since_last_order=facts.scored_on.delta(facts.last_day, unit="day"),
    )
    return told.select("customer_id", "orders", "ordered_again", "revenue", "days_since_last_order")


def _shares(seen: ir.Table, group: list[str], name: str) -> ir.Table:
    return seen.group_by(group).aggregate(
        **{
            f"{name}_share": seen.ordered_again.cast("int64").mean(),
            f"{name}_customers": seen.count(),
        }
    )


def _chosen(both: ir.Table, enough: int) -> ir.Table:
    in_cell = both.cell_customers.fill_null(0) >= enough
    in_segment = both.segment_customers.fill_null(0) >= enough
    note = ibis.ifelse(both.scored_on.isnull(), "history_too_short", "too_few_customers")
    return both.select(
        "customer_id",
        chance_of_another_order=ibis.cases(
            (in_cell, both.cell_share), (in_segment, both.segment_share), else_=None
        ),
        chance_basis=ibis.cases((in_cell, "cell"), (in_segment, "segment"), else_=None),
        chance_days=ibis.ifelse(in_cell | in_segment, both.chance_days, None).cast("int64"),
        chance_note=ibis.ifelse(in_cell | in_segment, None, note),
    )
