"""What was said of customers before the newest word, up to the as-of date."""

from datetime import date

import pyarrow as pa

from perenne.cleaning.tables.merge import person_rows
from perenne.cleaning.tables.relation import words
from perenne.warehouse import STAGED, DuckEngine


def said(*rows: tuple[str | None, str, date | None]) -> pa.Table:
    """Staged customers of one import: reference, city, day of the order that told it."""
    size = len(rows)
    refs, cities, days = zip(*rows, strict=True)
    told = {
        "customer_ref": pa.array(refs, pa.string()),
        "city": pa.array(cities, pa.string()),
        "told_on": pa.array(days, pa.date32()),
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
        judged = person_rows(engine.arrow(rows))
        found = engine.fetch(words(judged, date(2024, 12, 31))).to_pylist()
    by_fate = {(row["customer_ref"], row["city"]): row["fate"] for row in found}
    assert by_fate == {
        ("ann", "Lyon"): "merged",
        ("ann", "Nantes"): "merged",
        ("ann", "Brest"): "kept",
        ("ben", "Lille"): "kept",
        ("cleo", "Nice"): "kept",
        ("cleo", "Toulon"): "merged",
    }
