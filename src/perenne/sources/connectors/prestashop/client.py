"""Requests to the PrestaShop webservice: the key as user name, lists by time of change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from perenne.sources.connectors.model import Opening
from perenne.sources.connectors.transport import (
    Keyset,
    Platform,
    Session,
    pages,
    records_in,
    rest,
)
from perenne.text import gettext as _

# Under which name a resource lists its records, where it is not its own.
_LISTS = {"order_slip": "order_slips"}
_FAR = "2999-12-31 23:59:59"


class PrestaShopClient:
    """One shop. Raw records come page by page; its dates are local to the shop."""

    def __init__(self, opening: Opening) -> None:
        self.settings = opening.settings
        self.zone = ZoneInfo(self.settings.time_zone)
        base = self.settings.url.rstrip("/") + "/api"
        platform = Platform(
            "PrestaShop",
            _(
                "Under Advanced parameters > Webservice, check that the webservice is on and that "
                "the key may GET orders, order_slip, order_states, customers, products and "
                "currencies; put the key into the secrets."
            ),
            lasting=("webservice is disabled",),
        )
        self._session = Session(platform, base=base, secrets=opening.secrets, clock=opening.clock)
        self._session.auth = (opening.secrets["key"], "")
        self._session.params = {"output_format": "JSON"}
        self._rest = rest(self._session, base)

    def check(self) -> str:
        self._rest.get("orders", params={"display": "[id]", "limit": "1"})
        return str(self.settings.url)

    def close(self) -> None:
        self._session.close()

    def changed(self, resource: str, start: datetime) -> Iterator[list[Any]]:
        """Records of `resource` changed at `start` or later, in the order of their change."""
        size = self.settings.page_size

        def ask(params: dict[str, Any], after: str | None, skip: int) -> None:
            since = after or start.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")
            params["filter[date_upd]"] = f"[{since},{_FAR}]"
            params["limit"] = f"{skip * size},{size}"

        params = {"display": "full", "date": 1, "sort": "[date_upd_ASC,id_ASC]"}
        ask(params, None, 0)
        keyset = Keyset(size=size, cursor=lambda row: str(row["date_upd"]), ask=ask)
        within = _LISTS.get(resource, resource)
        yield from pages(self._rest, resource, params=params, within=within, paginator=keyset)

    def table(self, resource: str) -> dict[str, dict[str, Any]]:
        """All of a small resource, by id."""
        answer = self._rest.get(resource, params={"display": "full"})
        return {str(row["id"]): row for row in records_in(answer, _LISTS.get(resource, resource))}

    def instant(self, local: str) -> str:
        """A date of the shop as an instant."""
        return datetime.fromisoformat(local).replace(tzinfo=self.zone).astimezone(UTC).isoformat()
