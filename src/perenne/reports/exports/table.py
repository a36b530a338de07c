"""Any table, out to a file or to standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Literal, TypeAlias, get_args

import pyarrow as pa

from perenne.core import PerenneError, closest
from perenne.reports.exports.cells import Dialect
from perenne.reports.exports.formats import write_csv, write_json, write_parquet
from perenne.reports.files import written_whole
from perenne.text import gettext as _

Format = Literal["parquet", "csv", "json"]
Rows: TypeAlias = "pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch]"

FORMATS: Final[tuple[Format, ...]] = get_args(Format)
DIALECTS: Final[tuple[Dialect, ...]] = get_args(Dialect)


def write_table(
    rows: Rows,
    path: Path | None,
    *,
    format: str,
    dialect: str = "international",
    stream: BinaryIO | None = None,
    private: bool = False,
) -> int:
    """Write `rows` to `path` as `parquet`, `csv` or `json`; return how many rows were written.

    `rows` is an Arrow table, a reader, or record batches (at least one: they carry the columns),
    and is read once, batch by batch. `path` None writes to `stream`, by default standard output;
    otherwise the file appears whole or not at all, `private` for its owner alone. `dialect`
    concerns CSV alone: `international` or `french`.

    Raises `PerenneError` for an unknown format or dialect, rows without columns, Parquet to a
    terminal, and a place that cannot be written.
    """
    _check(format, FORMATS, what=_("“{given}” is not an export format."))
    _check(dialect, DIALECTS, what=_("“{given}” is not a CSV dialect."))
    schema, batches = _opened(rows)
    chosen: Dialect = "french" if dialect == "french" else "international"
    with _destination(path, stream, format=format, private=private) as file:
        if format == "csv":
            return write_csv(schema, batches, file, dialect=chosen)
        write = write_json if format == "json" else write_parquet
        return write(schema, batches, file)


@contextmanager
def _destination(
    path: Path | None, stream: BinaryIO | None, *, format: str, private: bool
) -> Iterator[BinaryIO]:
    if path is not None:
        with written_whole(path, private=private) as draft, draft.open("wb") as file:
            yield file
        return
    out = stream if stream is not None else sys.stdout.buffer
    if format == "parquet" and out.isatty():
        raise PerenneError(
            _("Parquet is not text: a terminal cannot show it."),
            given=format,
            allowed=("csv", "json"),
            next_step=_("Write it to a file with -o FILE, or choose csv or json."),
        )
    yield out
    out.flush()


def _opened(rows: Rows) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    if isinstance(rows, pa.Table):
        return rows.schema, iter(rows.to_batches())
    if isinstance(rows, pa.RecordBatchReader):
        return rows.schema, _read(rows)
    batches = _read(rows)
    first = next(batches, None)
    if first is None:
        raise PerenneError(
            _("There is nothing to export: not even the columns are known."),
            next_step=_("Run the refresh first, then export again."),
        )
    return first.schema, _chained(first, batches)


def _chained(first: pa.RecordBatch, others: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from others


def _read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Read on, and never let a failure to read look like a failure to write."""
    try:
        yield from batches
    except OSError as error:
        raise PerenneError(
            _("The rows to export cannot be read: {reason}.").format(reason=error),
            next_step=_("Run the refresh again, then export again."),
        ) from error


def _check(given: str, allowed: tuple[str, ...], *, what: str) -> None:
    if given in allowed:
        return
    near = closest(given, allowed)
    choices = ", ".join(allowed)
    next_step = (
        _("Did you mean {name}?").format(name=near)
        if near
        else _("Choose one of: {choices}.").format(choices=choices)
    )
    raise PerenneError(what.format(given=given), given=given, allowed=allowed, next_step=next_step)
