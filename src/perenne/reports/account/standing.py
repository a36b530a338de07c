"""Where an account stands: its status, and the segments that its customers are in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from perenne.reports.account.record import Member, Part
from perenne.reports.person.figures import segment_names
from perenne.reports.person.source import PersonInput
from perenne.segments import SegmentSettings


def status(data: PersonInput) -> tuple[str | None, date | None]:
    """The status of the customer who bought last, and since when. Of several of one day the first
    of the alphabet."""
    last = {row["customer_id"]: row["last_order_on"] for row in data.rows("customer_facts")}
    rows = [row for row in data.rows("segments") if row["customer_id"] in last]
    if not rows:
        return None, None
    rows.sort(key=lambda row: str(row["customer_id"]))
    newest = max(rows, key=lambda row: last[row["customer_id"]])
    return newest["status"], newest["status_since"]


def parts(members: Sequence[Member], settings: SegmentSettings) -> Iterator[Part]:
    """Segments, those of the most revenue first."""
    inside: dict[str, list[Member]] = defaultdict(list)
    for one in members:
        if one.segment is not None:
            inside[one.segment].append(one)
    revenue = {name: _sum(one.revenue for one in some) for name, some in inside.items()}
    whole = sum(revenue.values(), Decimal(0))
    for name in sorted(inside, key=lambda name: (-revenue[name], name)):
        expected = [one.expected for one in inside[name]]
        known = [value for value in expected if value is not None]
        yield Part(
            segment=name,
            segment_names=segment_names(name, settings),
            members=len(inside[name]),
            revenue=revenue[name],
            share=float(revenue[name] / whole) if whole else None,
            expected=_sum(known) if len(known) == len(expected) else None,
        )


def _sum(values: Iterable[Decimal | None]) -> Decimal:
    return sum((value for value in values if value is not None), Decimal(0))
