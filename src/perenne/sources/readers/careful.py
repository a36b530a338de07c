"""Reads a damaged CSV record by record: slower, and no bad row takes a good one with it."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from perenne.sources.bounds import LONGEST_LINE, MIB
from perenne.sources.layout import Layout, Loaded, Place
from perenne.sources.readers.copies import Copy, SetAside, numbered
from perenne.text import gettext as _

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
    width = len(layout.columns)
    csv.field_size_limit(LONGEST_LINE)
    with (
        file.open(encoding="utf-8", newline=None) as stream,
        Copy(place.file("careful.parquet"), numbered(layout)) as rows,
        SetAside(place.file("unreadable.parquet")) as aside,
    ):
        for line, row in _records(_Lines(stream), layout, aside):
            rows.add((line, *_cells(row, width)), characters=sum(map(len, row)))
    return Loaded(rows.relation, aside.told())


def _records(lines: _Lines, layout: Layout, aside: SetAside) -> Iterator[Record]:
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
        aside.note(number, line.rstrip("\n"), reason)


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
            if "field limit" in str(error):
                reason = _("a cell longer than {limit} MB").format(limit=LONGEST_LINE // MIB)
            elif "unexpected end" in str(error):
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
