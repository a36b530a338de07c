"""One customer as one record: what is known, and which source says it. Values only, no words.

Its JSON is described in docs/reference/person.md: a field may be added; none changes its meaning
without a new number in `SCHEMA`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import PlainSerializer, TypeAdapter

SCHEMA = "perenne/person/1"

Amount = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""Exact in Python, a plain number in JSON."""


@dataclass(frozen=True)
class Told:
    """What one source says, and when it was read: import, file and row; null when the import has
    been taken back since."""

    value: str
    source: str
    told_at: datetime | None = None
    file: str | None = None
    row: int | None = None


@dataclass(frozen=True)
class ContactField:
    """One field of the contact: the word of the source that spoke last, and those who disagree."""

    name: str
    told: Told
    others: tuple[Told, ...] = ()


@dataclass(frozen=True)
class SourceRecord:
    """A record of a source that makes up this customer, and what links it."""

    source: str
    source_id: str
    kind: str
    rule: str
    probability: float
    own_id: str
    seen_since: int | None = None
    """Number of the refresh that first saw the record."""
    linked_since: int | None = None


@dataclass(frozen=True)
class Identity:
    records: tuple[SourceRecord, ...]
    known_since: date | None = None
    """Earliest day on which a source knew the person."""
    former_ids: tuple[str, ...] = ()
    """Ids that lead here: those of records that were customers of their own."""
    pairs_to_review: int = 0
    account: str | None = None
    tags: str | None = None


@dataclass(frozen=True)
class Consent:
    channel: str
    purpose: str
    status: str
    suppressed: bool
    source: str
    said_at: datetime | None = None
    said_on: date | None = None
    origin: str | None = None
    proof: str | None = None
    status_text: str | None = None
    customer_id: str | None = None
    """Whose it is: in the record of an account, one of its customers."""


@dataclass(frozen=True)
class Figure:
    """One figure: a metric of the catalogue asked of this customer alone, or a column of a table.

    `source` is `metric NAME` or `TABLE.COLUMN`; without a value, `note` may say why.
    """

    name: str
    value: Amount | int | date | str | None
    unit: str
    source: str
    note: str | None = None


@dataclass(frozen=True)
class Standing:
    """Where the customer stands among the others (table `segments`). `segment_names` are those
    that the settings give the segment, by language."""

    segment: str
    segment_names: Mapping[str, str]
    status: str
    status_since: date
    status_reason: str
    inactivity_days: int
    rfm: tuple[int, int, int]
    size: str
    is_high_value: bool
    is_high_potential: bool
    opportunity: Amount | None = None


@dataclass(frozen=True)
class Outlook:
    """What is expected within so many months: mean, median, and the ends of two intervals.

    margin with its own ends: what is left of the value. net: the margin less the cost of keeping
    the customer.
    """

    months: int
    orders: float | None
    p_order: float | None
    value: Amount | None
    median: Amount | None
    low50: Amount | None
    high50: Amount | None
    low90: Amount | None
    high90: Amount | None
    margin: Amount | None
    net: Amount | None
    margin_low50: Amount | None = None
    margin_high50: Amount | None = None
    margin_low90: Amount | None = None
    margin_high90: Amount | None = None

    @property
    def has_interval(self) -> bool:
        return self.low90 is not None or self.margin_low90 is not None


@dataclass(frozen=True)
class AliveAt:
    """The chance of still being a customer, seen from the end of a day; before an order, without
    knowing of it."""

    on: date
    chance: float


