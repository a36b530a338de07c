"""Calendars of a shop: the season of the year and the dates at which everyone shops.

Dates follow their rules, so that a calendar reaches as far as a forecast does. Official French
sales (soldes): Code de commerce, article D310-15-2 (until 2019; the rule was kept, the length is
four weeks), and the two years in which the State moved them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

import numpy as np

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.models.ledger import day_number, day_of
from perenne.models.purchases.calendar import Calendar
from perenne.text import gettext as _

Span = tuple[date, date]  # first and last day

WEEK = 7
YEAR = 365.2425
TWO_SEEN = 2


def shop_calendar(
    first: int, last: int, *, pairs: int = 2, events: Iterable[str] = (), trend: bool = False
) -> Calendar:
    """Weekly covariates in the time unit week (day number / 7), for the days `first` to `last`.

    pairs: sine and cosine of the year and its fractions, `sin1, cos1, sin2 …` (0: none; 2 follow a
    year with one or two seasons, 3 or 4 a sharper one; more needs several years). events: keys of
    `EVENTS`; the covariate is the share of the week's days within the event. trend: years since
    `first`; a forecast continues it, so use it to explain rather than to predict.
    """
    unknown = sorted(set(events) - set(EVENTS))
    if unknown or last < first or pairs < 0:
        raise PerenneError(
            _("This is no calendar: an unknown event, no days, or a negative number of pairs."),
            given={"events": unknown, "first": first, "last": last, "pairs": pairs},
            allowed=tuple(EVENTS),
            next_step=_("Name events of the list and give the last day after the first."),
        )
    weeks = math.ceil((last - first + 1) / WEEK)
    days = (first + np.arange(weeks * WEEK)).astype(np.float64)
    columns = dict(_season(days, pairs))
    columns.update({name: _share(days, EVENTS[name]) for name in events})
    if trend:
        columns["trend"] = (days - first) / YEAR
    values = [column.reshape(weeks, WEEK).mean(axis=1) for column in columns.values()]
    table = np.array(values).reshape(len(values), weeks).T
    return Calendar((first - 1) / WEEK, 1.0, table, tuple(columns))


def month_calendar(first: int, last: int) -> Calendar:
    """Weekly covariates `month_1` … `month_12`: the share of the week's days in each month.

    They add up to 1 each week, so that the level is known only through a penalty: fit with ridge.
    """
    plain = shop_calendar(first, last, pairs=0)
    days = (first + np.arange(plain.pieces * WEEK)).astype(np.float64)
    month = np.array([day_of(int(day)).month for day in days])
    shares = (month[:, None] == np.arange(1, 13)).astype(np.float64)
    weekly = shares.reshape(plain.pieces, WEEK, 12).mean(axis=1)
    return Calendar(plain.start, plain.step, weekly, tuple(f"month_{n}" for n in range(1, 13)))


def events_seen_twice(
    first: int, until: int, names: Iterable[str] = ("black_friday", "christmas")
) -> tuple[str, ...]:
    """Those of the events that came at least twice from `first` to `until`."""
    return tuple(name for name in names if _times(name, first, until) >= TWO_SEEN)


def _times(name: str, first: int, until: int) -> int:
    years = range(day_of(first).year - 1, day_of(until).year + 1)
    spans = [span for year in years for span in EVENTS[name](year)]
    return sum(day_number(start) >= first and day_number(end) <= until for start, end in spans)


def _season(days: Floats, pairs: int) -> Iterator[tuple[str, Floats]]:
    angle = 2 * np.pi * days / YEAR
    for number in range(1, pairs + 1):
        yield f"sin{number}", np.sin(number * angle)
        yield f"cos{number}", np.cos(number * angle)


def _share(days: Floats, event: Callable[[int], Iterable[Span]]) -> Floats:
    """1 on the days of the event, else 0."""
    years = range(day_of(int(days[0])).year - 1, day_of(int(days[-1])).year + 1)
    inside = np.zeros(days.size)
    for year in years:
        for start, end in event(year):
            inside[(days >= day_number(start)) & (days <= day_number(end))] = 1.0
    return inside


def weekday_of_month(year: int, month: int, *, weekday: int, nth: int) -> date:
    """The nth Monday (weekday 0) … Sunday (6) of a month; nth = -1: the last one."""
    if nth > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    after = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return after - timedelta(days=(after.weekday() - weekday) % 7)


def thanksgiving(year: int) -> date:
    """Fourth Thursday of November."""
    return weekday_of_month(year, 11, weekday=3, nth=4)


def _black_friday(year: int) -> list[Span]:
    """From the Monday before to Cyber Monday: shops no longer wait for Friday."""
    day = thanksgiving(year)
    return [(day - timedelta(days=3), day + timedelta(days=4))]


def _christmas(year: int) -> list[Span]:
    return [(date(year, 12, 1), date(year, 12, 23))]


def _after_christmas(year: int) -> list[Span]:
    return [(date(year, 12, 26), date(year, 12, 31))]


# Moved by order: after the closures of 2020 and 2021.
MOVED_WINTER = {2021: (date(2021, 1, 20), date(2021, 3, 2))}
MOVED_SUMMER = {
    2020: (date(2020, 7, 15), date(2020, 8, 11)),
    2021: (date(2021, 6, 30), date(2021, 7, 27)),
}
FOUR_WEEKS_SINCE = 2020


def _french_length(year: int) -> timedelta:
    """Four weeks since 2020, six before (five before 2015)."""
    weeks = 4 if year >= FOUR_WEEKS_SINCE else 6 if year >= 2015 else 5
    return timedelta(days=7 * weeks - 1)


def french_winter_sales(year: int) -> Span:
    """From the second Wednesday of January, or the first one when that falls after the 12th."""
    if year in MOVED_WINTER:
        return MOVED_WINTER[year]
    start = weekday_of_month(year, 1, weekday=2, nth=2)
    if start.day > 12:
        start -= timedelta(days=7)
    return start, start + _french_length(year)


def french_summer_sales(year: int) -> Span:
    """From the last Wednesday of June, or the one before when that falls after the 28th."""
    if year in MOVED_SUMMER:
        return MOVED_SUMMER[year]
    start = weekday_of_month(year, 6, weekday=2, nth=-1)
    if start.day > 28:
        start -= timedelta(days=7)
    return start, start + _french_length(year)


def _uk_winter(year: int) -> list[Span]:
    """Boxing Day sales, by custom until the middle of January."""
    return [(date(year, 12, 26), date(year + 1, 1, 15))]


def _uk_summer(year: int) -> list[Span]:
    """By custom from the third Thursday of June to the end of July."""
    return [(weekday_of_month(year, 6, weekday=3, nth=3), date(year, 7, 31))]


def _us_long_weekends(year: int) -> list[Span]:
    """Presidents' Day, Memorial Day and Labor Day, each from the Friday to the Monday."""
    mondays = (
        weekday_of_month(year, 2, weekday=0, nth=3),
        weekday_of_month(year, 5, weekday=0, nth=-1),
        weekday_of_month(year, 9, weekday=0, nth=1),
    )
    return [(monday - timedelta(days=3), monday) for monday in mondays]


EVENTS: dict[str, Callable[[int], list[Span]]] = {
    "black_friday": _black_friday,
    "christmas": _christmas,
    "after_christmas": _after_christmas,
    "fr_winter_sales": lambda year: [french_winter_sales(year)],
    "fr_summer_sales": lambda year: [french_summer_sales(year)],
    "uk_winter_sales": _uk_winter,
    "uk_summer_sales": _uk_summer,
    "us_long_weekends": _us_long_weekends,
}
"""Events by name: a year gives first and last days, by rule."""
