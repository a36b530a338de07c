"""WooCommerce, by its REST interface v3."""

from __future__ import annotations

from perenne.sources.connectors.model import Client, Connector, Opening, Stream
from perenne.sources.connectors.vault import Secret
from perenne.sources.connectors.woocommerce.settings import WooCommerceSettings
from perenne.text import lazy_gettext as _l


def _open(opening: Opening) -> Client:
    from perenne.sources.connectors.woocommerce.client import WooCommerceClient

    return WooCommerceClient(opening)


def _streams() -> tuple[Stream, ...]:
    from perenne.sources.connectors.woocommerce.read import STREAMS

    return STREAMS


CONNECTOR = Connector(
    kind="woocommerce",
    title="WooCommerce",
    system="woocommerce",
    settings=WooCommerceSettings,
    secrets=(
        Secret("consumer_key", _l("consumer key, ck_…")),
        Secret("consumer_secret", _l("consumer secret, cs_…")),
    ),
    streams=_streams,
    open=_open,
)
