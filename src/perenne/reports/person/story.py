"""The timeline as people read it: a day, what happened, its amount, and what is told beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar
from zoneinfo import ZoneInfo

from perenne.cleaning import rule_label
from perenne.reports.person.record import Entry, Line, Person
from perenne.reports.person.words import (
    channel_label,
    consent_label,
    event_label,
    order_label,
    purpose_label,
    survey_label,
)
from perenne.text import format_date, format_money, format_month, format_number, ngettext
from perenne.text import gettext as _

# Kind of entry -> how it is marked on the page.
MARKS = {"order": "buys", "refund": "gives", "order_set_aside": "aside"}


@dataclass(frozen=True)
class Told:
    """One entry in words. `details` are short; `lines` are those of an order."""

    day: str
    clock: str
    title: str
    amount: str
    source: str
    details: Sequence[str]
    lines: Sequence[str]
    mark: str


@dataclass(frozen=True)
class Month:
    title: str
    entries: Sequence[Told]


@dataclass(frozen=True)
class Story:
    """The timeline, month by month, newest first."""

    kind: ClassVar[str] = "story"
    months: Sequence[Month]
    notes: Sequence[str]


def story(person: Person, *, names: Mapping[str, str] | None = None) -> Story:
    """`names`: of an account, what its customers are called; each entry then says who acted."""
    zone = ZoneInfo(person.time_zone)
    by_month = groupby(person.timeline.entries, key=lambda one: (one.on.year, one.on.month))
    months = []
    for _key, found in by_month:
        entries = list(found)
        told = [_told(one, zone, (names or {}).get(one.customer_id or "")) for one in entries]
        months.append(Month(format_month(entries[0].on), told))
    return Story(months, list(_notes(person)))


def _notes(person: Person) -> Iterator[str]:
    left = person.timeline.left_out
    if left:
        yield ngettext(
            "{n} older entry is not shown: --all shows everything.",
            "{n} older entries are not shown: --all shows everything.",
            left,
        ).format(n=format_number(left))
    if any(one.count > 1 for one in person.timeline.entries):
        yield _("Events of one day and kind stand in one entry: --all shows each.")
    yield _("Times are those of {zone}.").format(zone=person.time_zone)


def _told(one: Entry, zone: ZoneInfo, name: str | None) -> Told:
    amount = format_money(one.amount, one.currency or "") if one.amount is not None else ""
    return Told(
        day=format_date(one.on, "medium"),
        clock=one.at.astimezone(zone).strftime("%H:%M") if one.at else "",
        title=_title(one),
        amount=amount,
        source=one.source,
        details=[text for text in (name, *_details(one)) if text],
        lines=[_line(line, one.currency or "") for line in one.lines],
        mark=MARKS.get(one.kind, ""),
    )


def _title(one: Entry) -> str:
    if one.kind == "event":
        label = event_label(one.code or "")
        return label if one.count == 1 else f"{label} × {format_number(one.count)}"
    if one.kind == "survey":
        return _("{survey} answer: {score}").format(
            survey=survey_label(one.code or ""), score=score_text(one)
        )
    if one.kind == "consent":
        return _("{channel}, {purpose}: {status}").format(
            channel=channel_label(one.channel),
            purpose=purpose_label(one.code or "").lower(),
            status=consent_label(one.status or "").lower(),
        )
    if one.kind in ("order", "order_set_aside", "refund"):
        number = (one.title if one.kind == "refund" else one.id) or ""
        return f"{order_label(one.kind)} {number.partition('/')[2] or number}".strip()
    return " ".join(filter(None, (order_label(one.kind), one.title)))


def score_text(one: Entry) -> str:
    """A score beside the highest there is: `9/10`."""
    written = format_number(one.score, decimals=0 if one.score == int(one.score or 0) else 1)
    return f"{written}/{one.scale_max}" if one.scale_max is not None else written


def _details(one: Entry) -> Iterator[str]:
    if one.kind == "order":
        yield channel_label(one.channel)
        yield _("coupon {code}").format(code=one.reason) if one.reason else ""
    elif one.kind == "order_set_aside":
        yield _("not counted: {rule}").format(rule=_rule(one.reason))
    elif one.kind == "refund":
        yield _("its day is not told: that of the order stands in") if one.reason else ""
        yield one.product_id or ""
    elif one.kind == "event":
        yield from _event_details(one)
    elif one.kind == "survey":
        yield from (one.title or "", one.topic or "", one.comment or "")
    else:
        yield one.reason or ""


def _event_details(one: Entry) -> Iterator[str]:
    yield channel_label(one.channel)
    yield one.campaign or ""
    yield one.topic or ""
    yield one.status or ""
    yield one.product_id or ""
    if one.code == "other":
        yield one.title or ""
    if one.until_on and one.until_on != one.on:
        yield _("until {day}").format(day=format_date(one.until_on, "medium"))
    if one.count == 1 and one.quantity is not None and one.quantity > 1:
        yield _("{n} times").format(n=format_number(one.quantity))


def _line(one: Line, currency: str) -> str:
    kind = _("unnamed product") if one.kind == "product" else one.kind
    name = one.product_name or one.product_id or one.category or kind
    told = f"{format_number(one.quantity)} × {name}, {format_money(one.net, currency)}"
    if one.discount:
        told += " " + _("(discount {amount})").format(amount=format_money(one.discount, currency))
    if one.excluded_by:
        told += " " + _("(not counted: {rule})").format(rule=_rule(one.excluded_by))
    return told


def _rule(rule: str | None) -> str:
    """What set it aside, as within a sentence."""
    label = rule_label(rule or "")
    return label[:1].lower() + label[1:]
