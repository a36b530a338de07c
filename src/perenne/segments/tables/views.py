"""Segments added up: one table per date, and what moved between two dates."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.warehouse import MONEY


def summary(segments: ir.Table, facts: ir.Table) -> ir.Table:
    """One row per segment that holds somebody, in the order of the rules.

    `segment`, `segment_position`, `customers`, `share` (of customers), `revenue` (all history,
    after returns), `revenue_share`, `mean_orders`, `median_recency` (days since the last order),
    `opportunity` (null when it cannot be told for anybody in the segment).
    """
    own = facts.select("customer_id", "orders", "days_since_last_order", "revenue")
    joined = segments.left_join(own, "customer_id")
    per_segment = joined.group_by("segment", "segment_position").aggregate(
        customers=joined.count(),
        revenue=joined.revenue.sum().cast(MONEY),
        mean_orders=joined.orders.mean(),
        median_recency=joined.days_since_last_order.median().cast("float64"),
        opportunity=joined.opportunity.sum().cast(MONEY),
    )
    everyone = per_segment.customers.sum().over(ibis.window())
    everything = per_segment.revenue.sum().over(ibis.window()).cast("float64")
    return per_segment.select(
        "segment",
        "segment_position",
        "customers",
        "revenue",
        "mean_orders",
        "median_recency",
        "opportunity",
        share=per_segment.customers / everyone,
        revenue_share=per_segment.revenue.cast("float64") / everything.nullif(0),
    ).order_by("segment_position")


def movements(before: ir.Table, after: ir.Table) -> ir.Table:
    """`segment_before`, `segment_after`, `customers`, `value` between two segments tables.

    A customer who is new has no segment before, one who is gone (merged or erased) none after.
    `value` is the 12-month revenue on the later date, on the earlier one for those who are gone.
    """
    then = before.select("customer_id", segment_before="segment", revenue_before="revenue_12m")
    now = after.select("customer_id", segment_after="segment", revenue_after="revenue_12m")
    moved = then.outer_join(now, "customer_id")
    value = ibis.ifelse(moved.segment_after.isnull(), moved.revenue_before, moved.revenue_after)
    return (
        moved.mutate(value=value)
        .group_by("segment_before", "segment_after")
        .aggregate(customers=ibis._.count(), value=ibis._.value.sum().cast(MONEY))
        .order_by("segment_before", "segment_after")
    )
