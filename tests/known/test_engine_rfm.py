"""RFM scores on the demo orders of the R package rfm equal the hand-written SQL."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.known.product import Row, Shop
from tests.known.twins import Twins

pytestmark = pytest.mark.known_answer


@pytest.fixture(scope="module")
def customers(rfm_orders: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    folder = tmp_path_factory.mktemp("rfm_product") / "shop"
    return Shop(folder, rfm_orders, "--as-of", "2006-12-31").customers


@pytest.mark.parametrize(
    "column",
    ["days_since_last_order", "orders", "rfm_recency", "rfm_frequency", "rfm_monetary"],
)
def test_every_customer(customers: dict[str, Row], rfm_orders: Path, column: str) -> None:
    # The file has no order number: the rows of a customer and day are one order.
    as_of = date(2006, 12, 31)
    twins = Twins("rfm_package", file=str(rfm_orders), as_of=as_of, one_order="customer_day")
    expected = {row["customer_id"]: row for row in twins.rows("rfm_scores")}
    assert set(customers) == set(expected)
    wrong = {
        name: (customers[name][column], row[column])
        for name, row in expected.items()
        if customers[name][column] != row[column]
    }
    assert wrong == {}
