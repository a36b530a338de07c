"""Means and medians of rows that stand for several things are those of the things one by one."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as some

from perenne.metrics.expressions import Aggregate, Check
from perenne.metrics.tables.weighed import ranked, told_name, weighed_figure
from perenne.warehouse import DuckEngine

SECOND = Check("number", "==", 2)
WANTED = (
    Aggregate("median", "gaps", "days"),
    Aggregate("median", "gaps", "days", SECOND),
    Aggregate("mean", "gaps", "days"),
    Aggregate("mean", "gaps", "days", SECOND),
)
Row = tuple[str, int | None, int | None, int]
SCHEMA = {"of": "string", "days": "int64", "number": "int64", "n": "int64"}
ROWS = some.lists(
    some.tuples(
        some.sampled_from(["a", "b"]),
        some.one_of(some.none(), some.integers(1, 6)),
        some.sampled_from([None, 2, 3]),
        some.integers(1, 4),
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture(scope="module", name="duck")
def engine_of_this_module() -> Iterator[DuckEngine]:
    with DuckEngine() as made:
        yield made


def figures(duck: DuckEngine, rows: Sequence[Row], *, told: bool) -> dict[str, list[float | None]]:
    """By group: the figures of `WANTED`; their conditions `told` before, or read of the rows."""
    table = ibis.memtable([dict(zip(SCHEMA, row, strict=True)) for row in rows], schema=SCHEMA)
    if told:
        table = table.mutate(**{told_name(1): table.number == 2, told_name(3): table.number == 2})
        table = table.drop("number")
    seen = ranked(table, WANTED, by=("of",))
    found = {f"a{n}": weighed_figure(seen, n, one) for n, one in enumerate(WANTED)}
    answer = duck.fetch(seen.group_by("of").aggregate(**found)).to_pylist()
    return {row.pop("of"): list(row.values()) for row in answer}


def each(rows: Sequence[Row], of: str) -> list[float | None]:
    every = [d for group, d, _, n in rows if group == of and d is not None for _ in range(n)]
    second = [
        d
        for group, d, number, n in rows
        if group == of and d is not None and number == 2
        for _ in range(n)
    ]
    return [
        *(statistics.median(part) if part else None for part in (every, second)),
        *(statistics.fmean(part) if part else None for part in (every, second)),
    ]


@given(rows=ROWS, told=some.booleans())
def test_rows_weigh_as_much_as_they_stand_for(
    duck: DuckEngine, rows: list[Row], told: bool
) -> None:
    found = figures(duck, rows, told=told)
    assert found == {of: each(rows, of) for of in {row[0] for row in rows}}


def test_a_median_lies_between_the_middle_two(duck: DuckEngine) -> None:
    rows: list[Row] = [("a", 1, 2, 2), ("a", 4, 3, 1), ("a", 9, 3, 1), ("b", 7, 3, 5)]
    found = figures(duck, rows, told=False)
    assert found["a"] == [2.5, 1.0, 3.75, 1.0]
    assert found["b"] == [7.0, None, 7.0, None]
