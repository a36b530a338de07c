"""Row sources behind the datasets of the catalogue, each seen through windows of days.

Every source returns one row per thing and window, with the window's key `k`; a thing that lies in
two windows appears once in each. Customer rows carry customer_id, by which profiles are joined.
"""

from __future__ import annotations

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from perenne.metrics.datasets import DAYS_PER_YEAR, Source
from perenne.metrics.settings import Context
from perenne.metrics.tables import Tables
from perenne.metrics.tables.answers import answers
from perenne.metrics.tables.canonical import table
from perenne.metrics.tables.foldable import FOLDS
from perenne.metrics.tables.folds import FAR, Windows, window_table
from perenne.metrics.tables.happenings import events, visits
from perenne.metrics.tables.margins import sum_all
from perenne.metrics.tables.persons import people, reach, starts
from perenne.metrics.tables.recurring import subscribers, subscriptions
from perenne.warehouse import MONEY

PREDICTED = {
    "customer_id": "string",
    "clv_12m": MONEY,
    "clv_margin_12m": MONEY,
    "expected_orders_12m": "float64",
    "p_order_12m": "float64",
}
"""What the metrics read of the table `predictions`, which a part above makes."""
_ORDER_KEYS = ("kind", "day", "order_id", "customer_id", "first_day")
_ORDER_DIMENSIONS = ("channel", "country", "category", "acquisition_channel", "order_number")


def rows(
    source: Source,
    tables: Tables,
    *,
    windows: Windows,
    context: Context,
    columns: tuple[str, ...] = (),
) -> ir.Table:
    """The rows of a source that lie in each window, with the dimension `columns` of sales."""
    if source not in _SOURCES:
        fold = FOLDS[source]
        return fold.seen(fold.rows(tables, windows, context), windows, context)
    if source in ("sales", "lives") and len(windows) > 1:
        tables = {**tables, "sales": by_order(tables["sales"], windows, columns=columns)}
    return _SOURCES[source](tables, window_table(windows), context)


def by_order(ledger: ir.Table, windows: Windows, *, columns: tuple[str, ...]) -> ir.Table:
    """Sales with the lines of an order added up: a row that lies in many windows is one, not ten.

    Only days that some window holds. Every aggregate of the catalogue is the same over them.
    """
    first = min(one.start for one in windows.values())
    last = max(one.end for one in windows.values())
    kept = ledger.filter(ledger.day >= first, ledger.day <= last)
    keys = [*_ORDER_KEYS, *(name for name in _ORDER_DIMENSIONS if name in columns)]
    return kept.group_by(*keys).aggregate(
        gross=kept.gross.sum(),
        discount=kept.discount.sum(),
        net=kept.net.sum(),
        margin=sum_all(kept.margin),
    )


def sales(tables: Tables, windows: ir.Table, context: Context) -> ir.Table:
    """Lines and returns dated in the window; is_new: the first purchase lies in it too."""
    ledger = tables["sales"]
    inside = ledger.join(windows, [ledger.day >= windows.start, ledger.day <= windows.end])
    is_known = inside.customer_id.notnull()
    is_customer = (inside.first_day <= inside.end).fill_null(False)
    is_new = is_customer & (inside.first_day >= inside.start)
    return inside.mutate(
        is_sale=inside.kind == "sale",
        is_return=inside.kind == "return",
        is_known=is_known,
        is_guest=~is_known,
        is_customer=is_customer,
        is_new=is_new,
        is_returning=is_known & ~is_new,
    )


