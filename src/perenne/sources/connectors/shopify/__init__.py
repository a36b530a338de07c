"""Shopify, by bulk operations of the Admin GraphQL interface."""

from __future__ import annotations

from perenne.sources.connectors.model import Client, Connector, Opening, Stream
from perenne.sources.connectors.shopify.settings import ShopifySettings
from perenne.sources.connectors.vault import Secret
from perenne.text import lazy_gettext as _l


def _open(opening: Opening) -> Client:
    from perenne.sources.connectors.shopify.client import ShopifyClient

    return ShopifyClient(opening)


def _streams() -> tuple[Stream, ...]:
    from perenne.sources.connectors.shopify.read import STREAMS

    return STREAMS


CONNECTOR = Connector(
    kind="shopify",
    title="Shopify",
    system="shopify",
    settings=ShopifySettings,
    secrets=(
        Secret("client_id", _l("client id of the app"), optional=True),
        Secret("client_secret", _l("client secret of the app"), optional=True),
        Secret("access_token", _l("token of an older custom app, shpat_…"), optional=True),
    ),
    streams=_streams,
    open=_open,
)
