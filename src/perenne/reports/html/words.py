"""Figures as the report writes them: large amounts without cents, changes with their sign."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from perenne.text import (
    MINUS,
    Figure,
    current_language,
    format_compact,
    format_money,
    format_number,
    format_percent,
    format_value,
    ngettext,
)
from perenne.text import gettext as _

_WITHOUT_CENTS = 1000


@dataclass(frozen=True)
class Words:
    """How figures of one shop are written."""

    currency: str

    def money(self, value: Figure | None) -> str:
        """Write an amount: `€1,394,602` but `€525.82`."""
        is_large = value is not None and abs(float(value)) >= _WITHOUT_CENTS
        return format_money(value, self.currency, decimals=0 if is_large else None)

    def between(self, low: Figure, high: Figure) -> str:
        """Write `€903 to €3,361`: both ends with cents, or neither."""
        is_large = abs(float(high)) >= _WITHOUT_CENTS
        ends = (
            format_money(end, self.currency, decimals=0 if is_large else None)
            for end in (low, high)
        )
        return _("{low} to {high}").format(**dict(zip(("low", "high"), ends, strict=True)))

    def cents(self, value: Figure | None) -> str:
        return format_money(value, self.currency)

    def value(self, value: Figure | None, unit: str) -> str:
        return self.money(value) if unit == "money" else format_value(value, unit, self.currency)

    def axis(self, value: float) -> str:
        return format_compact(value, currency=self.currency)


def with_unit_apart(written: str, unit: str) -> tuple[str, str]:
    """Part `4.3 orders per year` into its number and its word; other figures stay whole."""
    if unit not in ("days", "months", "years", "orders_per_year"):
        return written, ""
    number, _space, word = written.replace("\u00a0", " ").partition(" ")
    return number, word


def count(value: Figure | None) -> str:
    return format_number(value)


def share(value: Figure | None) -> str:
    return format_percent(value)


def whole_share(value: Figure | None) -> str:
    return format_percent(value, decimals=0)


def times(value: Figure | None) -> str:
    """Write a number with one decimal, such as orders per customer."""
    return format_number(value, decimals=1)


def signed(text: str, value: Figure) -> str:
    """Put a sign before a written figure, plus too."""
    bare = text.removeprefix(MINUS)
    return f"+{bare}" if value > 0 else f"{MINUS}{bare}" if value < 0 else bare


def change_text(change: float) -> str:
    """Write a relative change: `+4.2%`, `−12%` past ten percent."""
    places = 0 if abs(change) >= 1 else 1
    return signed(format_percent(change, decimals=places), change)


def points_text(difference: Figure) -> str:
    """Write a difference between two shares in points."""
    in_points = Decimal(str(difference)) * 100
    written = format_number(in_points, decimals=1)
    return _("{n} pts").format(n=signed(written, in_points))


def billing_interval(name: str) -> str:
    """How often subscriptions are billed, from its code in the tables: `month`, `3 month`."""
    many, _space, unit = name.rpartition(" ")
    n = int(many or 1)
    if n == 1:
        one = {"day": _("day"), "week": _("week"), "month": _("month"), "year": _("year")}
        return one.get(unit, name)
    several = {
        "day": ngettext("{n} day", "{n} days", n),
        "week": ngettext("{n} week", "{n} weeks", n),
        "month": ngettext("{n} month", "{n} months", n),
        "year": ngettext("{n} year", "{n} years", n),
    }
    return several.get(unit, name).format(n=count(n))


def dates_text(n: int) -> str:
    return ngettext("{n} past date", "{n} past dates", n).format(n=n)


def listed(names: list[str]) -> str:
    """Write `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return _("{first} and {last}").format(first=", ".join(names[:-1]), last=names[-1])


_MINUS_AND_SIGN = re.compile(rf"{MINUS}(?=[^\d\s])")


def unbroken(value: object) -> object:
    """A text in which no line ends between a minus and the currency sign after it (−€5)."""
    if type(value) is not str or MINUS not in value:
        return value
    return _MINUS_AND_SIGN.sub(MINUS + "\N{WORD JOINER}", value)


def quoted(text: str) -> str:
    return f"«\u00a0{text}\u00a0»" if current_language() == "fr" else f"“{text}”"
