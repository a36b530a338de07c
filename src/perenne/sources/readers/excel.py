"""Excel workbooks (.xlsx, .xls) as text: the first sheet that holds data.

A column of numbers is written with a dot, whatever the display. Where amounts stand as text among
them (`1 234,50 €`), the mark of the text is to be found, and numbers are written without any:
12.5 is `125e-1`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice, zip_longest
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from perenne.core import PerenneError
from perenne.sources.layout import Layout, Loaded, Place, Sample, unique_names
from perenne.sources.numbers import written_number
from perenne.sources.readers import formulas
from perenne.sources.readers.header import find_header
from perenne.sources.readers.workbooks import check_workbook, damaged_workbook
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine, quote_text

SAMPLE_ROWS = 2000
_BATCH = 50_000
Row = list[str | None]


def look(path: Path, *, engine: DuckEngine) -> Sample:
    """Return the columns and first rows of the first sheet with data."""
    sheet, rows = _rows(path)
    found = list(islice(rows, SAMPLE_ROWS + 40))
    head = [_texts(row) for row in found]
    position = find_header(head)
    names, repeated = unique_names([cell or "" for cell in head[position]], file=path.name)
    layout = Layout(
        "excel",
        names,
        header_line=position + 1,
        sheet=sheet,
        machine_numbers=frozenset(names) - _written(names, found[position + 1 :]),
        duplicated=repeated,
        above="\n".join(" ".join(filter(None, row)) for row in head[:position]),
    )
    written = _beside_text(layout)
    body = (_texts(row, written) for row in found[position + 1 :])
    cells = tuple(tuple(_fit(row, len(names))) for row in body if any(row))
    return Sample(layout, cells[:SAMPLE_ROWS], complete=len(found) < SAMPLE_ROWS + 40)


def load(path: Path, layout: Layout, *, engine: DuckEngine, place: Place) -> Loaded:
    """Copy the sheet's rows as text to a Parquet file, 50,000 rows at a time."""
    _sheet, rows = _rows(path)
    target = place.file("sheet.parquet")
    schema = pa.schema([("_line", pa.int64()), *((n, pa.string()) for n in layout.columns)])
    written = _beside_text(layout)
    numbered = enumerate(islice(rows, layout.header_line, None), start=layout.header_line + 1)
    with pq.ParquetWriter(target, schema) as writer:
        while batch := list(islice(numbered, _BATCH)):
            kept = [
                (line, *_fit(texts, len(layout.columns)))
                for line, row in batch
                if any(texts := _texts(row, written))
            ]
            if kept:
                columns = zip(*kept, strict=True)
                arrays = [pa.array(c, t.type) for c, t in zip(columns, schema, strict=True)]
                writer.write_table(pa.table(arrays, schema))
    return Loaded(f"read_parquet({quote_text(str(target))})", notes=formulas.told(path))


def _written(names: Sequence[str], rows: Iterable[Sequence[object]]) -> set[str]:
    """The columns in which an amount stands as text."""
    found: set[str] = set()
    for row in rows:
        for name, cell in zip(names, row, strict=False):
            if isinstance(cell, str) and name not in found and written_number(cell):
                found.add(name)
    return found


def _beside_text(layout: Layout) -> tuple[bool, ...]:
    return tuple(name not in layout.machine_numbers for name in layout.columns)


def _rows(path: Path) -> tuple[str, Iterator[Sequence[object]]]:
    from python_calamine import CalamineError, load_workbook

    check_workbook(path)
    try:
        with path.open("rb") as stream:  # by its content: .xlsx files are named .xls at times
            book = load_workbook(stream)
            for name in book.sheet_names:
                sheet = book.get_sheet_by_name(name)
                if sheet.height > 1 and sheet.width > 1:
                    return name, iter(sheet.to_python(skip_empty_area=False))
    except CalamineError as error:
        raise damaged_workbook(path, error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the Rust reader gave up on damaged bytes
            raise
        raise damaged_workbook(path, error) from error
    raise PerenneError(
        _("{file} has no sheet with data.").format(file=path.name),
        given=list(book.sheet_names),
        next_step=_("Put a header and rows in its first sheet."),
    )


def _texts(row: Sequence[object], written: Sequence[bool] = ()) -> Row:
    """The row's cells as text; `written` tells the columns whose numbers go without a mark."""
    if not any(written):
        return [_text(cell) for cell in row]
    return [_text(c, bare=b) for c, b in zip_longest(row[: len(written)], written)]


def _text(cell: object, *, bare: bool = False) -> str | None:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if cell is None:
        return None
    if isinstance(cell, float):
        whole = cell.is_integer() and abs(cell) < 1e15
        return str(int(cell)) if whole else _without_mark(cell) if bare else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, (date, time, timedelta)):
        return str(cell)
    return str(cell) or None


def _without_mark(number: float) -> str:
    sign, digits, exponent = Decimal(repr(number)).as_tuple()
    return f"{'-' * sign}{''.join(map(str, digits))}e{exponent}"


def _fit(row: Row, width: int) -> Row:
    return (row + [None] * width)[:width]
