"""Calendar periods: whole local days, both ends included."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Grain = Literal["day", "week", "month", "quarter", "year"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month", "quarter", "year")

_YEAR = re.compile(r"^(\d{4})$")
_QUARTER = re.compile(r"^(\d{4})-?[QTqt]([1-4])$")
_MONTH = re.compile(r"^(\d{4})-(\d{2})$")
_WEEK = re.compile(r"^(\d{4})-?[WSws](\d{2})$")
_DAY = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")


@dataclass(frozen=True, order=True)
class Period:
    """The days from `start` to `end`, both included, in the workspace's time zone."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a period cannot end ({self.end}) before it starts ({self.start})")

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def __str__(self) -> str:
        return f"{self.start.isoformat()}..{self.end.isoformat()}"

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day <= self.end

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read `2025`, `2025-Q3` (or T3), `2025-03`, `2025-W09` (or S09), a day, or `A..B`.

        Raises ValueError when the text is none of these.
        """
        first, separator, last = text.strip().partition("..")
        if separator:
            return cls(cls._one(first).start, cls._one(last).end)
        return cls._one(first)

    @classmethod
    def _one(cls, text: str) -> Period:
        if match := _YEAR.match(text):
            return cls.of(date(int(match[1]), 1, 1), "year")
        if match := _QUARTER.match(text):
            return cls.of(date(int(match[1]), 3 * int(match[2]) - 2, 1), "quarter")
        if match := _MONTH.match(text):
            return cls.of(date(int(match[1]), int(match[2]), 1), "month")
        if match := _WEEK.match(text):
            return cls.of(date.fromisocalendar(int(match[1]), int(match[2]), 1), "week")
        if match := _DAY.match(text):
            return cls.of(date(*map(int, match.groups())), "day")
        raise ValueError(f"not a period: {text!r}")

    @classmethod
    def of(cls, day: date, grain: Grain) -> Period:
        """The calendar period of this grain that holds `day` (weeks are ISO weeks)."""
        if grain == "day":
            return cls(day, day)
        if grain == "week":
            monday = day - timedelta(days=day.weekday())
            return cls(monday, monday + timedelta(days=6))
        months = {"month": 1, "quarter": 3, "year": 12}[grain]
        first = (day.month - 1) // months * months + 1
        return cls(date(day.year, first, 1), _month_end(day.year, first + months - 1))

    @classmethod
    def last_complete(cls, as_of: date, grain: Grain) -> Period:
        """The last period of this grain that has ended by the end of `as_of`."""
        current = cls.of(as_of, grain)
        return current if current.end == as_of else cls.of(current.start - timedelta(days=1), grain)

    def split(self, grain: Grain) -> Iterator[Period]:
        """The calendar periods that cover this one, the outer two cut at its ends."""
        day = self.start
        while day <= self.end:
            whole = Period.of(day, grain)
            yield Period(day, min(whole.end, self.end))
            day = whole.end + timedelta(days=1)

    def previous(self) -> Period:
        """The period of equal kind just before: calendar months step by months, others by days."""
        for grain in ("month", "quarter", "year"):
            if Period.of(self.start, grain) == self:
                return Period.of(self.start - timedelta(days=1), grain)
        return Period(self.start - timedelta(days=self.days), self.start - timedelta(days=1))

    def year_before(self) -> Period:
        """The same dates one year earlier (29 February falls on the 28th)."""
        return Period(add_months(self.start, -12), _same_end(self.end, -12))


def add_months(day: date, months: int) -> date:
    """`day` moved by calendar months; the day of the month is capped at the month's length."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _same_end(day: date, months: int) -> date:
    moved = add_months(day, months)
    is_month_end = day.day == monthrange(day.year, day.month)[1]
    return _month_end(moved.year, moved.month) if is_month_end else moved
