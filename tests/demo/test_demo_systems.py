"""`perenne demo` from end to end, over several systems: orders are exact, customers nearly so."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.cli.program import demo_workspace, kpis, succeed

Facts = dict[str, Any]
NEAR = 0.02
"""By how much figures per customer may miss those per true person."""


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo_workspace(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def told(workspace: Path) -> Facts:
    text = (workspace / "exports/truth/truth.json").read_text(encoding="utf-8")
    facts: Facts = json.loads(text)
    return facts


@pytest.fixture(scope="session")
def true(told: Facts) -> Facts:
    facts: Facts = told["without_gift_card_orders"]["kpis"]
    return facts


@pytest.fixture(scope="session")
def figures(workspace: Path, told: Facts) -> dict[str, Any]:
    rows = kpis(workspace, "--period", f"{told['start']}..{told['as_of']}")
    return {row["metric"]: row["value"] for row in rows}


@pytest.fixture(scope="session")
def tables(workspace: Path) -> Path:
    return workspace / "snapshots" / (workspace / "current").read_text(encoding="utf-8").strip()


def test_every_file_is_recognised_as_what_it_is(workspace: Path) -> None:
    manifests = [json.loads(path.read_text(encoding="utf-8"))
                 for path in (workspace / "raw").glob("*/manifest.json")]  # fmt: skip
    presets = Counter(one["preset"] for one in manifests)
    assert presets == {
        "shopify_orders": 3, "shopify_products": 1, "shopify_customers": 1, "order_lines": 3,
        "customers": 1, "klaviyo_profiles": 1, "klaviyo_suppressions": 1, "stripe_payments": 1,
        "zendesk_tickets": 1, "recharge_subscriptions": 1, "recharge_customers": 1, "surveys": 1,
        "events": 1, "meta_ads": 2, "google_ads": 1, "costs": 1, "refunds": 1,
    }  # fmt: skip
    sources = {one["source"] for one in manifests if one["preset"] in ("order_lines", "customers")}
    assert sources == {"files:till"}


def test_orders_and_money_are_exact(figures: dict[str, Any], true: Facts) -> None:
    """Sales of the till count beside those of the web shop; payments of either do not."""
    assert figures["orders"] == true["orders"]
    for metric in ("net_revenue", "product_revenue", "guest_revenue", "margin"):
        assert (
            abs(figures[metric] - Decimal(str(true[metric]))) <= Decimal("0.005") * true["orders"]
        )


def test_payments_beside_their_orders_are_set_aside(tables: Path, told: Facts) -> None:
    orders = pq.read_table(tables / "orders.parquet").to_pylist()
    paid = [row for row in orders if row["source"] == "stripe"]
    assert len(paid) == told["planted"]["payments"]
    assert {row["excluded_by"] for row in paid} == {"payment"}


@pytest.mark.parametrize(
    "metric",
    ["customers", "repeat_purchase_rate", "purchase_frequency", "historical_clv",
     "historical_clv_margin"],
)  # fmt: skip
def test_figures_per_customer_are_near_those_per_person(
    figures: dict[str, Any], true: Facts, metric: str
) -> None:
    assert float(figures[metric]) == pytest.approx(true[metric], rel=NEAR)


def test_persons_of_several_systems_are_one_customer(workspace: Path, tables: Path) -> None:
    truth = workspace / "exports/truth"
    links = pq.read_table(tables / "customer_links.parquet").to_pylist()
    customer = {(row["source"], row["source_id"]): row["customer_id"] for row in links}
    seen: dict[int, Counter[str]] = {}
    for name in ("orders", "records"):
        for row in pq.read_table(truth / f"{name}.parquet").to_pylist():
            if row["record"]:
                found = customer[row["source"], row["record"]]
                seen.setdefault(row["customer"], Counter())[found] += 1
    whole = sum(len(found) == 1 for found in seen.values())
    assert whole / len(seen) > 0.85
    assert sum(found.most_common(1)[0][1] for found in seen.values()) > 0.95 * sum(
        sum(found.values()) for found in seen.values()
    )


def test_the_other_systems_speak_too(tables: Path) -> None:
    for name in ("consents", "events", "subscriptions", "surveys"):
        found = pq.read_table(tables / f"{name}.parquet").to_pylist()
        assert found, name
        assert all(row["customer_id"] for row in found), name


def test_status_says_what_is_likely_missed(workspace: Path) -> None:
    told = succeed("identity", "status", "-w", workspace, "--json").json()
    missed = told["missed"]
    customers, wrong = missed["customers"], max(missed["links"], missed["wrong"]) >= 0.5
    assert customers["low"] <= customers["likely"] <= customers["high"]
    said = succeed("identity", "status", "-w", workspace)
    report = (workspace / "report-en.html").read_text(encoding="utf-8")
    assert ("likely missed" in said.out) == wrong
    assert ("likely missed" in report) == wrong
    assert "records of the sources make" in report
