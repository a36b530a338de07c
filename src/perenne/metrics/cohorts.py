"""Cohorts: customers who began together, followed period after period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from perenne.core import Period, add_months
from perenne.metrics.dimensions import label, period_label

CohortGrain = Literal["week", "month", "quarter"]
CohortDimension = Literal["channel", "country", "first_category", "first_discounted"]
Measure = Literal["retention", "revenue", "margin", "orders"]
MEASURES: tuple[Measure, ...] = ("retention", "revenue", "margin", "orders")
COHORT_GRAINS: tuple[CohortGrain, ...] = ("week", "month", "quarter")
COHORT_DIMENSIONS: tuple[CohortDimension, ...] = (
    "channel",
    "country",
    "first_category",
    "first_discounted",
)
UNITS: dict[Measure, str] = {
    "retention": "percent",
    "revenue": "money",
    "margin": "money",
    "orders": "number",
}


@dataclass(frozen=True)
class CohortRequest:
    """Cohorts by first purchase period, or by `dimension` followed in steps of `grain`.

    `measure`: retention (share who buy in the period), or revenue, margin or orders per customer
    added up since the start. `periods`: how many steps to follow, None for all.
    """

    grain: CohortGrain = "month"
    dimension: CohortDimension | None = None
    measure: Measure = "retention"
    periods: int | None = None


@dataclass(frozen=True)
class CohortCell:
    """One cohort at one age: 0 is the period of the first purchase itself.

    `customers` are those who have lived that long, `active` those of them who bought in the
    period. Not `complete`: the period is not over.
    """

    age: int
    value: float | None
    complete: bool
    customers: int
    active: int | None = None


@dataclass(frozen=True)
class CohortRow:
    """`payback`: the age at which cumulative margin per customer covers `cac`, None if not yet."""

    cohort: str | None
    size: int
    cells: tuple[CohortCell, ...]
    cac: float | None = None
    payback: int | None = None


@dataclass(frozen=True)
class CohortTable:
    request: CohortRequest
    unit: str
    rows: tuple[CohortRow, ...]
    average: tuple[CohortCell, ...]
    """Mean over the complete cells of each age, weighted by customers."""
    note: str | None = None


@dataclass(frozen=True)
class Activity:
    """What the customers of one cohort and first period did at one age."""

    age: int
    active: int = 0
    orders: int = 0
    revenue: Decimal = Decimal(0)
    margin: Decimal | None = Decimal(0)


@dataclass(frozen=True)
class Start:
    """Customers of one cohort who began in one period, and all they did, by age."""

    cohort: object
    first: date
    size: int
    history: dict[int, Activity]


def row(
    starts: Sequence[Start],
    request: CohortRequest,
    *,
    as_of: date,
    cac: float | None,
) -> CohortRow:
    """One cohort's cells for the measure asked for, with its payback by margin."""
    margins = tuple(cells(starts, replace(request, measure="margin"), as_of=as_of))
    wanted = tuple(cells(starts, request, as_of=as_of))
    return CohortRow(
        cohort=_name(starts[0], request),
        size=sum(start.size for start in starts),
        cells=wanted,
        cac=cac,
        payback=payback(margins, cac),
    )


def cells(starts: Sequence[Start], request: CohortRequest, *, as_of: date) -> Iterator[CohortCell]:
    """A cell per age that some of the customers have completed, or are living now."""
    oldest = max(last_age(start.first, as_of, request.grain) for start in starts)
    limit = oldest if request.periods is None else min(oldest, request.periods - 1)
    for age in range(limit + 1):
        done = [one for one in starts if is_over(one.first, age, as_of=as_of, grain=request.grain)]
        begun = [one for one in starts if last_age(one.first, as_of, request.grain) >= age]
        if done or request.dimension is None:
            yield _cell(done or begun, age, request.measure, complete=bool(done))


def payback(margins: Iterable[CohortCell], cac: float | None) -> int | None:
    """First complete age at which cumulative margin per customer reaches `cac`."""
    for cell in margins:
        if cac is not None and cell.complete and cell.value is not None and cell.value >= cac:
            return cell.age
    return None


def average(rows: Iterable[CohortRow]) -> tuple[CohortCell, ...]:
    """Complete cells of each age, weighted by customers."""
    by_age: dict[int, list[CohortCell]] = defaultdict(list)
    for one in rows:
        for cell in one.cells:
            if cell.complete:
                by_age[cell.age].append(cell)
    return tuple(_mean(age, by_age[age]) for age in sorted(by_age))


def last_age(first: date, as_of: date, grain: CohortGrain) -> int:
    """Age of the period in which `as_of` lies, for those who began in the period of `first`."""
    if grain == "week":
        return (Period.of(as_of, "week").start - first).days // 7
    months = (as_of.year - first.year) * 12 + as_of.month - first.month
    return months if grain == "month" else (months + (first.month - 1) % 3) // 3


def is_over(first: date, age: int, *, as_of: date, grain: CohortGrain) -> bool:
    """Has the period at this age ended by the end of `as_of`?"""
    if grain == "week":
        return (as_of - first).days + 1 >= 7 * (age + 1)
    months = (age + 1) * (1 if grain == "month" else 3)
    return (add_months(first, months) - as_of).days <= 1


def _cell(starts: Sequence[Start], age: int, measure: Measure, *, complete: bool) -> CohortCell:
    customers = sum(start.size for start in starts)
    active = sum(start.history.get(age, Activity(age)).active for start in starts)
    total = active if measure == "retention" else _until(starts, age, measure)
    value = None if total is None or not customers else float(total) / customers
    return CohortCell(age, value, complete, customers, active)


def _until(starts: Sequence[Start], age: int, measure: Measure) -> Decimal | int | None:
    lived = [one for start in starts for one in start.history.values() if one.age <= age]
    if measure == "orders":
        return sum(one.orders for one in lived)
    if measure == "revenue":
        return sum((one.revenue for one in lived), Decimal(0))
    known = [one.margin for one in lived if one.margin is not None]
    return sum(known, Decimal(0)) if len(known) == len(lived) else None


def _mean(age: int, found: Sequence[CohortCell]) -> CohortCell:
    customers = sum(cell.customers for cell in found)
    values = [(cell.value, cell.customers) for cell in found if cell.value is not None]
    total = sum(value * weight for value, weight in values)
    known = len(values) == len(found) and customers
    active = sum(cell.active or 0 for cell in found)
    return CohortCell(age, total / customers if known else None, True, customers, active)


def _name(start: Start, request: CohortRequest) -> str | None:
    if request.dimension is None:
        return period_label(start.first, request.grain)
    return label(request.dimension, start.cohort)
