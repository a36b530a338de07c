"""What was said of customers before the newest word, up to the as-of date."""

from datetime import date
from typing import Any

import pyarrow as pa

from perenne.cleaning.tables.merge import person_rows
from perenne.cleaning.tables.relation import words
from perenne.warehouse import STAGED, DuckEngine

Told = date | None
Said = tuple[str | None, str, Told] | tuple[str | None, str, Told, Told]


def said(*rows: Said) -> pa.Table:
    """Staged customers of one import: reference, city, days of the last and of the first order that
    told it. As of an earlier version, where there is no first day."""
    size = len(rows)
    refs, cities, days, first = zip(*((*row, None)[:4] for row in rows), strict=True)
    told = {
        "customer_ref": pa.array(refs, pa.string()),
        "city": pa.array(cities, pa.string()),
        "told_on": pa.array(days, pa.date32()),
        "first_told_on": pa.array(first, pa.date32()),
        "row_number": pa.array(range(size), pa.int64()),
        **{name: pa.array(["x"] * size) for name in ("row_file", "source", "batch")},
        "seq": pa.array([1] * size, pa.int64()),
    }
    types = {"string": pa.string(), "date": pa.date32(), "int64": pa.int64()}
    rest = {
        name: pa.nulls(size, types.get(kind, pa.float64()))
        for name, kind in STAGED["customers"].types.items()
        if name not in told
    }
    return pa.table(told | rest)


def heard(engine: DuckEngine, rows: pa.Table) -> list[dict[str, Any]]:
    """The words as of the end of 2024."""
    day = date(2024, 12, 31)
    return engine.fetch(words(person_rows(engine.arrow(rows), day), day)).to_pylist()


def test_earlier_words_are_handed_on_and_later_ones_are_not() -> None:
    rows = said(
        ("ann", "Lyon", date(2023, 5, 1)),
        ("ann", "Nantes", date(2024, 5, 1)),
        ("ann", "Metz", date(2025, 5, 1)),
        ("ann", "Brest", date(2025, 6, 1)),
        ("ben", "Lille", date(2025, 5, 1)),
        ("cleo", "Nice", None),
        ("cleo", "Toulon", date(2022, 1, 1)),
        (None, "Paris", date(2022, 1, 1)),
    )
    with DuckEngine(threads=1) as engine:
        by_fate = {(row["customer_ref"], row["city"]): row["fate"] for row in heard(engine, rows)}
    assert by_fate == {
        ("ann", "Lyon"): "merged",
        ("ann", "Nantes"): "kept",
        ("ben", "Lille"): "kept",
        ("cleo", "Nice"): "kept",
        ("cleo", "Toulon"): "merged",
    }


def test_what_is_said_again_later_is_as_old_as_it_was_on_the_day() -> None:
    rows = said(
        ("ann", "Lyon", date(2024, 2, 1), date(2023, 5, 1)),
        ("ann", "Nantes", date(2025, 5, 1), date(2024, 5, 1)),
        ("ann", "Lyon", date(2025, 8, 1), date(2025, 6, 1)),
        ("ben", "Lille", date(2025, 5, 1), date(2025, 4, 1)),
        ("ben", "Lille", date(2024, 5, 1), date(2024, 4, 1)),
        ("cleo", "Nice", date(2025, 5, 1), date(2025, 4, 1)),
    )
    with DuckEngine(threads=1) as engine:
        found = {
            (row["customer_ref"], row["city"], row["told_on"], row["fate"])
            for row in heard(engine, rows)
        }
    assert found == {
        ("ann", "Lyon", date(2024, 2, 1), "merged"),
        ("ann", "Nantes", date(2024, 12, 31), "kept"),
        ("ben", "Lille", date(2024, 5, 1), "kept"),
    }
