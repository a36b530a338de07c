"""What the customers of each cohort did at each age."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.metrics.cohorts import CohortGrain, CohortRequest
from perenne.metrics.tables import Tables
from perenne.metrics.tables.canonical import table
from perenne.metrics.tables.margins import sum_all

_UNITS: dict[CohortGrain, str] = {"week": "W", "month": "M", "quarter": "Q"}


def starts(tables: Tables, request: CohortRequest) -> ir.Table:
    """cohort, first (first day of the period of the first purchase), size."""
    people = _people(tables, request)
    return people.group_by("cohort", "first").aggregate(size=people.count())


def histories(tables: Tables, request: CohortRequest, as_of: date) -> ir.Table:
    """cohort, first, age, active, orders, revenue, margin; from the first purchase on."""
    sales = tables["sales"]
    sales = sales.filter(sales.day >= sales.first_day, sales.day <= as_of)
    sales = sales.mutate(step=sales.day.truncate(_UNITS[request.grain])).select(
        "customer_id", "order_id", "kind", "step", "net", "margin"
    )
    lived = sales.join(_people(tables, request), "customer_id")
    lived = lived.select("cohort", "first", *sales.columns)
    lived = lived.mutate(age=_age(lived.first, lived.step, request.grain))
    bought = lived.kind == "sale"
    return lived.group_by("cohort", "first", "age").aggregate(
        active=lived.customer_id.nunique(where=bought),
        orders=lived.order_id.nunique(where=bought),
        revenue=lived.net.sum(),
        margin=sum_all(lived.margin),
    )


def acquisition_spend(tables: Tables, request: CohortRequest, as_of: date) -> ir.Table:
    """cohort, spend: of the cohort's period, or of the channel over all history."""
    costs = table(tables, "costs")
    costs = costs.filter(costs.day <= as_of, costs.kind == "acquisition")
    key = costs.channel if request.dimension else costs.day.truncate(_UNITS[request.grain])
    return costs.group_by(cohort=key).aggregate(spend=costs.amount.sum())


def _people(tables: Tables, request: CohortRequest) -> ir.Table:
    facts = tables["customer_facts"]
    first = facts.first_order_on.truncate(_UNITS[request.grain])
    cohort = facts[request.dimension] if request.dimension else first
    return facts.select("customer_id", cohort=cohort, first=first)


def _age(first: ir.DateValue, step: ir.DateValue, grain: CohortGrain) -> ir.IntegerValue:
    if grain == "week":
        days = step.delta(first, unit="day")
        return (days / ibis.literal(7)).floor().cast("int64")
    months = (step.year() - first.year()) * 12 + step.month() - first.month()
    return months if grain == "month" else (months / ibis.literal(3)).floor().cast("int64")
