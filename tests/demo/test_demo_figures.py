"""`perenne demo --one-system` from end to end: its figures are those the simulator kept before any
dirt. Where one person has several records, test_demo_systems asks."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.cli.program import demo_workspace, kpis, succeed

pytestmark = pytest.mark.slow

HALF_A_CENT = Decimal("0.005")
Facts = dict[str, Any]


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo_workspace(tmp_path_factory.getbasetemp(), one_system=True)


@pytest.fixture(scope="session")
def told(workspace: Path) -> Facts:
    text = (workspace / "exports/truth/truth.json").read_text(encoding="utf-8")
    facts: Facts = json.loads(text, parse_float=Decimal)
    assert facts["tolerance"]["per_order"] == HALF_A_CENT
    return facts


@pytest.fixture(scope="session")
def truth(told: Facts) -> Facts:
    """The engine sets orders aside that hold gift cards alone."""
    facts: Facts = told["without_gift_card_orders"]
    return facts


@pytest.fixture(scope="session")
def history(told: Facts) -> str:
    return f"{told['start']}..{told['as_of']}"


@pytest.fixture(scope="session")
def figures(workspace: Path, history: str) -> dict[str, Any]:
    return {row["metric"]: row["value"] for row in kpis(workspace, "--period", history)}


@pytest.fixture(scope="session")
def account(workspace: Path) -> Facts:
    facts: Facts = succeed("status", "-w", workspace, "--json").json()["reconciliation"]
    return facts


def close(found: Decimal | int | None, true: Decimal, orders: int) -> bool:
    return found is not None and abs(found - true) <= HALF_A_CENT * orders


def test_counts_are_exact(figures: dict[str, Any], truth: Facts) -> None:
    facts = truth["kpis"]
    assert figures["orders"] == facts["orders"]
    assert figures["customers"] == figures["new_customers"] == facts["customers"]
    assert figures["repeat_purchase_rate"] * facts["customers"] == pytest.approx(
        facts["customers_with_repeat"]
    )


@pytest.mark.parametrize("metric", ["days_between_orders", "days_to_second_order"])
def test_median_days_are_exact(figures: dict[str, Any], truth: Facts, metric: str) -> None:
    assert figures[metric] == truth["kpis"][metric]


@pytest.mark.parametrize(
    "metric", ["purchase_frequency", "days_between_orders_mean", "repeat_purchase_rate"]
)
def test_rates_without_money_agree(figures: dict[str, Any], truth: Facts, metric: str) -> None:
    assert float(figures[metric]) == pytest.approx(float(truth["kpis"][metric]), abs=1e-9)


@pytest.mark.parametrize("metric", ["net_revenue", "product_revenue", "guest_revenue", "margin"])
def test_money_agrees(figures: dict[str, Any], truth: Facts, metric: str) -> None:
    assert close(figures[metric], truth["kpis"][metric], truth["kpis"]["orders"])


@pytest.mark.parametrize(
    "metric", ["average_order_value", "margin_per_order", "historical_clv", "historical_clv_margin"]
)
def test_money_per_order_or_customer_agrees(
    figures: dict[str, Any], truth: Facts, metric: str
) -> None:
    per_customer = truth["kpis"]["orders"] / truth["kpis"]["customers"]
    allowed = HALF_A_CENT * Decimal(per_customer if metric.startswith("historical") else 1)
    assert abs(figures[metric] - truth["kpis"][metric]) <= allowed


@pytest.mark.parametrize("metric", ["return_rate", "discount_share"])
def test_shares_of_money_agree(figures: dict[str, Any], truth: Facts, metric: str) -> None:
    assert float(figures[metric]) == pytest.approx(float(truth["kpis"][metric]), abs=1e-4)


def test_order_n_to_next(workspace: Path, truth: Facts) -> None:
    rows = kpis(workspace, "order_n_to_next", "--by", "order_number")
    found = {row["group"]["order_number"]: float(row["value"]) for row in rows}
    for number, share in truth["kpis"]["order_n_to_next"].items():
        assert found[number] == pytest.approx(float(share)), number


MONTHLY = {
    "net_revenue": "net_revenue",
    "new_revenue": "new_net_revenue",
    "returning_revenue": "returning_net_revenue",
    "guest_revenue": "guest_net_revenue",
    "product_revenue": "revenue",
    "margin": "margin",
}


@pytest.fixture(scope="session")
def monthly(workspace: Path, history: str) -> dict[tuple[str, str], Any]:
    metrics = (*MONTHLY, "orders", "new_customers")
    rows = kpis(workspace, *metrics, "--by", "month", "--period", history)
    return {(row["metric"], row["group"]["month"]): row["value"] for row in rows}


@pytest.mark.parametrize("metric", MONTHLY)
def test_money_by_month(monthly: dict[tuple[str, str], Any], truth: Facts, metric: str) -> None:
    """Sales on their day, returns on theirs: a return dated back to its order would show."""
    assert any(fact["returns"] > 10 for fact in truth["by_month"])
    for fact in truth["by_month"]:
        month, sold_and_returned = fact["month"], 2 * fact["orders"]
        found, true = monthly[metric, month], fact[MONTHLY[metric]]
        assert close(found, true, sold_and_returned), (month, found, true)


def test_returns_dated_back_to_their_order_would_show(workspace: Path, truth: Facts) -> None:
    """The month test can fail: more value comes back in another month than it tolerates."""
    refunds = pq.read_table(_current(workspace) / "refunds.parquet").to_pylist()
    orders = pq.read_table(_current(workspace) / "orders.parquet").to_pylist()
    sold = {row["order_id"]: row["ordered_on"] for row in orders if row["is_purchase"]}
    moved: Counter[str] = Counter()
    for row in refunds:
        bought = sold.get(row["order_id"])
        if bought and f"{bought:%Y-%m}" != f"{row['refunded_on']:%Y-%m}":
            moved[f"{row['refunded_on']:%Y-%m}"] += row["net"]
    tolerated = {f["month"]: HALF_A_CENT * 2 * f["orders"] for f in truth["by_month"]}
    assert sum(value > tolerated[month] for month, value in moved.items()) > 5


def _current(workspace: Path) -> Path:
    return workspace / "snapshots" / (workspace / "current").read_text(encoding="utf-8").strip()


def test_counts_by_month(monthly: dict[tuple[str, str], Any], truth: Facts) -> None:
    for fact in truth["by_month"]:
        month = fact["month"]
        assert monthly["orders", month] == fact["orders"], month
        assert monthly["new_customers", month] == fact["new_customers"], month


def test_acquisition_cost_by_channel(workspace: Path, history: str, truth: Facts) -> None:
    """Channels as the export shows them; an order without any mark has none."""
    rows = kpis(workspace, "cac", "new_customers", "--by", "channel", "--period", history)
    found = {(row["metric"], row["group"]["channel"]): row for row in rows}
    for fact in truth["by_channel"]:
        channel = None if fact["channel"] == "unknown" else fact["channel"]
        assert found["new_customers", channel]["value"] == fact["customers_visible"], channel
        cac = found["cac", channel]
        if fact["cac_visible"] is None:
            assert cac["value"] is None
            assert cac["note"]
        else:
            assert float(cac["value"]) == pytest.approx(float(fact["cac_visible"]), abs=1e-6)


def test_cohort_triangle(workspace: Path, truth: Facts) -> None:
    table = succeed("cohorts", "-w", workspace, "--json").json()
    shown = {row["cohort"]: row for row in table["cohorts"]}
    for cohort, months in truth["cohorts"].items():
        actives = [cell["active"] for cell in shown[cohort]["cells"]] if cohort in shown else []
        assert actives[: len(months)] == months[: len(actives)], cohort
        assert len(actives) == len(months) or not any(months[len(actives) :]), cohort


def test_everything_adds_up(account: Facts) -> None:
    assert account["balanced"]
    assert not any(line["difference"] for line in (*account["rows"], *account["value"]))
    read = sum(line["read"] for line in account["rows"])
    fates = ("kept", "merged", "quarantined")
    assert read == sum(line[fate] for line in account["rows"] for fate in fates) > 0


def test_planted_dirt_is_found(workspace: Path, account: Facts, told: Facts) -> None:
    planted, rows = told["planted"], Counter[str]()
    for line in account["value"]:
        rows.update(line["rows"])
    orders = pq.read_table(_current(workspace) / "orders.parquet").to_pylist()
    aside = Counter(row["excluded_by"] for row in orders)
    broken = ("broken_date_rows", "broken_figure_rows", "missing_order_id_rows", "future_orders")
    assert rows["merged"] == planted["duplicate_rows"] + planted["overlapping_rows"]
    assert rows["quarantined"] == sum(planted[kind] for kind in broken)
    assert rows["gift_card"] == planted["gift_card_lines"]
    assert aside["test"] == planted["test_orders"]
    assert aside["cancelled"] == planted["cancelled_orders"] + planted["voided_orders"]
    assert aside["no_product"] == planted["gift_card_only_orders"]


def test_quarantine_says_where_and_why(workspace: Path) -> None:
    tables = [pq.read_table(path) for path in sorted((workspace / "quarantine").glob("*.parquet"))]
    refused = [row for table in tables for row in table.to_pylist()]
    assert refused
    for row in refused:
        assert (workspace / "exports/shopify" / row["file"]).is_file()
        assert row["line"] > 1
        assert row["reason"]
