"""What is particular to a platform: money of Stripe, clocks of PrestaShop, pages that move."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from perenne.sources.connectors import Secrets
from perenne.sources.connectors.model import Opening
from perenne.sources.connectors.prestashop.client import PrestaShopClient
from perenne.sources.connectors.prestashop.settings import PrestaShopSettings
from perenne.sources.connectors.stripe.money import major
from perenne.sources.connectors.transport import Numbered, pages
from perenne.sources.connectors.woocommerce.client import WooCommerceClient
from perenne.sources.connectors.woocommerce.settings import WooCommerceSettings
from perenne.testing import FakeTime, StripePlatform, WooCommercePlatform, bench


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (1000, "usd", "10.00"),
        (500, "jpy", "500"),
        (500, "ISK", "5.00"),  # whole since 2023, and still written with two decimals
        (5124, "kwd", "5.124"),
        (999, "eur", "9.99"),
        (12000, "xof", "12000"),
    ],
)
def test_minor_units(amount: int, currency: str, expected: str) -> None:
    assert str(major(Decimal(amount), currency)) == expected


def test_refund_after_the_settling_days_comes_by_its_own_day(tmp_path: Path) -> None:
    """The charge is not asked for any more, its refund is."""
    with StripePlatform(count=6) as platform:
        shop = bench(tmp_path, platform, streams=["charges", "refunds"])
        shop.sync()
        shop.time.advance(days=100)
        platform.now = shop.time.now
        platform.change(0)
        shop.time.advance(hours=1)
        charges, refunds = shop.sync()
        assert (charges.kept, refunds.kept) == (0, 1)


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        ("2025-07-01 12:00:00", "2025-07-01T10:00:00+00:00"),
        ("2025-12-01 12:00:00", "2025-12-01T11:00:00+00:00"),
        ("2025-10-26 02:30:00", "2025-10-26T00:30:00+00:00"),  # the first of two
    ],
)
def test_dates_of_prestashop_are_local(local: str, instant: str) -> None:
    settings = PrestaShopSettings(url="https://shop.example")
    client = PrestaShopClient(Opening(settings, Secrets({"key": "k"}), FakeTime().clock()))
    assert client.instant(local) == instant


def _woo(platform: WooCommercePlatform) -> WooCommerceClient:
    settings = WooCommerceSettings(url=platform.url, page_size=platform.page)
    secrets = Secrets(platform.secrets())
    return WooCommerceClient(Opening(settings, secrets, FakeTime().clock()))


def _moves_at_second_page(platform: WooCommercePlatform) -> None:
    platform.reset()
    platform.on_data = lambda number: platform.change(0) if number == 2 else None


def test_counted_pages_lose_what_the_keyset_keeps() -> None:
    """The reason for `Keyset`: a record that changes pushes another one off a counted page."""
    wanted: dict[str, Any] = {"per_page": 5, "orderby": "modified", "order": "asc"}
    with WooCommercePlatform(count=23) as platform:
        client = _woo(platform)
        _moves_at_second_page(platform)
        counted = Numbered(param="page", header="X-WP-TotalPages", size=5)
        found = pages(client._rest, "orders", params=wanted, within="$", paginator=counted)
        assert len({row["id"] for page in found for row in page}) == 22
    with WooCommercePlatform(count=23) as platform:
        client = _woo(platform)
        _moves_at_second_page(platform)
        found = client.changed("orders", datetime(2025, 1, 1, tzinfo=UTC))
        assert len({row["id"] for page in found for row in page}) == 23


def test_an_update_that_keeps_more_reads_the_stream_anew(tmp_path: Path) -> None:
    """What an earlier version left out would otherwise stay out until each record changes."""
    with WooCommercePlatform(count=6) as platform:
        shop = bench(tmp_path, platform)
        shop.sync()
        (first,) = shop.batches()
        manifest = shop.place.raw / first.id / "manifest.json"
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(text.replace(first.origin["shape"], "of-before"), encoding="utf-8")
        (done,) = shop.sync()
        assert done.kept == 6
        assert shop.held() == shop.wanted()
        assert shop.sync()[0].kept == 0
