"""The five lenses of a customer-base audit (Fader, Hardie & Ross, 2022), on one catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from perenne.core import PerenneError, Period, add_months
from perenne.metrics.cohorts import CohortGrain
from perenne.metrics.dimensions import period_label
from perenne.metrics.settings import Context
from perenne.metrics.tables import Fetch, Table, Tables
from perenne.metrics.tables.lenses import cohort_steps, deciles, order_counts, two_periods
from perenne.text import gettext as _

Lens = Literal["one_period", "two_periods", "one_cohort", "cohorts", "all_together"]
LENSES: tuple[Lens, ...] = ("one_period", "two_periods", "one_cohort", "cohorts", "all_together")

Cell = str | int | float | Decimal | None


@dataclass(frozen=True)
class AuditRequest:
    """One lens. `period`: default the last 12 complete months; `before`: the period compared with
    it (default the one just before); `cohort`: label of a start period, e.g. `2025-01`."""

    lens: Lens
    period: Period | None = None
    before: Period | None = None
    grain: CohortGrain = "quarter"
    cohort: str | None = None


@dataclass(frozen=True)
class AuditTable:
    """A small table: names of columns and their rows; money after returns, without guests."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def audit(
    request: AuditRequest, *, tables: Tables, context: Context, fetch: Fetch
) -> tuple[AuditTable, ...]:
    """The tables of one lens.

    Customers x orders per customer x value per order = revenue in every row. Raises PerenneError
    for an unknown lens or cohort.
    """
    if request.lens not in _LENSES:
        raise PerenneError(
            _("There is no lens “{lens}”.").format(lens=request.lens),
            given=request.lens,
            allowed=LENSES,
            next_step=_("Use one of: {allowed}.").format(allowed=", ".join(LENSES)),
        )

    def rows(table: Table) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = fetch(table).to_pylist()
        return found

    return _LENSES[request.lens](request, _Data(tables, context, rows))


@dataclass(frozen=True)
class _Data:
    tables: Tables
    context: Context
    rows: Callable[[Table], list[dict[str, Any]]]

    @property
    def history(self) -> Period:
        start = min(self.context.history_from, self.context.as_of)
        return Period(start, self.context.as_of)

    def period(self, request: AuditRequest) -> Period:
        if request.period:
            return request.period
        last = Period.last_complete(self.context.as_of, "month")
        return Period(add_months(last.start, -11), last.end)


def _one_period(request: AuditRequest, data: _Data) -> tuple[AuditTable, ...]:
    period = data.period(request)
    spread = data.rows(deciles(data.tables, period))
    counts = data.rows(order_counts(data.tables, period))
    return (_spread("deciles", "decile", spread), _spread("orders", "orders_each", counts))


def _spread(name: str, key: str, rows: list[dict[str, Any]]) -> AuditTable:
    revenue = sum((row["revenue"] for row in rows), Decimal(0))
    columns = (
        key,
        "customers",
        "revenue",
        "revenue_share",
        "orders_per_customer",
        "value_per_order",
    )
    body = (
        (
            row[key],
            row["customers"],
            row["revenue"],
            _ratio(row["revenue"], revenue),
            _ratio(row["orders"], row["customers"]),
            _ratio(row["revenue"], row["orders"]),
        )
        for row in rows
    )
    return AuditTable(name, columns, tuple(body))


def _two_periods(request: AuditRequest, data: _Data) -> tuple[AuditTable, ...]:
    period = data.period(request)
    before = request.before or _just_before(period)
    found = {
        (row["bought_first"], row["bought_second"]): row
        for row in data.rows(two_periods(data.tables, before, period))
    }
    names = {(True, True): "both", (True, False): "first_only", (False, True): "second_only"}
    columns = (
        "group",
        "customers",
        "revenue_first",
        "revenue_second",
        "difference",
        "orders_first",
        "orders_second",
    )
    body = []
    for key, name in names.items():
        row = found.get(key, dict.fromkeys(columns[1:], 0))
        first, second = Decimal(row["revenue_first"]), Decimal(row["revenue_second"])
        orders = (int(row["orders_first"]), int(row["orders_second"]))
        body.append((name, row["customers"], first, second, second - first, *orders))
    return (AuditTable("two_periods", columns, tuple(body)),)


