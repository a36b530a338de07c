"""Cohorts equal independent SQL, on random shops and on published purchase histories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from perenne.core import PerenneError
from perenne.metrics import (
    CohortRequest,
    CohortTable,
    MetricSettings,
    build_marts,
    cohorts,
    learn_context,
)
from perenne.warehouse import Engine
from tests.metrics.conftest import Measured
from tests.metrics.shops import Kind

Measure = Callable[..., Measured]
Cells = dict[tuple[Any, int], tuple[float | None, bool, int]]

# One row per cohort and age: `own` is the start of a customer's own first period.
TRIANGLE = """
with moves as (
    select customer_id, ordered_on as day, order_id, l.net, l.net - l.cost as margin
    from order_lines l join orders using (order_id)
    where is_purchase and excluded_by_line is null and customer_id is not null
    union all
    select customer_id, refunded_on, null, -net, -(net - cost) from refunds
    where customer_id is not null
),
firsts as (
    select o.customer_id, min(ordered_on) as first, date_trunc('{grain}', min(ordered_on)) as own,
        {cohort} as cohort
    from orders o left join customers c on c.customer_id = o.customer_id
    where is_purchase and o.customer_id is not null
    group by o.customer_id, c.channel, c.country, c.first_category, c.first_discounted
),
ages as (
    select customer_id, own, cohort, first, unnest(range(0, 400)) as age from firsts
),
lived as (
    select *, cast(own + age * interval 1 {grain} as date) as starts,
        cast(own + (age + 1) * interval 1 {grain} as date) as ends
    from ages
    where cast(own + age * interval 1 {grain} as date) <= date '{as_of}'
),
done as (select * from lived where {only_done} ends <= date '{as_of}' + 1),
sums as (
    select cohort, age, d.customer_id, bool_and(ends <= date '{as_of}' + 1) as complete,
        count(distinct order_id) filter (where day >= starts and day < ends) > 0 as active,
        count(distinct order_id) filter (where day < ends) as orders,
        coalesce(sum(net) filter (where day < ends), 0) as revenue,
        coalesce(sum(margin) filter (where day < ends), 0) as margin
    from done d left join moves m
        on m.customer_id = d.customer_id and day >= first and day <= date '{as_of}'
    group by all
)
select cohort, age, count(*), bool_and(complete), avg(active::int), avg(orders),
    sum(revenue) / count(*), sum(margin) / count(*)
