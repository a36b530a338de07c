"""Ages in complete calendar months, the day of the month capped at the month's length."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir


def complete_months(first: ir.DateValue, last: ir.DateValue) -> ir.IntegerValue:
    """The highest n for which `first` moved by n calendar months is not after `last`."""
    months = (last.year() - first.year()) * 12 + last.month() - first.month()
    is_month_end = (last + ibis.interval(days=1)).day() == 1
    is_short = (first.day() > last.day()) & ~is_month_end
    return (months - is_short.cast("int64")).cast("int64")


def day_literal(day: date) -> ir.DateScalar:
    return ibis.literal(day, type="date")
