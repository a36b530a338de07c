"""High-value customers (HVC) and those on their way there (HPC)."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.segments.settings import SegmentSettings
from perenne.segments.tables.ages import complete_months, day_literal
from perenne.segments.tables.keeping import Keep
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
    facts: ir.Table, orders: ir.Table, *, high_value: ir.Table, as_of: date, keep: Keep
) -> ir.Table:
    """`customer_id`, `age_months`, `is_hpc`, `hpc_basis`.

    HPC: not HVC, and worth more in the first `age_months` complete months than the median of the
    HVCs was worth in theirs; HVCs younger than that stay out of that median. At age 0 the first
    day counts. The value is the margin when every sale's is known, else the revenue.
    """
    # A month is complete at the end of the day before its anniversary: count to the next morning.
    tomorrow = day_literal(as_of) + ibis.interval(days=1)
    aged = facts.select(
        "customer_id",
        "first_order_on",
        age_months=complete_months(facts.first_order_on, tomorrow.cast("date")),
    ).join(high_value.select("customer_id", "is_hvc"), "customer_id")
    told = orders.filter(orders.day <= day_literal(as_of))
    basis = _basis(told, aged)
    own = _valued(_value_at_own_age(told, aged), basis)
    steps = _steps(_dated(told, aged.filter(aged.is_hvc)), basis)
    # Written, since a window whose rows are multiplied at once holds all of them in memory.
    medians = _median_of_steps(keep("high_value_steps", steps))
    compared = own.join(aged, "customer_id").left_join(medians, "age_months")
    return compared.select(
        "customer_id",
        "age_months",
        hpc_basis=compared.unknown.ifelse("revenue", "margin"),
        is_hpc=(~compared.is_hvc & (compared.value > compared.median)).fill_null(False),
    )


def _basis(orders: ir.Table, aged: ir.Table) -> ir.Table:
    """One row, `unknown`: is the margin of any order or return not known?"""
    lacking = orders.filter(orders.margin.isnull()).semi_join(aged, "customer_id").limit(1)
    return lacking.aggregate(unknown=lacking.count() > 0)


def _valued(sums: ir.Table, basis: ir.Table) -> ir.Table:
    """`sums` with `value`: the margin when every order's is known, else the revenue. Chosen of
    sums, of which there are fewer than of orders."""
    told = sums.cross_join(basis)
    return told.mutate(value=told.unknown.ifelse(told.net, told.margin)).drop("net", "margin")


def _dated(orders: ir.Table, aged: ir.Table) -> ir.Table:
    """Orders and returns with the age in months at whose end they count (0 on the first day)."""
    dated = orders.select("customer_id", "day", "net", "margin").join(aged, "customer_id")
    first_day = dated.day <= dated.first_order_on
    age = complete_months(dated.first_order_on, dated.day) + 1
    return dated.mutate(counted_at=first_day.ifelse(0, age))


def _value_at_own_age(orders: ir.Table, aged: ir.Table) -> ir.Table:
    """What each customer was worth by the end of its last complete month. Which day that is, is
    computed once for each customer, and not of each order."""
    complete = aged.first_order_on + aged.age_months.as_interval("M")
    until = aged.select("customer_id", "first_order_on", until=complete.cast("date"))
    sold = orders.select("customer_id", "day", "net", "margin").join(until, "customer_id")
    counted = (sold.day <= sold.first_order_on) | (sold.day < sold.until)
    return sold.group_by("customer_id").aggregate(
        net=sold.net.sum(where=counted).cast(MONEY),
        margin=sold.margin.sum(where=counted).cast(MONEY),
    )


def _steps(dated: ir.Table, basis: ir.Table) -> ir.Table:
    """`age_months`, `counted_at`, `so_far`, `following`: what a customer was worth from one age on,
    and the age at which that changed."""
    sums = dated.group_by("customer_id", "age_months", "counted_at").aggregate(
        net=dated.net.sum().cast(MONEY), margin=dated.margin.sum().cast(MONEY)
    )
    known = _valued(sums, basis)
    step = ibis.window(group_by="customer_id", order_by="counted_at")
    so_far = ibis.cumulative_window(group_by="customer_id", order_by="counted_at")
    return known.select(
        "age_months",
        "counted_at",
        so_far=known.value.sum().over(so_far),
        following=known.counted_at.lead().over(step),
    )


def _median_of_steps(steps: ir.Table) -> ir.Table:
    """`age_months`, `median`: what customers were worth by that age, of those that reached it."""
    # A customer is worth as much until the next step, or until its own age.
    after = steps.age_months + 1
    until = ibis.least(steps.following.fill_null(after), after)
    every_age = steps.select("so_far", age_months=ibis.range(steps.counted_at, until).unnest())
    every_age = every_age.mutate(age_months=every_age.age_months.cast("int64"))
    return every_age.group_by("age_months").aggregate(median=money_quantile(every_age.so_far, 0.5))
