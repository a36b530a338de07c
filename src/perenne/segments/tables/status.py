"""Where each customer stands and since when: new, active, inactive, reactivated."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir


def status(days: ir.Table, *, as_of: date, inactivity_days: int) -> ir.Table:
    """`customer_id`, `status`, `status_since`, `status_reason` at the end of `as_of`.

    `days`: one row per customer and purchase day with `prev_day` and `next_day`. A purchase
    more than `inactivity_days` after the one before starts a new run; the status follows from the
    first, second and last day of the latest run.
    """
    runs = _latest_run(days.filter(days.day <= as_of), inactivity_days)
    ends = runs.last_day + ibis.interval(days=inactivity_days + 1)
    is_inactive = ends <= as_of
    is_first_run = runs.run_start == runs.first_day
    return runs.select(
        "customer_id",
        status=ibis.cases(
            (is_inactive, "inactive"),
            (runs.second_day.notnull(), "active"),
            (is_first_run, "new"),
            else_="reactivated",
        ),
        status_since=ibis.cases(
            (is_inactive, ends.cast("date")),
            (runs.second_day.notnull(), runs.second_day),
            else_=runs.run_start,
        ),
        status_reason=ibis.cases(
            (is_inactive, "no_order_for_window"),
            (runs.second_day.notnull(), "ordered_again"),
            (is_first_run, "first_order"),
            else_="back_after_gap",
        ),
    )


def _latest_run(days: ir.Table, inactivity_days: int) -> ir.Table:
    """`first_day`, `last_day`, `run_start` and `second_day` of the latest run, per customer."""
    gap = days.day.delta(days.prev_day, unit="day")
    starts = days.prev_day.isnull() | (gap > inactivity_days)
    begun = days.mutate(start=ibis.ifelse(starts, days.day, None))
    runs = begun.group_by("customer_id").aggregate(
        first_day=begun.day.min(),
        last_day=begun.day.max(),
        run_start=begun.start.max(),
        # What follows the start of the latest run is of the same run.
        following=begun.next_day.argmax(begun.start),
    )
    again = runs.run_start < runs.last_day
    return runs.mutate(second_day=ibis.ifelse(again, runs.following, None))
