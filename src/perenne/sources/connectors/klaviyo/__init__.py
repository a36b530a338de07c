"""Klaviyo, by its JSON:API interface."""

from __future__ import annotations

from perenne.sources.connectors.klaviyo.settings import KlaviyoSettings
from perenne.sources.connectors.model import Client, Connector, Opening, Stream
from perenne.sources.connectors.vault import Secret
from perenne.text import lazy_gettext as _l


def _open(opening: Opening) -> Client:
    from perenne.sources.connectors.klaviyo.client import KlaviyoClient

    return KlaviyoClient(opening)


def _streams() -> tuple[Stream, ...]:
    from perenne.sources.connectors.klaviyo.read import STREAMS

    return STREAMS


CONNECTOR = Connector(
    kind="klaviyo",
    title="Klaviyo",
    system="klaviyo",
    settings=KlaviyoSettings,
    secrets=(Secret("api_key", _l("private key, pk_…, with the right to read")),),
    streams=_streams,
    open=_open,
)
