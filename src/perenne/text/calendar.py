"""Dates, months and periods as people write them."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from perenne.core import Period
from perenne.text.languages import current_language
from perenne.text.messages import gettext as _
from perenne.text.messages import pgettext
from perenne.text.numerals import MISSING

DateStyle = Literal["short", "medium", "long", "full"]

# CLDR patterns. English is written day first with the month in letters, and short as ISO 8601,
# because 03/04/2025 is two different days in London and in New York.
_DAYS: Final[dict[str, dict[DateStyle, str]]] = {
    "fr": {
        "short": "dd/MM/y",
        "medium": "d MMM y",
        "long": "d MMMM y",
        "full": "EEEE d MMMM y",
    },
    "en": {
        "short": "y-MM-dd",
        "medium": "d MMM y",
        "long": "d MMMM y",
        "full": "EEEE d MMMM y",
    },
}


def format_date(day: date | None, style: DateStyle = "long") -> str:
    """Write a day: `1er mars 2025`, `1 March 2025`; short is `01/03/2025` or `2025-03-01`."""
    if day is None:
        return MISSING
    return _day(day, _DAYS[current_language()][style])


def format_month(month: date | str | None, *, short: bool = False) -> str:
    """Write the month of a day, or of a text `2025-03`: `mars 2025`, `March 2025`."""
    if month is None:
        return MISSING
    day = date.fromisoformat(f"{month[:7]}-01") if isinstance(month, str) else month
    return _written(day, "MMM y" if short else "MMMM y")


def format_month_name(month: int) -> str:
    """Write the month 1 to 12 without a year: `mars`, `March`."""
    return _written(date(2001, month, 1), "LLLL")


def format_period(start: date | None, end: date | None) -> str:
    """Write the days from `start` to `end`, both included, as short as they can be said.

    Whole months, quarters and years by their name; an open side as "since" or "until".
    """
    if start is None or end is None:
        return _open_period(start, end)
    return _whole(start, end) or _between(start, end)


def _open_period(start: date | None, end: date | None) -> str:
    if start:
        return _("since {date}").format(date=format_date(start))
    if end:
        return _("until {date}").format(date=format_date(end))
    return _("all history")


def _whole(start: date, end: date) -> str:
    period = Period(start, end)
    if period == Period.of(start, "year"):
        return _written(start, "y")
    if period == Period.of(start, "quarter"):
        number = (start.month + 2) // 3
        return pgettext("quarter", "Q{n} {year}").format(n=number, year=start.year)
    if period == Period.of(start, "month"):
        return format_month(start)
    return format_date(start) if start == end else ""


def _between(start: date, end: date) -> str:
    if start.year != end.year:
        pattern = "d MMMM y"
    elif start.month != end.month:
        pattern = "d MMMM"
    else:
        pattern = "d"
    return _("{start} to {end}").format(start=_day(start, pattern), end=format_date(end))


def _day(day: date, pattern: str) -> str:
    written = _written(day, pattern)
    if current_language() == "fr" and day.day == 1 and "dd" not in pattern:
        return _first(written)
    return written


def _first(written: str) -> str:
    """In French the first day of a month alone is an ordinal: `1er mars`."""
    return " ".join("1er" if word == "1" else word for word in written.split(" "))


def _written(day: date, pattern: str) -> str:
    from babel.dates import format_date as write

    return write(day, pattern, locale=current_language())