from sums group by cohort, age order by all
"""
MEASURES = ("retention", "orders", "revenue", "margin")


def expected(folder: Path, request: CohortRequest, as_of: date) -> Cells:
    duck = duckdb.connect()
    for name in ("orders", "order_lines", "refunds", "customers"):
        duck.execute(f"create view raw_{name} as select * from '{folder / name}.parquet'")
    for name in ("orders", "refunds", "customers"):
        duck.execute(f"create view {name} as from raw_{name}")
    duck.execute(
        "create view order_lines as select order_id, net, cost, excluded_by as excluded_by_line "
        "from raw_order_lines"
    )
    cohort = f"c.{request.dimension}" if request.dimension else "own"
    query = TRIANGLE.format(
        grain=request.grain,
        cohort=cohort,
        as_of=as_of,
        only_done="" if request.dimension else "true or",
    )
    column = 4 + MEASURES.index(request.measure)
    return {
        (_name(row[0], request), row[1]): (row[column], row[3], row[2])
        for row in duck.execute(query).fetchall()
    }


def _name(cohort: Any, request: CohortRequest) -> Any:
    if request.dimension:
        return str(cohort).lower() if isinstance(cohort, bool) else cohort
    if request.grain == "month":
        return cohort.isoformat()[:7]
    if request.grain == "quarter":
        return f"{cohort.year}-Q{(cohort.month + 2) // 3}"
    year, week, _day = cohort.isocalendar()
    return f"{year}-W{week:02d}"


def found(table: CohortTable) -> Cells:
    return {
        (row.cohort, cell.age): (cell.value, cell.complete, cell.customers)
        for row in table.rows
        for cell in row.cells
    }


def of(measured: Measured, request: CohortRequest) -> CohortTable:
    return cohorts(
        request, tables=measured.tables, context=measured.context, fetch=measured.engine.fetch
    )


def assert_same(mine: Cells, theirs: Cells) -> None:
    assert mine.keys() == theirs.keys()
    for key, (value, complete, customers) in theirs.items():
        assert mine[key][0] == pytest.approx(value, abs=1e-9), key
        assert mine[key][1:] == (complete, customers), key


@pytest.mark.parametrize("measure_", MEASURES)
@pytest.mark.parametrize("grain", ["week", "month", "quarter"])
def test_calendar_cohorts(measure: Measure, grain: Any, measure_: Any) -> None:
    measured = measure(Kind("whole"), 1)
    request = CohortRequest(grain=grain, measure=measure_)
    theirs = expected(measured.folder, request, measured.shop.as_of)
    assert_same(found(of(measured, request)), theirs)


@pytest.mark.parametrize("dimension", ["channel", "country", "first_category", "first_discounted"])
@pytest.mark.parametrize("measure_", ["retention", "revenue"])
def test_cohorts_by_dimension(measure: Measure, dimension: Any, measure_: Any) -> None:
    measured = measure(Kind("whole"), 2)
    request = CohortRequest(dimension=dimension, measure=measure_)
    theirs = expected(measured.folder, request, measured.shop.as_of)
    assert_same(found(of(measured, request)), theirs)


def test_the_average_row_weighs_complete_cells_by_customers(measure: Measure) -> None:
    table = of(measure(Kind("whole"), 1), CohortRequest(measure="revenue"))
    for mean in table.average:
        cells = [c for row in table.rows for c in row.cells if c.age == mean.age and c.complete]
        weight = sum(cell.customers for cell in cells)
        total = sum((cell.value or 0) * cell.customers for cell in cells)
        assert mean.customers == weight
        assert mean.value == pytest.approx(total / weight)


def test_cac_and_payback(measure: Measure) -> None:
    measured = measure(Kind("whole"), 1)
    margins = {row.cohort: row for row in of(measured, CohortRequest(measure="margin")).rows}
    spend = {
        month: (amount, size)
        for month, amount, size in duckdb.sql(
            f"""
            select strftime(day, '%Y-%m') as month, sum(amount),
                (select count(*) from '{measured.folder}/customers.parquet'
                 where strftime(first_order_on, '%Y-%m') = month)
            from '{measured.folder}/costs.parquet' where kind = 'acquisition' group by 1
            """
        ).fetchall()
    }
    paid = 0
    for row in of(measured, CohortRequest()).rows:
        if row.cohort not in spend:
            assert row.cac is None
            continue
        amount, size = spend[row.cohort]
        assert row.cac == pytest.approx(float(amount) / size)
        curve = [cell.value for cell in margins[row.cohort].cells if cell.complete]
        reached = [age for age, value in enumerate(curve) if value is not None and value >= row.cac]
        assert row.payback == (reached[0] if reached else None)
        paid += row.payback is not None
    assert paid


def test_a_limit_of_periods(measure: Measure) -> None:
    table = of(measure(Kind("whole"), 1), CohortRequest(periods=3))
    assert max(cell.age for row in table.rows for cell in row.cells) == 2


@pytest.mark.parametrize("kind", [Kind("empty", customers=0), Kind("guests_only", guests=1.0)])
def test_without_known_customers_there_is_no_cohort(measure: Measure, kind: Kind) -> None:
    assert of(measure(kind, 7), CohortRequest()).rows == ()


@pytest.mark.parametrize("given", [{"grain": "day"}, {"dimension": "mood"}, {"measure": "joy"}])
def test_what_does_not_exist_is_refused(measure: Measure, given: dict[str, Any]) -> None:
    with pytest.raises(PerenneError, match="Use one of: "):
        of(measure(Kind("whole"), 1), CohortRequest(**given))


# One order per customer and day, as canonical orders without lines.
HISTORIES = {
    "cdnow": (
        "cdnow/cdnow_master.parquet",
        "select customer_id, strptime(date, '%Y%m%d')::date as day, "
        "dollar_value::decimal(18, 4) as net from '{file}'",
        date(1998, 6, 30),
    ),
    "retail_transactions": (
        "retail_transactions_response/Retail_Data_Transactions.parquet",
        "select customer_id, strptime(trans_date, '%d-%b-%y')::date as day, "
        "tran_amount::decimal(18, 4) as net from '{file}'",
        date(2015, 3, 16),
    ),
}
ORDERS = """
select customer_id || '-' || day as order_id, customer_id, day::timestamptz as ordered_at,
    day as ordered_on, true as is_purchase,
    row_number() over (partition by customer_id order by day) as order_number,
    null::varchar as channel, null::varchar as country, sum(net)::decimal(18, 4) as gross,
    0::decimal(18, 4) as discount, sum(net)::decimal(18, 4) as net, null::decimal(18, 4) as cost
from ({rows}) where day <= date '{as_of}' group by customer_id, day
"""
HISTORY_TRIANGLE = """
with firsts as (
    select customer_id, date_trunc('month', min(day)) as cohort from ({rows}) group by 1
),
found as (
    select strftime(cohort, '%Y-%m') as cohort, date_diff('month', cohort, day) as age,
        count(distinct customer_id) as active, sum(net) as net
    from ({rows}) join firsts using (customer_id) group by all
)
select cohort, age, active, sum(net) over (partition by cohort order by age) from found
"""


@pytest.mark.parametrize("name", HISTORIES)
def test_published_histories(name: str, shared_data: Path, engine: Engine, tmp_path: Path) -> None:
    path, query, as_of = HISTORIES[name]
    file = shared_data / path
    if not file.is_file():
        pytest.skip(f"known-answer data not present: {file}")
    rows = query.format(file=file)
    duck = duckdb.connect()
    orders = ORDERS.format(rows=rows, as_of=as_of)
    duck.execute(f"copy ({orders}) to '{tmp_path}/orders.parquet'")
    tables: dict[str, Any] = {"orders": engine.read(tmp_path / "orders.parquet")}
    settings = MetricSettings()
    tables |= build_marts(tables, as_of=as_of, settings=settings)
    context = learn_context(
        tables, as_of=as_of, currency="", time_zone="UTC", settings=settings, fetch=engine.fetch
    )
    revenue, retention = (
        {
            (row.cohort, cell.age): (cell, row.size)
            for row in cohorts(
                CohortRequest(measure=measure_), tables=tables, context=context, fetch=engine.fetch
            ).rows
            for cell in row.cells
        }
        for measure_ in ("revenue", "retention")
    )
    triangle = duck.execute(HISTORY_TRIANGLE.format(rows=rows)).fetchall()
    assert len(triangle) > 20
    for cohort, age, active, total in triangle:
        cell, size = revenue[cohort, age]
        assert retention[cohort, age][0].active == active
        assert retention[cohort, age][0].value == pytest.approx(active / size)
        assert cell.value == pytest.approx(float(total) / size)
