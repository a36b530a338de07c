"""Runs of purchases: how long a customer was active without a break."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.metrics.settings import Context
from perenne.metrics.tables import Tables
from perenne.metrics.tables.folds import FAR, Windows, through


def customer_runs(days: ir.Table, *, inactivity_days: int) -> ir.Table:
    """One row per run of purchase days that lie no more than `inactivity_days` apart.

    customer_number, first_day of the customer, run_start, second_day of the run (null without),
    run_last, and is_latest. `days`: the mart `customer_days`.
    """
    since = days.day.delta(days.prev_day, unit="day")
    ahead = days.next_day.delta(days.day, unit="day")
    edges = days.mutate(
        starts=days.prev_day.isnull() | (since > inactivity_days),
        ends=days.next_day.isnull() | (ahead > inactivity_days),
    )
    # Between the first and the last day of a run stands nothing that is kept.
    edges = edges.filter(edges.starts | edges.ends).select(
        "customer_number", "first_day", "day", "next_day", "starts", "ends"
    )
    order = ibis.window(group_by="customer_number", order_by="day")
    paired = edges.mutate(
        last=edges.day.lead().over(order), following=edges.next_day.lead().over(order)
    )
    runs = paired.filter(paired.starts)
    return runs.select(
        "customer_number",
        "first_day",
        run_start=runs.day,
        second_day=runs.ends.ifelse(ibis.null("date"), runs.next_day),
        run_last=runs.ends.ifelse(runs.day, runs.last),
        is_latest=runs.ends.ifelse(runs.next_day, runs.following).isnull(),
    )


def active_spans(tables: Tables, windows: Windows, context: Context) -> ir.Table:
    """What tells who was active before a window and who is at its end, as rows that add up.

    Each speaks of the eve of the window (active from `eve_from` until before `eve_until`), of its
    last day (`end_from`, `end_until`), or of both; `of` says which, or that it tells only of whom
    one knows. Whoever is active on both stands in three rows: of the eve, of the end, of both.
    """
    runs = tables["customer_runs"]
    silent = runs.run_last + ibis.interval(days=context.inactivity_days + 1)
    runs = runs.select(
        "customer_number", "first_day", since=runs.run_start, until=silent.cast("date")
    )
    nobody = {"eve_from": ibis.null("date"), "eve_until": ibis.null("date")}
    eve = runs.select(
        "customer_number",
        "first_day",
        of=ibis.literal("eve"),
        eve_from="since",
        eve_until="until",
        end_from=ibis.null("date"),
        end_until=ibis.null("date"),
    )
    end = runs.select(
        "customer_number",
        "first_day",
        of=ibis.literal("end"),
        **nobody,
        end_from="since",
        end_until="until",
    )
    first = runs.filter(runs.since == runs.first_day)
    known = first.select(
        "customer_number",
        "first_day",
        of=ibis.literal("known"),
        **nobody,
        end_from="since",
        end_until=ibis.literal(FAR),
    )
    return ibis.union(eve, end, known, _on_both(runs, windows))


def _on_both(runs: ir.Table, windows: Windows) -> ir.Table:
    """Pairs of a run and itself or a later one that a window may hold the break between."""
    longest = max((one.end - one.start).days for one in windows.values())
    later = runs.select("customer_number", end_from="since", end_until="until")
    pairs = runs.join(later, "customer_number")
    within = pairs.until + ibis.interval(days=longest)
    kept = pairs.filter(pairs.end_from >= pairs.since, pairs.end_from <= within.cast("date"))
    return kept.select(
        "customer_number",
        "first_day",
        of=ibis.literal("both"),
        eve_from="since",
        eve_until="until",
        end_from="end_from",
        end_until="end_until",
    )


def states_seen(rows: ir.Table, windows: Windows, context: Context) -> ir.Table:
    """How often each row counts for a state: 1, 0, or -1 where it takes back what others say."""

    def inside(spans: ir.Table, each: ir.Table) -> list[ir.BooleanValue]:
        on_eve = (spans.eve_from < each.start) & (spans.eve_until >= each.start)
        at_end = (spans.end_from <= each.end) & (spans.end_until > each.end)
        return [spans.eve_from.isnull() | on_eve, spans.end_from.isnull() | at_end]

    seen = through(rows, windows, inside)
    eve, end, both = ((seen.of == name).cast("int64") for name in ("eve", "end", "both"))
    was_there = (seen.first_day < seen.start).cast("int64")
    return seen.mutate(
        is_start=eve,
        is_end=end,
        is_retained=both,
        is_lost=eve - both,
        is_reactivated=end * was_there - both,
    )
