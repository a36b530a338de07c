"""What sources say of the relation with a customer, as it was known at the as-of date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.cleaning.tables.orders import converted
from perenne.warehouse import MONEY

DAYS_PER_MONTH = 365 / 12
_MONTHS = {"day": 1 / DAYS_PER_MONTH, "week": 7 / DAYS_PER_MONTH, "month": 1.0, "year": 12.0}


def known_by(
    kept: Mapping[str, ir.Table], as_of: date, *, rates: ir.Table | None, currency: str
) -> dict[str, ir.Table]:
    """Customers, consents, events, subscriptions and surveys without what came after `as_of`; of
    consents all, and whether each was said `later`: a refusal is heeded whenever it was said."""
    until = ibis.literal(as_of)
    consents, events, surveys = kept["consents"], kept["events"], kept["surveys"]
    return {
        "customers": _without_later_predictions(known(kept["customers"]), until),
        # A consent without a date may always have been there.
        "consents": consents.mutate(later=(consents.said_on > until).fill_null(False)),
        "events": _unsolved_then(events.filter(events.occurred_on <= until), until),
        "subscriptions": _monthly(
            _as_they_stood(kept["subscriptions"], until), until, rates=rates, currency=currency
        ),
        "surveys": surveys.filter(surveys.answered_on <= until),
    }


def known(customers: ir.Table) -> ir.Table:
    """Of `customers` (`merge.person_rows`) those whom something told of by the day."""
    return customers.filter(~customers.later)


def words(customers: ir.Table, as_of: date) -> ir.Table:
    """Of `customers` with their `fate` each row that is the newest of its customer, or was told by
    `as_of`: an earlier word may tell who somebody is as well."""
    told = known(customers.filter(customers.customer_ref.notnull()))
    by_then = told.told_on.isnull() | (told.told_on <= ibis.literal(as_of))
    return told.filter((told.fate == "kept") | by_then)


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


def _monthly(
    subscriptions: ir.Table, until: ir.Value, *, rates: ir.Table | None, currency: str
) -> ir.Table:
    """Add `mrr`: what each pays a month in the workspace's currency, null when it is not told.

    All at the rate of the as-of date: what a currency gains or loses is no movement of revenue.
    """
    months = ibis.cases(
        *((subscriptions.interval_unit == unit, length) for unit, length in _MONTHS.items()),
        else_=None,
    ) * subscriptions.interval_count.fill_null(1).nullif(0)
    paid = subscriptions.price.cast("float64") * subscriptions.quantity.fill_null(1)
    priced = subscriptions.mutate(
        money=subscriptions.currency.fill_null(currency),
        rate_day=until,
        mrr=(paid / months).round(4).cast(MONEY),
    )
    if rates is not None:
        priced = converted(priced, rates, day="rate_day", amounts=("mrr",), currency="money")
    return priced.drop("money", "rate_day")
