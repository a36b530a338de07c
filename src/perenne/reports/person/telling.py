"""Who the customer is, as each source tells it: records, contact, consents, answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from perenne.identity import REFUSING
from perenne.reports.person.record import (
    Answer,
    Consent,
    ContactField,
    Identity,
    SourceRecord,
    Subscription,
    Told,
)
from perenne.reports.person.source import PersonInput, Row
from perenne.reports.person.tables import told_by, waiting

CONTACT = (
    "first_name", "last_name", "company", "email", "phone", "address", "postcode", "city",
    "region", "country", "birth_on",
)  # fmt: skip
ADDRESS = ("address", "postcode", "city", "region", "country")
Links = Sequence[tuple[str, str, str]]
Words = Mapping[str, Sequence[Row]]


_AFTER_EVERY_DAY = 10_000_000


def links_of(records: Iterable[SourceRecord]) -> Links:
    """The references by which sources speak of the customer: source, id, kind."""
    return [(one.source, one.source_id, one.kind) for one in records]


def owners(data: PersonInput) -> Mapping[tuple[str, str, str], str]:
    """Whose each of these references is: of an account, one of its customers."""
    return {
        (row["source"], row["source_id"], row["source_id_kind"]): row["customer_id"]
        for row in data.rows("customer_links")
    }


def identity(data: PersonInput) -> Identity:
    """The records that make up the customer, the one first seen first."""
    since = _seen_since(data)
    records = [
        SourceRecord(
            source=row["source"],
            source_id=row["source_id"],
            kind=row["source_id_kind"],
            rule=row["rule"],
            probability=float(row["probability"]),
            own_id=row["own_id"],
            seen_since=since.get(row["own_id"]),
            linked_since=row["run"],
        )
        for row in data.rows("customer_links")
    ]
    own = sorted({one.own_id for one in records})
    customer = data.row("customers") or {}
    return Identity(
        tuple(sorted(records, key=lambda r: (r.seen_since or 0, r.source, r.source_id))),
        known_since=min(_days(customer, "created_on", "first_order_on"), default=None),
        former_ids=tuple(sorted({*since, *own} - {data.customer_id})),
        pairs_to_review=_waiting(data, own),
        account=customer.get("account"),
        tags=customer.get("tags"),
    )


def _days(customer: Mapping[str, Any], *names: str) -> list[date]:
    return [customer[name] for name in names if customer.get(name)]


def _seen_since(data: PersonInput) -> Mapping[str, int]:
    return {row["own_id"]: row["since"] for row in data.rows("customer_ids")}


def _waiting(data: PersonInput, own_ids: Sequence[str]) -> int:
    if "identity_pairs" not in data.tables:
        return 0
    return len(data.run(waiting(data.tables["identity_pairs"], own_ids).select("pair_id")))


def contact(data: PersonInput, links: Links) -> tuple[ContactField, ...]:
    """Each field as the source says it that was read last, with what others say otherwise."""
    rows = data.rows("contacts")
    words = _words(data, links) if rows else {}
    newest = sorted(rows, key=lambda row: _age(row["source"], words))
    fields = (_field(name, newest, data, words=words) for name in CONTACT)
    return tuple(field for field in fields if field)


def _age(source: str, words: Words) -> tuple[int, str]:
    return -int(words[source][0]["seq"]) if source in words else 1, source


def _words(data: PersonInput, links: Links) -> Words:
    """Of each source the staged rows of the reference whose contact is kept, the one that is
    believed first; what it leaves blank was kept from those after it."""
    rows = [row for row in staged_rows(data, "customers", links) if not _later(row, data.as_of)]
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: _believed(row, data.as_of)):
        words = found.setdefault(row["source"], [])
        if not words or _reference(row) == _reference(words[0]):
            words.append(row)
    return found


def _reference(row: Row) -> tuple[str, str]:
    return row["customer_ref"], row["customer_ref_kind"] or "id"


def _later(row: Row, as_of: date) -> bool:
    return row["first_told_on"] is not None and row["first_told_on"] > as_of


def _believed(row: Row, as_of: date) -> tuple[int, int, str]:
    """As cleaning chooses: lists of customers, the newest first, then orders, the latest first."""
    told_on = row["told_on"]
    if told_on is None:
        place = _AFTER_EVERY_DAY + row["seq"]
    else:
        since = row["first_told_on"] or told_on
        place = min(told_on, as_of).toordinal() if since <= as_of else 0
    return -place, -row["row_number"], row["row_file"]


def staged_rows(data: PersonInput, name: str, links: Links) -> Sequence[Row]:
    """Rows of the imports that refer to one of the customer's records."""
    return data.run(told_by(data.staged[name], links)) if name in data.staged and links else []


