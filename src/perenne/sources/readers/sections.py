"""Reports that begin with comment lines (`#`) and may hold several tables, as Google Analytics
writes them: each table is told apart, and its comments go with it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from perenne.core import PerenneError
from perenne.sources.layout import Layout, Loaded, Place, Sample, Unreadable, unique_names
from perenne.sources.readers.bytes_in import chunks, tell_encoding, utf8_blocks
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine, quote_text

SAMPLE_ROWS = 2000
_MARK = "#"


@dataclass(frozen=True)
class _Section:
    """One table of the file: its comments (nearest first), its header line and its rows."""

    above: str
    line: int
    delimiter: str
    header: list[str]
    rows: list[tuple[int, list[str]]]


def is_commented(head: bytes) -> bool:
    """Do the first two lines begin with `#`? One alone may be a header such as `#,Name`."""
    text = head[:2000].removeprefix(b"\xef\xbb\xbf")
    lines = [line for line in text.replace(b"\0", b"").splitlines()[:4] if line.strip()]
    return len(lines) > 1 and all(line.lstrip(b"\xff\xfe").startswith(b"#") for line in lines[:2])


def look(path: Path, *, engine: DuckEngine) -> Sample:
    """Return the first table, with the others beside it."""
    encoding = tell_encoding(next(chunks(path)), name=path.name)
    samples = [_sample(section, encoding) for section in _sections(path, encoding)]
    if not samples:
        raise PerenneError(
            _("{file} has comments and no table.").format(file=path.name),
            given=str(path),
            next_step=_("Export it again with its data."),
        )
    first, *others = samples
    return Sample(first.layout, first.rows, first.complete, tuple(others))


def load(path: Path, layout: Layout, *, engine: DuckEngine, place: Place) -> Loaded:
    """Copy the rows of the table whose header stands where `layout` says."""
    found = _sections(path, str(layout.encoding))
    section = next(one for one in found if one.line == layout.header_line)
    target, width = place.file("section.parquet"), len(layout.columns)
    sound = [(line, row) for line, row in section.rows if len(row) == width]
    schema = pa.schema([("_line", pa.int64()), *((n, pa.string()) for n in layout.columns)])
    rows = [dict(zip(schema.names, [line, *_cells(row)], strict=True)) for line, row in sound]
    pq.write_table(pa.Table.from_pylist(rows, schema), target)
    bad = tuple(
        Unreadable(
            line,
            section.delimiter.join(row),
            _("{found} cells where the header has {expected}").format(
                found=len(row), expected=width
            ),
        )
        for line, row in section.rows
        if len(row) != width
    )
    return Loaded(f"read_parquet({quote_text(str(target))})", bad)


def _sample(section: _Section, encoding: str) -> Sample:
    names, repeated = unique_names(section.header)
    layout = Layout(
        "sections",
        names,
        header_line=section.line,
        encoding=encoding,
        delimiter=section.delimiter,
        duplicated=repeated,
        above=section.above,
    )
    rows = [row for _line, row in section.rows if len(row) == len(names)]
    cells = tuple(tuple(_cells(row)) for row in rows[:SAMPLE_ROWS])
    return Sample(layout, cells, complete=len(rows) <= SAMPLE_ROWS)


def _cells(row: list[str]) -> list[str | None]:
    return [cell or None for cell in row]


def _sections(path: Path, encoding: str) -> list[_Section]:
    text = b"".join(utf8_blocks(path, encoding)).decode("utf-8")
    comments: list[str] = []
    found = []
    for commented, block in _blocks(text.splitlines()):
        if commented:
            comments = [line.lstrip("# ") for _number, line in block] + comments
        elif (section := _section(block, "\n".join(comments))) is not None:
            found.append(section)
    return found


def _blocks(lines: list[str]) -> Iterator[tuple[bool, list[tuple[int, str]]]]:
    """Runs of comments and runs of other lines; an empty line ends a run."""
    block: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        commented, empty = line.startswith(_MARK), not line.strip()
        if block and (empty or commented != block[0][1].startswith(_MARK)):
            yield block[0][1].startswith(_MARK), block
            block = []
        if not empty:
            block.append((number, line))
    if block:
        yield block[0][1].startswith(_MARK), block


def _section(block: list[tuple[int, str]], above: str) -> _Section | None:
    """A table has a header of two cells or more, and a row."""
    header = block[0][1]
    delimiter = max(",\t;", key=header.count)
    records = [(n, next(csv.reader([line], delimiter=delimiter))) for n, line in block]
    (line, names), rows = records[0], records[1:]
    if len(names) < 2 or not rows:
        return None
    return _Section(above, line, delimiter, names, [(n, _fit(r, len(names))) for n, r in rows])


def _fit(row: list[str], width: int) -> list[str]:
    """A row of totals says so in a cell of its own beyond the header: that cell is dropped."""
    return row[:width] if len(row) > width and not row[0].strip() else row
