"""The five lenses of a customer-base audit over the sales of known customers."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.core import Period
from perenne.metrics.cohorts import CohortGrain
from perenne.metrics.tables import Tables

TENTHS = 10
_UNITS: dict[CohortGrain, str] = {"week": "W", "month": "M", "quarter": "Q"}


def buyers(tables: Tables, period: Period) -> ir.Table:
    """customer_id, orders, revenue after returns: those who bought in the period."""
    sales = _known(tables, period)
    people = sales.group_by("customer_id").aggregate(
        orders=sales.order_id.nunique(where=sales.kind == "sale"), revenue=sales.net.sum()
    )
    return people.filter(people.orders > 0)


def deciles(tables: Tables, period: Period) -> ir.Table:
    """decile (1 spends most), customers, orders, revenue."""
    people = buyers(tables, period)
    order = ibis.window(order_by=[people.revenue.desc(), people.customer_id])
    ranked = people.mutate(decile=ibis.ntile(TENTHS).over(order) + 1)
    return _totals(ranked, "decile").order_by("decile")


def order_counts(tables: Tables, period: Period) -> ir.Table:
    """orders_each, customers, orders, revenue: buyers by how many orders they placed."""
    people = buyers(tables, period)
    return _totals(people.mutate(orders_each=people.orders), "orders_each").order_by("orders_each")


def two_periods(tables: Tables, first: Period, second: Period) -> ir.Table:
    """bought_first, bought_second, customers, revenue_first, revenue_second, orders of each."""
    before, after = (_prefixed(buyers(tables, one), name) for one, name in _named(first, second))
    joined = before.outer_join(after, before.first_customer == after.second_customer)
    rows = joined.select(
        bought_first=before.first_customer.notnull(),
        bought_second=after.second_customer.notnull(),
        first_orders=before.first_orders.fill_null(0),
        second_orders=after.second_orders.fill_null(0),
        first_revenue=before.first_revenue.fill_null(0),
        second_revenue=after.second_revenue.fill_null(0),
    )
    return rows.group_by("bought_first", "bought_second").aggregate(
        customers=rows.count(),
        orders_first=rows.first_orders.sum(),
        orders_second=rows.second_orders.sum(),
        revenue_first=rows.first_revenue.sum(),
        revenue_second=rows.second_revenue.sum(),
    )


def cohort_steps(tables: Tables, *, period: Period, grain: CohortGrain) -> ir.Table:
    """cohort, step (first days of their periods), customers, orders, revenue of each step."""
    sales = _known(tables, period)
    unit = _UNITS[grain]
    steps = sales.mutate(cohort=sales.first_day.truncate(unit), step=sales.day.truncate(unit))
    bought = steps.kind == "sale"
    return (
        steps.group_by("cohort", "step")
        .aggregate(
            customers=steps.customer_id.nunique(where=bought),
            orders=steps.order_id.nunique(where=bought),
            revenue=steps.net.sum(),
        )
        .order_by("cohort", "step")
    )


def _known(tables: Tables, period: Period) -> ir.Table:
    sales = tables["sales"]
    return sales.filter(
        sales.first_day.notnull(), sales.day >= period.start, sales.day <= period.end
    )


def _totals(people: ir.Table, by: str) -> ir.Table:
    return people.group_by(by).aggregate(
        customers=people.count(), orders=people.orders.sum(), revenue=people.revenue.sum()
    )


def _named(first: Period, second: Period) -> tuple[tuple[Period, str], tuple[Period, str]]:
    return (first, "first"), (second, "second")


def _prefixed(people: ir.Table, name: str) -> ir.Table:
    return people.select(
        **{
            f"{name}_customer": people.customer_id,
            f"{name}_orders": people.orders,
            f"{name}_revenue": people.revenue,
        }
    )
