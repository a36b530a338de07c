"""The same record for who need not know who it is: its owner would recognise it, nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from perenne.reports.person.record import (
    Answer,
    Consent,
    ContactField,
    Entry,
    Identity,
    Person,
    SourceRecord,
    Subscription,
    Told,
)

DOTS = "•••"
# What a free text may hold of a person: an e-mail, a telephone number, an address on the internet.
_TRACES = re.compile(
    r"[^\s,;<>()]+@[^\s,;<>()]+"
    r"|(?!\d{4}-\d\d-\d\d)\+?\d[\d .()-]{6,}\d"
    r"|\b(?:[0-9a-f]{1,4}:){3,}[0-9a-f:]+\b",
    re.I,
)
_SHORTEST_WORD = 3


def masked_person(person: Person) -> Person:
    """The record without names, addresses, free texts and ids of sources. The figures stay."""
    if not person.personal:
        return person
    cover = Cover.of(person)
    return replace(
        person,
        personal=False,
        identity=cover.identity(person.identity),
        contact=tuple(map(_contact, person.contact)),
        consents=tuple(map(cover.consent, person.consents)),
        subscriptions=tuple(map(cover.subscription, person.subscriptions)),
        surveys=tuple(map(cover.answer, person.surveys)),
        timeline=replace(person.timeline, entries=tuple(map(cover.entry, person.timeline.entries))),
    )


def masked_value(name: str, value: str) -> str:
    """One field of a contact: `c•••@e•••.fr`, `+336•••78`, `C•••`, `1987`."""
    if name == "email":
        box, at, domain = value.partition("@")
        host, dot, ending = domain.rpartition(".")
        return f"{box[:1]}{DOTS}{at}{host[:1]}{DOTS}{dot}{ending}" if at else DOTS
    if name == "phone":
        return f"{value[:4]}{DOTS}{value[-2:]}" if len(value) > 8 else DOTS
    if name in ("country", "region"):
        return value
    if name == "birth_on":
        return value[:4]
    return f"{value[:2] if name == 'postcode' else value[:1]}{DOTS}"


def masked_id(kind: str, value: str) -> str:
    """An id of a source: its last two signs, or the mask of the e-mail or telephone that it is."""
    if kind in ("email", "phone", "name"):
        return masked_value(kind, value)
    return f"{DOTS}{value[-2:]}" if len(value) > 4 else DOTS


class Cover:
    """Hides what is known of one person wherever it stands in a text."""

    def __init__(self, words: Iterable[str]) -> None:
        known = sorted({word for word in words if len(word) >= _SHORTEST_WORD}, key=len)
        either = "|".join(re.escape(word) for word in reversed(known))
        self._known = re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.I) if either else None

    @classmethod
    def of(cls, person: Person) -> Cover:
        told = [one for f in person.contact if f.name != "country" for one in (f.told, *f.others)]
        return cls(
            [*(one.value for one in told), *(one.source_id for one in person.identity.records)]
        )

    def text(self, text: str | None) -> str | None:
        if text is None:
            return None
        found = self._known.sub(DOTS, text) if self._known else text
        return _TRACES.sub(DOTS, found)

    def identity(self, found: Identity) -> Identity:
        records = tuple(map(_record, found.records))
        hidden = DOTS if found.account else None
        return replace(found, records=records, account=hidden, tags=self.text(found.tags))

    def consent(self, one: Consent) -> Consent:
        return replace(
            one,
            origin=self.text(one.origin),
            proof=self.text(one.proof),
            status_text=self.text(one.status_text),
        )

    def subscription(self, one: Subscription) -> Subscription:
        return replace(
            one,
            subscription_id=self._number(one.subscription_id),
            plan=self.text(one.plan),
            cancel_reason=self.text(one.cancel_reason),
        )

    def answer(self, one: Answer) -> Answer:
        return replace(
            one,
            response_id=self._number(one.response_id),
            topic=self.text(one.topic),
            comment=DOTS if one.comment else None,
        )

    def entry(self, one: Entry) -> Entry:
        return replace(
            one,
            id=self._number(one.id) if one.id else None,
            comment=DOTS if one.comment else None,
            title=self._number(one.title)
            if one.title and one.kind == "refund"
            else self.text(one.title),
            status=self.text(one.status),
            campaign=self.text(one.campaign),
            topic=self.text(one.topic),
            reason=self.text(one.reason),
        )

    def _number(self, number: str) -> str:
        """An order or answer keeps its number, unless the number names the person."""
        source, slash, rest = number.partition("/")
        hidden = self._known.sub(DOTS, rest) if self._known else rest
        mail = re.sub(r"[^\s/]+@[^\s/]+", DOTS, hidden)
        return f"{source}{slash}{mail}"


def _record(one: SourceRecord) -> SourceRecord:
    return replace(one, source_id=masked_id(one.kind, one.source_id))


def _contact(one: ContactField) -> ContactField:
    others = tuple(_told(one.name, other) for other in one.others)
    return replace(one, told=_told(one.name, one.told), others=others)


def _told(name: str, told: Told) -> Told:
    return replace(told, value=masked_value(name, told.value))
