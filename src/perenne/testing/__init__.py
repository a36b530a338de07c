"""For authors of connectors: the suite that every live source must pass, and fake platforms."""

from perenne.testing.bench import Bench, bench
from perenne.testing.clock import NOON, FakeTime
from perenne.testing.faults import Fault, broken, cut_off, half_a_page, too_many
from perenne.testing.platforms.klaviyo import KlaviyoPlatform
from perenne.testing.platforms.prestashop import PrestaShopPlatform
from perenne.testing.platforms.shopify import ShopifyPlatform
from perenne.testing.platforms.stripe import StripePlatform
from perenne.testing.platforms.woocommerce import WooCommercePlatform
from perenne.testing.server import Asked, FakePlatform, Said
from perenne.testing.suite import SourceSuite

__all__ = [
    "NOON",
    "Asked",
    "Bench",
    "FakePlatform",
    "FakeTime",
    "Fault",
    "KlaviyoPlatform",
    "PrestaShopPlatform",
    "Said",
    "ShopifyPlatform",
    "SourceSuite",
    "StripePlatform",
    "WooCommercePlatform",
    "bench",
    "broken",
    "cut_off",
    "half_a_page",
    "too_many",
]
