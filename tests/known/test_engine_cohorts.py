"""Monthly cohort triangles equal the hand-written SQL (CDNOW, retail transactions)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.known.product import Row, Shop
from tests.known.twins import Twins

pytestmark = [pytest.mark.known_answer, pytest.mark.slow]

AS_OF = {"cdnow_master": date(1998, 6, 30), "retail_transactions": date(2015, 3, 16)}

Cells = dict[tuple[str, int], Row]


@dataclass(frozen=True)
class Triangle:
    product: Shop
    expected: Cells

    def found(self, measure: str) -> Cells:
        answer: Any = self.product.json("cohorts", "--by", "month", "--measure", measure)
        return {
            (cohort["cohort"], cell["age"]): {**cell, "size": cohort["size"]}
            for cohort in answer["cohorts"]
            for cell in cohort["cells"]
        }


@pytest.fixture(scope="module", params=AS_OF)
def triangle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Triangle:
    name: str = request.param
    file: Path = request.getfixturevalue(name)
    twins = Twins("cohorts", clean=f"_{name}", file=str(file), as_of=AS_OF[name])
    expected = {(row["cohort"], row["month"]): row for row in twins.rows("triangle")}
    folder = tmp_path_factory.mktemp(f"{name}_product") / "shop"
    return Triangle(Shop(folder, file), expected)


def test_cells_and_which_are_complete(triangle: Triangle) -> None:
    found = {key: cell["complete"] for key, cell in triangle.found("retention").items()}
    complete = {key for key, row in triangle.expected.items() if row["complete"]}
    assert {key for key in found if found[key]} == complete
    assert set(found) <= set(triangle.expected)


def test_sizes_and_retained(triangle: Triangle) -> None:
    found = triangle.found("retention")
    for key, row in triangle.expected.items():
        if row["complete"]:
            cell = found[key]
            assert (cell["size"], cell["active"]) == (row["size"], row["retained"]), key
            assert float(cell["value"]) == pytest.approx(row["retained"] / row["size"], rel=1e-9)


@pytest.mark.parametrize("measure", ["revenue", "orders"])
def test_cumulative_per_customer(triangle: Triangle, measure: str) -> None:
    found = triangle.found(measure)
    for key, row in triangle.expected.items():
        if row["complete"]:
            value = float(found[key]["value"])
            assert value == pytest.approx(row[f"cumulative_{measure}_per_customer"], rel=1e-9), key
