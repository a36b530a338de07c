"""How large the parts of a file may be. What is larger is a mistake or an attack, and is refused
before it fills memory or disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perenne.core import PerenneError
from perenne.text import format_number
from perenne.text import gettext as _

MIB = 1 << 20
LONGEST_LINE = 16 * MIB
MOST_COLUMNS = 4096
MOST_CELLS = 50_000_000
LARGEST_WORKBOOK = 1024 * MIB
"""Unpacked."""
UNPACKED_FREELY = 1024 * MIB
MOST_UNPACKED = 300
"""Times its size that an archive may unpack to, beyond what it may freely."""

_OF_MEMORY = ("OutOfMemoryException", "ArrowMemoryError")
_OF_PARSERS = ("duckdb", "_duckdb", "pyarrow", "_csv")
_OF_QUERIES = ("BinderException", "CatalogException", "ConversionException", "InternalException")
"""Of which the bytes of a file are no cause."""


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


def long_record(path: Path) -> PerenneError:
    """A record of a JSON or XML document is longer than a line may be."""
    return PerenneError(
        _("A record of {file} is longer than {limit} MB.").format(
            file=path.name, limit=LONGEST_LINE // MIB
        ),
        given=str(path),
        allowed=(LONGEST_LINE,),
        next_step=_(
            "Export a list of records, or one record per line (JSON Lines), then import the new "
            "file."
        ),
    )


def check_columns(count: int, *, name: str) -> None:
    """Refuse a table of more columns than any export has."""
    if count > MOST_COLUMNS:
        raise PerenneError(
            _("{file} has more than {limit} columns.").format(
                file=name, limit=format_number(MOST_COLUMNS)
            ),
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


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say in plain words what the engine or a parser cannot read of `path`."""
    try:
        yield
    except PerenneError:
        raise
    except MemoryError as error:
        raise _short_of_memory(path) from error
    except RecursionError as error:
        raise _unreadable(path, _("its values stand too deep in one another")) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _OF_PARSERS:
            raise
        if type(error).__name__ in _OF_MEMORY:
            raise _short_of_memory(path) from error
        if _is_damaged_parquet(path, error):
            raise damaged_parquet(path, error) from error
        words = str(error).splitlines()[0][:200]
        raise _unreadable(path, _("the engine says “{words}”").format(words=words)) from error


def damaged_parquet(path: Path, error: Exception) -> PerenneError:
    return PerenneError(
        _("{file} is damaged: it does not read as Parquet.").format(file=path.name),
        given=str(error).splitlines()[0],
        next_step=_("Export it again, then import the new file."),
    )


def _is_damaged_parquet(path: Path, error: Exception) -> bool:
    """An error of reading or writing tells which file it means; other damage does not."""
    kind = type(error).__name__
    if kind in _OF_QUERIES or (kind == "IOException" and path.name not in str(error)):
        return False
    with path.open("rb") as stream:
        return stream.read(4) == b"PAR1"


def _short_of_memory(path: Path) -> PerenneError:
    return PerenneError(
        _("Reading {file} takes more memory than this machine has left.").format(file=path.name),
        given=str(path),
        next_step=_("Close other programs or split the file, then import it again."),
    )


def _unreadable(path: Path, reason: str) -> PerenneError:
    return PerenneError(
        _("{file} could not be read to its end: {reason}.").format(file=path.name, reason=reason),
        given=str(path),
        next_step=_("The file is damaged or not what its kind says: export it again."),
    )
