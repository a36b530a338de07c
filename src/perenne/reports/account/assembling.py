"""One account from one snapshot: the rows of its customers, together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from math import prod
from typing import Any

from perenne.reports.account.naming import account_names
from perenne.reports.account.record import Account, Expectation, Member
from perenne.reports.account.standing import parts, status
from perenne.reports.person import figures, telling
from perenne.reports.person.absent import why_empty
from perenne.reports.person.masking import Cover, masked_id, masked_value
from perenne.reports.person.record import Figure
from perenne.reports.person.source import PersonInput, Row
from perenne.reports.person.timeline import timeline

_SUMS = tuple(name for name in figures.COLUMNS if name.startswith("historical_clv"))


def assemble_account(
    data: PersonInput, *, personal: bool, every_event: bool = False, limit: int | None = None
) -> Account:
    """The record of an account: `data.customer_id` is its id, `data.members` are its customers.

    Not `personal`: names of persons, ids of sources and free texts are masked.
    """
    contacts = data.rows("contacts")
    named = [{**row, "account_id": data.customer_id} for row in contacts]
    name = account_names(named).get(data.customer_id)
    subscriptions, answers = telling.subscriptions(data), telling.answers(data)
    members = tuple(_members(data, contacts))
    place = {one.customer_id: number for number, one in enumerate(members)}
    consents = tuple(sorted(telling.consents(data), key=lambda one: place[one.customer_id or ""]))
    events = timeline(
        data,
        consents,
        subscriptions=subscriptions,
        answers=answers,
        every_event=every_event,
        limit=limit,
    )
    expectations, predicted = _expected(data)
    standing, since = status(data)
    found = Account(
        shop=data.shop,
        account_id=data.customer_id,
        snapshot=data.snapshot,
        as_of=data.as_of,
        currency=data.context.currency,
        time_zone=data.context.time_zone,
        name=name.shown(personal=personal) if name else None,
        name_hidden=bool(name and name.personal and not personal),
        source_ids=_source_ids(data),
        members=members,
        facts=_facts(data),
        expectations=expectations,
        predicted=predicted,
        status=standing,
        status_since=since,
        segments=tuple(parts(members, data.segment_settings)),
        consents=consents,
        subscriptions=subscriptions,
        surveys=answers,
        costs=figures.costs(data),
        timeline=events,
        with_tax=data.context.with_tax,
    )
    found = replace(found, missing=_missing(data, found))
    return found if personal else _masked(found, _cover(data, contacts))


def _source_ids(data: PersonInput) -> tuple[str, ...]:
    rows = data.rows("customers")
    return tuple(sorted({row["account"] for row in rows if row.get("account")}))


def _members(data: PersonInput, contacts: Sequence[Row]) -> Iterator[Member]:
    """Those who bought most first."""
    names = _names(contacts)
    facts = {row["customer_id"]: row for row in data.rows("customer_facts")}
    segments = {row["customer_id"]: row for row in data.rows("segments")}
    expected = {row["customer_id"]: row["clv_12m"] for row in data.rows("predictions")}
    whole = sum((_money(row["historical_clv"]) for row in facts.values()), Decimal(0))
    rows = []
    for row in data.rows("customers"):
        one = row["customer_id"]
        revenue = _money(facts[one]["historical_clv"]) if one in facts else None
        rows.append(
            Member(
                customer_id=one,
                name=names.get(one),
                orders=int(row["orders"]),
                revenue=revenue,
                share=float(revenue / whole) if revenue is not None and whole else None,
                first_order_on=row["first_order_on"],
                last_order_on=row["last_order_on"],
                status=segments[one]["status"] if one in segments else None,
                expected=expected.get(one),
                segment=segments[one]["segment"] if one in segments else None,
            )
        )
    yield from sorted(rows, key=lambda m: (-(m.revenue or 0), m.customer_id))


def _names(contacts: Sequence[Row]) -> dict[str, str]:
    """First and family name of each customer, else the e-mail."""
    found: dict[str, str] = {}
    for row in sorted(contacts, key=lambda row: row["source"]):
        name = " ".join(filter(None, (row["first_name"], row["last_name"]))) or row["email"]
        if name and ("@" in found.get(row["customer_id"], "@") or row["customer_id"] not in found):
            found[row["customer_id"]] = name
    return found


def _money(value: Any) -> Decimal:
    return Decimal(0) if value is None else Decimal(str(value))


def _facts(data: PersonInput) -> tuple[Figure, ...]:
    """The catalogue's metrics of all its customers, first and last order, sums of their values."""
    rows = data.rows("customer_facts")
    if not rows:
        return ()
    first = min(row["first_order_on"] for row in rows)
    last = max(row["last_order_on"] for row in rows)
    told = "customer_facts."
    return (
        *figures.asked(data),
        Figure("first_order_on", first, "date", f"{told}first_order_on"),
        Figure("last_order_on", last, "date", f"{told}last_order_on"),
        Figure("days_since_last_order", (data.as_of - last).days, "days", f"{told}last_order_on"),
        Figure("tenure_days", (data.as_of - first).days, "days", f"{told}first_order_on"),
        *(
            Figure(name, _sum([row[name] for row in rows]), "money", told + name)
            for name in _SUMS
            if name in rows[0]
        ),
    )


