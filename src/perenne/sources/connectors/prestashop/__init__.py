"""PrestaShop, by its webservice."""

from __future__ import annotations

from perenne.sources.connectors.model import Client, Connector, Opening, Stream
from perenne.sources.connectors.prestashop.settings import PrestaShopSettings
from perenne.sources.connectors.vault import Secret
from perenne.text import lazy_gettext as _l


def _open(opening: Opening) -> Client:
    from perenne.sources.connectors.prestashop.client import PrestaShopClient

    return PrestaShopClient(opening)


def _streams() -> tuple[Stream, ...]:
    from perenne.sources.connectors.prestashop.read import STREAMS

    return STREAMS


CONNECTOR = Connector(
    kind="prestashop",
    title="PrestaShop",
    system="prestashop",
    settings=PrestaShopSettings,
    secrets=(Secret("key", _l("key of the webservice")),),
    streams=_streams,
    open=_open,
)
