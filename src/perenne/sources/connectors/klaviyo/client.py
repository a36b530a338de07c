"""Requests to Klaviyo: JSON:API pages that name the next one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dlt.sources.helpers.rest_client.auth import APIKeyAuth
from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator

from perenne.sources.connectors.model import Opening
from perenne.sources.connectors.repeats import Repeats
from perenne.sources.connectors.transport import Platform, Session, pages, rest
from perenne.text import gettext as _


class KlaviyoClient:
    """One account. Pages come with the objects that they include."""

    def __init__(self, opening: Opening) -> None:
        self.settings = opening.settings
        base = self.settings.url.rstrip("/")
        platform = Platform(
            "Klaviyo",
            _(
                "Make a new private key with the right to read profiles, events and metrics under "
                "Settings > API keys, and put it into the secrets."
            ),
        )
        self._session = Session(platform, base=base, secrets=opening.secrets, clock=opening.clock)
        key = f"Klaviyo-API-Key {opening.secrets['api_key']}"
        self._session.auth = APIKeyAuth(name="Authorization", api_key=key, location="header")
        headers = {
            "revision": self.settings.revision,
            "Accept": "application/vnd.api+json",
        }
        self._rest = rest(self._session, base, headers=headers)

    def check(self) -> str:
        self._rest.get("/api/profiles", params={"page[size]": 1})
        return "Klaviyo"

    def close(self) -> None:
        self._session.close()

    def pages(self, path: str, params: dict[str, Any]) -> Iterator[tuple[list[Any], list[Any]]]:
        """Pages of (objects, included objects)."""
        wanted = {"page[size]": self.settings.page_size, **params}
        following = _Following(path)
        for page in pages(self._rest, path, params=wanted, within="data", paginator=following):
            yield page, page.response.json().get("included") or []


class _Following(JSONLinkPaginator):
    """Each page names the next one."""

    def __init__(self, path: str) -> None:
        super().__init__("links.next")
        self._repeats = Repeats("Klaviyo", path)

    def update_state(self, response: Any, data: list[Any] | None = None) -> None:
        super().update_state(response, data)
        if self._has_next_page:
            self._repeats.refuse_again(str(self._next_reference))
