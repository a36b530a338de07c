"""Stripe, by its REST interface."""

from __future__ import annotations

from perenne.sources.connectors.model import Client, Connector, Opening, Stream
from perenne.sources.connectors.stripe.settings import StripeSettings
from perenne.sources.connectors.vault import Secret
from perenne.text import lazy_gettext as _l


def _open(opening: Opening) -> Client:
    from perenne.sources.connectors.stripe.client import StripeClient

    return StripeClient(opening)


def _streams() -> tuple[Stream, ...]:
    from perenne.sources.connectors.stripe.read import STREAMS

    return STREAMS


CONNECTOR = Connector(
    kind="stripe",
    title="Stripe",
    system="stripe",
    settings=StripeSettings,
    secrets=(Secret("api_key", _l("restricted key, rk_live_…, with the right to read")),),
    streams=_streams,
    open=_open,
)