def _field(
    name: str, rows: Sequence[Row], data: PersonInput, *, words: Words
) -> ContactField | None:
    told = [_told(row, name, data, words=words) for row in rows if row[name] is not None]
    if not told:
        return None
    first, *rest = told
    others = (one for one in rest if _plain(name, one.value) != _plain(name, first.value))
    return ContactField(name, first, tuple(others))


def _told(row: Row, name: str, data: PersonInput, *, words: Words) -> Told:
    said = words.get(row["source"], [{}])
    names = ADDRESS if name in ADDRESS else (name,)
    place = next((one for one in said if all(one.get(n) == row[n] for n in names)), said[0])
    return Told(
        str(row[name]),
        row["source"],
        told_at=data.imported.get(place.get("batch", "")),
        file=place.get("row_file"),
        row=place.get("row_number"),
    )


def _plain(name: str, value: str) -> str:
    """A value written so that only what truly differs does: the end of a number, no case."""
    if name == "phone":
        return "".join(filter(str.isdigit, value))[-9:]
    return " ".join(value.casefold().split())


def consents(data: PersonInput) -> tuple[Consent, ...]:
    """The word that stands on each channel and purpose.

    A refusal said after the day of the snapshot, which its tables cannot hold, stands in place of
    what they do: nobody who has left is shown as one who may be written to.
    """
    rows = {_matter(row): row for row in data.rows("consents")}
    rows |= {what: row for what, row in _said_since(data).items() if _refuses(row)}
    return tuple(_made(Consent, rows[what]) for what in sorted(rows))


def _matter(row: Row) -> tuple[str, str, str]:
    return row["channel"], row["purpose"], row["customer_id"]


def _refuses(row: Row) -> bool:
    return row["suppressed"] or row["status"] in REFUSING


def _said_since(data: PersonInput) -> Mapping[tuple[str, str, str], Row]:
    """The last word after the day of the snapshot; a refusal wins over a permission of its day."""
    whose = owners(data)
    rows = [
        row
        for row in staged_rows(data, "consents", list(whose))
        if not _by(row["said_on"], data.as_of)
    ]
    rows.sort(key=lambda row: (row["suppressed"], row["said_on"], _refuses(row)))
    found = {}
    for row in rows:
        owner = whose[row["source"], row["customer_ref"], row["customer_ref_kind"] or "id"]
        status = "unsubscribed" if row["suppressed"] else row["status"]
        told = {**row, "customer_id": owner, "status": status}
        found[_matter(told)] = told
    return found


def statements(data: PersonInput, links: Links) -> Iterator[Consent]:
    """All that sources have said of consents until the day of the snapshot, and refusals of later
    days, word by word; without the imports, what stands."""
    rows = [
        row
        for row in staged_rows(data, "consents", links)
        if _by(row["said_on"], data.as_of) or _refuses(row)
    ]
    for row in rows or data.rows("consents"):
        yield _made(Consent, {**row, "customer_id": data.customer_id})


def consents_waiting(data: PersonInput, links: Links) -> int:
    """Permissions said after the day of the snapshot."""
    return sum(
        row["status"] == "subscribed" and not _by(row["said_on"], data.as_of)
        for row in staged_rows(data, "consents", links)
    )


def _by(day: date | None, as_of: date) -> bool:
    return day is None or day <= as_of


def subscriptions(data: PersonInput) -> tuple[Subscription, ...]:
    """The newest first."""
    rows = sorted(data.rows("subscriptions"), key=lambda row: row["subscription_id"])
    rows.sort(key=lambda row: row["started_on"], reverse=True)
    return tuple(_made(Subscription, row) for row in rows)


def answers(data: PersonInput) -> tuple[Answer, ...]:
    """The newest first."""
    rows = sorted(data.rows("surveys"), key=lambda row: row["response_id"])
    rows.sort(key=lambda row: row["answered_on"], reverse=True)
    return tuple(_made(Answer, row) for row in rows)


def _made(kind: Any, row: Row) -> Any:
    return kind(**{name: row[name] for name in kind.__dataclass_fields__ if name in row})
