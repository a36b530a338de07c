"""One record from one snapshot: each part from its table, and why a part is empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from perenne.reports.person import figures, telling
from perenne.reports.person.absent import why_empty
from perenne.reports.person.record import Person
from perenne.reports.person.source import PersonInput
from perenne.reports.person.telling import Links
from perenne.reports.person.timeline import timeline

# Parts that are fields of the record.
PARTS = ("contact", "consents", "subscriptions", "surveys", "costs")


def assemble(data: PersonInput, *, every_event: bool = False, limit: int | None = None) -> Person:
    """The record of one customer, names and addresses in clear.

    `every_event`: none folded into its day. `limit`: the newest so many entries of the timeline.
    """
    identity = telling.identity(data)
    links = telling.links_of(identity.records)
    found: dict[str, Any] = {
        "contact": telling.contact(data, links),
        "consents": telling.consents(data),
        "subscriptions": telling.subscriptions(data),
        "surveys": telling.answers(data),
        "costs": figures.costs(data),
        "facts": figures.facts(data),
        "standing": figures.standing(data),
        "prediction": figures.prediction(data),
    }
    events = timeline(
        data,
        telling.statements(data, links),
        subscriptions=found["subscriptions"],
        answers=found["surveys"],
        every_event=every_event,
        limit=limit,
    )
    if found["prediction"]:
        path = figures.presence(data, events.days)
        found["prediction"] = replace(found["prediction"], alive_path=path)
    return Person(
        shop=data.shop,
        customer_id=data.customer_id,
        asked_id=data.asked_id,
        snapshot=data.snapshot,
        as_of=data.as_of,
        currency=data.context.currency,
        time_zone=data.context.time_zone,
        identity=identity,
        timeline=events,
        with_tax=data.context.with_tax,
        missing=_missing(data, found, links),
        consents_waiting=telling.consents_waiting(data, links),
        **found,
    )


def _missing(data: PersonInput, found: Mapping[str, Any], links: Links) -> dict[str, str]:
    parts = [part for part in PARTS if not found[part]]
    if not data.has("events"):
        parts.append("events")
    empty = {part: why_empty(data, part, links) for part in parts}
    if not found["facts"]:
        empty |= dict.fromkeys(("facts", "standing", "prediction"), "not_ordered")
    elif found["prediction"] is None:
        empty["prediction"] = "not_computed"
    return empty
