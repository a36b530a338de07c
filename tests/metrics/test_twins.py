"""Every metric equals its plain SQL twin, over several shops, periods and groups."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from perenne.core import Period
from perenne.metrics import MetricSettings, Request, load_catalogue
from tests.metrics.conftest import Measured
from tests.metrics.shops import Kind
from tests.metrics.twins import NAMES, Twins

pytestmark = pytest.mark.slow

Measure = Callable[..., Measured]

CATALOGUE = load_catalogue()
WHOLE = Kind("whole")
SHOPS = (
    WHOLE,
    WHOLE,
    Kind("no_cost", unknown_cost=0.2),
    Kind("no_spend", spend=False, refunds=False, relations=False),
    Kind("young", days=220),
    Kind("newborn", days=40, customers=20),
    Kind("guests_only", guests=1.0, customers=20),
    Kind("empty", customers=0),
)


def twins(measured: Measured) -> Twins:
    context = measured.context
    return Twins(measured.folder, as_of=context.as_of, window=context.inactivity_days)


BESIDE_ORDERS = {"consents", "subscriptions", "interactions", "nps", "csat", "ticket", "session"}
BESIDE_ORDERS |= {"product_view", "cart", "purchase", "email_sent", "email_open", "email_click"}


def expected_value(measured: Measured, name: str, value: Any) -> Any:
    """What the twin says; nothing where the table it needs was never imported."""
    lacks = not measured.shop.tables.get("events") and BESIDE_ORDERS & set(CATALOGUE[name].needs)
    return None if lacks else value


def periods(as_of: date) -> list[Period]:
    return [
        Period.last_complete(as_of, "month"),
        Period(as_of - timedelta(days=39), as_of),
        Period.of(as_of - timedelta(days=400), "quarter"),
    ]


def agree(found: Any, expected: Any) -> bool:
    if found is None or expected is None:
        return found is None and expected is None
    if isinstance(found, Decimal):
        return found == Decimal(str(expected))
    return math.isclose(float(found), float(expected), rel_tol=1e-9, abs_tol=1e-9)


def test_every_metric_has_a_twin_and_every_twin_a_metric() -> None:
    assert sorted(CATALOGUE.ids) == NAMES


@pytest.mark.parametrize(
    ("kind", "seed"),
    [(kind, seed) for seed, kind in enumerate(SHOPS, start=1)],
    ids=lambda value: getattr(value, "name", None),
)
def test_every_figure_is_its_twin_s(measure: Measure, kind: Kind, seed: int) -> None:
    measured = measure(kind, seed)
    sql = twins(measured)
    for period in periods(measured.shop.as_of):
        found = measured.values(Request(period=period))
        expected = {
            name: expected_value(measured, name, sql.value(name, period.start, period.end))
            for name in NAMES
        }
        wrong = {
            name: (found[name,], expected[name])
            for name in NAMES
            if not agree(found[name,], expected[name])
        }
        assert not wrong, period


def test_without_a_period_figures_to_date_end_on_as_of(measure: Measure) -> None:
    measured = measure(WHOLE, 1)
    sql, as_of = twins(measured), measured.shop.as_of
    for figure in measured.figures(Request()):
        month = Period.last_complete(as_of, "month")
        until = Period(measured.context.history_from, as_of)
        expected_period = month if CATALOGUE[figure.metric].scope == "period" else until
        assert figure.period == expected_period
        expected = sql.value(figure.metric, figure.period.start, figure.period.end)
        assert agree(figure.value, expected), figure


@pytest.mark.parametrize("grain", ["month", "week", "quarter", "year"])
def test_each_time_step_is_a_period(measure: Measure, grain: Any) -> None:
    measured = measure(WHOLE, 1)
    sql, as_of = twins(measured), measured.shop.as_of
    asked = Period(as_of - timedelta(days=15 if grain == "week" else 45), as_of)
    steps = list(asked.split(grain))
    figures = measured.figures(Request(by=(grain,), period=asked))
    assert len(figures) == len(steps) * len(CATALOGUE)
    for number, step in enumerate(steps):
        for figure in figures[number :: len(steps)]:
            assert agree(figure.value, sql.value(figure.metric, step.start, step.end)), figure


ORDER_DIMENSIONS = ("channel", "country", "category")
CUSTOMER_DIMENSIONS = {
    "channel": "channel",
    "country": "country",
    "first_category": "first_category",
    "first_discounted": "first_discounted",
}


@pytest.mark.parametrize("dimension", ORDER_DIMENSIONS)
def test_orders_by_dimension(measure: Measure, dimension: str) -> None:
    measured = measure(WHOLE, 1)
    sql, period = twins(measured), periods(measured.shop.as_of)[1]
    names = [one.id for one in CATALOGUE if one.grain == "order"]
    seen = set()
    figures = measured.figures(Request(tuple(names), by=(dimension,), period=period))
    for figure in sorted(figures, key=lambda one: str(one.group)):
        value = (figure.group or {})[dimension]
        if dimension == "category" and figure.metric not in ("discount_share", "margin"):
            continue  # their twins read orders, which know no category
        expected = sql.value(figure.metric, period.start, period.end, orders={dimension: value})
        seen.add(figure.metric)
        assert agree(figure.value, expected), figure
    assert seen >= {"discount_share", "margin"}


@pytest.mark.parametrize("dimension", CUSTOMER_DIMENSIONS)
def test_customers_by_dimension(measure: Measure, dimension: str) -> None:
    measured = measure(WHOLE, 2)
    sql, period = twins(measured), periods(measured.shop.as_of)[1]
    grains = ("customer", "step", "person", "answer", "subscription")
    names = [one.id for one in CATALOGUE if one.grain in grains]
    # Their spend is shared among all.
    names = [name for name in names if not name.startswith(("clv_net", "historical_clv_net"))]
    figures = measured.figures(Request(tuple(names), by=(dimension,), period=period))
    groups = {(one.group or {})[dimension] for one in figures}
    assert len(groups) > 1
    for figure in sorted(figures, key=lambda one: str(one.group)):
        value: Any = (figure.group or {})[dimension]
        if dimension == "first_discounted" and value is not None:
            value = value == "true"
        only = {CUSTOMER_DIMENSIONS[dimension]: value}
        if value is None and figure.metric in ("buyers", "tickets_per_order"):
            continue  # guests are nobody: they have no group
        expected = sql.value(figure.metric, period.start, period.end, customers=only)
        assert agree(figure.value, expected), figure


@pytest.mark.parametrize("metric", ["cac", "cac_year", "payback_months", "clv_cac_ratio"])
def test_spend_by_channel(measure: Measure, metric: str) -> None:
    measured = measure(WHOLE, 2)
    sql, period = twins(measured), periods(measured.shop.as_of)[1]
    figures = measured.figures(Request((metric,), by=("channel",), period=period))
    assert {(one.group or {})["channel"] for one in figures} >= {"ads", "seo"}
    for figure in figures:
        channel = {"channel": (figure.group or {})["channel"]}
        expected = sql.value(metric, period.start, period.end, customers=channel, spend=channel)
        assert agree(figure.value, expected), figure


def test_a_filter_gives_what_the_group_gives(measure: Measure) -> None:
    measured = measure(WHOLE, 1)
    period = periods(measured.shop.as_of)[1]
    split = measured.values(Request(by=("channel",), period=period))
    only = measured.values(Request(where={"channel": ("email",)}, period=period))
    for (name,), value in only.items():
        assert value == split.get((name, "email"), value), name


def test_the_observed_lifespan_can_stand_in(measure: Measure) -> None:
    measured = measure(WHOLE, 1, MetricSettings(lifespan="observed"))
    found = measured.values(Request())
    expected = found["customer_value",] * found["average_lifespan_years",]
    assert found["clv_simple",] == pytest.approx(expected)


def test_the_last_day_of_the_inactivity_window(measure: Measure) -> None:
    """Periods that end, or start, when a customer has been silent for exactly the window."""
    measured = measure(WHOLE, 1, MetricSettings(inactivity_days=60))
    sql = twins(measured)
    orders = measured.shop.tables["orders"]
    known = [one for one in orders if one["is_purchase"] and one["customer_id"]]
    by_customer: dict[str, list[date]] = {}
    for order in known:
        by_customer.setdefault(order["customer_id"], []).append(order["ordered_on"])
    once = sorted(days[0] for days in by_customer.values() if len(days) == 1)
    limit = once[len(once) // 2] + timedelta(days=60)
    names = ("one_and_done_share", "customers_at_end", "lost_customers", "customers_at_start")
    for end in (limit, limit + timedelta(days=1)):
        after = end + timedelta(days=1)
        for period in (Period(end - timedelta(days=20), end), Period(after, after)):
            found = measured.values(Request(names, period=period))
            for name in names:
                expected = sql.value(name, period.start, period.end)
                assert agree(found[name,], expected), (name, period)
