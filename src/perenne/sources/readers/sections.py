"""Reports that begin with comment lines (`#`) and may hold several tables, as Google Analytics
writes them: each table is told apart, and its comments go with it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import chain, groupby, islice
from operator import itemgetter
from pathlib import Path

from perenne.core import PerenneError
from perenne.sources.layout import Layout, Loaded, Place, Sample, unique_names
from perenne.sources.readers.bytes_in import chunks, tell_encoding, utf8_blocks
from perenne.sources.readers.copies import Copy, SetAside, numbered
from perenne.sources.readers.foreign import null_byte
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine

SAMPLE_ROWS = 2000
MOST_TABLES = 200
MOST_COMMENTS = 1000
_MARK = "#"
Line = tuple[int, str]


@dataclass(frozen=True)
class _Section:
    """One table of the file: its comments (nearest first), its header line and its rows."""

    above: str
    line: int
    delimiter: str
    header: list[str]
    rows: Iterator[tuple[int, list[str]]]
    """To be taken before the next table is."""


def is_commented(head: bytes) -> bool:
    """Do the first two lines begin with `#`? One alone may be a header such as `#,Name`."""
    text = head[:2000].removeprefix(b"\xef\xbb\xbf")
    lines = [line for line in text.replace(b"\0", b"").splitlines()[:4] if line.strip()]
    return len(lines) > 1 and all(line.lstrip(b"\xff\xfe").startswith(b"#") for line in lines[:2])


def look(path: Path, *, engine: DuckEngine) -> Sample:
    """Return the first table, with the others beside it."""
    encoding = tell_encoding(next(chunks(path)), name=path.name)
    samples = []
    for section in _sections(path, encoding):
        samples.append(_sample(section, encoding, file=path.name))
        if len(samples) > MOST_TABLES:
            raise _too_many(path)
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
    width = len(layout.columns)
    with (
        Copy(place.file("section.parquet"), numbered(layout)) as rows,
        SetAside(place.file("unreadable.parquet")) as aside,
    ):
        for line, row in section.rows:
            if len(row) == width:
                rows.add((line, *_cells(row)), characters=sum(map(len, row)))
                continue
            reason = _("{found} cells where the header has {expected}").format(
                found=len(row), expected=width
            )
            aside.note(line, section.delimiter.join(row), reason)
    return Loaded(rows.relation, aside.told())


def _too_many(path: Path) -> PerenneError:
    return PerenneError(
        _("{file} holds more than {limit} tables.").format(file=path.name, limit=MOST_TABLES),
        given=str(path),
        allowed=(MOST_TABLES,),
        next_step=_("Save the table that you need in a file of its own."),
    )


def _sample(section: _Section, encoding: str, *, file: str) -> Sample:
    names, repeated = unique_names(section.header, file=file)
    layout = Layout(
        "sections",
        names,
        header_line=section.line,
        encoding=encoding,
        delimiter=section.delimiter,
        duplicated=repeated,
        above=section.above,
    )
    sound = (row for _line, row in section.rows if len(row) == len(names))
    rows = list(islice(sound, SAMPLE_ROWS + 1))
    cells = tuple(tuple(_cells(row)) for row in rows[:SAMPLE_ROWS])
    return Sample(layout, cells, complete=len(rows) <= SAMPLE_ROWS)


def _cells(row: list[str]) -> list[str | None]:
    return [cell or None for cell in row]


def _sections(path: Path, encoding: str) -> Iterator[_Section]:
    comments: list[str] = []
    for commented, block in _blocks(_lines(path, encoding)):
        if commented:
            said = [line.lstrip("# ") for _number, line in islice(block, MOST_COMMENTS)]
            comments = (said + comments)[:MOST_COMMENTS]
        elif (section := _section(block, "\n".join(comments))) is not None:
            yield section


def _lines(path: Path, encoding: str) -> Iterator[Line]:
    texts = (block.decode("utf-8") for block in utf8_blocks(path, encoding))
    # Not `splitlines`: a separator of lines of Unicode may stand in a cell.
    lines = (line for text in texts for line in StringIO(text, newline=None))
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise null_byte(number, name=path.name)
        yield number, line.removesuffix("\n")


def _blocks(lines: Iterator[Line]) -> Iterator[tuple[bool, Iterator[Line]]]:
    """Runs of comments and runs of other lines; an empty line ends a run."""

    def told() -> Iterator[tuple[tuple[int, bool], Line]]:
        empty = 0
        for number, line in lines:
            if line.strip():
                yield (empty, line.startswith(_MARK)), (number, line)
            else:
                empty += 1

    for (_empty, commented), block in groupby(told(), key=itemgetter(0)):
        yield commented, (line for _run, line in block)


def _section(block: Iterator[Line], above: str) -> _Section | None:
    """A table has a header of two cells or more, and a row."""
    line, header = next(block)
    delimiter = max(",\t;", key=header.count)
    names = next(csv.reader([header], delimiter=delimiter))
    first = next(block, None)
    if len(names) < 2 or first is None:
        return None
    records = (
        (number, _fit(next(csv.reader([text], delimiter=delimiter)), len(names)))
        for number, text in chain([first], block)
    )
    return _Section(above, line, delimiter, names, records)


def _fit(row: list[str], width: int) -> list[str]:
    """A row of totals says so in a cell of its own beyond the header: that cell is dropped."""
    return row[:width] if len(row) > width and not row[0].strip() else row
