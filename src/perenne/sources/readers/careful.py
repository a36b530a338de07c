"""Reads a damaged CSV record by record: slower, and no bad row takes a good one with it."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from perenne.sources.layout import Layout, Loaded, Place, Unreadable
from perenne.text import gettext as _
from perenne.warehouse import quote_text

_BATCH = 50_000
# A cell that spans more lines than this is a quote that somebody forgot to close.
_LONGEST_CELL = 200
Record = tuple[int, list[str]]


@dataclass
class _Lines:
    """Lines of a text with their numbers; lines can be handed back."""

    stream: TextIO
    number: int = 0
    _returned: deque[str] = field(default_factory=deque)

    def next(self) -> str:
        line = self._returned.popleft() if self._returned else self.stream.readline()
        self.number += bool(line)
        return line

    def give_back(self, lines: list[str]) -> None:
        self._returned.extendleft(reversed(lines))
        self.number -= len(lines)


def load(file: Path, layout: Layout, *, place: Place) -> Loaded:
    """Read the UTF-8 text `file` as `layout` says into a Parquet file of text columns."""
    target = place.file("careful.parquet")
    width = len(layout.columns)
    schema = pa.schema([("_line", pa.int64()), *((n, pa.string()) for n in layout.columns)])
    unreadable: list[Unreadable] = []
    with (
        file.open(encoding="utf-8", newline=None) as stream,
        pq.ParquetWriter(target, schema) as writer,
    ):
        records = _records(_Lines(stream), layout, unreadable)
        while batch := _batch(records):
            columns = zip(*([line, *_cells(row, width)] for line, row in batch), strict=True)
            arrays = [pa.array(c, t.type) for c, t in zip(columns, schema, strict=True)]
            writer.write_table(pa.table(arrays, schema))
    return Loaded(f"read_parquet({quote_text(str(target))})", tuple(unreadable))


def _records(lines: _Lines, layout: Layout, unreadable: list[Unreadable]) -> Iterator[Record]:
    width = len(layout.columns)
    while lines.number < layout.header_line and lines.next():
        pass
    while line := lines.next():
        if not line.strip():
            continue
        number = lines.number
        row, reason = _record(line, lines, str(layout.delimiter))
        if row is not None and _width(row, width) == width:
            yield number, row
            continue
        if row is not None:
            reason = _("{found} cells where the header has {expected}").format(
                found=len(row), expected=width
            )
        unreadable.append(Unreadable(number, line.rstrip("\n"), reason))


def _record(line: str, lines: _Lines, delimiter: str) -> tuple[list[str] | None, str]:
    """Parse the record that starts with `line`, taking further lines while a quote is open.

    Further lines are handed back when the record is refused: they may be sound by themselves.
    """
    taken = [line]
    while True:
        try:
            return next(csv.reader(taken, delimiter=delimiter, strict=True)), ""
        except csv.Error as error:
            reason = _("text after a closing quote")
            if "unexpected end" in str(error):
                reason = _("a quote that is opened and never closed")
                more = lines.next() if len(taken) < _LONGEST_CELL else ""
                if more:
                    taken.append(more)
                    continue
            lines.give_back(taken[1:])
            return None, reason


def _width(row: list[str], expected: int) -> int:
    """Cells of a row; empty ones beyond the header do not count."""
    extra = row[expected:]
    return expected if len(row) > expected and not any(extra) else len(row)


def _cells(row: list[str], width: int) -> list[str | None]:
    return [cell or None for cell in row[:width]]


def _batch(records: Iterator[Record]) -> list[Record]:
    return list(islice(records, _BATCH))
