"""One look at whole columns, in one pass: do they write dates and numbers as the sample did?

What is as expected need not be studied cell by cell; everything else is (`dates`, `numbers`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from perenne.sources.context import DateOrder, DecimalMark
from perenne.sources.dates import ISO_DAY, ISO_INSTANT, DateLayout, numeric_order
from perenne.sources.numbers import NumberEvidence, quick_sql
from perenne.warehouse import DuckEngine, quote_name, quote_text

_CLOCK = r"\d{1,2}:\d\d(:\d\d(\.\d+)?)?"
_PLAIN: Final = {
    "iso": rf"{ISO_DAY}([T ]{_CLOCK})?",
    "zoned": ISO_INSTANT,
    "numeric": rf"\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}}( {_CLOCK})?",
}
# A number with two decimals: its mark is no mark of thousands.
_CENTS = re.compile(r"-?\d+[.,]\d\d")


@dataclass(frozen=True)
class Glance:
    """What one look settled, by column; columns that it did not settle are missing.

    `numbers` is empty or speaks of every column looked at; `bare` says that their cells hold
    nothing but numbers: no currency, no blanks within, no words.
    """

    dates: Mapping[str, DateLayout] = field(default_factory=dict)
    numbers: Mapping[str, NumberEvidence] = field(default_factory=dict)
    bare: bool = False


def glance(
    engine: DuckEngine,
    *,
    relation: str,
    dates: Mapping[str, DateLayout],
    numbers: Iterable[str],
    mark: DecimalMark | None,
    answer: DateOrder | None,
) -> Glance:
    """Look once at all of `relation`, expecting of each column what was found in the sample.

    Without an expected `mark` numbers are not looked at. `answer` is the order of ambiguous dates.
    """
    likely = {column: kind for column, layout in dates.items() if (kind := _kind(layout))}
    counted = list(numbers) if mark else []
    cells = [sql for column, kind in likely.items() for sql in _date_cells(column, kind)]
    cells += [sql for column in counted for sql in _number_cells(column, mark or ".")]
    if not cells:
        return Glance()
    read = [f"{_plain(column, kind)} AS {_read(column)}" for column, kind in likely.items()]
    read += [
        f"{quick_sql(quote_name(column), mark or '.')} AS {_read(column)}" for column in counted
    ]
    (found,) = engine.duck.execute(
        f"SELECT {', '.join(cells)} FROM (SELECT *, {', '.join(read)} FROM {relation})"
    ).fetchall()
    rest = iter(found)
    settled = {
        column: layout
        for column, kind in likely.items()
        if (layout := _layout(kind, [next(rest) for _ in range(_DATE_CELLS)], answer=answer))
    }
    evidence = [[next(rest) for _ in range(_NUMBER_CELLS)] for _ in counted]
    return Glance(
        dates=settled,
        numbers=dict(zip(counted, _evidence(evidence, mark or "."), strict=False)),
        bare=bool(counted) and not any(odd for odd, *_ in evidence),
    )


def _kind(layout: DateLayout) -> str | None:
    """The plain way of writing that a column of this layout may keep to throughout."""
    if len(layout.shapes) != 1 or layout.twelve_hours:
        return None
    if layout.zoned:
        return "zoned" if layout.shapes == ("iso",) else None
    return layout.shapes[0] if layout.shapes[0] in _PLAIN else None


def _read(column: str) -> str:
    """Name of what was read of a cell: each is read once and counted in several ways."""
    return quote_name(f"{column} as expected")


def _plain(column: str, kind: str) -> str:
    """The cell where it is written plainly, else null."""
    cell = quote_name(column)
    return f"CASE WHEN regexp_full_match({cell}, {quote_text(_PLAIN[kind])}) THEN {cell} END"


_DATE_CELLS = 8


def _date_cells(column: str, kind: str) -> list[str]:
    """Aggregates: filled and plain cells, is there a clock, then what tells the order."""
    cell, plain = quote_name(column), _read(column)
    cells = [
        f"count(CASE WHEN {plain} IS NOT NULL THEN 1 WHEN NOT is_blank({cell}) THEN 1 END)",
        f"count({plain})",
        f"bool_or(contains({plain}, ':'))",
    ]
    if kind != "numeric":
        return [*cells, *["NULL"] * (_DATE_CELLS - len(cells))]
    first, second = (f"numeric_part({plain}, {part})" for part in (1, 2))
    return [
        *cells,
        f"max({first})",
        f"max({second})",
        f"bool_and({first} = {second})",
        f"bool_or(contains(left({plain}, 3), '.'))",
        f"min({plain})",
    ]


def _layout(kind: str, found: list[Any], *, answer: DateOrder | None) -> DateLayout | None:
    """The layout of a column whose filled cells are all plain; None when one is not."""
    filled, plain, clock, first, second, same, dots, example = found
    if not plain or filled != plain:
        return None
    numeric = kind == "numeric"
    return DateLayout(
        shapes=("numeric",) if numeric else ("iso",),
        order=numeric_order(first, second, telling=same or dots, answer=answer)
        if numeric
        else None,
        timed=bool(clock),
        zoned=kind == "zoned",
        twelve_hours=False,
        strays=False,
        example=str(example) if numeric else None,
    )


_NUMBER_CELLS = 4


def _number_cells(column: str, mark: DecimalMark) -> list[str]:
    """Aggregates: cells that are no bare number, cells with either mark, one cell with cents."""
    cell = quote_name(column)
    quick = f"{_read(column)} IS NOT NULL"
    return [
        f"count(CASE WHEN {quick} THEN NULL WHEN NOT is_blank({cell}) THEN 1 END)",
        f"count(*) FILTER (contains({cell}, '.'))",
        f"count(*) FILTER (contains({cell}, ','))",
        f"max({cell}) FILTER ({quick} AND {cell}[-3:-3] = '{mark}')",
    ]


def _evidence(columns: list[list[Any]], mark: DecimalMark) -> list[NumberEvidence]:
    """The evidence of columns of bare numbers; empty unless it leaves no doubt."""
    if any(odd for odd, *_ in columns):
        return []
    dots, commas = (any(cells[place] for cells in columns) for place in (1, 2))
    if not dots and not commas:
        return [NumberEvidence(0, 0, None, None) for _ in columns]
    if dots and commas:
        return []
    sure = [bool(cents and _CENTS.fullmatch(cents)) for *_, cents in columns]
    if not any(sure):
        return []
    return [
        NumberEvidence(int(one and mark == "."), int(one and mark == ","), None, None)
        for one in sure
    ]
