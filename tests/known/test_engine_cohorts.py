"""Monthly cohort triangles equal the hand-written SQL (CDNOW, retail transactions)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.known.product import Row, Shop
from tests.known.twins import Twins

pytestmark = pytest.mark.known_answer

AS_OF = {"cdnow_master": date(1998, 6, 30), "retail_transactions": date(2015, 3, 16)}
# The names under which a cell may say the same thing.
AGE = ("month", "age", "period", "age_months", "offset")
SIZE = ("size", "customers", "cohort_size")
RETAINED = ("retained", "retained_customers", "active", "active_customers")
VALUE = (
    "cumulative_revenue_per_customer",
    "revenue_per_customer",
    "cumulative_revenue",
)


@dataclass(frozen=True)
class Cells:
    found: dict[tuple[str, int], Row]
    expected: dict[tuple[str, int], Row]


def _one_of(row: Row, names: tuple[str, ...]) -> Any:
    for name in names:
        if name in row:
            return row[name]
    raise AssertionError(f"none of {names} in a cohort cell: {sorted(row)}")


def _cells(answer: Any) -> dict[tuple[str, int], Row]:
    rows = answer["cells"] if isinstance(answer, dict) else answer
    triangle = [row for row in rows if str(row["cohort"])[:4].isdigit()]
    return {(str(row["cohort"])[:7], int(_one_of(row, AGE))): row for row in triangle}


@pytest.fixture(scope="module", params=AS_OF)
def cells(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Cells:
    name: str = request.param
    file: Path = request.getfixturevalue(name)
    product = Shop(tmp_path_factory.mktemp(f"{name}_product") / "shop", file)
    twins = Twins("cohorts", clean=f"_{name}", file=str(file), as_of=AS_OF[name])
    complete = [row for row in twins.rows("triangle") if row["complete"]]
    expected = {(row["cohort"], row["month"]): row for row in complete}
    return Cells(_cells(product.json("cohorts")), expected)


def test_every_complete_cell_is_there(cells: Cells) -> None:
    assert set(cells.expected) <= set(cells.found)


def test_sizes_and_retained(cells: Cells) -> None:
    for key, row in cells.expected.items():
        found = cells.found[key]
        assert (_one_of(found, SIZE), _one_of(found, RETAINED)) == (row["size"], row["retained"])


def test_cumulative_revenue_per_customer(cells: Cells) -> None:
    for key, row in cells.expected.items():
        value = float(_one_of(cells.found[key], VALUE))
        assert value == pytest.approx(row["cumulative_revenue_per_customer"], abs=0.005), key
