"""How far the forecasts of subscriptions can be trusted: past days, and what was said last time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from perenne.reports.html.blocks import Block, Cell, Column, Row, Table, Text
from perenne.reports.html.measured import Measured
from perenne.reports.html.words import billing_interval, count
from perenne.text import format_date
from perenne.text import gettext as _

_OLDER = "+"


def blocks(measured: Measured) -> list[Block]:
    """Nothing where no subscription is predicted."""
    told = measured.data.subscriptions or {}
    found: list[Block] = []
    for name, said in (told.get("intervals") or {}).items():
        found += _records(name, said)
        if said.get("backtest"):
            found += [_past(name, said["backtest"]), Text(_verdict(name, said["backtest"]))]
        elif said.get("model"):
            found.append(Text(_unjudged(name)))
    found += [Text(one) for one in _since(told.get("earlier"))]
    return found


def interval_words(name: str) -> str:
    """An interval of billing, from its code in the tables."""
    interval = billing_interval(name.removesuffix(_OLDER))
    if name.endswith(_OLDER):
        return _("{interval}, begun before the records").format(interval=interval)
    return interval


def _records(name: str, said: Mapping[str, Any]) -> Iterator[Text]:
    if said.get("older"):
        yield Text(
            _(
                "Far more subscriptions billed by “{interval}” begin in the first month of the "
                "records than in any usual month: a transfer between systems must have dated them. "
                "How old they are is unknown; they are predicted apart, by their lives since."
            ).format(interval=billing_interval(name.removesuffix(_OLDER)))
        )
    if said.get("records_begin"):
        yield Text(
            _(
                "Subscriptions billed by “{interval}” that ended before {day} seem to be missing "
                "from the records. Older ones count from that day on, so that who was left to be "
                "seen is not taken for more loyal than the others."
            ).format(interval=interval_words(name), day=_day(said["records_begin"]))
        )


def _day(iso: str) -> str:
    return format_date(date.fromisoformat(iso), "medium")


def _past(name: str, found: Mapping[str, Any]) -> Table:
    rows = [
        Row(
            Cell(_day(one["origin"])),
            [
                Cell(count(one["in_force"])),
                Cell(count(one["expected"])),
                Cell(_between(one["low"], one["high"])),
                Cell(count(one["baseline"])),
                Cell(count(one["actual"])),
            ],
        )
        for one in sorted(found["origins"], key=lambda one: one["origin"])
    ]
    columns = [
        Column(_("Forecast made on"), is_text=True),
        Column(_("Subscriptions then")),
        Column(_("Expected to stay")),
        Column(_("90% interval")),
        Column(_("At the rate of the year before")),
        Column(_("Stayed")),
    ]
    renewals = found["origins"][0]["renewals"]
    note = _("After {n} renewals. Each forecast knew nothing later than its day.").format(
        n=count(renewals)
    )
    title = _("How forecasts of subscriptions did: billed by “{interval}”")
    return Table(title.format(interval=interval_words(name)), columns, rows, [note])


def _between(low: float, high: float) -> str:
    return _("{low} to {high}").format(low=count(low), high=count(high))


def _verdict(name: str, found: Mapping[str, Any]) -> str:
    said = (
        _("The model tells who stays better than the rate of the year before does.")
        if found["beats_baseline"]
        else _(
            "The model does not tell who stays better than the rate of the year before does: take "
            "its figures for single subscriptions billed by “{interval}” with care."
        ).format(interval=interval_words(name))
    )
    inside = _("{inside} of {n} totals of cohorts came to lie in their 90% interval.").format(
        inside=count(found["cohorts_inside"]), n=count(found["cohorts"])
    )
    return f"{said} {inside}"


def _unjudged(name: str) -> str:
    return _(
        "Forecasts of subscriptions billed by “{interval}” could not be judged on the past: the "
        "records hold no day with enough before it and a year after it."
    ).format(interval=interval_words(name))


def _since(earlier: Mapping[str, Any] | None) -> Iterator[str]:
    """What the snapshot before this one expected by now."""
    for name, one in ((earlier or {}).get("intervals") or {}).items():
        said = _(
            "On {day}, {expected} of {in_force} subscriptions billed by “{interval}” were expected "
            "to be there {months} months later ({between}); {actual} were."
        ).format(
            day=_day((earlier or {})["made"]),
            expected=count(one["expected"]),
            in_force=count(one["in_force"]),
            interval=interval_words(name),
            months=count((earlier or {})["months"]),
            between=_between(one["lo90"], one["hi90"]),
            actual=count(one["actual"]),
        )
        yield said if one["inside"] else said + " " + _("That is outside what was said.")
