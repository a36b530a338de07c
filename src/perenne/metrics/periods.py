"""Which periods a request evaluates: the default, its split by time step, and what to compare."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from perenne.core import Grain, PerenneError, Period, add_months
from perenne.metrics.dimensions import period_label
from perenne.metrics.settings import Context
from perenne.text import gettext as _

Scope = Literal["period", "to_date"]
Comparison = Literal["previous", "year"] | Period | None


@dataclass(frozen=True)
class Slot:
    """One period to evaluate, the label of its time step, and the period to compare it with."""

    period: Period
    label: str | None = None
    compared: Period | None = None
    is_cut: bool = False
    """The period asked for ends after as_of: figures stop there."""


def slots(
    scope: Scope,
    *,
    asked: Period | None,
    grain: Grain | None,
    compare: Comparison,
    context: Context,
) -> list[Slot]:
    """The periods of a metric of this scope, in order of time."""
    if grain and isinstance(compare, Period):
        raise PerenneError(
            _("A split by time step cannot be compared with one fixed period."),
            given=str(compare),
            allowed=("previous", "year"),
            next_step=_("Compare with “previous” or “year”."),
        )
    whole = asked or _default(scope, grain=grain, context=context)
    _check(whole, context)
    parts = list(whole.split(grain)) if grain else [whole]
    kept = [part for part in parts if part.start <= context.as_of]
    return [
        _slot(part, scope=scope, grain=grain, compare=compare, asked=asked, context=context)
        for part in kept
    ]


def _slot(
    part: Period,
    *,
    scope: Scope,
    grain: Grain | None,
    compare: Comparison,
    asked: Period | None,
    context: Context,
) -> Slot:
    other = _compared(part, scope=scope, grain=grain, compare=compare, asked=asked)
    end = min(part.end, context.as_of)
    is_cut = part.end > end or _is_started(part, grain, context)
    if other and is_cut and not isinstance(compare, Period):
        other = _as_far(other, Period(part.start, end), compare=compare)
    return Slot(
        period=_scoped(Period(part.start, end), scope, context),
        label=period_label(part.start, grain) if grain else None,
        compared=_scoped(other, scope, context) if other else None,
        is_cut=is_cut,
    )


def _as_far(other: Period, cut: Period, *, compare: Comparison) -> Period:
    """The part of an earlier period that is as far gone as one that is not over."""
    if compare == "year":
        return cut.year_before()
    return Period(other.start, min(other.start + (cut.end - cut.start), other.end))


def _is_started(part: Period, grain: Grain | None, context: Context) -> bool:
    """A time step at the edge of the data is cut by as_of even when the split was."""
    return bool(grain) and part.end == context.as_of < Period.of(part.start, grain or "day").end


def _scoped(period: Period, scope: Scope, context: Context) -> Period:
    """A figure to date covers all history up to the period's end."""
    if scope == "period":
        return period
    return Period(min(context.history_from, period.end), period.end)


def _default(scope: Scope, *, grain: Grain | None, context: Context) -> Period:
    start = min(context.history_from, context.as_of)
    history = Period(Period.of(start, grain).start if grain else start, context.as_of)
    if scope == "to_date" or grain:
        return history
    month = Period.last_complete(context.as_of, "month")
    return month if month.end >= context.history_from else history


def _compared(
    part: Period, *, scope: Scope, grain: Grain | None, compare: Comparison, asked: Period | None
) -> Period | None:
    if compare is None or isinstance(compare, Period):
        return compare
    if scope == "to_date" and asked is None and grain is None:
        # A figure to date is compared with itself a month or a year ago.
        end = add_months(part.end, -1 if compare == "previous" else -12)
        return Period(end, end)
    if compare == "year":
        return part.year_before()
    if grain is None:
        return part.previous()
    return Period.of(Period.of(part.start, grain).start - timedelta(days=1), grain)


def _check(whole: Period, context: Context) -> None:
    if whole.start <= context.as_of:
        return
    raise PerenneError(
        _("The period {period} starts after the last day of the data, {as_of}.").format(
            period=whole, as_of=context.as_of.isoformat()
        ),
        given=str(whole),
        next_step=_("Choose a period that starts by {as_of}.").format(
            as_of=context.as_of.isoformat()
        ),
    )
