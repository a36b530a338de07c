"""Every planted fault is found, by count, and nothing else is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from perenne.quality import ImportQuality
from tests.quality.conftest import outcome

pytestmark = pytest.mark.slow

# file, table, check, units looked at, failed, level
FAULTS = [
    ("orders.csv", "orders", "refused", 63, 1, "warning"),
    ("orders.csv", "orders", "key", 61, 2, "error"),
    ("orders.csv", "orders", "repeated", 62, 2, "error"),
    ("orders.csv", "orders", "signs:total", 61, 0, "passed"),
    ("orders.csv", "orders", "outliers", 62, 1, "warning"),
    ("orders.csv", "orders", "currency", 62, 1, "error"),
    ("orders.csv", "orders", "gaps", 60, 1, "warning"),
    ("orders.csv", "orders", "guests", 62, 12, "passed"),
    ("orders.csv", "orders", "dates:ordered_on", 62, 0, "passed"),
    ("orders.csv", "orders", "country", 62, 0, "passed"),
    ("again.csv", "orders", "overlap", 1, 1, "warning"),
    ("refunds.csv", "refunds", "links", 3, 1, "error"),
    ("customers.csv", "customers", "filled:email", 20, 2, "warning"),
    ("customers.csv", "customers", "phone", 20, 1, "warning"),
    ("customers.csv", "customers", "country", 20, 1, "warning"),
    ("consents.csv", "consents", "opt_in", 2, 1, "warning"),
    ("products.csv", "products", "order:cost_plausible", 4, 1, "critical"),
    ("products.csv", "products", "filled:cost", 4, 2, "error"),
    ("products.csv", "products", "signs:price", 4, 1, "critical"),
]


@pytest.mark.parametrize(("file", "table", "name", "units", "failed", "level"), FAULTS)
def test_planted_fault_is_counted(
    judged: Mapping[str, ImportQuality],
    file: str,
    table: str,
    name: str,
    units: int,
    failed: int,
    level: str,
) -> None:
    found = outcome(judged[file], name, table=table)
    assert (found.units, found.failed, found.level) == (units, failed, level)


def test_nothing_else_stands_out(judged: Mapping[str, ImportQuality]) -> None:
    planted = {
        (file, table, name.partition(":")[0])
        for file, table, name, _units, _failed, level in FAULTS
        if level != "passed"
    }
    told = {
        (file, table, one.check.name)
        for file, found in judged.items()
        for table, one in found.findings
    }
    assert told == planted


def test_what_there_are_too_few_of_is_not_judged(judged: Mapping[str, ImportQuality]) -> None:
    made = {one.check.name for _table, one in judged["few.csv"].outcomes}
    assert "opt_in" not in made
    assert "repeated" in made


def test_a_row_that_tells_of_two_channels_is_no_repeat(judged: Mapping[str, ImportQuality]) -> None:
    found = outcome(judged["few.csv"], "repeated", table="consents")
    assert (found.units, found.failed, found.level) == (5, 0, "passed")


def test_what_orders_told_of_a_person_is_no_list_of_persons(
    judged: Mapping[str, ImportQuality],
) -> None:
    made = {one.check.name for table, one in judged["cases.csv"].outcomes if table == "customers"}
    assert "key" not in made
    assert "repeated" in made


def test_refused_rows_are_told_by_reason(judged: Mapping[str, ImportQuality]) -> None:
    assert judged["orders.csv"].refused == {"order_date: not a date": 1}


def test_a_column_that_the_export_lacks_is_named_and_not_judged(
    judged: Mapping[str, ImportQuality],
) -> None:
    (orders,) = judged["orders.csv"].tables
    assert "coupon" in orders.empty
    assert not [one for one in orders.outcomes if one.check.column in orders.empty]


def test_score_counts_a_warning_half(judged: Mapping[str, ImportQuality]) -> None:
    found = judged["orders.csv"]
    checks = len(found.outcomes)
    worth = found.count("passed") + found.count("warning") / 2
    assert found.score == int(100 * worth / checks)
    assert found.worst == "error"
