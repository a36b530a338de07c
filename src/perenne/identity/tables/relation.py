"""What sources say of customers beside orders: who they are to them, consents, events,
subscriptions, survey answers, each with its customer.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.identity.tables.facts import shaped, with_customer

# Staged tables beside orders and refunds that speak of customers; of consents those `heard`.
RELATION = ("events", "subscriptions", "surveys")


def told(persons: ir.Table, link: ir.Table) -> ir.Table:
    """What sources say of each customer: of each column the word of the newest file that has one;
    Klaviyo's prediction whole, from one row."""
    known = with_customer(persons.filter(persons.customer_ref.notnull()), link)
    place = {"seq": -known.seq, "row": -known.row_number, "file": known.row_file}
    newest = ibis.struct(place)
    since = known.created_on.fill_null(ibis.date("9999-12-31"))
    earliest = ibis.struct({"since": since, **place})
    names = ("klaviyo_predicted_value", "klaviyo_predicted_orders", "klaviyo_predicted_on")
    prediction = ibis.struct({name: known[name] for name in names})
    guess = known.klaviyo_predicted_on.notnull() & known.klaviyo_predicted_value.notnull()
    dated = known.created_on.notnull()
    found = known.group_by("customer_id").agg(
        created_on=known.created_on.min(),
        dated_channel=_first(known.channel, earliest, where=dated),
        dated_on=known.created_on.min(where=known.channel.notnull()),
        undated_channel=_first(known.channel, newest, where=~dated),
        account=_first(known.account_ref, newest),
        tags=_first(known.tags, newest),
        historic_clv=_first(known.historic_clv, newest),
        guess=prediction.argmin(newest, where=guess),
    )
    return found.mutate(**{name: found.guess[name] for name in names}).drop("guess")


def _first(
    column: ir.Column, order: ir.StructColumn, *, where: ir.BooleanValue | None = None
) -> ir.Scalar:
    """The value that is told first in `order`, which has no nulls."""
    told = column.notnull() if where is None else column.notnull() & where
    return column.argmin(order, where=told)


REFUSING = ("unsubscribed", "unread")
"""Statuses that take a permission away."""


def heard(staged: ir.Table) -> ir.Table:
    """Consents that were said by the day of the snapshot."""
    return staged.filter(~staged.later)


def consents(staged: ir.Table, link: ir.Table) -> ir.Table:
    """Schema `consents`: of all that sources say on a channel and purpose, the word that decides.

    A suppression list wins over everything. Else the last word with a date does; one without a date
    can only take away: an undated refusal wins over any permission, an undated permission over
    nothing but silence. Nothing is inferred from a purchase. Words that cannot be read take away as
    a refusal does, and leave the consent unknown.
    """
    first = _deciding(heard(staged), link)
    status = ibis.cases(
        (first.suppressed, "unsubscribed"),
        (first.status == "unread", "unknown"),
        else_=first.status,
    )
    return shaped(first.mutate(status=status), "consents")


def refused_since(staged: ir.Table, link: ir.Table) -> ir.Table:
    """Words said `later` than the day of the snapshot that decide, and refuse: they change nothing
    of that day, and yet nobody may be written to against them."""
    first = _deciding(staged, link)
    return first.filter(first.later & (first.suppressed | first.status.isin(REFUSING)))


def _deciding(staged: ir.Table, link: ir.Table) -> ir.Table:
    """The word that decides on each channel and purpose of a customer."""
    known = with_customer(staged, link)
    known = known.filter(known.customer_id.notnull())
    dated = known.said_on.notnull()
    standing = ibis.cases(
        (known.suppressed, 0),
        (known.status.isin(REFUSING) & ~dated, 1),
        (known.status == "unknown", 4),
        (dated, 2),
        else_=3,
    )
    refused = ibis.cases(
        (known.status == "unsubscribed", 0), (known.status == "unread", 1), else_=2
    )
    ranked = known.mutate(_standing=standing, _refused=refused)
    rank = ibis.row_number().over(
        ibis.window(
            group_by=["customer_id", "channel", "purpose"],
            order_by=[
                "_standing",
                ibis.desc("said_on"),
                ibis.desc("said_at"),
                "_refused",
                ibis.desc("seq"),
                "source",
                "row_file",
                "row_number",
                "status_text",
            ],
        )
    )
    ranked = ranked.mutate(_rank=rank)
    return ranked.filter(ranked._rank == 0)


def events(staged: ir.Table, link: ir.Table) -> ir.Table:
    """Schema `events`, with the customer where the source names one."""
    known = with_customer(staged, link)
    return shaped(
        known.mutate(
            event_id=_own_id(known, known.source_event_id),
            quantity=known.quantity.fill_null(1),
            # An event with a day has an instant in every preset; by hand it may have none.
            occurred_at=ibis.coalesce(
                known.occurred_at, known.occurred_on.cast("timestamp('UTC')")
            ),
        ),
        "events",
    )


def subscriptions(staged: ir.Table, link: ir.Table) -> ir.Table:
    """Schema `subscriptions`, with the customer."""
    known = with_customer(staged, link)
    subscription_id = known.source.concat("/", known.source_subscription_id)
    return shaped(known.mutate(subscription_id=subscription_id), "subscriptions")


def surveys(staged: ir.Table, link: ir.Table) -> ir.Table:
    """Schema `surveys`, with the customer where the answer is not anonymous."""
    known = with_customer(staged, link)
    response = known.source_response_id.concat("/", known.kind)
    return shaped(known.mutate(response_id=_own_id(known, response)), "surveys")


def _own_id(table: ir.Table, number: ir.StringValue) -> ir.StringValue:
    """The source's own number, else the row it was read from: unique within a snapshot."""
    row = ibis.literal("row/").concat(table.row_hash, "/", table.row_number.cast("string"))
    return table.source.concat("/", ibis.coalesce(number, row))
