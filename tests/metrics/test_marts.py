"""Marts keep every cent and every customer, and the facts of a customer are right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from perenne.core import add_months
from perenne.metrics import MARTS, MetricSettings, Request, build_marts
from perenne.warehouse import Engine
from tests.metrics.conftest import Measured
from tests.metrics.shops import Kind

Measure = Callable[..., Measured]

WHOLE = Kind("whole")
NO_COST = Kind("no_cost", unknown_cost=0.2)


def sql(measured: Measured, query: str) -> list[tuple[Any, ...]]:
    duck = duckdb.connect()
    for path in measured.folder.glob("*.parquet"):
        duck.execute(f"create view {path.stem} as select * from '{path}'")
    return duck.execute(query).fetchall()


def test_sales_hold_every_cent_of_orders_and_refunds(measure: Measure) -> None:
    measured = measure(WHOLE, 1)
    [(found,)] = sql(measured, "select sum(net) from sales")
    [(sold,)] = sql(measured, "select sum(net) from orders where is_purchase")
    [(returned,)] = sql(measured, "select sum(net) from refunds")
    assert found == sold - returned


def test_an_order_whose_lines_are_unknown_still_counts(engine: Engine) -> None:
    from perenne.warehouse import CANONICAL
    from tests.metrics.shops import shop

    one = shop(WHOLE, 1)
    tables = {"orders": engine.rows(CANONICAL["orders"], one.tables["orders"])}
    marts = build_marts(tables, as_of=one.as_of, settings=MetricSettings())
    sales = engine.fetch(marts["sales"]).to_pylist()
    purchases = [order for order in one.tables["orders"] if order["is_purchase"]]
    assert len(sales) == len(purchases)
    assert sum(row["net"] for row in sales) == sum(order["net"] for order in purchases)


def test_customer_days_are_intervals_without_holes(measure: Measure) -> None:
    measured = measure(WHOLE, 1)
    bad = sql(
        measured,
        """
        select * from (
            select *, lead(day) over w as following, row_number() over w as number,
                sum(orders) over w as total
            from customer_days window w as (partition by customer_id order by day)
        )
        where following is distinct from next_day or number != day_number
            or total != orders_to_date
            or first_day > day or (prev_day is null) != (day_number = 1)
        """,
    )
    assert not bad


def test_facts_of_each_customer(measure: Measure) -> None:
    measured = measure(WHOLE, 1)
    as_of, window = measured.shop.as_of, measured.context.inactivity_days
    bad = sql(
        measured,
        f"""
        with days as (
            select customer_id, ordered_on as day, sum(net) as net, count(*) as orders
            from orders where is_purchase and customer_id is not null group by all
        ),
        expected as (
            select customer_id, min(day) as first, max(day) as last, sum(orders) as orders,
                count(*) - 1 as frequency, max(day) - min(day) as recency,
                date '{as_of}' - min(day) as tenure
            from days group by customer_id
        ),
        spend as (
            select customer_id, avg(net) as mean
            from days join expected using (customer_id)
            where day > first group by customer_id
        )
        select * from expected left join spend using (customer_id)
        full join customer_facts f using (customer_id)
        where f.first_order_on is distinct from first or f.last_order_on is distinct from last
            or f.orders is distinct from expected.orders
            or f.frequency is distinct from expected.frequency
            or f.recency_days is distinct from recency or f.tenure_days is distinct from tenure
            or (f.monetary_value is null) != (expected.frequency = 0)
            or abs(f.monetary_value - mean) > 1e-9
            or f.is_active is distinct from (date '{as_of}' - last <= {window})
            or f.cohort_month is distinct from date_trunc('month', first)
        """,
    )
    assert not bad
    [(rows,)] = sql(measured, "select count(*) from customer_facts")
    assert rows == measured.context.customers


@pytest.mark.parametrize("name", ["", "_margin", "_net"])
@pytest.mark.parametrize("months", [None, 12, 24, 36])
def test_facts_add_up_to_the_mean(measure: Measure, name: str, months: int | None) -> None:
    measured = measure(WHOLE, 1)
    metric = f"historical_clv{name}" + (f"_{months}m" if months else "")
    [(mean,)] = sql(measured, f"select avg({metric}) from customer_facts")
    found = measured.values(Request((metric,)))[metric,]
    assert found == pytest.approx(float(mean), abs=1e-3)


def test_value_of_the_first_year_waits_until_it_is_over(measure: Measure) -> None:
    measured = measure(WHOLE, 1)
    rows = sql(measured, "select first_order_on, value_first_12m from customer_facts")
    as_of = measured.shop.as_of
    for first, value in rows:
        over = (add_months(first, 12) - as_of).days <= 1
        assert (value is not None) == over


def test_an_unknown_cost_is_not_free(measure: Measure) -> None:
    measured = measure(NO_COST, 1)
    figures = {one.metric: one for one in measured.figures(Request(("margin_rate", "clv_margin")))}
    note = figures["margin_rate"].note or ""
    assert figures["margin_rate"].value is None
    assert "cost of goods is unknown" in note
    assert "default_rate" in note


def test_a_default_rate_stands_in(measure: Measure) -> None:
    settings = MetricSettings(margin_default_rate=Decimal("0.4"))
    measured = measure(NO_COST, 1, settings)
    [(expected,)] = sql(
        measured,
        """
        select sum(net - coalesce(cost, round(net * 0.6, 4))) from (
            select l.net, l.cost from order_lines l join orders using (order_id)
            where is_purchase and l.excluded_by is null
            union all select -net, -cost from refunds
        )
        """,
    )
    [(found,)] = sql(measured, "select sum(margin) from sales")
    assert float(found) == pytest.approx(float(expected), abs=0.01)


def test_the_average_rate_can_stand_in(measure: Measure) -> None:
    measured = measure(NO_COST, 1, MetricSettings(missing_cost="average"))
    [(unknown, rate, stand_in)] = sql(
        measured,
        """
        select sum((margin is null)::int),
            sum(margin) filter (where cost_known and kind = 'sale')
                / sum(net) filter (where cost_known and kind = 'sale'),
            sum(margin) filter (where not cost_known) / sum(net) filter (where not cost_known)
        from sales
        """,
    )
    assert unknown == 0
    assert stand_in == pytest.approx(rate, abs=1e-4)


def test_guests_can_be_left_out(measure: Measure) -> None:
    measured = measure(WHOLE, 1, MetricSettings(include_guests=False))
    values = measured.values(Request(("orders", "guest_revenue"), by=("year",)))
    [(known,)] = sql(
        measured, "select count(*) from orders where is_purchase and customer_id is not null"
    )
    assert sum(value for (name, _year), value in values.items() if name == "orders") == known
    assert not any(value for (name, _year), value in values.items() if name == "guest_revenue")


def test_returns_can_count_on_the_day_of_the_order(measure: Measure) -> None:
    measured = measure(WHOLE, 1, MetricSettings(returns_on="order_day"))
    bad = sql(
        measured,
        """
        select * from sales join orders using (order_id)
        where kind = 'return' and day != ordered_on
        """,
    )
    assert not bad


def test_marts_of_nothing_are_empty(engine: Engine) -> None:
    marts = build_marts({}, as_of=date(2025, 1, 1), settings=MetricSettings())
    assert tuple(marts) == MARTS
    assert all(engine.fetch(mart).num_rows == 0 for mart in marts.values())
