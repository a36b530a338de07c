"""The SQL's monthly cohort triangles: what the files hold, and sums that must agree."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.known.twins import Row, Twins

pytestmark = pytest.mark.known_answer

Triangle = list[Row]
KNOWN = {
    # customers, cohorts, customer-days, revenue, last day
    "cdnow_master": (23_570, 3, 67_591, "2500315.63", date(1998, 6, 30)),
    "retail_transactions": (6_889, 28, 124_208, "8123673", date(2015, 3, 16)),
}


@pytest.fixture(params=KNOWN)
def triangle(request: pytest.FixtureRequest) -> tuple[str, Triangle]:
    file: Path = request.getfixturevalue(request.param)
    twins = Twins(
        "cohorts", clean=f"_{request.param}", file=str(file), as_of=KNOWN[request.param][4]
    )
    return request.param, twins.rows("triangle")


def _totals(rows: Triangle) -> tuple[int, int, int, Decimal]:
    firsts = [row for row in rows if row["month"] == 0]
    last = {row["cohort"]: row["cumulative_revenue"] for row in rows}
    return (
        sum(row["size"] for row in firsts),
        len(firsts),
        sum(row["orders"] for row in rows),
        sum(last.values(), Decimal(0)),
    )


def test_triangle_holds_the_whole_file(triangle: tuple[str, Triangle]) -> None:
    name, rows = triangle
    customers, cohorts, orders, revenue, _ = KNOWN[name]
    assert _totals(rows) == (customers, cohorts, orders, Decimal(revenue))


def test_cells_are_possible(triangle: tuple[str, Triangle]) -> None:
    for row in triangle[1]:
        assert row["retained"] <= min(row["size"], row["orders"])
        if row["month"] == 0:
            assert row["retained"] == row["size"]


def test_only_a_begun_month_is_incomplete(triangle: tuple[str, Triangle]) -> None:
    name, rows = triangle
    incomplete = [row for row in rows if not row["complete"]]
    assert len(incomplete) == (0 if name == "cdnow_master" else KNOWN[name][1])


def test_cdnow_first_quarter_cohorts(cdnow_master: Path) -> None:
    twins = Twins("cohorts", clean="_cdnow_master", file=str(cdnow_master), as_of=date(1998, 6, 30))
    sizes = {row["cohort"]: row["size"] for row in twins.rows("triangle")}
    assert sizes == {"1997-01": 7_846, "1997-02": 8_476, "1997-03": 7_248}
