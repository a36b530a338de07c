"""Subscriptions as recurring revenue: what is in force on a day, and who pays it."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.metrics.settings import Context
from perenne.metrics.tables import Tables
from perenne.metrics.tables.canonical import table
from perenne.metrics.tables.folds import FAR

_STOPPED = ("cancelled", "expired")
_RESTING = ("paused", "trialing", *_STOPPED)
_READ = ("active", "past_due", *_RESTING)


def in_force(tables: Tables, as_of: date) -> ir.Table:
    """Subscriptions with paying_from and paying_until (the first day on which none is due).

    A trial is followed by payment on the day after it. A pause, a trial or an end that no date
    tells is taken to begin on the as-of date. Nobody's subscription is a subscriber of its own.
    One whose status is not read (`unread`) and that no date ends is never in force: it may have
    ended long ago, and an end on the as-of date would be a churn that nobody told.
    """
    held = table(tables, "subscriptions")
    end = ibis.coalesce(
        held.ended_on, held.status.isin(_STOPPED).ifelse(held.cancelled_on, ibis.null("date"))
    )
    resting = held.status.isin(_RESTING).ifelse(ibis.literal(as_of), ibis.literal(FAR))
    unread = ~held.status.isin(_READ).fill_null(False) & end.isnull()
    after_trial = (held.trial_until_on + ibis.interval(days=1)).cast("date")
    return held.select(
        "subscription_id",
        "customer_id",
        "plan",
        "mrr",
        "interval_unit",
        "interval_count",
        ended=end.notnull() | held.status.isin(_STOPPED),
        holder=ibis.coalesce(held.customer_id, held.subscription_id),
        paying_from=ibis.greatest(held.started_on, after_trial.fill_null(held.started_on)),
        paying_until=unread.ifelse(held.started_on, end.fill_null(resting)),
        unread=unread,
    )


def subscriptions(tables: Tables, windows: ir.Table, context: Context) -> ir.Table:
    """Subscriptions in force on the eve of the window or on its last day, and those begun by then
    of which nobody can tell."""
    rows = in_force(tables, context.as_of)
    until = (rows.paying_until >= windows.start) | rows.unread
    near = rows.join(windows, [rows.paying_from <= windows.end, until])
    is_start, is_end = _stands(near)
    near = near.mutate(is_start=is_start, is_end=is_end).filter(is_start | is_end | near.unread)
    return near.mutate(
        amount=near.mrr.fill_null(0),
        is_unpriced=near.is_end & near.mrr.isnull(),
    )


def subscribers(tables: Tables, windows: ir.Table, context: Context) -> ir.Table:
    """What each subscriber paid a month on the eve of the window and pays on its last day.

    One movement per subscriber: what a change of plan adds or takes is expansion or contraction.
    """
    rows = in_force(tables, context.as_of)
    rows = rows.filter(rows.paying_from < rows.paying_until, rows.mrr > 0)
    near = rows.join(windows, [rows.paying_from <= windows.end])
    is_start, is_end = _stands(near)
    held = near.group_by("k", "holder").aggregate(
        customer_id=near.customer_id.max(),
        opening=near.mrr.sum(where=is_start).fill_null(0),
        closing=near.mrr.sum(where=is_end).fill_null(0),
        paid_before=(near.paying_from < near.start).any(),
    )
    was, is_now = held.opening > 0, held.closing > 0
    change = held.closing - held.opening
    return held.mutate(
        change=change,
        is_start=was,
        is_end=is_now,
        is_new=~was & is_now & ~held.paid_before,
        is_back=~was & is_now & held.paid_before,
        is_lost=was & ~is_now,
        is_expanded=was & is_now & (change > 0),
        is_contracted=was & is_now & (change < 0),
    )


def _stands(rows: ir.Table) -> tuple[ir.BooleanValue, ir.BooleanValue]:
    """In force on the eve of the window, on its last day."""
    is_start = (rows.paying_from < rows.start) & (rows.paying_until >= rows.start)
    is_end = (rows.paying_from <= rows.end) & (rows.paying_until > rows.end)
    return is_start, is_end
