"""Acts *by* persons, as a snapshot knows them: what a retention period is counted from."""

from __future__ import annotations

from collections.abc import Sequence

from perenne.warehouse import quote_text
from perenne.workspace.erasure.people import parquet
from perenne.workspace.snapshots import Snapshot

_DATED = {
    "orders": ("order", "ordered_on"),
    "surveys": ("survey", "answered_on"),
    "consents": ("consent", "said_on"),
    "subscriptions": ("subscription", "greatest(started_on, cancelled_on, ended_on)"),
    "customers": ("created", "created_on"),
}


def last_acts_sql(snapshot: Snapshot, events: Sequence[str]) -> str:
    """The last dated act of each person: `customer_id`, `day`, `act`. Of several on one day the
    weightiest is told, so that a list and its digest are the same each time."""
    return (
        "SELECT customer_id, max(day) AS day, min_by(act, (-epoch(day), place, act)) AS act "
        f"FROM ({_acts_sql(snapshot, events)}) WHERE day IS NOT NULL GROUP BY customer_id"
    )


def _acts_sql(snapshot: Snapshot, events: Sequence[str]) -> str:
    """Every dated act by a person and its `place` among those of a day: as in `_DATED`, and last
    the `events` that are acts."""
    parts = [
        f"SELECT customer_id, {day} AS day, '{act}' AS act, {place} AS place "
        f"FROM {parquet(snapshot.table_path(table))} WHERE customer_id IS NOT NULL"
        for place, (table, (act, day)) in enumerate(_DATED.items())
        if table in snapshot.tables
    ]
    named = ", ".join(quote_text(event) for event in events) or "''"
    parts.append(
        f"SELECT customer_id, coalesce(until_on, occurred_on), event, {len(_DATED)} "
        f"FROM {parquet(snapshot.table_path('events'))} "
        f"WHERE event IN ({named}) AND customer_id IS NOT NULL"
    )
    return " UNION ALL ".join(parts)
