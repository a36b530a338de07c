"""Canonical tables with accounts in the place of customers: every metric, per company."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.metrics.tables import Tables
from perenne.metrics.tables.canonical import table
from perenne.warehouse import MONEY

_FOLLOW = ("order_lines", "refunds", "events", "surveys", "subscriptions", "consents")
"""Tables whose rows go over to the account of their customer as they are."""

SURE = 1e-300
"""Chance of silence of whoever orders for sure: a logarithm needs more than 0."""


def by_account(tables: Tables) -> dict[str, ir.Table]:
    """Canonical tables whose `customer_id` is the account; whoever has none is an account of one.

    Orders are numbered anew over all customers of an account, and its first order says its channel,
    country and category. Predicted values add up. Marts are to be built from these tables.
    """
    persons = table(tables, "customers")
    whose = persons.select("customer_id", holder=persons.account_id.fill_null(persons.customer_id))
    found = {name: _moved(table(tables, name), whose) for name in _FOLLOW}
    found["orders"] = _numbered(_moved(table(tables, "orders"), whose))
    members = persons.mutate(member=persons.customer_id)
    found["customers"] = _accounts(_moved(members, whose))
    found["consents"] = _allowed(found["consents"])
    kept = {name: tables[name] for name in ("costs", "products") if name in tables}
    predicted = tables.get("predictions")
    if predicted is not None:
        kept["predictions"] = _predicted(_moved(predicted, whose))
    return {**found, **kept}


def _moved(rows: ir.Table, whose: ir.Table) -> ir.Table:
    joined = rows.left_join(whose, "customer_id").drop("customer_id_right")
    held = joined.mutate(customer_id=joined.holder.fill_null(joined.customer_id))
    return held.drop("holder")


def _numbered(orders: ir.Table) -> ir.Table:
    counted = orders.is_purchase & orders.customer_id.notnull()
    numbered = orders.mutate(counted=counted)
    order = ibis.window(
        group_by=["customer_id", "counted"], order_by=["ordered_at", "source", "source_order_id"]
    )
    numbered = numbered.mutate(place=ibis.row_number().over(order) + 1)
    number = numbered.counted.ifelse(numbered.place, ibis.null("int64"))
    return numbered.mutate(order_number=number).drop("counted", "place")


def _accounts(persons: ir.Table) -> ir.Table:
    """One row per account; what stands of the first order is that of whoever bought first."""
    names = ("channel", "channel_from", "country", "first_category", "first_discounted")
    of_first = ibis.struct({name: persons[name] for name in names})
    accounts = persons.group_by("customer_id").aggregate(
        first_order_at=persons.first_order_at.min(),
        last_order_at=persons.last_order_at.max(),
        first_order_on=persons.first_order_on.min(),
        last_order_on=persons.last_order_on.max(),
        orders=persons.orders.sum().cast("int64"),
        created_on=persons.created_on.min(),
        account_id=persons.account_id.max(),
        told=of_first.first(order_by=["first_order_at", "created_on", "member"]),
    )
    return accounts.mutate(**{name: accounts.told[name] for name in names}).drop("told")


def _allowed(consents: ir.Table) -> ir.Table:
    """An account may be written to where any of its customers may."""
    allows = (consents.status == "subscribed") & ~consents.suppressed
    return consents.group_by("customer_id", "channel", "purpose").aggregate(
        status=allows.any().ifelse("subscribed", "unsubscribed"),
        suppressed=~allows.any(),
        said_on=consents.said_on.min(),
    )


def _predicted(rows: ir.Table) -> ir.Table:
    """Values and orders add up; an order of any customer is one of the account, each on its own."""
    silent = ibis.greatest(1 - rows.p_order_12m, SURE)
    nobody = silent.log().sum().exp()
    return rows.group_by("customer_id").aggregate(
        clv_12m=rows.clv_12m.sum().cast(MONEY),
        clv_margin_12m=rows.clv_margin_12m.sum().cast(MONEY),
        expected_orders_12m=rows.expected_orders_12m.sum(),
        p_order_12m=1 - nobody,
    )