@dataclass(frozen=True)
class AlivePath:
    """That chance through time. `model` tells it: the best purchase model of the snapshot, which
    need not be the one that predicts. Without points `note` is the code of why."""

    model: str | None
    points: tuple[AliveAt, ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class Prediction:
    """What the model expects. `p_alive` means little for who bought once: `one_purchase` says so.

    `version` is that of Perenne; `why` is in words, `reasons` the codes that they are made from;
    `margin_note` says in words what the margin rests on, or why there is none; `instead`, why it
    is not the model chosen on past dates that predicts, or no model at all.
    """

    model: str
    version: str
    made_as_of: date
    outlooks: tuple[Outlook, ...]
    p_alive: float | None
    one_purchase: bool
    next_order_by: date | None
    next_order_note: str | None
    why: str | None
    reasons: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    alive_path: AlivePath | None = None
    margin_note: str = ""
    instead: str = ""


@dataclass(frozen=True)
class Subscription:
    subscription_id: str
    source: str
    status: str
    started_on: date
    plan: str | None = None
    product_id: str | None = None
    price: Amount | None = None
    quantity: Amount | None = None
    currency: str | None = None
    interval_unit: str | None = None
    interval_count: int | None = None
    trial_until_on: date | None = None
    cancelled_on: date | None = None
    ended_on: date | None = None
    next_charge_on: date | None = None
    cancel_reason: str | None = None
    customer_id: str | None = None


@dataclass(frozen=True)
class Answer:
    """One answer to a survey."""

    response_id: str
    source: str
    kind: str
    answered_on: date
    score: Amount
    scale_min: int | None = None
    scale_max: int | None = None
    survey: str | None = None
    topic: str | None = None
    comment: str | None = None
    customer_id: str | None = None


@dataclass(frozen=True)
class Line:
    """One line of an order; `excluded_by` is the rule that keeps it out of revenue."""

    kind: str
    quantity: Amount
    net: Amount
    discount: Amount
    product_id: str | None = None
    product_name: str | None = None
    category: str | None = None
    excluded_by: str | None = None


EntryKind = Literal[
    "order",
    "order_set_aside",
    "refund",
    "event",
    "survey",
    "consent",
    "subscription_started",
    "subscription_cancelled",
    "subscription_ended",
]


@dataclass(frozen=True)
class Entry:
    """Something that happened. `at` is the instant where the source gives one; `code` is the kind
    of event, survey or consent as the tables write it; `count` events of one day stand together.
    `customer_id` is who acted: in the record of an account, one of its customers."""

    kind: EntryKind
    on: date
    source: str
    at: datetime | None = None
    until_on: date | None = None
    id: str | None = None
    code: str | None = None
    title: str | None = None
    status: str | None = None
    channel: str | None = None
    campaign: str | None = None
    topic: str | None = None
    product_id: str | None = None
    reason: str | None = None
    comment: str | None = None
    quantity: Amount | None = None
    amount: Amount | None = None
    currency: str | None = None
    score: Amount | None = None
    scale_max: int | None = None
    count: int = 1
    lines: tuple[Line, ...] = ()
    customer_id: str | None = None


@dataclass(frozen=True)
class Day:
    """What was bought and what was given back on one day, without tax and shipping, and in how many
    orders it was bought."""

    on: date
    bought: Amount
    given_back: Amount
    orders: int = 0


@dataclass(frozen=True)
class Timeline:
    """Newest first. `left_out` older entries are not shown; `folded` says that events of one day
    and kind stand in one entry. `days` are all days with an order or a refund, oldest first."""

    entries: tuple[Entry, ...] = ()
    left_out: int = 0
    folded: bool = True
    days: tuple[Day, ...] = ()


class Written:
    """A record that can be written as JSON and read again."""

    def values(self) -> dict[str, Any]:
        """The record as plain Python values, as its JSON holds them."""
        found: dict[str, Any] = _adapter(type(self)).dump_python(self, mode="json")
        return found

    def to_json(self) -> str:
        """The record as JSON, in the order of its fields."""
        return _adapter(type(self)).dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        found: Self = _adapter(cls).validate_json(text)
        return found


@dataclass(frozen=True)
class Person(Written):
    """Everything that one snapshot knows of one customer.

    `missing` says of each part that is empty why: `not_imported` (no import tells of it),
    `not_told` (imports do, of others), `later` (imports tell of it after `as_of`),
    `not_ordered`, `not_computed`, `older_snapshot`.
    `personal` is false while names, addresses and ids of sources are masked.
    """

    shop: str
    customer_id: str
    snapshot: str
    as_of: date
    currency: str
    time_zone: str
    identity: Identity
    asked_id: str | None = None
    """The former id that was asked for, when it was one."""
    personal: bool = True
    contact: tuple[ContactField, ...] = ()
    consents: tuple[Consent, ...] = ()
    consents_waiting: int = 0
    """Permissions said after the day of the snapshot, which do not count yet."""
    standing: Standing | None = None
    facts: tuple[Figure, ...] = ()
    prediction: Prediction | None = None
    subscriptions: tuple[Subscription, ...] = ()
    surveys: tuple[Answer, ...] = ()
    costs: tuple[Figure, ...] = ()
    timeline: Timeline = Timeline()
    with_tax: tuple[str, ...] = ()
    """Files of the shop whose amounts hold tax that no column tells: figures hold it too."""
    missing: Mapping[str, str] = field(default_factory=dict)
    schema: str = SCHEMA

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(sorted({record.source for record in self.identity.records}))

    def __repr__(self) -> str:
        found = {figure.name: figure.value for figure in self.facts}
        told = "personal" if self.personal else "masked"
        return (
            f"{type(self).__name__}({self.customer_id}, {found.get('orders') or 0} orders, "
            f"{len(self.identity.records)} records of {', '.join(self.sources)}, "
            f"as of {self.as_of}, {told})"
        )


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of what `to_json` writes."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_adapter(Person).json_schema(mode="serialization"),
    }


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
