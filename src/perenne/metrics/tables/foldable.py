"""The sources that may be added up before windows look at them: sales, and customers' days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from perenne.core import Period
from perenne.metrics.datasets import Source
from perenne.metrics.settings import Context
from perenne.metrics.tables import Tables
from perenne.metrics.tables.folds import FAR, Compared, Fold, Windows, through
from perenne.metrics.tables.runs import active_spans, states_seen

_DAY = timedelta(days=1)


def _start(one: Period, context: Context) -> Iterable[date]:
    return (one.start,)


def _end(one: Period, context: Context) -> Iterable[date]:
    return (one.end + _DAY,)


def _both(one: Period, context: Context) -> Iterable[date]:
    return (one.start, one.end + _DAY)


def _end_or_silent(one: Period, context: Context) -> Iterable[date]:
    return (one.end + _DAY, one.end - context.inactivity_days * _DAY)


def _span(windows: Windows) -> Period:
    return Period(
        min(one.start for one in windows.values()), max(one.end for one in windows.values())
    )


def _orders(tables: Tables, windows: Windows, context: Context) -> ir.Table:
    values, span = tables["order_values"], _span(windows)
    kept = values.filter(values.day >= span.start, values.day <= span.end)
    return kept.mutate(
        is_return=~kept.is_sale,
        is_known=kept.customer_number.notnull(),
        is_guest=kept.customer_number.isnull(),
    )


def _sold(rows: ir.Table, windows: Windows, context: Context) -> ir.Table:
    """Orders and returns of the window; is_new: the customer's first purchase lies in it too."""
    inside = through(rows, windows, _dated)
    is_customer = (inside.first_day <= inside.end).fill_null(False)
    is_new = is_customer & (inside.first_day >= inside.start)
    return inside.mutate(
        is_customer=is_customer, is_new=is_new, is_returning=inside.is_known & ~is_new
    )


def _dated(rows: ir.Table, windows: ir.Table) -> list[ir.BooleanValue]:
    return [rows.day >= windows.start, rows.day <= windows.end]


def _days(tables: Tables, windows: Windows, context: Context) -> ir.Table:
    """Purchase days of customers, with what is true of them until the next one."""
    days, span = tables["customer_days"], _span(windows)
    held = days.mutate(until=days.next_day.fill_null(ibis.literal(FAR)))
    earliest = min(one.end for one in windows.values())
    held = held.filter(held.day <= span.end, held.until > earliest)
    return held.mutate(
        orders=held.orders_to_date,
        lifetime_days=held.day.delta(held.first_day, unit="day"),
    )


def _held(rows: ir.Table, windows: Windows, context: Context) -> ir.Table:
    """Known customers with a purchase by the window's end, as they stood then."""

    def inside(days: ir.Table, each: ir.Table) -> list[ir.BooleanValue]:
        return [days.day <= each.end, days.until > each.end]

    held = through(rows, windows, inside)
    silence = held.end.delta(held.day, unit="day")
    return held.mutate(
        is_new=held.first_day >= held.start, is_active=silence <= context.inactivity_days
    )


def _bought(tables: Tables, windows: Windows, context: Context) -> ir.Table:
    days, span = tables["customer_days"], _span(windows)
    return days.filter(days.day >= span.start, days.day <= span.end)


def _buyers(rows: ir.Table, windows: Windows, context: Context) -> ir.Table:
    """Known customers with a purchase in the window: each by the first day in it."""

    def inside(days: ir.Table, each: ir.Table) -> list[ir.BooleanValue]:
        before = days.prev_day.isnull() | (days.prev_day < each.start)
        return [days.day >= each.start, days.day <= each.end, before]

    return through(rows, windows, inside)


def _ranked(tables: Tables, windows: Windows, context: Context) -> ir.Table:
    """Orders of known customers: their rank, and the day of the next one."""
    days, last = tables["customer_days"], _span(windows).end
    kept = days.filter(days.day <= last)
    first = kept.orders_to_date - kept.orders + 1
    each = kept.select(
        "customer_number",
        "day",
        "next_day",
        "orders_to_date",
        order_number=ibis.range(first, kept.orders_to_date + 1).unnest(),
    )
    each = each.mutate(order_number=each.order_number.cast("int64"))
    is_last = each.order_number == each.orders_to_date
    return each.mutate(next_day=is_last.ifelse(each.next_day, each.day))


def _followed(rows: ir.Table, windows: Windows, context: Context) -> ir.Table:
    """Orders of the window; has_next: one more followed by its end."""
    inside = through(rows, windows, _dated)
    return inside.mutate(has_next=(inside.next_day <= inside.end).fill_null(False))


def _gaps(tables: Tables, windows: Windows, context: Context) -> ir.Table:
    """Days between consecutive purchase days; number 2 is the second day a customer bought."""
    bought = _bought(tables, windows, context)
    later = bought.filter(bought.prev_day.notnull())
    return later.select(
        "customer_number",
        "day",
        days=later.day.delta(later.prev_day, unit="day"),
        number="day_number",
    )


def _gone_by(rows: ir.Table, windows: Windows, context: Context) -> ir.Table:
    """Gaps that ended in the window."""
    return through(rows, windows, _dated)


_OF_CUSTOMER = frozenset({"is_customer", "is_new", "is_returning"})
FOLDS: dict[Source, Fold] = {
    "sales": Fold(
        mart="order_values",
        rows=_orders,
        seen=_sold,
        compared={
            "day": Compared(_both),
            "first_day": Compared(_both, _OF_CUSTOMER),
            "is_known": Compared(flags=frozenset({"is_returning"})),
        },
        flags=_OF_CUSTOMER,
        units={"order_id": "is_sale"},
        counts=False,
        lacks=frozenset({"category", "kind", "known_on", "cost", "cost_known", "month"}),
    ),
    "customers": Fold(
        mart="customer_days",
        rows=_days,
        seen=_held,
        compared={
            "day": Compared(_end_or_silent),
            "until": Compared(_end),
            "first_day": Compared(_start, frozenset({"is_new"})),
        },
        flags=frozenset({"is_new", "is_active"}),
    ),
    "buyers": Fold(
        mart="customer_days",
        rows=_bought,
        seen=_buyers,
        compared={"day": Compared(_both), "prev_day": Compared(_start)},
    ),
    "steps": Fold(
        mart="customer_days",
        rows=_ranked,
        seen=_followed,
        compared={
            "day": Compared(_both),
            "next_day": Compared(_end, frozenset({"has_next"})),
        },
        flags=frozenset({"has_next"}),
    ),
    "gaps": Fold(
        mart="customer_days",
        rows=_gaps,
        seen=_gone_by,
        compared={"day": Compared(_both)},
        weighed=frozenset({"days"}),
    ),
    "states": Fold(
        mart="customer_runs",
        rows=active_spans,
        seen=states_seen,
        compared={
            "eve_from": Compared(_start),
            "eve_until": Compared(_start),
            "end_from": Compared(_end),
            "end_until": Compared(_end),
            "first_day": Compared(_start, frozenset({"is_reactivated"})),
            "of": Compared(),
        },
        flags=frozenset({"is_start", "is_end", "is_retained", "is_lost", "is_reactivated"}),
        signed=True,
    ),
}
"""By source; `sales` by order, where no figure asks for products."""
