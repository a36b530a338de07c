"""One shop, many tools: orders of four platforms, contacts, consents and events in one snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest

from perenne.cleaning import Account
from perenne.sources import presets
from perenne.workspace import Layout, open_shop
from tests.workspace.shops import bring, computed, new_workspace, table, values

pytestmark = pytest.mark.slow

SHELF = Path(presets.__file__).parent
SELLERS = ("shopify_orders", "woocommerce_orders", "prestashop_orders", "stripe_payments")
OTHERS = (
    "shopify_customers",
    "prestashop_order_slips",
    "klaviyo_profiles",
    "klaviyo_suppressions",
    "klaviyo_events",
    "brevo_contacts",
    "zendesk_tickets",
    "recharge_subscriptions",
    "ga4_channels",
)


def golden(name: str) -> list[Path]:
    folder = SHELF / name / "golden"
    return sorted(f for f in folder.iterdir() if not f.name.endswith(".expected.json"))


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> tuple[Layout, Account]:
    place = new_workspace(tmp_path_factory.mktemp("many") / "shop")
    bring(place, *(file for name in (*SELLERS, *OTHERS) for file in golden(name)))
    return place, computed(place).account


def test_every_row_and_every_cent_is_accounted_for(brought: tuple[Layout, Account]) -> None:
    _place, account = brought
    assert account.balanced
    assert {line.source for line in account.values} == {
        "shopify",
        "woocommerce",
        "prestashop",
        "stripe",
    }
    named = {line.table for line in account.rows}
    assert {"consents", "events", "subscriptions", "surveys"} <= named


def test_prospects_are_known_and_not_counted(brought: tuple[Layout, Account]) -> None:
    place, _account = brought
    people = table(place, "customers")
    bought = {row["customer_id"] for row in people if row["orders"]}
    assert len(bought) < len(people)
    assert values(place, "customers") == {"customers": len(bought)}


def test_a_suppression_stands_beside_a_subscription(brought: tuple[Layout, Account]) -> None:
    place, _account = brought
    links = {
        (row["source"], row["source_id"]): row["customer_id"]
        for row in table(place, "customer_links")
    }
    bob = links["klaviyo", "bob@example.fr"]
    assert bob == links["klaviyo", "01BBB"]
    (word,) = [
        row
        for row in table(place, "consents")
        if row["customer_id"] == bob and row["channel"] == "email"
    ]
    assert (word["status"], word["suppressed"]) == ("unsubscribed", True)


def test_no_table_but_contacts_and_links_holds_an_address(
    brought: tuple[Layout, Account],
) -> None:
    place, _account = brought
    with open_shop(place.root) as shop:
        names = [name for name in shop.snapshot.tables if name not in ("contacts", "quarantine")]
    holding = {
        name
        for name in names
        if any("@example" in str(value) for row in table(place, name) for value in row.values())
    }
    assert holding == {"customer_links"}
