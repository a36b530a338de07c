"""Exported orders, customers and the account of the cleaning equal the hand-written SQL."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from tests.known.product import Shop
from tests.known.twins import Twins

pytestmark = [pytest.mark.known_answer, pytest.mark.slow]

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
    found = product.purchases
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
    found = product.customers
    expected = {row["source_id"]: row for row in twins.rows("customer_table")}
    assert set(found) == set(expected)
    wrong: Counter[str] = Counter()
    for name, row in expected.items():
        wrong.update(column for column in COUNTS if found[name][column] != row[column])
        wrong.update(column for column in AMOUNTS if not _close(found[name][column], row[column]))
    assert wrong == {}


def test_customer_ids_are_not_the_source_ids(pair: tuple[Shop, Twins]) -> None:
    found = pair[0].customers
    assert not {row["customer_id"] for row in found.values()} & set(found)


def test_rows_are_counted(pair: tuple[Shop, Twins]) -> None:
    product, twins = pair
    [lines] = [row for row in product.json("status")["reconciliation"]["rows"] if row["read"]]
    rows = twins.row("cleaning_rows")
    counted = {name: lines[name] for name in ("read", "kept", "merged", "quarantined")}
    assert counted == {
        "read": rows["rows_read"],
        "kept": rows["rows_kept"],
        "merged": rows["merged_duplicates"],
        "quarantined": 0,
    }


def test_every_month_adds_up_to_the_raw_file(pair: tuple[Shop, Twins]) -> None:
    """The product's account of a month against the raw sum, not against itself."""
    product, twins = pair
    months = product.json("status")["reconciliation"]["value"]
    raw = {row["month"]: row["amount"] for row in twins.rows("raw_by_month")}
    assert {str(line["month"])[:7]: _money(line["in"]) for line in months} == raw
    explained = {
        str(line["month"])[:7]: sum((_money(value) for value in line["out"].values()), Decimal(0))
        for line in months
    }
    assert explained == raw


def test_every_rule_of_every_month(pair: tuple[Shop, Twins]) -> None:
    product, twins = pair
    expected = {
        (row["month"], row["part"]): (row["rows"], row["amount"])
        for row in twins.rows("reconciliation_by_month")
        if row["part"] != "duplicate" and not row["part"].startswith("kept_")
    }
    rules = {rule for _, rule in expected}
    found = {
        (str(line["month"])[:7], rule): (line["rows"][rule], _money(amount))
        for line in product.json("status")["reconciliation"]["value"]
        for rule, amount in line["out"].items()
        if rule in rules
    }
    assert {key: value for key, value in found.items() if value[0]} == expected


def _money(value: Any) -> Decimal:
    return Decimal(str(value))