def states(tables: Tables, windows: ir.Table, context: Context) -> ir.Table:
    """Known customers by the window's end: were they active before it, are they at its end?"""
    days = _until(tables["customer_days"])
    near = days.join(windows, [days.day <= windows.end, days.until >= windows.start])
    before = (near.start - ibis.interval(days=1)).cast("date")
    limit = context.inactivity_days
    at_start = (near.day < near.start) & (before.delta(near.day, unit="day") <= limit)
    at_end = (near.until > near.end) & (near.end.delta(near.day, unit="day") <= limit)
    flags = near.mutate(at_start=at_start, at_end=at_end, is_new=near.first_day >= near.start)
    people = flags.group_by("k", "customer_id").aggregate(
        is_start=flags.at_start.any(), is_end=flags.at_end.any(), is_new=flags.is_new.any()
    )
    return people.mutate(
        is_retained=people.is_start & people.is_end,
        is_lost=people.is_start & ~people.is_end,
        is_reactivated=people.is_end & ~people.is_start & ~people.is_new,
    )


def firsts(tables: Tables, windows: ir.Table, context: Context) -> ir.Table:
    """Customers whose first twelve months are over by the window's end, with their value."""
    facts = tables["customer_facts"].select(
        "customer_id", "first_12m_end", "value_first_12m", "margin_first_12m"
    )
    return facts.join(windows, [facts.first_12m_end <= windows.end])


def lives(tables: Tables, windows: ir.Table, context: Context) -> ir.Table:
    """Sales of known customers from their first purchase on, by age in whole months."""
    ledger = tables["sales"]
    inside = ledger.join(windows, [ledger.day >= ledger.first_day, ledger.day <= windows.end])
    after = (inside.end + ibis.interval(days=1)).cast("date")
    return inside.mutate(
        age=months_between(inside.first_day, inside.day),
        complete_months=months_between(inside.first_day, after),
    )


def spend(tables: Tables, windows: ir.Table, context: Context) -> ir.Table:
    """Spend dated in the window."""
    costs = table(tables, "costs")
    inside = costs.join(windows, [costs.day >= windows.start, costs.day <= windows.end])
    return inside.mutate(
        is_acquisition=inside.kind == "acquisition", is_retention=inside.kind == "retention"
    )


def attributed(tables: Tables, windows: ir.Table, context: Context) -> ir.Table:
    """Spend attributed to customers, dated in the window."""
    costs = tables["customer_costs"]
    return costs.join(windows, [costs.day >= windows.start, costs.day <= windows.end])


def predictions(tables: Tables, windows: ir.Table, context: Context) -> ir.Table:
    """What the snapshot predicts of each customer; a window that ends on another day has none.

    Beside it the margin so far, and is_new: the first purchase lies in the 365 days to as_of.
    """
    predicted = tables.get("predictions")
    if predicted is None:
        predicted = ibis.memtable([], schema=ibis.schema(PREDICTED))
    facts = tables["customer_facts"]
    first_day = (ibis.literal(context.as_of) - ibis.interval(days=DAYS_PER_YEAR)).cast("date")
    known = facts.select(
        "customer_id",
        margin_so_far=facts.historical_clv_margin,
        is_new=facts.first_order_on > first_day,
    )
    rows = predicted.select(*PREDICTED).join(known, "customer_id")
    return rows.join(windows, windows.end == ibis.literal(context.as_of))


def months_between(first: ir.DateValue, day: ir.DateValue) -> ir.IntegerValue:
    """Whole months m for which `first` moved by m calendar months is not after `day`."""
    months = (day.year() - first.year()) * 12 + day.month() - first.month()
    # A day past the month's length counts as its last day: 31 January + 1 month = 28 February.
    is_month_end = (day + ibis.interval(days=1)).month() != day.month()
    is_short = (first.day() > day.day()) & ~is_month_end
    return months.cast("int64") - is_short.cast("int64")


def _until(days: ir.Table) -> ir.Table:
    return days.mutate(until=days.next_day.fill_null(ibis.literal(FAR)))


_SOURCES: dict[Source, Callable[[Tables, ir.Table, Context], ir.Table]] = {
    "sales": sales,
    "states": states,
    "firsts": firsts,
    "lives": lives,
    "spend": spend,
    "attributed": attributed,
    "predictions": predictions,
    "people": people,
    "reach": reach,
    "starts": starts,
    "answers": answers,
    "subscriptions": subscriptions,
    "subscribers": subscribers,
    "events": events,
    "visits": visits,
}
