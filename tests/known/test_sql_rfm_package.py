"""The SQL on the demo orders of the R package rfm, analysed at 2006-12-31 as its documents do."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from tests.known.twins import Row, Twins

pytestmark = pytest.mark.known_answer

SCORES = ("rfm_recency", "rfm_frequency", "rfm_monetary")
# First rows of the table in the package's README: days since the last order, orders, amount, then
# the scores by the package's bins.
PUBLISHED = {
    (205, 6, 472, 3, 4, 3),
    (140, 3, 340, 4, 1, 2),
    (194, 4, 405, 3, 2, 3),
    (132, 5, 448, 4, 3, 3),
    (90, 9, 843, 5, 5, 5),
    (84, 9, 763, 5, 5, 5),
    (281, 8, 699, 3, 5, 5),
    (246, 4, 157, 3, 2, 1),
    (349, 3, 363, 2, 1, 2),
    (619, 4, 196, 1, 2, 1),
}


@pytest.fixture(scope="module")
def by_row(rfm_orders: Path) -> Twins:
    as_of = date(2006, 12, 31)
    return Twins("rfm_package", file=str(rfm_orders), as_of=as_of, one_order="row")


def _by_customer(rows: list[Row]) -> dict[str, Row]:
    return {row["customer_id"]: row for row in rows}


def test_published_rows(by_row: Twins) -> None:
    rows = by_row.rows("package_scores")
    assert len(rows) == 995
    assert sum(row["orders"] for row in rows) == 4_906
    assert {tuple(row.values())[1:] for row in rows} >= PUBLISHED


@pytest.mark.parametrize("one_order", ["row", "customer_day"])
def test_scores_are_fair(rfm_orders: Path, one_order: str) -> None:
    """Equal values, equal scores; a better value never a lower one; 5 best; at most N/5 above."""
    as_of = date(2006, 12, 31)
    twins = Twins("rfm_package", file=str(rfm_orders), as_of=as_of, one_order=one_order)
    rows = twins.rows("rfm_scores")
    values = [("days_since_last_order", -1), ("orders", 1), ("revenue", 1)]
    for (column, sign), score in zip(values, SCORES, strict=True):
        pairs = sorted((sign * row[column], row[score]) for row in rows)
        assert len(set(pairs)) == len({value for value, _ in pairs})
        scores = [score for _, score in pairs]
        assert scores == sorted(scores)
        assert (scores[0], scores[-1]) == (1, 5)
        for step in (2, 3, 4, 5):
            assert sum(score >= step for score in scores) <= len(rows) * (6 - step) / 5


def test_how_far_the_package_differs(by_row: Twins) -> None:
    """Its bounds are percentiles plus 1: 14 of 2,985 scores differ from ours."""
    ours = _by_customer(by_row.rows("rfm_scores"))
    package = _by_customer(by_row.rows("package_scores"))
    differ = Counter(
        score for score in SCORES for name in ours if ours[name][score] != package[name][score]
    )
    assert differ == {"rfm_recency": 12, "rfm_monetary": 2}


def test_what_merging_a_day_changes(by_row: Twins, rfm_orders: Path) -> None:
    """11 customers ordered twice on a day: merged, 5 frequency scores change and nothing else."""
    as_of = date(2006, 12, 31)
    merged = Twins("rfm_package", file=str(rfm_orders), as_of=as_of, one_order="customer_day")
    rows, days = (_by_customer(twins.rows("rfm_scores")) for twins in (by_row, merged))
    differ = Counter(
        column for name in rows for column in rows[name] if rows[name][column] != days[name][column]
    )
    assert differ == {"orders": 11, "rfm_frequency": 5}
