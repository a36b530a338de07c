"""What sources say of the relation with a customer, as it was known at the as-of date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir


def known_by(kept: Mapping[str, ir.Table], as_of: date) -> dict[str, ir.Table]:
    """Customers, consents, events, subscriptions and surveys without what came after `as_of`."""
    until = ibis.literal(as_of)
    consents, events, surveys = kept["consents"], kept["events"], kept["surveys"]
    return {
        "customers": _without_later_predictions(kept["customers"], until),
        # A consent without a date may always have been there.
        "consents": consents.filter(consents.said_on.isnull() | (consents.said_on <= until)),
        "events": _unsolved_then(events.filter(events.occurred_on <= until), until),
        "subscriptions": _as_they_stood(kept["subscriptions"], until),
        "surveys": surveys.filter(surveys.answered_on <= until),
    }


def _without_later_predictions(customers: ir.Table, until: ir.Value) -> ir.Table:
    early = customers.klaviyo_predicted_on <= until
    names = ("klaviyo_predicted_value", "klaviyo_predicted_orders", "klaviyo_predicted_on")
    return customers.mutate(
        **{name: early.ifelse(customers[name], ibis.null(customers[name].type())) for name in names}
    )


def _unsolved_then(events: ir.Table, until: ir.Value) -> ir.Table:
    """A ticket that was solved later was open."""
    later = (events.ended_on > until).fill_null(False)
    return events.mutate(
        ended_on=later.ifelse(ibis.null("date"), events.ended_on),
        hours=later.ifelse(ibis.null("float64"), events.hours),
        status=later.ifelse(ibis.null("string"), events.status),
    )


def _as_they_stood(subscriptions: ir.Table, until: ir.Value) -> ir.Table:
    """One that was cancelled later was active, one that began later was not there."""
    begun = subscriptions.filter(subscriptions.started_on <= until)
    stopped = ibis.coalesce(begun.cancelled_on, begun.ended_on)
    later = (stopped > until).fill_null(False)
    ended_later = (begun.ended_on > until).fill_null(False)
    return begun.mutate(
        status=later.ifelse(ibis.literal("active"), begun.status),
        status_text=later.ifelse(ibis.null("string"), begun.status_text),
        cancelled_on=later.ifelse(ibis.null("date"), begun.cancelled_on),
        cancel_reason=later.ifelse(ibis.null("string"), begun.cancel_reason),
        ended_on=(later | ended_later).ifelse(ibis.null("date"), begun.ended_on),
    )