def _just_before(period: Period) -> Period:
    """As many calendar months before it, when it is made of whole months; else as many days."""
    months = list(period.split("month"))
    if all(Period.of(month.start, "month") == month for month in months):
        return Period(add_months(period.start, -len(months)), months[0].previous().end)
    return period.previous()


def _one_cohort(request: AuditRequest, data: _Data) -> tuple[AuditTable, ...]:
    steps = _steps(request, data)
    cohorts = list(dict.fromkeys(row["cohort"] for row in steps))
    labels = {period_label(cohort, request.grain): cohort for cohort in cohorts}
    chosen = request.cohort or next(iter(labels), None)
    if chosen is None:
        return (_activity("one_cohort", ("step",), []),)
    if chosen not in labels:
        raise PerenneError(
            _("There is no cohort “{cohort}”.").format(cohort=chosen),
            given=chosen,
            allowed=tuple(labels),
            next_step=_("Use one of: {allowed}.").format(allowed=", ".join(labels)),
        )
    kept = [row for row in steps if row["cohort"] == labels[chosen]]
    return (_activity("one_cohort", ("step",), _labelled(kept, request.grain)),)


def _cohorts(request: AuditRequest, data: _Data) -> tuple[AuditTable, ...]:
    """Cohorts side by side at the same ages: the first period, the next, and all since."""
    columns = ("cohort", "customers", "first_value", "second_active", "second_value", "value")
    by_cohort: dict[date, list[dict[str, Any]]] = {}
    for row in _steps(request, data):
        by_cohort.setdefault(row["cohort"], []).append(row)
    body = []
    for cohort, rows in by_cohort.items():
        size = next((row["customers"] for row in rows if row["step"] == cohort), 0)
        following = Period.of(cohort, request.grain).end
        second = [r for r in rows if Period.of(r["step"], request.grain).start == _next(following)]
        is_over = Period.of(_next(following), request.grain).end <= data.context.as_of
        first = sum((r["revenue"] for r in rows if r["step"] == cohort), Decimal(0))
        after = sum((r["revenue"] for r in second), Decimal(0))
        total = sum((r["revenue"] for r in rows), Decimal(0))
        active = sum(r["customers"] for r in second)
        body.append(
            (
                period_label(cohort, request.grain),
                size,
                _ratio(first, size),
                _ratio(active, size) if is_over else None,
                _ratio(after, size) if is_over else None,
                _ratio(total, size),
            )
        )
    return (AuditTable("cohorts", columns, tuple(body)),)


def _all_together(request: AuditRequest, data: _Data) -> tuple[AuditTable, ...]:
    """Every period's customers and revenue by the cohort they come from."""
    rows = sorted(_steps(request, data), key=lambda row: (row["step"], row["cohort"]))
    return (_activity("all_together", ("step", "cohort"), _labelled(rows, request.grain)),)


def _steps(request: AuditRequest, data: _Data) -> list[dict[str, Any]]:
    table = cohort_steps(data.tables, period=request.period or data.history, grain=request.grain)
    return data.rows(table)


def _labelled(rows: Iterable[dict[str, Any]], grain: CohortGrain) -> list[dict[str, Any]]:
    return [
        row | {name: period_label(row[name], grain) for name in ("cohort", "step")} for row in rows
    ]


def _activity(name: str, keys: tuple[str, ...], rows: list[dict[str, Any]]) -> AuditTable:
    columns = (*keys, "customers", "revenue", "orders_per_customer", "value_per_order")
    body = (
        (
            *(row[key] for key in keys),
            row["customers"],
            row["revenue"],
            _ratio(row["orders"], row["customers"]),
            _ratio(row["revenue"], row["orders"]),
        )
        for row in rows
    )
    return AuditTable(name, columns, tuple(body))


def _ratio(amount: Decimal | int, by: Decimal | int) -> float | None:
    return float(amount) / float(by) if by else None


def _next(end: date) -> date:
    return date.fromordinal(end.toordinal() + 1)


_LENSES: dict[Lens, Callable[[AuditRequest, _Data], tuple[AuditTable, ...]]] = {
    "one_period": _one_period,
    "two_periods": _two_periods,
    "one_cohort": _one_cohort,
    "cohorts": _cohorts,
    "all_together": _all_together,
}
