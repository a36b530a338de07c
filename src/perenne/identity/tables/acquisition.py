"""Which visit brought a customer: channels of what a person did before the first order."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.identity.attributes import CLICKS, VISITS, AcquisitionSettings
from perenne.identity.tables.facts import with_customer

_NEVER = 2**40
"""Seconds after every instant."""


def touches(
    staged: ir.Table, order: ir.Table, link: ir.Table, *, settings: AcquisitionSettings
) -> ir.Table:
    """`customer_id`, `touch_channel`: the visit that counts, among those with a known channel.

    Of customers, those at or before the first order and within the days of the setting; of
    prospects, all. A visit of nobody is that of the one person known in the same session.
    """
    kinds = VISITS if settings.rule == "first_touch" else (*VISITS, *CLICKS)
    seen = with_customer(staged, link)
    seen = _with_session_owner(seen)
    told = seen.filter(seen.customer_id.notnull() & seen.channel.notnull() & seen.event.isin(kinds))
    if settings.rule == "first_order":
        told = told.limit(0)
    bought = order.filter(order.is_purchase & order.customer_id.notnull())
    first = bought.group_by("customer_id").agg(
        first_at=bought.ordered_at.min(), first_on=bought.ordered_on.min()
    )
    joined = told.left_join(first, "customer_id", rname="f_{name}")
    earliest = (joined.first_on - ibis.interval(days=settings.lookback_days)).cast("date")
    before = (joined.at <= joined.first_at) & (joined.occurred_on >= earliest)
    kept = joined.filter(joined.first_at.isnull() | before)
    at = kept.at.epoch_seconds()
    told_at = (-at if settings.rule == "last_touch" else at).fill_null(_NEVER)
    place = ibis.struct({"at": told_at, "source": kept.source, "row": kept.row_hash})
    return kept.group_by("customer_id").agg(touch_channel=kept.channel.argmin(place))


def _with_session_owner(seen: ir.Table) -> ir.Table:
    """Add `at`, and the customer of the session where the event itself names nobody."""
    named = seen.filter(seen.customer_id.notnull() & seen.session_id.notnull())
    owners = named.group_by("source", "session_id").agg(
        n=named.customer_id.nunique(), owner=named.customer_id.min()
    )
    owners = owners.filter(owners.n == 1).drop("n")
    joined = seen.left_join(owners, ["source", "session_id"], rname="o_{name}")
    # An event with a day has an instant in every preset; by hand it may have none.
    at = ibis.coalesce(joined.occurred_at, joined.occurred_on.cast("timestamp('UTC')"))
    return joined.mutate(customer_id=ibis.coalesce(joined.customer_id, joined.owner), at=at)
