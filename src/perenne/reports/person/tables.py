"""The record's own queries: small, and filtered to one customer before anything else."""

from __future__ import annotations

from collections.abc import Sequence

from perenne.metrics.tables import Table, Tables
from perenne.reports.person.source import of_customers

__all__ = [
    "daily_events",
    "holding",
    "of_orders",
    "pairs_between",
    "reduced",
    "told_by",
    "waiting",
]

# Events that say the same thing again and again; a ticket, a call or a training never do.
REPEATED = (
    "page_view", "product_view", "search", "cart", "checkout", "session", "login", "usage",
    "email_sent", "email_open", "email_click", "sms_sent", "sms_click", "other",
)  # fmt: skip


def reduced(tables: Tables, customers: Sequence[str]) -> dict[str, Table]:
    """Every table reduced to some customers; tables that know no customer stay whole. Those that
    know customers by number alone are left out: figures find the same in others."""
    return {
        name: of_customers(table, customers) if "customer_id" in table.columns else table
        for name, table in tables.items()
        if "customer_id" in table.columns or "customer_number" not in table.columns
    }


def daily_events(events: Table) -> Table:
    """One row per customer, day, source, kind, channel and campaign of events that repeat: the
    first of them, with `count` and the sum of `quantity`; of the others one row each."""
    alone = events.event.isin(list(REPEATED)).ifelse("", events.event_id)
    keyed = events.mutate(alone=alone)
    by = (
        "customer_id", "occurred_on", "source", "event", "event_text", "channel", "campaign",
        "alone",
    )  # fmt: skip
    rest = [name for name in events.columns if name not in (*by, "quantity")]
    return keyed.group_by(*by).aggregate(
        count=keyed.count(),
        products=keyed.product_id.nunique(),
        quantity=keyed.quantity.sum(),
        **{name: keyed[name].first(order_by=["occurred_at", "event_id"]) for name in rest},
    )


def told_by(staged: Table, links: Sequence[tuple[str, str, str]]) -> Table:
    """Staged rows that refer to one of the records (source, id, kind) of a customer."""
    found = staged.filter(staged.customer_ref.isin(sorted({ref for _s, ref, _k in links})))
    kind = found.customer_ref_kind.fill_null("id")
    key = found.source.concat("\x1f", kind, "\x1f", found.customer_ref)
    return found.filter(key.isin([f"{source}\x1f{kind}\x1f{ref}" for source, ref, kind in links]))


def of_orders(staged: Table, orders: Sequence[tuple[str, str]]) -> Table:
    """Staged rows of the orders (source, order number) of a customer."""
    found = staged.filter(staged.source_order_id.isin(sorted({number for _s, number in orders})))
    key = found.source.concat("\x1f", found.source_order_id)
    return found.filter(key.isin([f"{source}\x1f{number}" for source, number in orders]))


def waiting(pairs: Table, own_ids: Sequence[str]) -> Table:
    """Pairs that wait for a decision, one record of which is this customer's."""
    ids = list(own_ids)
    mine = pairs.own_id_1.isin(ids) | pairs.own_id_2.isin(ids)
    return pairs.filter(mine & (pairs.status == "review"))


def pairs_between(pairs: Table, own_ids: Sequence[str]) -> Table:
    """Pairs of which both records are this customer's: those with others speak of others."""
    ids = list(own_ids)
    return pairs.filter(pairs.own_id_1.isin(ids) & pairs.own_id_2.isin(ids))


def holding(quarantine: Table, traces: Sequence[str], *, numbers: Sequence[str]) -> Table:
    """Refused rows whose cell holds one of the `traces`, or is one of the `numbers`."""
    value = quarantine.value.fill_null("")
    found = value.isin(list(numbers))
    for trace in traces:
        found = found | value.lower().contains(trace)
    return quarantine.filter(found)
