"""Pages of records by time of change, where the order is the site's time and the filter is GMT."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from dlt.sources.helpers.rest_client.paginators import BasePaginator

from perenne.sources.connectors.transport import Stuck, ids

TWICE = timedelta(hours=1)
"""When the clocks go back, the times of an hour come twice, and the first of them sort among the
second: what is not read yet may be an hour older than the last record read."""
_NEAR = timedelta(days=60)
_MOVES = 3


class ByChange(BasePaginator):
    """Asks again from the last change seen, less an hour where the clocks may have gone back.

    Where most of a page would come again so, places are counted instead, and the last record of a
    page is asked for again as the first of the next: if another one stands there, a record has
    moved, and what follows is asked for anew. A record that comes twice is kept once.
    """

    def __init__(
        self, *, size: int, start: datetime, ask: Callable[[dict[str, Any], datetime, int], None]
    ) -> None:
        super().__init__()
        self._size, self._ask = size, ask
        self._since, self._offset = start, 0
        self._last: Any = None
        self._moves = 0
        self._seen: list[Any] = []

    def update_state(self, response: Any, data: list[Any] | None = None) -> None:
        rows = data or []
        if rows and ids(rows) == self._seen:
            raise Stuck
        if self._last and (not rows or _same(rows[0]) != self._last) and self._moves < _MOVES:
            self._moved()
            return
        if len(rows) < self._size:
            self._has_next_page = False
            return
        self._seen, self._last = ids(rows), None
        since = safe(rows)
        again = sum(changed_at(row) >= since for row in rows)
        if since > self._since and 2 * again <= len(rows):
            self._since, self._offset, self._moves = since, 0, 0
        elif len(rows) > 1:
            self._offset += len(rows) - 1
            self._last = _same(rows[-1])
        else:
            self._offset += 1

    def _moved(self) -> None:
        """Another record stands where the last one stood: go back to where all that is not read
        must follow. Where records of one instant come in another order each time, go on."""
        self._since = max(self._since, datetime.fromisoformat(self._last[1]) - TWICE)
        self._offset, self._last, self._seen = 0, None, []
        self._moves += 1

    def update_request(self, request: Any) -> None:
        if self._has_next_page:
            self._ask(request.params, self._since, self._offset)


def changed_at(row: Any) -> datetime:
    return datetime.fromisoformat(row["date_modified_gmt"])


def safe(rows: list[Any]) -> datetime:
    """The instant from which all that follows these rows has changed.

    No clock went back between two rows that lie an hour or more apart, but not months, and are as
    far from GMT.
    """
    last = changed_at(rows[-1])
    ahead = _ahead(rows[-1])
    proof = (
        TWICE <= last - changed_at(row) <= _NEAR and _ahead(row) == ahead
        for row in rows
        if ahead is not None
    )
    return last if any(proof) else last - TWICE


def _ahead(row: Any) -> timedelta | None:
    """How far the site's time is ahead of GMT."""
    local = row.get("date_modified")
    return datetime.fromisoformat(local) - changed_at(row) if local else None


def _same(row: Any) -> tuple[Any, str]:
    return row["id"], row["date_modified_gmt"]
