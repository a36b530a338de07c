"""Figures with their unit, as the catalogue of metrics names it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal, get_args

from perenne.core import PerenneError
from perenne.text.languages import current_language
from perenne.text.messages import gettext as _
from perenne.text.messages import ngettext
from perenne.text.numerals import (
    MISSING,
    Figure,
    as_decimal,
    format_money,
    format_number,
    format_percent,
)

Unit = Literal[
    "money",
    "percent",
    "ratio",
    "count",
    "days",
    "years",
    "months",
    "orders_per_year",
    "number",
    "points",
]
UNITS: Final[tuple[Unit, ...]] = get_args(Unit)


def format_days(n: Figure | None) -> str:
    """Write a number of days: `1 day`, `34.5 days`, `1 jour`, `34,5 jours`."""
    return format_value(n, "days")


def format_value(value: Figure | None, unit: str, currency: str | None = None) -> str:
    """Write a metric's figure with its unit; a missing one is a dash.

    A percent is given as a share (0.125). Raises `PerenneError` for an unknown unit.
    """
    decimal = as_decimal(value)
    if unit not in UNITS:
        raise _unknown(unit)
    if decimal is None:
        return MISSING
    if unit == "money":
        return format_money(decimal, currency or "")
    if unit == "percent":
        return format_percent(decimal)
    if unit == "count":
        return format_number(decimal)
    if unit == "points":
        return format_number(decimal, decimals=1)
    if unit in ("ratio", "number"):
        return format_number(decimal, decimals=2)
    return _duration(decimal, unit)


def spoken_value(value: Figure | None, unit: str, currency: str | None = None) -> str:
    """Write the figure as `format_value`, a missing one in words, for `aria-label` and prose."""
    if as_decimal(value) is None:
        return _("not available")
    return format_value(value, unit, currency)


def _duration(value: Decimal, unit: str) -> str:
    is_whole = not value.is_finite() or value == value.to_integral_value(context=None)
    figure = format_number(value, decimals=0 if is_whole else 1)
    return _named(unit, _grammatical_number(value)).format(n=figure)


def _named(unit: str, n: int) -> str:
    if unit == "days":
        return ngettext("{n} day", "{n} days", n)
    if unit == "months":
        return ngettext("{n} month", "{n} months", n)
    if unit == "years":
        return ngettext("{n} year", "{n} years", n)
    return ngettext("{n} order per year", "{n} orders per year", n)


def _grammatical_number(value: Decimal) -> int:
    """1.5 is singular in French (1,5 jour) and plural in English (1.5 days)."""
    size = abs(value)
    if current_language() == "fr":
        return 1 if size < 2 else 2
    return 1 if size == 1 else 2


def _unknown(unit: str) -> PerenneError:
    return PerenneError(
        _("No figure is written in the unit “{unit}”.").format(unit=unit),
        given=unit,
        allowed=UNITS,
        next_step=_("Use one of: {units}.").format(units=", ".join(UNITS)),
    )
