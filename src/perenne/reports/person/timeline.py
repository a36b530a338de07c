"""What happened between the shop and the customer, newest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from perenne.reports.person.record import (
    Answer,
    Consent,
    Day,
    Entry,
    EntryKind,
    Line,
    Subscription,
    Timeline,
)
from perenne.reports.person.source import PersonInput
from perenne.reports.person.tables import daily_events


def timeline(
    data: PersonInput,
    statements: Iterable[Consent],
    *,
    subscriptions: Iterable[Subscription],
    answers: Iterable[Answer],
    every_event: bool,
    limit: int | None,
) -> Timeline:
    """All entries up to the day of the snapshot, or the newest `limit` of them.

    Not `every_event`: events of one day that repeat stand in one entry.
    """
    entries = [
        *_orders(data),
        *_refunds(data),
        *_events(data, every=every_event),
        *_consents(statements, zone=data.context.time_zone),
        *(entry for one in subscriptions for entry in _lives(one, data.context.currency)),
        *map(_answer, answers),
    ]
    zone = ZoneInfo(data.context.time_zone)
    known = [entry for entry in entries if entry.on <= data.as_of]
    known.sort(key=lambda entry: _when(entry, zone), reverse=True)
    shown = known if limit is None else known[:limit]
    return Timeline(
        tuple(shown),
        left_out=len(known) - len(shown),
        folded=not every_event,
        days=tuple(_days(known)),
    )


def _days(entries: Iterable[Entry]) -> Iterator[Day]:
    money: dict[date, dict[str, Decimal]] = {}
    orders: Counter[date] = Counter()
    for one in entries:
        if one.kind in ("order", "refund") and one.amount is not None:
            sums = money.setdefault(one.on, {"order": Decimal(0), "refund": Decimal(0)})
            sums[one.kind] += abs(one.amount) if one.kind == "refund" else one.amount
            orders[one.on] += one.kind == "order"
    for day, sums in sorted(money.items()):
        yield Day(day, sums["order"], sums["refund"], orders[day])


def _when(entry: Entry, zone: ZoneInfo) -> tuple[date, time, str, str]:
    clock = entry.at.astimezone(zone).time() if entry.at else time.min
    return entry.on, clock, entry.kind, entry.id or ""


def _orders(data: PersonInput) -> Iterator[Entry]:
    lines = _lines(data)
    for row in data.rows("orders"):
        yield Entry(
            "order" if row["is_purchase"] else "order_set_aside",
            row["ordered_on"],
            row["source"],
            at=timed(row["ordered_at"], row["ordered_on"], zone=data.context.time_zone),
            id=row["order_id"],
            status=row["status"],
            channel=row["channel"],
            reason=row["excluded_by"] or row["coupon"],
            amount=row["net"],
            currency=data.context.currency,
            lines=tuple(lines.get(row["order_id"], ())),
            customer_id=row["customer_id"],
        )


def _lines(data: PersonInput) -> Mapping[str, list[Line]]:
    rows = sorted(data.rows("order_lines"), key=lambda row: row["order_line_id"])
    found: dict[str, list[Line]] = {}
    for row in rows:
        values = {name: row[name] for name in Line.__dataclass_fields__}
        found.setdefault(row["order_id"], []).append(Line(**values))
    return found


def _refunds(data: PersonInput) -> Iterator[Entry]:
    for row in data.rows("refunds"):
        yield Entry(
            "refund",
            row["refunded_on"],
            row["source"],
            id=row["refund_id"],
            title=row["order_id"],
            product_id=row["product_id"],
            quantity=row["quantity"],
            amount=-row["net"],
            currency=data.context.currency,
            reason=None if row["date_known"] else "day_of_the_order",
            customer_id=row["customer_id"],
        )


def _events(data: PersonInput, *, every: bool) -> Iterator[Entry]:
    if "events" not in data.tables:
        return
    own = data.own("events")
    for row in data.run(own if every else daily_events(own)):
        many = row.get("count", 1) > 1
        yield Entry(
            "event",
            row["occurred_on"],
            row["source"],
            at=timed(row["occurred_at"], row["occurred_on"], zone=data.context.time_zone),
            until_on=row["until_on"],
            id=None if many else row["event_id"],
            code=row["event"],
            title=row["event_text"],
            status=row["status"],
            channel=row["channel"],
            campaign=row["campaign"],
            topic=row["topic"],
            product_id=row["product_id"] if row.get("products", 1) == 1 else None,
            quantity=row["quantity"],
            amount=None if many else row["value"],
            currency=None if many else row["currency"],
            count=row.get("count", 1),
            customer_id=row["customer_id"],
        )


def _consents(statements: Iterable[Consent], *, zone: str) -> Iterator[Entry]:
    """Words with a date; the same word of one source once."""
    told: dict[tuple[Any, ...], Entry] = {}
    for one in statements:
        if one.said_on is None:
            continue
        status = "suppressed" if one.suppressed else one.status
        entry = Entry(
            "consent",
            one.said_on,
            one.source,
            at=timed(one.said_at, one.said_on, zone=zone),
            code=one.purpose,
            status=status,
            channel=one.channel,
            reason=one.origin,
            customer_id=one.customer_id,
        )
        word = (one.customer_id, one.source, one.said_on, one.channel, one.purpose, status)
        told.setdefault(word, entry)
    yield from told.values()


def _lives(one: Subscription, currency: str) -> Iterator[Entry]:
    """Its turns; `currency` is that of the shop, where the source names none."""
    turns: tuple[tuple[EntryKind, date | None], ...] = (
        ("subscription_started", one.started_on),
        ("subscription_cancelled", one.cancelled_on),
        ("subscription_ended", one.ended_on),
    )
    for kind, day in turns:
        if day is None:
            continue
        yield Entry(
            kind,
            day,
            one.source,
            id=one.subscription_id,
            title=one.plan,
            status=one.status,
            product_id=one.product_id,
            quantity=one.quantity,
            amount=one.price if kind == "subscription_started" else None,
            currency=one.currency or currency,
            reason=one.cancel_reason if kind == "subscription_cancelled" else None,
            customer_id=one.customer_id,
        )


def _answer(one: Answer) -> Entry:
    return Entry(
        "survey",
        one.answered_on,
        one.source,
        id=one.response_id,
        code=one.kind,
        title=one.survey,
        topic=one.topic,
        score=one.score,
        scale_max=one.scale_max,
        comment=one.comment,
        customer_id=one.customer_id,
    )


def timed(at: datetime | None, on: date, *, zone: str) -> datetime | None:
    """The instant, unless it is the local midnight that stands for a day without a time."""
    if at is None:
        return None
    local = at.astimezone(ZoneInfo(zone))
    return None if local.date() == on and local.time() == time.min else at
