"""Requests to WooCommerce: basic authorisation, pages by time of change (paging.py)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from perenne.sources.connectors.model import Opening
from perenne.sources.connectors.transport import Numbered, Platform, Session, pages, rest
from perenne.sources.connectors.woocommerce.paging import ByChange
from perenne.text import gettext as _

_API = "/wp-json/wc/v3"


class WooCommerceClient:
    """One shop. Raw records come page by page."""

    def __init__(self, opening: Opening) -> None:
        self.settings = opening.settings
        base = self.settings.url.rstrip("/") + _API
        platform = Platform(
            "WooCommerce",
            _(
                "Make a new key under WooCommerce > Settings > Advanced > REST API with the right "
                "to read, and put it into the secrets."
            ),
        )
        self._session = Session(platform, base=base, secrets=opening.secrets, clock=opening.clock)
        self._session.auth = (
            opening.secrets["consumer_key"],
            opening.secrets["consumer_secret"],
        )
        self._rest = rest(self._session, base)

    def check(self) -> str:
        self._rest.get("orders", params={"per_page": 1})
        return str(self.settings.url)

    def close(self) -> None:
        self._session.close()

    def changed(self, path: str, start: datetime, **only: str) -> Iterator[list[Any]]:
        """Records changed at `start` or later, `only` those of a kind, in the order of their change
        by the clock of the site."""

        def ask(params: dict[str, Any], since: datetime, skip: int) -> None:
            # `modified_after` leaves out the instant itself.
            params["modified_after"] = (since - timedelta(seconds=1)).isoformat(timespec="seconds")
            params["offset"] = skip

        size = self.settings.page_size
        params: dict[str, Any] = {
            "per_page": size,
            "orderby": "modified",
            "order": "asc",
            "dates_are_gmt": "true",
            **only,
        }
        since = start.astimezone(UTC).replace(tzinfo=None)
        ask(params, since, 0)
        by_change = ByChange(size=size, start=since, ask=ask)
        yield from pages(self._rest, path, params=params, within="$", paginator=by_change)

    def every(self, path: str, **only: str) -> Iterator[list[Any]]:
        """Every record, `only` those of a kind, in the order of their ids."""
        size = self.settings.page_size
        wanted = {"per_page": size, "orderby": "id", "order": "asc", **only}
        numbered = Numbered(param="page", header="X-WP-TotalPages", size=size)
        yield from pages(self._rest, path, params=wanted, within="$", paginator=numbered)

    def variations(self, product: str) -> Iterator[list[Any]]:
        """The variations of one product."""
        yield from self.every(f"products/{product}/variations")

    def refunds(self, order: str) -> list[Any]:
        """The refunds of one order; the order itself names them without their day."""
        found: list[Any] = self._rest.get(
            f"orders/{order}/refunds", params={"per_page": 100}
        ).json()
        return found
