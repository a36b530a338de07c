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
    facts: ir.Table, sales: ir.Table, *, high_value: ir.Table, as_of: date
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
    earned = _earned(sales.filter(sales.day <= day_literal(as_of)), aged)
    own = _value_at_own_age(earned)
    compared = own.left_join(_median_of_high_value(aged, earned), "age_months").drop(
        "age_months_right"
    )
    return compared.select(
        "customer_id",
        "age_months",
        "hpc_basis",
        is_hpc=(~compared.is_hvc & (compared.value > compared.median)).fill_null(False),
    )


def _earned(sales: ir.Table, aged: ir.Table) -> ir.Table:
    """Value by customer and the age in months at whose end it is counted (0 on the first day)."""
    dated = aged.join(sales.select("customer_id", "day", "net", "margin"), "customer_id")
    counted_at = ibis.ifelse(
        dated.day <= dated.first_order_on, 0, complete_months(dated.first_order_on, dated.day) + 1
    )
    summed = dated.group_by("customer_id", "age_months", "is_hvc", counted_at=counted_at).aggregate(
        revenue=dated.net.sum().cast(MONEY),
        margin=dated.margin.sum().cast(MONEY),
        unknown=dated.margin.isnull().sum(),
    )
    unknown = summed.unknown.sum().over(ibis.window())
    return summed.mutate(
        value=ibis.ifelse(unknown > 0, summed.revenue, summed.margin),
        hpc_basis=ibis.ifelse(unknown > 0, "revenue", "margin"),
    )


def _value_at_own_age(earned: ir.Table) -> ir.Table:
    return earned.group_by("customer_id", "age_months", "is_hvc", "hpc_basis").aggregate(
        value=earned.value.sum(where=earned.counted_at <= earned.age_months)
    )


def _median_of_high_value(aged: ir.Table, earned: ir.Table) -> ir.Table:
    """`age_months`, `median`: what HVCs that reached that age were worth by then."""
    valuable = aged.filter(aged.is_hvc)
    every_age = valuable.select(
        "customer_id", counted_at=ibis.range(0, valuable.age_months + 1).unnest()
    )
    every_age = every_age.mutate(counted_at=every_age.counted_at.cast("int64"))
    known = earned.select("customer_id", "counted_at", "value")
    steps = every_age.left_join(known, ["customer_id", "counted_at"])
    value = steps.value.fill_null(0)
    so_far = value.sum().over(group_by=steps.customer_id, order_by=steps.counted_at, rows=(None, 0))
    curve = steps.select(age_months=steps.counted_at, so_far=so_far)
    return curve.group_by("age_months").aggregate(median=money_quantile(curve.so_far, 0.5))
