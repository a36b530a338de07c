"""The five lenses of a customer-base audit equal independent SQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from perenne.core import PerenneError, Period
from perenne.metrics import LENSES, AuditRequest, AuditTable, audit
from tests.metrics.conftest import Measured
from tests.metrics.shops import Kind

Measure = Callable[..., Measured]
FIRST, SECOND = Period.parse("2023"), Period.parse("2024")


@pytest.fixture(scope="session")
def whole(measure: Measure) -> Measured:
    return measure(Kind("whole"), 1)  # type: ignore[no-any-return]  # the fixture returns a callable


def look(measured: Measured, lens: Any, **given: Any) -> tuple[AuditTable, ...]:
    return audit(
        AuditRequest(lens, **given),
        tables=measured.tables,
        context=measured.context,
        fetch=measured.engine.fetch,
    )


def people(measured: Measured, period: Period) -> dict[str, tuple[int, Decimal]]:
    """Customer -> orders and net revenue of the period, for those who bought in it."""
    folder = measured.folder
    rows = duckdb.sql(
        f"""
        with bought as (
            select customer_id, count(*) as orders, sum(net) as net from '{folder}/orders.parquet'
            where is_purchase and customer_id is not null
                and ordered_on between date '{period.start}' and date '{period.end}' group by 1
        ),
        back as (
            select customer_id, sum(net) as net from '{folder}/refunds.parquet'
            where refunded_on between date '{period.start}' and date '{period.end}' group by 1
        )
        select customer_id, orders, bought.net - coalesce(back.net, 0)
        from bought left join back using (customer_id)
        """
    ).fetchall()
    return {customer: (orders, net) for customer, orders, net in rows}


def test_one_period(whole: Measured) -> None:
    tenths, counts = look(whole, "one_period", period=SECOND)
    everybody = people(whole, SECOND)
    best = sorted((net for _orders, net in everybody.values()), reverse=True)
    size = tenths.rows[0][1]
    assert isinstance(size, int)
    assert tenths.rows[0][2] == sum(best[:size])
    assert [row[0] for row in tenths.rows] == list(range(1, 11))
    assert sum(row[1] for row in tenths.rows) == len(everybody)  # type: ignore[misc]  # ints
    twice = [net for orders, net in everybody.values() if orders == 2]
    [row] = [row for row in counts.rows if row[0] == 2]
    assert row[1:3] == (len(twice), sum(twice))


def test_two_periods(whole: Measured) -> None:
    [table] = look(whole, "two_periods", before=FIRST, period=SECOND)
    before, after = people(whole, FIRST), people(whole, SECOND)
    found = {row[0]: row[1:4] for row in table.rows}
    both = before.keys() & after.keys()
    assert found["both"] == (
        len(both),
        sum(before[one][1] for one in both),
        sum(after[one][1] for one in both),
    )
    gone, came = before.keys() - after.keys(), after.keys() - before.keys()
    assert found["first_only"] == (len(gone), sum(before[one][1] for one in gone), 0)
    assert found["second_only"] == (len(came), 0, sum(after[one][1] for one in came))


def test_one_cohort_and_all_together_tell_the_same(whole: Measured) -> None:
    [every] = look(whole, "all_together")
    names = dict.fromkeys(row[1] for row in every.rows)
    for name in names:
        [one] = look(whole, "one_cohort", cohort=str(name))
        same = tuple((row[0], *row[2:]) for row in every.rows if row[1] == name)
        assert one.rows == same
    buyers = people(whole, Period.parse("2024-Q2"))
    rows = [row for row in every.rows if row[0] == "2024-Q2"]
    assert sum(row[2] for row in rows) == len(buyers)  # type: ignore[misc]  # ints


def test_cohorts_compared(whole: Measured) -> None:
    [table] = look(whole, "cohorts", grain="month")
    sizes = duckdb.sql(
        "select strftime(first_order_on, '%Y-%m'), count(*) "
        f"from '{whole.folder}/customers.parquet' where first_order_on is not null group by 1"
    ).fetchall()
    assert {row[0]: row[1] for row in table.rows} == dict(sizes)
    last = table.rows[-1]
    assert last[3] is None or Period.parse(str(last[0])).end < date(2025, 3, 1)


@pytest.mark.parametrize("lens", LENSES)
def test_an_empty_shop_has_empty_lenses(measure: Measure, lens: Any) -> None:
    for table in look(measure(Kind("empty", customers=0), 7), lens):
        assert not any(cell for row in table.rows for cell in row[1:])


def test_unknown_lens_and_cohort(whole: Measured) -> None:
    with pytest.raises(PerenneError, match="no lens “x”"):
        look(whole, "x")
    with pytest.raises(PerenneError, match="no cohort “1999-Q1”"):
        look(whole, "one_cohort", cohort="1999-Q1")
