"""Every live source that ships passes the suite that every live source must pass."""

from __future__ import annotations

import pytest

from perenne.testing import (
    KlaviyoPlatform,
    PrestaShopPlatform,
    ShopifyPlatform,
    SourceSuite,
    StripePlatform,
    WooCommercePlatform,
)

pytestmark = pytest.mark.slow


class TestKlaviyo(SourceSuite):
    platform = KlaviyoPlatform


class TestPrestaShop(SourceSuite):
    platform = PrestaShopPlatform


class TestShopify(SourceSuite):
    platform = ShopifyPlatform


class TestStripe(SourceSuite):
    platform = StripePlatform


class TestWooCommerce(SourceSuite):
    platform = WooCommercePlatform
