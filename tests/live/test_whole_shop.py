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

pytestmark = pytest.mark.slow

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


def test_figures_are_those_one_adds_up_by_hand(
    tmp_path: Path, platforms: list[FakePlatform]
) -> None:
    """Revenue without tax and shipping, and a refund that is told of the day after, once."""
    time = FakeTime()
    place = _joined(tmp_path, platforms, time)
    sync(place, clock=time.clock())
    imports = len(list_imports(place))
    time.advance(days=1)
    _shopify, woo, presta = platforms
    woo.now = time.now
    woo.change(4)
    time.advance(minutes=5)
    sync(place, clock=time.clock())
    sync(place, clock=time.clock())
    assert len(list_imports(place)) == imports + 1, "one change is one import"
    assert refresh_workspace(place, as_of=time.now.date()).account.balanced
    sold = {
        "woocommerce": [line["total"] for order in woo.records for line in order["line_items"]],
        "prestashop": [order["total_products"] for order in presta.records],
    }
    with open_shop(place.root) as shop:
        lines, orders, refunds = (
            shop.engine.fetch(shop.tables[name]).to_pylist()
            for name in ("order_lines", "orders", "refunds")
        )
    for source, amounts in sold.items():
        own = [row["net"] for row in lines if row["order_id"].startswith(f"{source}/")]
        assert sum(own) == sum(map(Decimal, amounts)), source
    for source in ("shopify", *sold):
        assert sum(row["source"] == source for row in orders) == 12
    told = [row for row in refunds if row["source"] == "woocommerce"]
    assert [row["refunded_on"] for row in told] == [time.now.date()]
