"""Words about a file: how it is laid out, and what was read of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from perenne.sources.bounds import check_columns

Kind = Literal["csv", "sections", "excel", "parquet", "jsonl", "objects"]


@dataclass(frozen=True)
class Layout:
    """How the cells of a file are found. Names in `columns` are unique, in file order."""

    kind: Kind
    columns: tuple[str, ...]
    header_line: int = 0
    """Line of the header, from 1; 0 when the format names its columns itself."""
    encoding: str | None = None
    delimiter: str | None = None
    """One character, or `spaces` for columns aligned by spaces."""
    sheet: str | None = None
    archive: str | None = None
    machine_numbers: frozenset[str] = frozenset()
    """Columns whose decimal mark is known to be a dot because the file stores numbers."""
    duplicated: tuple[str, ...] = ()
    """Header names that stand more than once."""
    above: str = ""
    """The lines above the header: titles, comments, dates of a report."""


@dataclass(frozen=True)
class Sample:
    """The first rows of a file as text; `complete` when the file has no other.

    `others` are the other tables of a file that holds several.
    """

    layout: Layout
    rows: tuple[tuple[str | None, ...], ...]
    complete: bool
    others: tuple[Sample, ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """Rows whose cells could not be told apart: an SQL relation of line, value and reason."""

    relation: str
    rows: int


@dataclass(frozen=True)
class Lines:
    """Rows in the order of a file, one a line: an SQL relation of the layout's columns, and the
    number of the line above the first. Unlike numbered ones, several processors read them."""

    relation: str
    above: int


@dataclass(frozen=True)
class Loaded:
    """Every row of a file as text: an SQL relation with `_line` and the layout's columns."""

    relation: str
    unreadable: Unreadable | None = None
    lines: Lines | None = None
    """The same rows without their numbers, where each is a line of the file."""
    notes: tuple[str, ...] = ()
    """What a person should know of how they were read."""


@dataclass(frozen=True)
class Place:
    """Where a reader may leave temporary files."""

    folder: Path

    def file(self, name: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / name


def unique_names(header: list[str], *, file: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the header of `file` with repeated and empty names told apart, and the repeated
    names."""
    check_columns(len(header), name=file)
    seen: dict[str, int] = {}
    names, repeated = [], []
    for position, cell in enumerate(header, start=1):
        name = cell.strip() or f"column {position}"
        seen[name.casefold()] = seen.get(name.casefold(), 0) + 1
        count = seen[name.casefold()]
        if count > 1:
            repeated.append(name)
            name = f"{name} ({count})"
        names.append(name)
    return tuple(names), tuple(dict.fromkeys(repeated))
