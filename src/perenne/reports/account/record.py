"""One account as one record: its contacts, and what they are worth together. Values, no words.

Its JSON is described in docs/reference/account.md: a field may be added; none changes its meaning
without a new number in `SCHEMA`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import TypeAdapter

from perenne.reports.person.record import (
    Amount,
    Answer,
    Consent,
    Figure,
    Identity,
    Person,
    Subscription,
    Timeline,
    Written,
)

SCHEMA = "perenne/account/1"


@dataclass(frozen=True)
class Member:
    """One customer of the account. `name` is masked unless the record is personal; `share` is that
    of the account's revenue; `expected` the value expected of this customer in 12 months."""

    customer_id: str
    name: str | None
    orders: int
    revenue: Amount | None
    share: float | None
    first_order_on: date | None
    last_order_on: date | None
    status: str | None
    expected: Amount | None
    segment: str | None = None


@dataclass(frozen=True)
class Expectation:
    """What is expected of all customers together within so many months. Value and margin with the
    ends of two intervals, from futures drawn for all of them at once; without those (too few data
    for a model, or more accounts than are drawn for) the ends are null. `p_order` is the chance
    that any of them orders, if each decides on their own; `net` the margin less the cost of keeping
    them."""

    months: int
    value: Amount | None
    margin: Amount | None
    orders: float | None
    p_order: float | None
    median: Amount | None = None
    low50: Amount | None = None
    high50: Amount | None = None
    low90: Amount | None = None
    high90: Amount | None = None
    margin_low50: Amount | None = None
    margin_high50: Amount | None = None
    margin_low90: Amount | None = None
    margin_high90: Amount | None = None
    net: Amount | None = None


@dataclass(frozen=True)
class Part:
    """Customers of the account who are in one segment, and what they are worth of it.
    `segment_names` are those that the settings give the segment, by language."""

    segment: str
    segment_names: Mapping[str, str]
    members: int
    revenue: Amount
    share: float | None
    expected: Amount | None


@dataclass(frozen=True)
class Account(Written):
    """Everything that one snapshot knows of one account.

    `name` is what most of its contacts call it; `name_hidden`: it may be that of a person, and is
    masked. `predicted` says of how many of the `members` anything is predicted. `missing` says of
    each part that is empty why, as in the record of a customer.
    """

    shop: str
    account_id: str
    snapshot: str
    as_of: date
    currency: str
    time_zone: str
    name: str | None = None
    name_hidden: bool = False
    source_ids: tuple[str, ...] = ()
    """The ids that sources give the account: `source:id`."""
    personal: bool = True
    members: tuple[Member, ...] = ()
    facts: tuple[Figure, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    predicted: int = 0
    status: str | None = None
    """That of the customer who bought last: an account is there as long as one of them is."""
    status_since: date | None = None
    segments: tuple[Part, ...] = ()
    consents: tuple[Consent, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    surveys: tuple[Answer, ...] = ()
    costs: tuple[Figure, ...] = ()
    timeline: Timeline = field(default_factory=Timeline)
    with_tax: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    schema: str = SCHEMA

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.account_id}, {len(self.members)} contacts, "
            f"as of {self.as_of}, {'personal' if self.personal else 'masked'})"
        )

    def together(self) -> Person:
        """What its customers did, as the chapters of one customer tell it."""
        return Person(
            shop=self.shop,
            customer_id=self.account_id,
            snapshot=self.snapshot,
            as_of=self.as_of,
            currency=self.currency,
            time_zone=self.time_zone,
            identity=Identity(()),
            personal=self.personal,
            facts=self.facts,
            costs=self.costs,
            consents=self.consents,
            subscriptions=self.subscriptions,
            surveys=self.surveys,
            timeline=self.timeline,
            with_tax=self.with_tax,
            missing=self.missing,
        )


def account_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of what `to_json` writes."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **TypeAdapter(Account).json_schema(mode="serialization"),
    }
