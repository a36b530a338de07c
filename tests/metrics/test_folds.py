"""Rows that are added up before windows look at them give what each row alone would give."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from perenne.core import Period
from perenne.metrics import Figure, MetricSettings, Request, compute, load_catalogue
from perenne.metrics.datasets import DATASETS
from perenne.metrics.expressions import Aggregate, aggregates, parse
from perenne.metrics.tables.foldable import FOLDS
from tests.metrics.conftest import Measured
from tests.metrics.shops import Kind

Measure = Callable[..., Measured]
KINDS = [
    (Kind("whole"), None),
    (Kind("no_cost", unknown_cost=0.2), MetricSettings(inactivity_days=40)),
]
CATALOGUE = load_catalogue()


def reads(metric: Any, *sources: str) -> bool:
    closure = CATALOGUE.closure([metric.id], lifespan="implied_lifespan_years")
    found = {DATASETS[one.dataset].source for each in closure for one in each.aggregates}
    return bool(found & set(sources))


FOLDED = tuple(one.id for one in CATALOGUE if reads(one, *FOLDS))


@pytest.fixture(params=KINDS, ids=lambda one: one[0].name)
def measured(request: pytest.FixtureRequest, measure: Measure) -> Measured:
    kind, settings = request.param
    found: Measured = measure(kind, 3, settings)
    return found


def without(measured: Measured, mart: str, request: Request) -> list[Figure]:
    """The figures where a mart is missing: rows are looked at one by one."""
    tables = {name: one for name, one in measured.tables.items() if name != mart}
    return compute(
        request,
        catalogue=CATALOGUE,
        tables=tables,
        context=measured.context,
        fetch=measured.engine.fetch,
    )


REQUESTS = [
    Request(by=("month",), period=Period.parse("2024")),
    Request(by=("acquisition_channel",), compare="year"),
    Request(by=("first_category", "quarter"), compare="previous"),
    Request(where={"country": ("FR",), "first_discounted": ("false",)}, by=("year",)),
]


@pytest.mark.parametrize("mart", ["order_values", "customer_runs"])
@pytest.mark.parametrize("asked", REQUESTS, ids=lambda one: "-".join(one.by))
def test_sums_tell_what_rows_tell(measured: Measured, mart: str, asked: Request) -> None:
    source = {"order_values": "sales", "customer_runs": "states"}[mart]
    names = tuple(
        one.id for one in CATALOGUE if reads(one, source) and one.grain in ("order", "customer")
    )
    request = Request(
        metrics=names, by=asked.by, where=asked.where, period=asked.period, compare=asked.compare
    )
    assert close(measured.figures(request)) == close(without(measured, mart, request))


def test_many_windows_tell_what_one_tells(measured: Measured) -> None:
    """Asked by year, every metric is what the year alone gives."""
    whole = {
        (one.metric, one.period): one.value
        for one in measured.figures(Request(metrics=FOLDED, by=("year",)))
    }
    for year in ("2023", "2024", "2025"):
        for one in measured.figures(Request(metrics=FOLDED, period=Period.parse(year))):
            assert rounded(whole[one.metric, one.period]) == rounded(one.value), one


def test_what_needs_single_lines_is_not_added_up() -> None:
    sales = FOLDS["sales"]
    here = {"order_values": object()}

    def fits(text: str, *needed: str) -> bool:
        wanted = [one for one in aggregates(parse(text)) if isinstance(one, Aggregate)]
        return sales.fits(wanted, tables=here, needed=needed)  # type: ignore[arg-type] # only names are asked

    assert fits("sum(sales.net, sales.is_new)")
    assert fits("count_distinct(sales.order_id, sales.is_sale and sales.is_known)")
    assert not fits("count_distinct(sales.order_id)")
    assert not fits("count_distinct(sales.order_id, sales.is_sale or sales.is_known)")
    assert not fits("count(sales)")
    assert not fits("mean(sales.net)")
    assert not fits("sum(sales.cost)")
    assert not fits("sum(sales.net, sales.cost_known)")
    assert not fits("sum(sales.net)", "category")


def test_a_run_lasts_until_the_window_is_over(measured: Measured) -> None:
    """Each purchase day lies in one run, and runs lie further apart than the window."""
    limit = measured.context.inactivity_days
    days: dict[int, list[date]] = {}
    for row in measured.engine.fetch(measured.tables["customer_days"]).to_pylist():
        days.setdefault(row["customer_number"], []).append(row["day"])
    found = {
        (row["customer_number"], row["run_start"]): row
        for row in measured.engine.fetch(measured.tables["customer_runs"]).to_pylist()
    }
    expected = {
        (customer, run[0]): run for customer, own in days.items() for run in runs(own, limit)
    }
    assert found.keys() == expected.keys()
    for (customer, start), run in expected.items():
        row = found[customer, start]
        second = run[1] if len(run) > 1 else None
        assert (row["second_day"], row["run_last"]) == (second, run[-1])
        assert row["first_day"] == min(days[customer])
        assert row["is_latest"] == (run[-1] == max(days[customer]))


def runs(days: list[date], limit: int) -> list[list[date]]:
    told: list[list[date]] = []
    for day in sorted(days):
        if told and (day - told[-1][-1]).days <= limit:
            told[-1].append(day)
        else:
            told.append([day])
    return told


def close(figures: list[Figure]) -> list[tuple[Any, ...]]:
    return [
        (
            one.metric,
            one.period,
            tuple((one.group or {}).items()),
            rounded(one.value),
            one.compared and rounded(one.compared.value),
            one.note,
        )
        for one in figures
    ]


def rounded(value: Any) -> Any:
    """Doubles may be added in another order; amounts and counts are exact."""
    return float(f"{value:.12g}") if isinstance(value, float) else value
