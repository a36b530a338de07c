"""How large the parts of a file may be. What is larger is a mistake or an attack, and is refused
before it fills memory or disk."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perenne.core import PerenneError
from perenne.text import gettext as _

MIB = 1 << 20
LONGEST_LINE = 16 * MIB
LONGEST_DOCUMENT = 256 * MIB
"""Of a JSON document on one line."""
MOST_COLUMNS = 4096
MOST_CELLS = 50_000_000
LARGEST_WORKBOOK = 1024 * MIB
"""Unpacked."""
UNPACKED_FREELY = 1024 * MIB
MOST_UNPACKED = 300
"""Times its size that an archive may unpack to, beyond what it may freely."""

_OF_PARSERS = ("duckdb", "_duckdb", "pyarrow", "_csv")
_CELL = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_READ = 4 * MIB


def check_line(length: int, *, name: str, longest: int = LONGEST_LINE) -> None:
    """Refuse a line of more than `longest` bytes."""
    if length > longest:
        raise PerenneError(
            _("A line of {file} is longer than {limit} MB.").format(
                file=name, limit=max(longest // MIB, 1)
            ),
            given=length,
            allowed=(longest,),
            next_step=_("Export it again with one record per line."),
        )


def check_columns(count: int) -> None:
    """Refuse a table of more columns than any export has."""
    if count > MOST_COLUMNS:
        raise PerenneError(
            _("The file has more than {limit} columns.").format(limit=MOST_COLUMNS),
            given=count,
            allowed=(MOST_COLUMNS,),
            next_step=_("Export only the columns that you need, one row per record."),
        )


def check_unpacked(unpacked: int, packed: int, *, name: str) -> None:
    """Refuse an archive that unpacks to far more than its size."""
    if unpacked > UNPACKED_FREELY and unpacked > MOST_UNPACKED * packed:
        raise PerenneError(
            _("The archive {file} unpacks to more than {times} times its size.").format(
                file=name, times=MOST_UNPACKED
            ),
            given=unpacked,
            next_step=_("Unpack it yourself, look at it, and import the file inside."),
        )


def zipped(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == b"PK"


def check_workbook(path: Path) -> None:
    """Refuse a workbook that unpacks to too much or spans too many cells, whatever its directory
    says. Nothing is unpacked to disk: names of members do not matter."""
    try:
        with zipfile.ZipFile(path) as book:
            total = 0
            for member in book.infolist():
                total = _check_member(book, member, total, name=path.name)
    except PerenneError:
        raise
    except Exception as error:  # zipfile raises some ten kinds on damaged directories
        raise damaged_workbook(path, error) from error


def damaged_workbook(path: Path, error: object) -> PerenneError:
    return PerenneError(
        _("{file} does not read as an Excel workbook.").format(file=path.name),
        given=str(error),
        next_step=_("Save it again as .xlsx without a password, or as CSV."),
    )


def _check_member(book: zipfile.ZipFile, member: zipfile.ZipInfo, total: int, *, name: str) -> int:
    row = column = 0
    member.file_size = 1 << 62  # read to the true end: the directory may lie
    rest = b""
    with book.open(member) as stream:
        while block := stream.read(_READ):
            total += len(block)
            if total > LARGEST_WORKBOOK:
                raise _too_large(name)
            for letters, digits in _CELL.findall(rest + block):
                row, column = max(row, int(digits)), max(column, _number(letters))
            rest = block[-20:]
    if row * column > MOST_CELLS:
        raise _too_large(name)
    return total


def _number(letters: bytes) -> int:
    value = 0
    for letter in letters:
        value = value * 26 + letter - 64
    return value


def _too_large(name: str) -> PerenneError:
    return PerenneError(
        _("The workbook {file} is larger than can be read: {cells} cells or {size} MB.").format(
            file=name, cells=MOST_CELLS, size=LARGEST_WORKBOOK // MIB
        ),
        given=name,
        next_step=_("Save the sheet with the data as CSV and import that."),
    )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say in plain words what the engine or a parser cannot read of `path`."""
    try:
        yield
    except PerenneError:
        raise
    except (RecursionError, MemoryError) as error:
        raise _unreadable(path, type(error).__name__) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _OF_PARSERS:
            raise
        raise _unreadable(path, str(error).splitlines()[0][:200]) from error


def _unreadable(path: Path, reason: str) -> PerenneError:
    return PerenneError(
        _("{file} could not be read to its end: {reason}.").format(file=path.name, reason=reason),
        given=str(path),
        next_step=_("The file is damaged or not what its kind says: export it again."),
    )
