"""The truth's figures, added up again from its own rows by plain SQL-like Python."""

from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq
import pytest

Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows(directory: Path) -> dict[str, list[Row]]:
    return {
        path.stem: pq.read_table(path).to_pylist()
        for path in sorted((directory / "truth").glob("*.parquet"))
    }


@pytest.fixture(scope="module")
def purchases(rows: dict[str, list[Row]]) -> list[Row]:
    return [row for row in rows["orders"] if row["status"] in ("paid", "pending")]


def _by_customer(purchases: list[Row]) -> dict[int, list[Row]]:
    customers = defaultdict(list)
    for row in sorted(purchases, key=lambda row: (row["ordered_at"], row["order_name"])):
        if not row["guest"]:
            customers[row["customer"]].append(row)
    return customers


def test_tables(rows: dict[str, list[Row]], truth: dict[str, Any]) -> None:
    assert sorted(rows) == ["customers", "order_lines", "orders", "refunds"]
    assert len(rows["customers"]) == truth["kpis"]["simulated_people"]
    assert len(rows["refunds"]) == truth["planted"]["refunds"]


def test_lines_make_orders(rows: dict[str, list[Row]]) -> None:
    """The tax is taken out line by line, to four decimals; gift cards are no revenue."""
    net: dict[str, int] = defaultdict(int)
    paid: dict[str, int] = defaultdict(int)
    for line in rows["order_lines"]:
        if not line["sku"].startswith("CADEAU"):
            exact = Decimal(line["paid_cents"]) / 100 / Decimal("1.2")
            rounded = exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)
            assert line["net"] == int(rounded * 10_000)
            net[line["order_name"]] += line["net"]
            paid[line["order_name"]] += line["paid_cents"]
    for order in rows["orders"]:
        assert order["net"] == net[order["order_name"]]
        assert order["paid_cents"] == paid[order["order_name"]]
        assert order["gross_cents"] - order["discount_cents"] == order["paid_cents"]


def test_kpis(rows: dict[str, list[Row]], purchases: list[Row], truth: dict[str, Any]) -> None:
    kpis = truth["kpis"]
    revenue = sum(row["net"] for row in purchases)
    returns = sum(row["net"] for row in rows["refunds"])
    cost = sum(row["cost_cents"] for row in purchases)
    back = sum(row["cost_cents"] for row in rows["refunds"])
    assert kpis["orders"] == len(purchases)
    assert kpis["product_revenue"] == revenue / 10_000
    assert kpis["net_revenue"] == (revenue - returns) / 10_000
    assert kpis["margin"] == (revenue - returns - 100 * (cost - back)) / 10_000
    before = (revenue - 100 * cost) / 10_000 / len(purchases)
    assert kpis["margin_per_order"] == pytest.approx(before)
    assert kpis["average_order_value"] == pytest.approx(revenue / 10_000 / len(purchases))
    assert kpis["guest_orders"] == sum(row["guest"] for row in purchases)
    assert kpis["return_rate"] == pytest.approx(returns / revenue)


def test_customer_kpis(purchases: list[Row], truth: dict[str, Any]) -> None:
    kpis, customers = truth["kpis"], _by_customer(purchases)
    counts = [len(orders) for orders in customers.values()]
    repeats = [count for count in counts if count > 1]
    assert kpis["customers"] == len(counts)
    assert kpis["repeat_purchase_rate"] == pytest.approx(len(repeats) / len(counts))
    assert kpis["one_order_share"] == pytest.approx(counts.count(1) / len(counts))
    days = [sorted({row["ordered_on"] for row in orders}) for orders in customers.values()]
    seconds = [(later[0] - first).days for first, *later in days if later]
    assert kpis["days_to_second_order"] == median(seconds)
    for orders in customers.values():
        assert [row["rank"] for row in orders] == list(range(1, len(orders) + 1))


def test_purchase_frequency(purchases: list[Row], truth: dict[str, Any]) -> None:
    recent = [row for row in purchases if not row["guest"] and row["ordered_on"].year == 2025]
    buyers = {row["customer"] for row in recent}
    assert truth["kpis"]["purchase_frequency"] == pytest.approx(len(recent) / len(buyers))


def test_months(rows: dict[str, list[Row]], purchases: list[Row], truth: dict[str, Any]) -> None:
    net: dict[str, int] = defaultdict(int)
    for row in purchases:
        net[f"{row['ordered_on']:%Y-%m}"] += row["net"]
    for row in rows["refunds"]:
        net[f"{row['refunded_on']:%Y-%m}"] -= row["net"]
    assert len(truth["by_month"]) == 36
    for fact in truth["by_month"]:
        assert fact["net_revenue"] == net[fact["month"]] / 10_000
        parts = ("new_net_revenue", "returning_net_revenue", "guest_net_revenue")
        assert sum(fact[part] for part in parts) == pytest.approx(fact["net_revenue"])


def test_cohorts(purchases: list[Row], truth: dict[str, Any]) -> None:
    cells: dict[tuple[str, int], set[int]] = defaultdict(set)
    for customer, orders in _by_customer(purchases).items():
        first: date = orders[0]["ordered_on"]
        for row in orders:
            day = row["ordered_on"]
            age = (day.year - first.year) * 12 + day.month - first.month
            cells[f"{first:%Y-%m}", age].add(customer)
    for month, active in truth["cohorts"].items():
        assert active == [len(cells[month, age]) for age in range(len(active))]
        assert f"{month}-01" <= truth["as_of"]
    assert len(truth["cohorts"]["2023-01"]) == 36
    assert len(truth["cohorts"]["2025-12"]) == 1


def test_customers_rows(
    rows: dict[str, list[Row]], purchases: list[Row], truth: dict[str, Any]
) -> None:
    customers = _by_customer(purchases)
    value = 0
    for row in rows["customers"]:
        assert row["orders"] == len(customers.get(row["customer"], []))
        value += row["net"]
        if not row["alive_at_end"]:
            assert row["future_orders"] == 0
    mean = value / 10_000 / truth["kpis"]["customers"]
    assert truth["kpis"]["historical_clv"] == pytest.approx(mean)
    margin = sum(row["margin"] for row in rows["customers"]) / 10_000
    assert truth["kpis"]["historical_clv_margin"] == pytest.approx(
        margin / truth["kpis"]["customers"]
    )
    assert sum(row["future_orders"] for row in rows["customers"]) > 500
