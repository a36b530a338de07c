"""The three kinds of file, each written batch by batch to an open binary file.

Lines are joined by Arrow, not cell by cell in Python: a million customers take seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from perenne.reports.exports.cells import SEPARATORS, Dialect, csv_column, json_column

# Excel reads a CSV as UTF-8 only when it starts with the mark.
_MARKS: Final[dict[Dialect, bytes]] = {"international": b"", "french": b"\xef\xbb\xbf"}
_LINES_AT_ONCE: Final = 16_384
_ROW_GROUP: Final = 131_072


def write_csv(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: BinaryIO, *, dialect: Dialect
) -> int:
    """Write a header and a line per row, ended by CR LF; return the number of rows."""
    names = csv_column(pa.array(schema.names, pa.string()), dialect).to_pylist()
    file.write(_MARKS[dialect] + f"{SEPARATORS[dialect].join(names)}\r\n".encode())
    rows = 0
    for batch in _sliced(batches):
        columns = [csv_column(column, dialect) for column in batch.columns]
        _write_lines(file, _csv_lines(columns, dialect))
        rows += batch.num_rows
    return rows


def write_json(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: BinaryIO) -> int:
    """Write an array of objects, one per line; return the number of rows."""
    file.write(b"[")
    rows = 0
    for batch in _sliced(batches):
        file.write(b",\n" if rows else b"\n")
        lines = _json_lines(schema.names, [json_column(column) for column in batch.columns])
        _write_lines(file, pc.binary_join_element_wise(lines.slice(0, len(lines) - 1), ",\n", ""))
        file.write(lines[-1].as_py().encode())
        rows += batch.num_rows
    file.write(b"\n]\n")
    return rows


def write_parquet(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: BinaryIO) -> int:
    """Write row groups of about 130,000 rows; return the number of rows."""
    rows = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in _grouped(batches):
            writer.write_table(pa.Table.from_batches(group, schema))
            rows += sum(batch.num_rows for batch in group)
    return rows


def _csv_lines(columns: list[pa.Array], dialect: Dialect) -> pa.Array:
    if len(columns) == 1:  # an empty line would be no row at all
        empty = pc.equal(columns[0], "")
        columns = [pc.if_else(empty, '""', columns[0])]
    lines = pc.binary_join_element_wise(*columns, SEPARATORS[dialect])
    return pc.binary_join_element_wise(lines, "\r\n", "")


def _json_lines(names: list[str], columns: list[pa.Array]) -> pa.Array:
    pieces: list[pa.Array | str] = []
    for name, column in zip(names, columns, strict=True):
        before = ", " if pieces else "{"
        pieces += [f"{before}{json.dumps(name, ensure_ascii=False)}: ", column]
    return pc.binary_join_element_wise(*pieces, "}", "")


def _write_lines(file: BinaryIO, lines: pa.Array) -> None:
    """Write all texts of an array one after the other, straight from its memory."""
    if len(lines):
        length = pc.sum(pc.binary_length(lines)).as_py()
        start = lines.buffers()[1]
        first = int.from_bytes(
            start[lines.offset * 4 : lines.offset * 4 + 4].to_pybytes(), "little"
        )
        file.write(memoryview(lines.buffers()[2])[first : first + length])


def _sliced(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Cut large batches, so that their text fits in memory; leave out empty ones."""
    for batch in batches:
        for start in range(0, batch.num_rows, _LINES_AT_ONCE):
            yield batch.slice(start, _LINES_AT_ONCE)


def _grouped(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Gather small batches, so that a file of many of them stays quick to read."""
    group: list[pa.RecordBatch] = []
    for batch in batches:
        group.append(batch)
        if sum(item.num_rows for item in group) >= _ROW_GROUP:
            yield group
            group = []
    if group:
        yield group
