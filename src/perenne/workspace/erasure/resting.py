"""Rows that figures of a customer rest on, so that they keep their person."""

from __future__ import annotations

from perenne.identity import CLICKS, VISITS
from perenne.warehouse import quote_text
from perenne.workspace.erasure.acts import last_acts_sql
from perenne.workspace.erasure.jobs import Desk
from perenne.workspace.erasure.people import parquet
from perenne.workspace.snapshots import Snapshot

HELD = "erasure_held"


def held(place: Desk, newest: Snapshot) -> None:
    """Fill `HELD` (source, kind, ref, day, event): of each customer the visit that brought them
    with what else names them in that session, the first interaction after the first purchase, and
    the last act."""
    policy, links = place.settings.retention, parquet(newest.table_path("customer_links"))
    every = [
        f"SELECT customer_id, day, act AS event FROM ({last_acts_sql(newest, policy.acts)})",
        _brought_sql(place, newest),
        _first_after_sql(place, newest),
    ]
    parts = " UNION ".join(f"(FROM ({part}))" for part in every)
    place.engine.duck.execute(
        f"CREATE OR REPLACE TEMP TABLE {HELD} AS SELECT DISTINCT l.source, "
        "l.source_id_kind AS kind, l.source_id AS ref, day, event "
        f"FROM ({parts}) JOIN {links} l USING (customer_id) "
        "WHERE day IS NOT NULL"
    )


def _list(words: tuple[str, ...]) -> str:
    return ", ".join(quote_text(word) for word in words) or "''"


def _brought_sql(place: Desk, newest: Snapshot) -> str:
    """Visits that tell the acquisition channel, by any of its rules, and whatever else names the
    customer in the same session."""
    back = place.settings.acquisition.lookback_days
    return f"""
    SELECT customer_id, coalesce(until_on, occurred_on) AS day, event FROM (
      WITH event AS (FROM {parquet(newest.table_path("events"))}), owner AS (
        SELECT source, session_id, min(customer_id) AS owner FROM event
        WHERE session_id IS NOT NULL AND customer_id IS NOT NULL
        GROUP BY ALL HAVING count(DISTINCT customer_id) = 1
      ), seen AS (
        SELECT e.*, coalesce(e.customer_id, owner) AS who FROM event e
        LEFT JOIN owner USING (source, session_id)
      ), told AS (
        SELECT s.* FROM seen s JOIN {parquet(newest.table_path("customers"))} c
          ON c.customer_id = s.who
        WHERE s.channel IS NOT NULL AND s.event IN ({_list((*VISITS, *CLICKS))})
          AND (c.first_order_on IS NULL
            OR s.occurred_on BETWEEN c.first_order_on - {back} AND c.first_order_on)
      ), ends AS (
        SELECT who, min(occurred_on) FILTER (event IN ({_list(VISITS)})) AS first_on,
          max(occurred_on) AS last_on FROM told GROUP BY ALL
      ), touch AS (
        SELECT t.who, t.source, t.session_id, t.event_id FROM told t JOIN ends USING (who)
        WHERE t.occurred_on IN (first_on, last_on)
      )
      SELECT e.customer_id, e.until_on, e.occurred_on, e.event FROM event e
      SEMI JOIN touch t ON t.who = e.customer_id AND (t.event_id = e.event_id
        OR (t.source = e.source AND t.session_id = e.session_id))
    )"""


def _first_after_sql(place: Desk, newest: Snapshot) -> str:
    """The first interaction after the day of the first purchase; and the first of anybody, from
    which on interactions are known."""
    kinds = place.settings.metrics.interactions
    answers = (
        f"UNION ALL SELECT customer_id, answered_on, answered_on, 'survey' "
        f"FROM {parquet(newest.table_path('surveys'))}"
        if "survey" in kinds
        else ""
    )
    return f"""
    WITH met AS (
      SELECT customer_id, coalesce(until_on, occurred_on) AS day, occurred_on, event
      FROM {parquet(newest.table_path("events"))} WHERE event IN ({_list(kinds)}) {answers}
    )
    SELECT customer_id, day, event FROM met
    QUALIFY occurred_on = min(occurred_on) OVER ()
    UNION SELECT customer_id, day, event FROM met
    JOIN {parquet(newest.table_path("customers"))} USING (customer_id)
    WHERE occurred_on > first_order_on
    QUALIFY occurred_on = min(occurred_on) OVER (PARTITION BY customer_id)"""
