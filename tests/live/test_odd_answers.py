"""Answers that are no use: lists under another name, the same page for ever, what PHP writes, and a
platform that says why it refuses."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from perenne.core import PerenneError
from perenne.sources.connectors import Secrets
from perenne.sources.connectors.model import Opening
from perenne.sources.connectors.prestashop.client import PrestaShopClient
from perenne.sources.connectors.prestashop.settings import PrestaShopSettings
from perenne.sources.connectors.vault import HIDDEN
from perenne.sources.connectors.woocommerce.client import WooCommerceClient
from perenne.sources.connectors.woocommerce.settings import WooCommerceSettings
from perenne.testing import (
    Asked,
    FakePlatform,
    FakeTime,
    PrestaShopPlatform,
    Said,
    WooCommercePlatform,
    bench,
)

SINCE = datetime(2025, 1, 1, tzinfo=UTC)
Odd = Callable[[Asked], Said | None]


def _told(kind: type[FakePlatform], odd: Odd, **options: int) -> FakePlatform:
    """A platform that answers in its own way where `odd` has an answer."""

    class Told(kind):  # type: ignore[misc, valid-type]  # the class is an argument
        def handle(self, asked: Asked) -> tuple[Said, str]:
            usual = super().handle(asked)
            said = odd(asked)
            return (said, "whole") if said else usual

    return Told(**options)


def _presta(platform: FakePlatform, time: FakeTime | None = None) -> PrestaShopClient:
    settings = PrestaShopSettings(url=platform.url, page_size=platform.page)
    clock = (time or FakeTime()).clock()
    return PrestaShopClient(Opening(settings, Secrets(platform.secrets()), clock))


def _woo(platform: FakePlatform, time: FakeTime | None = None) -> WooCommerceClient:
    settings = WooCommerceSettings(url=platform.url, page_size=platform.page)
    clock = (time or FakeTime()).clock()
    return WooCommerceClient(Opening(settings, Secrets(platform.secrets()), clock))


def test_slips_stand_under_a_name_of_their_own(tmp_path: Path) -> None:
    """PrestaShop lists `order_slip` as `order_slips`; shipping is told apart."""
    with PrestaShopPlatform(count=6) as platform:
        shop = bench(tmp_path, platform, streams=["orders", "order_slips", "products"])
        assert [done.kept for done in shop.sync()] == [6, 1, 3]
        files = shop.place.raw.glob("*/refunds.parquet")
        (refund,) = (row for file in files for row in pq.read_table(file).to_pylist())
        assert (int(refund["amount"]), int(refund["shipping"])) == (9, 3)
        assert not shop.quarantined(), "a product without a maker is none the less a product"


@pytest.mark.parametrize("answer", [{"order_slip": []}, {"errors": []}, [{"id": 1}], {}, "x"])
def test_an_answer_without_the_list_is_refused(answer: object) -> None:
    with (
        _told(PrestaShopPlatform, lambda asked: Said(answer), count=2) as platform,
        pytest.raises(PerenneError, match="holds no list “order_slips”"),
    ):
        list(_presta(platform).changed("order_slip", SINCE))


def test_an_empty_list_is_an_empty_page() -> None:
    with _told(PrestaShopPlatform, lambda asked: Said([]), count=2) as platform:
        assert not [row for page in _presta(platform).changed("orders", SINCE) for row in page]


def test_the_same_page_for_ever_is_refused() -> None:
    """A page cache that does not look at the query."""
    with WooCommercePlatform(count=12) as platform:
        first = platform.records[:5]

    def cached(asked: Asked) -> Said | None:
        return Said(first, headers={"X-WP-TotalPages": "9"})

    with _told(WooCommercePlatform, cached, count=12) as platform:
        for read in (lambda c: c.changed("orders", SINCE), lambda c: c.every("customers")):
            before = len(platform.asked)
            with pytest.raises(PerenneError, match="same page of") as refused:
                list(read(_woo(platform)))
            assert "cache or a proxy" in refused.value.next_step
            assert len(platform.asked) - before <= 3
    with PrestaShopPlatform(count=12) as platform:
        first = platform.records[:5]
    alike = {"orders": first}
    with (
        _told(PrestaShopPlatform, lambda asked: Said(alike), count=12) as platform,
        pytest.raises(PerenneError, match="same page of orders"),
    ):
        list(_presta(platform).changed("orders", SINCE))


def test_pages_are_counted_where_a_proxy_drops_their_number() -> None:
    class Dropped(WooCommercePlatform):
        def answer(self, asked: Asked) -> Said:
            return Said(super().answer(asked).value)

    with Dropped(count=2) as platform:
        pages = _woo(platform).every("customers", role="all")
        found = [row["id"] for page in pages for row in page]
        assert found == list(range(1, 8))


def test_a_webservice_that_is_off_is_told_at_once() -> None:
    words = "The PrestaShop webservice is disabled. Please activate it in the Back Office"
    off = Said({"errors": [{"code": 22, "message": words}]}, 503)
    time = FakeTime()
    with _told(PrestaShopPlatform, lambda asked: off, count=2) as platform:
        with pytest.raises(PerenneError, match=words) as refused:
            _presta(platform, time).check()
        assert len(platform.asked) == 1
    assert "check that the webservice is on" in refused.value.next_step
    assert not time.slept


def test_what_php_writes_before_the_answer_is_shown() -> None:
    def noisy(asked: Asked) -> Said:
        noise = b"<br />\n<b>Warning</b>:  Undefined array key &quot;x&quot; in <b>foo.php</b>\n"
        return Said(noise + json.dumps([{"email": "camille@example.org"}]).encode())

    with _told(WooCommercePlatform, noisy, count=2) as platform:
        with pytest.raises(PerenneError, match='Warning : Undefined array key "x"') as refused:
            _woo(platform).check()
        assert len(platform.asked) == 2
    assert "foo.php" in refused.value.what
    assert "plugin" in refused.value.next_step
    assert "camille" not in f"{refused.value}{refused.value.given}"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"code": "no_view", "message": "Sorry, you cannot list."}, "Sorry, you cannot list."),
        ({"errors": [{"code": 21, "message": "Not allowed"}]}, "Not allowed – 21"),
        ({"errors": [{"title": "No", "detail": "Missing scope"}]}, "Missing scope"),
        ({"error": {"message": "Expired", "code": "api_key_expired"}}, "Expired"),
    ],
)
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_right_tells_the_platforms_reason(
    body: dict[str, object], reason: str, status: int
) -> None:
    with (
        _told(WooCommercePlatform, lambda asked: Said(body, status), count=2) as platform,
        pytest.raises(PerenneError, match=r"too narrow\. It says: ") as refused,
    ):
        _woo(platform).check()
    assert reason in refused.value.what


def test_the_reason_repeats_no_key() -> None:
    with WooCommercePlatform(count=1) as platform:
        own = ":".join(platform.secrets().values())
    basic = base64.b64encode(own.encode()).decode()
    said = f"Key {own} or {basic} or of_another_shop_0123456789 is wrong"
    with (
        _told(WooCommercePlatform, lambda asked: Said({"message": said}, 401), count=2) as platform,
        pytest.raises(PerenneError) as refused,
    ):
        _woo(platform).check()
    text = f"{refused.value}{refused.value.given}"
    assert HIDDEN in text
    for word in (*platform.secrets().values(), basic, "0123456789"):
        assert word not in text
