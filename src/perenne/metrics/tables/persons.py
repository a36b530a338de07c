"""Everybody a source knows: prospects, what customers allow, what they do after they bought."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.metrics.settings import Context, MetricSettings
from perenne.metrics.tables import Tables
from perenne.metrics.tables.canonical import table

NEVER = float("inf")
"""Days to a first interaction that did not come: no median lies there."""


def people(tables: Tables, windows: ir.Table, context: Context) -> ir.Table:
    """Everybody known by the window's end. A person is known from the first day that any source
    dates; without one, on `as_of` only. Prospects have not bought by the window's end."""
    persons = _known_on(tables, context)
    known = persons.join(windows, [persons.known_on <= windows.end])
    bought = (known.first_order_on <= known.end).fill_null(False)
    bought_before = (known.first_order_on < known.start).fill_null(False)
    was_prospect = (known.known_on < known.start) & ~bought_before
    return known.mutate(
        is_prospect=~bought,
        is_new_prospect=~bought & (known.known_on >= known.start),
        was_prospect=was_prospect,
        is_won=was_prospect & bought,
    )


def _known_on(tables: Tables, context: Context) -> ir.Table:
    """customer_id, first_order_on, known_on."""
    persons = table(tables, "customers").select("customer_id", "first_order_on", "created_on")
    days = [
        table(tables, name).select("customer_id", day=column)
        for name, column in (
            ("events", "occurred_on"),
            ("surveys", "answered_on"),
            ("subscriptions", "started_on"),
            ("consents", "said_on"),
        )
    ]
    seen = ibis.union(*days)
    first = seen.group_by("customer_id").aggregate(seen_on=seen.day.min())
    joined = persons.left_join(first, "customer_id").drop("customer_id_right")
    known_on = ibis.least(joined.created_on, joined.first_order_on, joined.seen_on)
    return joined.select(
        "customer_id",
        "first_order_on",
        known_on=known_on.fill_null(ibis.literal(context.as_of)),
    )


def reach(tables: Tables, windows: ir.Table, context: Context) -> ir.Table:
    """Customers, and whether marketing may be sent to them by e-mail; on `as_of` only, since a
    consent has no history."""
    persons = table(tables, "customers").select("customer_id", "first_order_on")
    said = table(tables, "consents")
    asked = said.filter(said.channel == "email", said.purpose == "marketing")
    word = asked.select("customer_id", allows=(asked.status == "subscribed") & ~asked.suppressed)
    buyers = persons.filter(persons.first_order_on.notnull())
    told = buyers.left_join(word, "customer_id").drop("customer_id_right")
    rows = told.select("customer_id", is_reachable=told.allows.fill_null(False))
    return rows.join(windows, windows.end == ibis.literal(context.as_of))


def starts(tables: Tables, windows: ir.Table, context: Context) -> ir.Table:
    """Customers whose first purchase lies in the window, and days to their first interaction.

    `days` is infinite where none came within `activation_days`. Observed: interactions are known
    from before the purchase until the last of those days.
    """
    limit = context.settings.activation_days
    done = interactions(tables, context.settings)
    span = done.aggregate(known_from=done.day.min(), known_to=done.day.max())
    persons = table(tables, "customers").select("customer_id", "first_order_on")
    bought = persons.filter(persons.first_order_on.notnull())
    met = bought.join(done, [bought.customer_id == done.customer_id], rname="d_{name}")
    met = met.filter(met.day > met.first_order_on)
    first = met.group_by("customer_id").aggregate(next_on=met.day.min())
    joined = bought.left_join(first, "customer_id").drop("customer_id_right")
    within = joined.next_on.delta(joined.first_order_on, unit="day")
    timed = joined.mutate(days=(within <= limit).ifelse(within.cast("float64"), NEVER))
    rows = timed.mutate(days=timed.days.fill_null(NEVER)).cross_join(span)
    over = (rows.first_order_on + ibis.interval(days=limit)).cast("date")
    is_observed = (rows.first_order_on >= rows.known_from) & (over <= rows.known_to)
    rows = rows.select(
        "customer_id",
        "first_order_on",
        "days",
        is_activated=rows.days <= limit,
        is_observed=is_observed.fill_null(False),
    )
    return rows.join(
        windows, [rows.first_order_on >= windows.start, rows.first_order_on <= windows.end]
    )


def interactions(tables: Tables, settings: MetricSettings) -> ir.Table:
    """customer_id and day of all that counts as an interaction, survey answers among them."""
    events, surveys = table(tables, "events"), table(tables, "surveys")
    kinds = [kind for kind in settings.interactions if kind != "survey"]
    chosen = events.filter(events.event.isin(kinds)) if kinds else events.limit(0)
    days = chosen.select("customer_id", day="occurred_on")
    if "survey" in settings.interactions:
        days = days.union(surveys.select("customer_id", day="answered_on"))
    return days.filter(days.customer_id.notnull()).distinct()
