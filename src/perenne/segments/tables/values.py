"""High-value customers (HVC) and those on their way there (HPC)."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.segments.settings import SegmentSettings
from perenne.segments.tables.ages import complete_months, day_literal
from perenne.segments.tables.ranks import in_top
from perenne.warehouse import MONEY, money_quantile


def high_value(facts: ir.Table, *, settings: SegmentSettings) -> ir.Table:
    """`customer_id`, `is_hvc`, `hvc_basis`: the top share by value of the last 12 months.

    The value is the margin when it is known for every customer, else the revenue of all.
    """
    revenue = facts.historical_clv_12m.fill_null(0)
    # Nothing was sold in the window: there is no cost to know.
    nothing = facts.historical_clv_margin_12m.isnull() & (revenue == 0)
    margin = ibis.ifelse(nothing, 0, facts.historical_clv_margin_12m)
    valued = facts.select("customer_id", revenue=revenue, margin=margin)
    unknown = valued.margin.isnull().sum().over(ibis.window())
    valued = valued.mutate(
        value=ibis.ifelse(unknown > 0, valued.revenue, valued.margin),
        hvc_basis=ibis.ifelse(unknown > 0, "revenue", "margin"),
    )
    everyone = valued.count().over(ibis.window())
    return valued.select(
        "customer_id",
        "hvc_basis",
        is_hvc=in_top(valued.value, share=settings.hvc_share, among=everyone),
    )


def high_potential(
    facts: ir.Table, orders: ir.Table, *, high_value: ir.Table, as_of: date
) -> ir.Table:
    """`customer_id`, `age_months`, `is_hpc`, `hpc_basis`.

    HPC: not HVC, and worth more in the first `age_months` complete months than the median of the
    HVCs was worth in theirs; HVCs younger than that stay out of that median. At age 0 the first
    day counts. The value is the margin when every sale's is known, else the revenue.
    """
    # A month is complete at the end of the day before its anniversary: count to the next morning.
    tomorrow = day_literal(as_of) + ibis.interval(days=1)
    aged = (
        facts.select(
            "customer_id",
            "first_order_on",
            age_months=complete_months(facts.first_order_on, tomorrow.cast("date")),
        )
        .left_join(high_value, "customer_id")
        .drop("customer_id_right")
    )
    dated = _dated(orders.filter(orders.day <= day_literal(as_of)), aged)
    own = _value_at_own_age(dated)
    unknown = own.aggregate(unknown=(own.unknown_margins > 0).any())
    own = _valued(own.cross_join(unknown))
    medians = _median_of_high_value(aged, dated, unknown)
    compared = own.left_join(medians, "age_months").drop("age_months_right")
    return compared.select(
        "customer_id",
        "age_months",
        "hpc_basis",
        is_hpc=(~compared.is_hvc & (compared.value > compared.median)).fill_null(False),
    )


def _dated(orders: ir.Table, aged: ir.Table) -> ir.Table:
    """Orders and returns with the age in months at whose end they count (0 on the first day)."""
    dated = aged.join(orders.select("customer_id", "day", "net", "margin"), "customer_id")
    first_day = dated.day <= dated.first_order_on
    age = complete_months(dated.first_order_on, dated.day) + 1
    return dated.mutate(counted_at=first_day.ifelse(0, age))


def _value_at_own_age(dated: ir.Table) -> ir.Table:
    """Per customer: revenue and margin up to its age, and how many margins are unknown at all."""
    counted = dated.counted_at <= dated.age_months
    return dated.group_by("customer_id", "age_months", "is_hvc").aggregate(
        revenue=dated.net.sum(where=counted).cast(MONEY),
        margin=dated.margin.sum(where=counted).cast(MONEY),
        unknown_margins=dated.margin.isnull().sum(),
    )


def _valued(summed: ir.Table) -> ir.Table:
    """Add `value`: the margin when every sale's is known, else the revenue; and `hpc_basis`."""
    return summed.mutate(
        value=summed.unknown.ifelse(summed.revenue, summed.margin),
        hpc_basis=summed.unknown.ifelse("revenue", "margin"),
    )


def _median_of_high_value(aged: ir.Table, dated: ir.Table, unknown: ir.Table) -> ir.Table:
    """`age_months`, `median`: what HVCs that reached that age were worth by then."""
    valuable = aged.filter(aged.is_hvc)
    every_age = valuable.select(
        "customer_id", counted_at=ibis.range(0, valuable.age_months + 1).unnest()
    )
    every_age = every_age.mutate(counted_at=every_age.counted_at.cast("int64"))
    bought = dated.filter(dated.is_hvc)
    summed = bought.group_by("customer_id", "counted_at").aggregate(
        revenue=bought.net.sum().cast(MONEY), margin=bought.margin.sum().cast(MONEY)
    )
    known = _valued(summed.cross_join(unknown)).select("customer_id", "counted_at", "value")
    steps = every_age.left_join(known, ["customer_id", "counted_at"])
    value = steps.value.fill_null(0)
    so_far = value.sum().over(group_by=steps.customer_id, order_by=steps.counted_at, rows=(None, 0))
    curve = steps.select(age_months=steps.counted_at, so_far=so_far)
    return curve.group_by("age_months").aggregate(median=money_quantile(curve.so_far, 0.5))
