"""Exported orders and customers, and the counts of what was cleaned, equal the hand-written SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.known.product import Shop
from tests.known.twins import Row, Twins

pytestmark = pytest.mark.known_answer

SHOPS = [("hand_product", "by_hand"), ("uci_product", "uci")]
COUNTS = ("days_since_last_order", "orders", "frequency", "recency_days", "tenure_days")
AMOUNTS = ("monetary_value", "historical_clv", "historical_clv_12m", "historical_clv_24m")


@pytest.fixture(scope="session", params=SHOPS, ids=["hand_shop", "uci"])
def pair(request: pytest.FixtureRequest) -> tuple[Shop, Twins]:
    product, twins = request.param
    # The SQL first: without the raw file there is nothing to run the product on.
    made = request.getfixturevalue(twins)
    return request.getfixturevalue(product), made


def _close(value: Any, expected: Any) -> bool:
    if value is None or expected is None:
        return value is None and expected is None
    return abs(Decimal(str(value)) - Decimal(str(expected))) <= Decimal("0.005")


def test_every_order(pair: tuple[Shop, Twins]) -> None:
    product, twins = pair
    orders = [row for row in product.export("orders") if row.get("is_purchase", True)]
    found = {str(row["source_order_id"]): row for row in orders}
    expected = {row["order_id"]: row for row in twins.rows("order_table")}
    assert set(found) == set(expected)
    wrong = [name for name, row in expected.items() if not _close(found[name]["net"], row["net"])]
    assert wrong == []
    dates = [
        name for name, row in expected.items() if found[name]["ordered_on"] != row["ordered_on"]
    ]
    assert dates == []
    guests = {name for name, row in found.items() if row["customer_id"] is None}
    assert guests == {name for name, row in expected.items() if row["customer_id"] is None}


def test_every_customer(pair: tuple[Shop, Twins]) -> None:
    product, twins = pair
    found = product.customers()
    expected = {row["source_id"]: row for row in twins.rows("customer_table")}
    assert set(found) == set(expected)
    wrong: Counter[str] = Counter()
    for name, row in expected.items():
        wrong.update(column for column in COUNTS if found[name][column] != row[column])
        wrong.update(column for column in AMOUNTS if not _close(found[name][column], row[column]))
    assert wrong == {}


def test_customer_ids_are_not_the_source_ids(pair: tuple[Shop, Twins]) -> None:
    found = pair[0].customers()
    assert not {row["customer_id"] for row in found.values()} & set(found)


def _numbers(answer: Any) -> Iterator[int]:
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, list):
        for part in answer:
            yield from _numbers(part)
    elif isinstance(answer, int) and not isinstance(answer, bool):
        yield answer


def _lines_by_rule(rows: list[Row]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row["rule"]] += row["lines"]
    return counts


def test_cleaning_is_counted(uci_product: Shop, uci: Twins) -> None:
    """Rows read, merged duplicates and the lines of every rule stand in what `status` says."""
    said = set(_numbers(uci_product.json("status")))
    rows = uci.row("cleaning_rows")
    wanted = {"rows read": rows["rows_read"], "merged duplicates": rows["merged_duplicates"]}
    wanted |= _lines_by_rule(uci.rows("cleaning_rules"))
    missing = {what: count for what, count in wanted.items() if count not in said}
    assert missing == {}
