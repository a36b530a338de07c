"""Excel workbooks (.xlsx, .xls) as text: the first sheet that holds data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from perenne.core import PerenneError
from perenne.sources.layout import Layout, Loaded, Place, Sample, unique_names
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
    head = list(islice(rows, SAMPLE_ROWS + 40))
    position = find_header(head)
    names, repeated = unique_names([cell or "" for cell in head[position]], file=path.name)
    numbers = frozenset(names)  # cells that hold numbers come with a dot, whatever the display
    body = [row for row in head[position + 1 :] if any(row)]
    layout = Layout(
        "excel",
        names,
        header_line=position + 1,
        sheet=sheet,
        machine_numbers=numbers,
        duplicated=repeated,
        above="\n".join(" ".join(filter(None, row)) for row in head[:position]),
    )
    cells = tuple(tuple(_fit(row, len(names))) for row in body[:SAMPLE_ROWS])
    return Sample(layout, cells, complete=len(head) < SAMPLE_ROWS + 40)


def load(path: Path, layout: Layout, *, engine: DuckEngine, place: Place) -> Loaded:
    """Copy the sheet's rows as text to a Parquet file, 50,000 rows at a time."""
    _sheet, rows = _rows(path)
    target = place.file("sheet.parquet")
    schema = pa.schema([("_line", pa.int64()), *((n, pa.string()) for n in layout.columns)])
    numbered = enumerate(islice(rows, layout.header_line, None), start=layout.header_line + 1)
    with pq.ParquetWriter(target, schema) as writer:
        while batch := list(islice(numbered, _BATCH)):
            kept = [(line, *_fit(row, len(layout.columns))) for line, row in batch if any(row)]
            if kept:
                columns = zip(*kept, strict=True)
                arrays = [pa.array(c, t.type) for c, t in zip(columns, schema, strict=True)]
                writer.write_table(pa.table(arrays, schema))
    return Loaded(f"read_parquet({quote_text(str(target))})")


def _rows(path: Path) -> tuple[str, Iterator[Row]]:
    from python_calamine import CalamineError, load_workbook

    check_workbook(path)
    try:
        book = load_workbook(str(path))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height > 1 and sheet.width > 1:
                cells = sheet.to_python(skip_empty_area=False)
                return name, ([_text(cell) for cell in row] for row in cells)
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


def _text(cell: object) -> str | None:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, (date, time, timedelta)):
        return str(cell)
    return str(cell) or None


def _fit(row: Row, width: int) -> Row:
    return (row + [None] * width)[:width]