def _sum(values: Sequence[Any]) -> Decimal | None:
    """None where the value of anybody is unknown: a part would look like the whole."""
    known = [_money(value) for value in values if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(values) else None


def _expected(data: PersonInput) -> tuple[tuple[Expectation, ...], int]:
    """What is predicted of all together, and of how many anything is."""
    rows = [row for row in data.rows("predictions") if row["clv_12m"] is not None]
    if not rows:
        return (), 0
    together = _together(data)
    return (
        tuple(_expectation(rows, months, together.get(months)) for months in figures.HORIZONS),
        len(rows),
    )


def _together(data: PersonInput) -> dict[int, Row]:
    """What the futures drawn for all its customers together say, by horizon."""
    if "account_predictions" not in data.tables:
        return {}
    told = data.tables["account_predictions"]
    rows = data.run(told.filter(told.account_id == data.customer_id))
    return {row["horizon_months"]: row for row in rows}


def _expectation(rows: Sequence[Row], months: int, together: Row | None) -> Expectation:
    def total(name: str) -> Any:
        told = [row[name] for row in rows if row.get(name) is not None]
        return sum(told) if len(told) == len(rows) else None

    chances = [row.get(f"p_order_{months}m") for row in rows]
    known = [chance for chance in chances if chance is not None]
    return Expectation(
        months=months,
        value=total(f"clv_{months}m"),
        margin=total(f"clv_margin_{months}m"),
        net=total(f"clv_net_{months}m"),
        orders=total(f"expected_orders_{months}m"),
        p_order=1 - prod(1 - one for one in known) if len(known) == len(rows) else None,
        **_ends(rows, months, together),
    )


def _ends(rows: Sequence[Row], months: int, together: Row | None) -> dict[str, Decimal | None]:
    """Of one customer their own ends; of several those of their joint draws."""
    if together is None and len(rows) > 1:
        return {}
    value, margin = f"clv_{months}m_", f"clv_margin_{months}m_"
    if together is not None:
        rows, value, margin = (together,), "", "margin_"
    ends = {"low50": "lo50", "high50": "hi50", "low90": "lo90", "high90": "hi90"}
    columns = {
        "median": f"{value}median",
        **{name: f"{value}{end}" for name, end in ends.items()},
        **{f"margin_{name}": f"{margin}{end}" for name, end in ends.items()},
    }
    (row,) = rows
    return {name: _cents(row.get(column)) for name, column in columns.items()}


def _cents(value: Any) -> Decimal | None:
    return None if value is None else round(_money(value), 4)


def _missing(data: PersonInput, found: Account) -> dict[str, str]:
    filled = {
        "consents": found.consents,
        "subscriptions": found.subscriptions,
        "surveys": found.surveys,
        "costs": found.costs,
    }
    parts = [part for part, rows in filled.items() if not rows]
    if not data.has("events"):
        parts.append("events")
    links = list(telling.owners(data)) if parts else []
    empty = {part: why_empty(data, part, links) for part in parts}
    if not found.facts:
        empty |= dict.fromkeys(("facts", "standing", "prediction"), "not_ordered")
    elif not found.expectations:
        empty["prediction"] = "not_computed"
    return empty


def _cover(data: PersonInput, contacts: Sequence[Row]) -> Cover:
    told = [
        str(row[name])
        for row in contacts
        for name in telling.CONTACT
        if name not in ("country", "company") and row[name] is not None
    ]
    return Cover([*told, *(row["source_id"] for row in data.rows("customer_links"))])


def _masked(account: Account, cover: Cover) -> Account:
    entries = tuple(map(cover.entry, account.timeline.entries))
    return replace(
        account,
        personal=False,
        source_ids=tuple(masked_id("id", one) for one in account.source_ids),
        members=tuple(map(_hidden, account.members)),
        consents=tuple(map(cover.consent, account.consents)),
        subscriptions=tuple(map(cover.subscription, account.subscriptions)),
        surveys=tuple(map(cover.answer, account.surveys)),
        timeline=replace(account.timeline, entries=entries),
    )


def _hidden(one: Member) -> Member:
    if one.name is None:
        return one
    kind = "email" if "@" in one.name else "last_name"
    return replace(one, name=" ".join(masked_value(kind, word) for word in one.name.split()))
