"""Requests to Stripe: lists from the newest, by the id of the last object."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator

from perenne.sources.connectors.model import Opening, Span
from perenne.sources.connectors.repeats import Repeats
from perenne.sources.connectors.stripe.subscribed import expansions
from perenne.sources.connectors.transport import Platform, Session, pages, rest
from perenne.text import gettext as _


class StripeClient:
    """One account. Raw objects come page by page."""

    def __init__(self, opening: Opening) -> None:
        self.settings = opening.settings
        base = self.settings.url.rstrip("/")
        platform = Platform(
            "Stripe",
            _(
                "Make a new restricted key with the right to read under Developers > API keys, and "
                "put it into the secrets."
            ),
        )
        self._session = Session(platform, base=base, secrets=opening.secrets, clock=opening.clock)
        self._session.auth = BearerTokenAuth(opening.secrets["api_key"])
        self._rest = rest(self._session, base, headers={"Stripe-Version": self.settings.version})

    def check(self) -> str:
        found = self._rest.get("/v1/charges", params={"limit": 1}).json()["data"]
        if found and found[0].get("livemode") is False:
            return _("Stripe in test mode, of which nothing counts")
        return "Stripe"

    def close(self) -> None:
        self._session.close()

    def windows(self, span: Span) -> Iterator[tuple[datetime, datetime]]:
        """The span in steps, so that each can be kept before the next is asked for."""
        start = span.start
        while start < span.until:
            end = min(start + timedelta(days=self.settings.window_days), span.until)
            yield start, end
            start = end

    def created(self, path: str, start: datetime, end: datetime) -> Iterator[list[Any]]:
        """Objects made from `start` up to, and not including, `end`."""
        window = {"created[gte]": _unix(start), "created[lt]": _unix(end)}
        yield from self.every(path, window)

    def every(self, path: str, params: dict[str, Any]) -> Iterator[list[Any]]:
        """Every object of a list."""
        after_last = _AfterLast(path)
        wanted = {"limit": self.settings.page_size, **params}
        yield from pages(self._rest, path, params=wanted, within="data", paginator=after_last)

    def subscriptions(self) -> Iterator[list[Any]]:
        """Every subscription, also ended ones, with its discounts and all of its items."""
        wanted = {"status": "all", **expansions(self.settings.version)}
        for page in self.every("/v1/subscriptions", wanted):
            for one in page:
                if (one.get("items") or {}).get("has_more"):
                    one["items"]["data"] = self._items(one["id"])
            yield page

    def _items(self, subscription: str) -> list[Any]:
        """All items of a subscription, of which Stripe shows the first ten beside it."""
        wanted = {"subscription": subscription, "expand[0]": "data.discounts"}
        return [item for page in self.every("/v1/subscription_items", wanted) for item in page]


class _AfterLast(JSONResponseCursorPaginator):
    """The next page starts after the last object of this one."""

    def __init__(self, path: str) -> None:
        super().__init__(
            cursor_path="data", cursor_param="starting_after", has_more_path="has_more"
        )
        self._repeats = Repeats("Stripe", path)

    def update_state(self, response: Any, data: list[Any] | None = None) -> None:
        super().update_state(response, data)
        self._next_reference = data[-1]["id"] if data else None
        self._has_next_page = bool(data) and bool(response.json().get("has_more"))
        if self._has_next_page:
            self._repeats.refuse_again(str(self._next_reference))


def _unix(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp())
