"""The retention policy: how long each purpose keeps persons, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict, Field, field_validator

from perenne.core import add_months
from perenne.text import unknown

ACTS = (
    "search",
    "cart",
    "checkout",
    "purchase",
    "login",
    "usage",
    "email_click",
    "sms_click",
    "subscribe",
    "unsubscribe",
    "ticket",
    "call",
    "training",
)
VISITS = ("page_view", "product_view", "search", "cart", "checkout", "session", "login", "usage")
MESSAGES = ("email_sent", "email_open", "email_click", "email_bounce", "sms_sent", "sms_click")
SUPPORT = ("ticket", "call")
KINDS = tuple(dict.fromkeys((*ACTS, *VISITS, *MESSAGES, *SUPPORT, "other")))
"""Every kind of event."""
_EVENT_DAY = "coalesce(until_on, occurred_on)"


class RetentionSettings(BaseModel):
    """How long persons are kept, by purpose. Not legal advice."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    customers_years: int = Field(
        3, ge=1, description="Years after the last act of who has bought or subscribed."
    )
    prospects_years: int = Field(3, ge=1, description="Years after the last act of a prospect.")
    visits_months: int = Field(
        25,
        ge=0,
        description="Months after which visits, searches and carts no longer name anybody; 0: as "
        "long as their person is kept.",
    )
    messages_months: int = Field(
        25,
        ge=0,
        description="The same of messages sent, opened, clicked and bounced.",
    )
    support_months: int = Field(36, ge=0, description="The same of tickets and calls.")
    surveys_months: int = Field(
        36, ge=0, description="The same of survey answers: the score stays, the comment goes."
    )
    acts: tuple[str, ...] = Field(
        ACTS,
        description="Events that are acts by the person. A message sent, opened or bounced is "
        "none. Orders, subscriptions, survey answers, dated consents and the creation of an "
        "account always count.",
    )
    keep: tuple[str, ...] = Field(
        (), description="Customer ids, or ids of a source, that the policy never erases."
    )

    @field_validator("acts")
    @classmethod
    def _known_events(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in KINDS:
                raise ValueError(unknown(name, KINDS))
        return value


@dataclass(frozen=True)
class Rule:
    """Rows of one purpose, in one table, that name nobody from some age on. `day` is SQL; `kinds`
    are the events that it means; none: every row."""

    name: str
    table: str
    day: str
    kinds: tuple[str, ...]
    months: int

    def before(self, as_of: date) -> date:
        """Rows before this day name nobody."""
        return add_months(as_of, -self.months)


def rules(policy: RetentionSettings) -> Iterator[Rule]:
    """The rules about rows that a policy has."""
    for name, table, day, kinds, months in (
        ("visits", "events", _EVENT_DAY, VISITS, policy.visits_months),
        ("messages", "events", _EVENT_DAY, MESSAGES, policy.messages_months),
        ("support", "events", _EVENT_DAY, SUPPORT, policy.support_months),
        ("surveys", "surveys", "answered_on", (), policy.surveys_months),
    ):
        if months:
            yield Rule(name, table, day, kinds, months)
