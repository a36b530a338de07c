"""Why a part of a record is empty, as the snapshot and its imports have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from perenne.reports.person.source import PersonInput
from perenne.reports.person.tables import told_by
from perenne.reports.person.telling import Links


@dataclass(frozen=True)
class Part:
    """The table of the snapshot that a part comes from, that of the imports, and the column of
    the latter that says of which day a row is. `of_persons`: its rows name a customer."""

    table: str
    imported: str
    day: str | None
    of_persons: bool = True


PARTS: Mapping[str, Part] = {
    "contact": Part("contacts", "customers", None),
    "consents": Part("consents", "consents", "said_on"),
    "subscriptions": Part("subscriptions", "subscriptions", "started_on"),
    "surveys": Part("surveys", "surveys", "answered_on"),
    "costs": Part("customer_costs", "costs", "from_on", of_persons=False),
    "events": Part("events", "events", "occurred_on"),
}


def why_empty(data: PersonInput, part: str, links: Links) -> str:
    """Code of why a part has nothing on a customer. `links`: source, id and kind of the records
    by which sources speak of them.

    `older_snapshot` had no such table; `not_imported`: no import tells of this for anybody;
    `later`: what imports tell is of days after that of the record; else `not_told`.
    """
    wanted = PARTS[part]
    if wanted.table not in data.tables:
        return "older_snapshot"
    if wanted.imported not in data.staged:
        known = data.fetch(data.tables[wanted.table].limit(1)).num_rows
        return "not_told" if known else "not_imported"
    first = _first_day(data, wanted, links)
    return "later" if first is not None and first > data.as_of else "not_told"


def _first_day(data: PersonInput, part: Part, links: Links) -> date | None:
    """The first day of which the imports tell something; None also where a row has no day."""
    if part.day is None:
        return None
    rows = data.staged[part.imported]
    if part.of_persons:
        rows = told_by(rows, links)
    days = rows[part.day]
    (told,) = data.run(rows.aggregate(undated=days.isnull().sum(), first=days.min()))
    return None if told["undated"] else told["first"]
