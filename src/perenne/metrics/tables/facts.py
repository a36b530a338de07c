"""customer_facts: one row per known customer with a purchase, as exports and segments read it."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from perenne.core import add_months
from perenne.metrics.inactivity import (
    FALLBACK_WINDOW,
    FEWEST_GAPS,
    GAP_QUANTILE,
    SHORTEST_WINDOW,
)
from perenne.metrics.settings import MetricSettings
from perenne.metrics.tables import Tables
from perenne.metrics.tables.canonical import known, purchases, table
from perenne.metrics.tables.margins import sum_all
from perenne.warehouse import MONEY, to_money

WINDOWS: dict[str, int | None] = {"": None, "_12m": 12, "_24m": 24, "_36m": 36}


def customer_facts(
    tables: Tables,
    *,
    people: ir.Table,
    orders: ir.Table,
    days: ir.Table,
    costs: ir.Table,
    instants: ir.Table,
    as_of: date,
    settings: MetricSettings,
) -> ir.Table:
    """One row per known customer with a purchase by `as_of`; money is null when not computable.

    frequency, recency_days and tenure_days count days as in the BTYD papers; monetary_value is the
    mean net of repeat purchase days before returns, null when frequency is 0.
    `people`, `orders`, `days` and `costs` are the marts `profiles`, `order_values`, `customer_days`
    and `customer_costs`, `instants` what the function of this name tells.
    """
    base = _activity(days, as_of).join(_attributes(people), "customer_number")
    base = base.left_join(_value(orders, as_of), "customer_number")
    base = base.drop("customer_number", "customer_number_right")
    for part in (instants, _spend(costs, as_of)):
        base = base.left_join(part, "customer_id").drop("customer_id_right")
    base = _with_window(base, days, settings)
    return _finish(_net_values(base, tables, as_of), as_of)


def _activity(days: ir.Table, as_of: date) -> ir.Table:
    repeat = days.day_number > 1
    facts = days.group_by("customer_number").aggregate(
        first_order_on=days.day.min(),
        last_order_on=days.day.max(),
        orders=days.orders.sum().cast("int64"),
        frequency=days.count() - 1,
        monetary_value=days.net.sum(where=repeat).cast("float64")
        / repeat.sum().nullif(0).cast("float64"),
    )
    today = ibis.literal(as_of)
    return facts.mutate(
        days_since_last_order=today.delta(facts.last_order_on, unit="day"),
        recency_days=facts.last_order_on.delta(facts.first_order_on, unit="day"),
        tenure_days=today.delta(facts.first_order_on, unit="day"),
        cohort_week=facts.first_order_on.truncate("W"),
        cohort_month=facts.first_order_on.truncate("M"),
        cohort_quarter=facts.first_order_on.truncate("Q"),
    )


def instants(tables: Tables, *, as_of: date) -> ir.Table:
    """`customer_id`, `first_order_at`, `last_order_at` of every known customer with a purchase."""
    orders = known(purchases(tables, as_of))
    return orders.group_by("customer_id").aggregate(
        first_order_at=orders.ordered_at.min(), last_order_at=orders.ordered_at.max()
    )


def _attributes(people: ir.Table) -> ir.Table:
    return people.select(
        "customer_number",
        "customer_id",
        "first_category",
        "first_discounted",
        channel="acquisition_channel",
        country="customer_country",
    )


def _value(orders: ir.Table, as_of: date) -> ir.Table:
    sold = orders.filter(orders.first_day.notnull())
    figures: dict[str, ir.Scalar] = {}
    for suffix, months in WINDOWS.items():
        inside = _inside(sold.day, as_of, months)
        figures[f"historical_clv{suffix}"] = sold.net.sum(where=inside).fill_null(0).cast(MONEY)
        figures[f"historical_clv_margin{suffix}"] = sum_all(sold.margin, inside).cast(MONEY)
    first_year = (sold.day >= sold.first_day) & (
        sold.day < (sold.first_day + ibis.interval(months=12)).cast("date")
    )
    figures["value_first_12m"] = sold.net.sum(where=first_year).fill_null(0).cast(MONEY)
    figures["margin_first_12m"] = sum_all(sold.margin, first_year).cast(MONEY)
    return sold.group_by("customer_number").aggregate(**figures)


def _spend(costs: ir.Table, as_of: date) -> ir.Table:
    figures: dict[str, ir.Scalar] = {
        "acquisition_cost": costs.amount.sum(where=costs.kind == "acquisition")
    }
    for suffix, months in WINDOWS.items():
        inside = _inside(costs.day, as_of, months)
        figures[f"costs{suffix}"] = costs.amount.sum(where=inside)
    return costs.group_by("customer_id").aggregate(**figures)


def _inside(day: ir.Column, as_of: date, months: int | None) -> ir.BooleanValue:
    return day.notnull() if months is None else day > add_months(as_of, -months)


def _with_window(facts: ir.Table, days: ir.Table, settings: MetricSettings) -> ir.Table:
    """Add is_active, by the window set or by the one learnt from the gaps."""
    if settings.inactivity_days is not None:
        return facts.mutate(is_active=facts.days_since_last_order <= settings.inactivity_days)
    joined = facts.cross_join(inactivity(days))
    return joined.mutate(is_active=joined.days_since_last_order <= joined.window).drop("window")


def inactivity(days: ir.Table) -> ir.Table:
    """One row, `window`: the inactivity window learnt from the gaps between purchase days."""
    gaps = days.filter(days.prev_day.notnull())
    gap = gaps.day.delta(gaps.prev_day, unit="day")
    learnt = ibis.greatest(gap.quantile(GAP_QUANTILE).ceil().cast("int64"), SHORTEST_WINDOW)
    return gaps.aggregate(
        window=ibis.ifelse(gaps.count() >= FEWEST_GAPS, learnt, FALLBACK_WINDOW).cast("int64")
    )


def _net_values(facts: ir.Table, tables: Tables, as_of: date) -> ir.Table:
    """Margin - attributed spend; null unless acquisition and retention spend are both known."""
    costs = table(tables, "costs")
    costs = costs.filter(costs.day <= as_of)
    spent = costs.aggregate(
        has_acquisition=(costs.kind == "acquisition").any().fill_null(False),
        has_retention=(costs.kind == "retention").any().fill_null(False),
    )
    facts = facts.cross_join(spent)
    both = facts.has_acquisition & facts.has_retention
    figures = {
        f"historical_clv_net{suffix}": to_money(
            ibis.ifelse(
                both,
                facts[f"historical_clv_margin{suffix}"].cast("float64")
                - facts[f"costs{suffix}"].fill_null(0.0),
                None,
            )
        )
        for suffix in WINDOWS
    }
    figures["acquisition_cost"] = to_money(
        ibis.ifelse(facts.has_acquisition, facts.acquisition_cost.fill_null(0.0), None)
    )
    return facts.mutate(**figures)


def _finish(facts: ir.Table, as_of: date) -> ir.Table:
    after = (facts.first_order_on + ibis.interval(months=12)).cast("date")
    complete = after <= as_of + timedelta(days=1)
    facts = facts.mutate(
        value_first_12m=ibis.ifelse(complete, facts.value_first_12m, None),
        margin_first_12m=ibis.ifelse(complete, facts.margin_first_12m, None),
        first_12m_end=(after - ibis.interval(days=1)).cast("date"),
        revenue=facts.historical_clv,
        margin=facts.historical_clv_margin,
    )
    return facts.select(*COLUMNS)


COLUMNS = (
    "customer_id",
    "first_order_at",
    "last_order_at",
    "first_order_on",
    "last_order_on",
    "days_since_last_order",
    "orders",
    "frequency",
    "recency_days",
    "tenure_days",
    "monetary_value",
    "revenue",
    "margin",
    *(f"historical_clv{kind}{suffix}" for kind in ("", "_margin", "_net") for suffix in WINDOWS),
    "value_first_12m",
    "margin_first_12m",
    "first_12m_end",
    "acquisition_cost",
    "channel",
    "country",
    "first_category",
    "first_discounted",
    "cohort_week",
    "cohort_month",
    "cohort_quarter",
    "is_active",
)
