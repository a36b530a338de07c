"""A shop whose platforms are all connected: figures are those that one adds up by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from perenne.sources.connectors import SECRETS_FILE
from perenne.testing import (
    FakePlatform,
    FakeTime,
    PrestaShopPlatform,
    ShopifyPlatform,
    WooCommercePlatform,
)
from perenne.workspace import (
    Layout,
    connect,
    create,
    list_imports,
    open_shop,
    refresh_workspace,
    sync,
)
from perenne.workspace.settings import template

KINDS: tuple[type[FakePlatform], ...] = (ShopifyPlatform, WooCommercePlatform, PrestaShopPlatform)


@pytest.fixture
def platforms():
    made = [kind(count=12) for kind in KINDS]
    for one in made:
        one.__enter__()
    yield made
    for one in made:
        one.__exit__()


def _joined(folder: Path, platforms: list[FakePlatform], time: FakeTime) -> Layout:
    text = template(name="Exemple", currency="EUR", time_zone="Europe/Paris", language="en")
    off = text.replace("# enabled = true ", "enabled = false ")
    place = create(folder / "shop", off)
    secrets = place.root / SECRETS_FILE
    secrets.touch(mode=0o600)
    for one in platforms:
        lines = [f'{name} = "{value}"' for name, value in one.secrets().items()]
        with secrets.open("a", encoding="utf-8") as file:
            file.write("\n".join([f"[{one.kind}]", *lines, ""]))
        connect(place, one.kind, {"kind": one.kind, **one.connection()}, clock=time.clock())
    return place


def test_revenue_is_what_the_platforms_hold(tmp_path: Path, platforms: list[FakePlatform]) -> None:
    """Net of tax and shipping, by hand: Shopify prices include tax, the others do not."""
    time = FakeTime()
    place = _joined(tmp_path, platforms, time)
    sync(place, clock=time.clock())
    shopify, woo, presta = (one.records for one in platforms)
    by_hand = {
        "woocommerce": sum(
            (Decimal(line["total"]) for order in woo for line in order["line_items"]), Decimal(0)
        ),
        "prestashop": sum((Decimal(order["total_products"]) for order in presta), Decimal(0)),
    }
    assert refresh_workspace(place).account.balanced
    with open_shop(place.root) as shop:
        lines = shop.engine.fetch(shop.tables["order_lines"]).to_pylist()
        orders = shop.engine.fetch(shop.tables["orders"]).to_pylist()
    for source, expected in by_hand.items():
        own = [row["net"] for row in lines if row["order_id"].startswith(f"{source}/")]
        assert sum(own) == expected, source
    assert {source: _count(orders, source) for source in ("shopify", *by_hand)} == dict.fromkeys(
        ("shopify", *by_hand), 12
    )
    assert len(shopify) == 12


def test_a_refund_told_later_lowers_the_figures_once(
    tmp_path: Path, platforms: list[FakePlatform]
) -> None:
    time = FakeTime()
    place = _joined(tmp_path, platforms[1:2], time)
    sync(place, clock=time.clock())
    time.advance(days=1)
    platforms[1].now = time.now
    platforms[1].change(4)
    time.advance(minutes=5)
    imports = len(list_imports(place))
    sync(place, clock=time.clock())
    sync(place, clock=time.clock())
    assert len(list_imports(place)) == imports + 1
    refresh_workspace(place, as_of=time.now.date())
    assert _refunded(place) == 1


def _refunded(place: Layout) -> int:
    with open_shop(place.root) as shop:
        return len(shop.engine.fetch(shop.tables["refunds"]).to_pylist())


def _count(orders: list[dict[str, object]], source: str) -> int:
    return sum(row["source"] == source for row in orders)
