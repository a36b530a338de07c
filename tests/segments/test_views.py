"""Sums over segments and what moved between two dates."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from perenne.segments import SegmentSettings, assign, movements, summary
from perenne.warehouse import DuckEngine
from tests.segments.shop import Sale, by_customer, marts

BEFORE, AFTER = date(2024, 3, 31), date(2024, 6, 30)
Table = Any


def random_shop(seed: int) -> list[Sale]:
    chance = random.Random(seed)
    return [
        Sale(
            f"c{chance.randrange(60)}",
            date(2023, 1, 1) + timedelta(days=chance.randrange(545)),
            Decimal(chance.randrange(1000)) / 10,
        )
        for _ in range(150)
    ]


@pytest.fixture(scope="module")
def tables(engine: DuckEngine) -> dict[date, tuple[Table, Table]]:
    """The facts and segments at both dates."""
    found = {}
    for as_of in (BEFORE, AFTER):
        made = marts(engine, random_shop(7), as_of)
        chosen = SegmentSettings(min_customers=5)
        segments = assign(made, as_of=as_of, inactivity_days=120, settings=chosen)
        found[as_of] = (made["customer_facts"], segments)
    return found


def test_summary_adds_up(engine: DuckEngine, tables: dict[date, tuple[Table, Table]]) -> None:
    facts, segments = tables[AFTER]
    rows = engine.fetch(summary(segments, facts)).to_pylist()
    people, worth = by_customer(engine, segments), by_customer(engine, facts)
    expected = Counter(row["segment"] for row in people.values())
    assert {row["segment"]: row["customers"] for row in rows} == expected
    assert sum(row["revenue"] for row in rows) == sum(row["revenue"] for row in worth.values())
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert sum(row["revenue_share"] for row in rows) == pytest.approx(1)
    positions = [row["segment_position"] for row in rows]
    assert positions == sorted(positions)


def test_one_row_of_the_summary_by_hand(
    engine: DuckEngine, tables: dict[date, tuple[Table, Table]]
) -> None:
    facts, segments = tables[AFTER]
    rows = engine.fetch(summary(segments, facts)).to_pylist()
    largest = max(rows, key=lambda row: row["customers"])
    people, worth = by_customer(engine, segments), by_customer(engine, facts)
    own = [c for c, row in people.items() if row["segment"] == largest["segment"]]
    orders = [worth[c]["orders"] for c in own]
    days = sorted(worth[c]["days_since_last_order"] for c in own)
    known = [people[c]["opportunity"] for c in own if people[c]["opportunity"] is not None]
    assert largest["mean_orders"] == pytest.approx(sum(orders) / len(own))
    middle = len(days) // 2
    assert largest["median_recency"] == (days[middle] + days[-middle - 1]) / 2
    assert largest["opportunity"] == (sum(known) if known else None)


def test_movements_add_up_to_both_dates(
    engine: DuckEngine, tables: dict[date, tuple[Table, Table]]
) -> None:
    (_, before), (_, after) = tables[BEFORE], tables[AFTER]
    rows = engine.fetch(movements(before, after)).to_pylist()
    was, is_now = by_customer(engine, before), by_customer(engine, after)
    expected = Counter(
        (was.get(c, {}).get("segment"), is_now.get(c, {}).get("segment")) for c in {*was, *is_now}
    )
    assert {(r["segment_before"], r["segment_after"]): r["customers"] for r in rows} == expected
    assert sum(r["customers"] for r in rows if r["segment_before"]) == len(was)
    assert sum(r["customers"] for r in rows if r["segment_after"]) == len(is_now)
    assert sum(r["value"] for r in rows) == sum(r["revenue_12m"] for r in is_now.values())


def test_who_is_gone_keeps_the_value_of_before(
    engine: DuckEngine, tables: dict[date, tuple[Table, Table]]
) -> None:
    _, before = tables[BEFORE]
    gone = before.filter(before.segment_position == 1)
    rows = engine.fetch(movements(gone, before.filter(before.segment_position > 1))).to_pylist()
    left = [row for row in rows if row["segment_after"] is None]
    people = by_customer(engine, gone).values()
    assert [(r["customers"], r["value"]) for r in left] == [
        (len(people), sum(row["revenue_12m"] for row in people))
    ]


def test_nothing_moves_between_a_date_and_itself(
    engine: DuckEngine, tables: dict[date, tuple[Table, Table]]
) -> None:
    _, after = tables[AFTER]
    rows = engine.fetch(movements(after, after)).to_pylist()
    assert all(row["segment_before"] == row["segment_after"] for row in rows)
