"""The three kinds of file, each written batch by batch to an open binary file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from perenne.reports.exports.cells import Dialect, csv_column, json_column, safe_text

_SEPARATORS: Final[dict[Dialect, str]] = {"international": ",", "french": ";"}
# Excel reads a CSV as UTF-8 only when it starts with this mark.
_ENCODINGS: Final[dict[Dialect, str]] = {"international": "utf-8", "french": "utf-8-sig"}
_ROW_GROUP: Final = 131_072


def write_csv(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: BinaryIO, *, dialect: Dialect
) -> int:
    """Write a header and a line per row, ended by CR LF; return the number of rows."""
    text = io.TextIOWrapper(file, encoding=_ENCODINGS[dialect], newline="", write_through=False)
    writer = csv.writer(text, delimiter=_SEPARATORS[dialect], lineterminator="\r\n")
    writer.writerow(safe_text(pa.array(schema.names, pa.string())).to_pylist())
    rows = 0
    for batch in batches:
        writer.writerows(_rows([csv_column(column, dialect) for column in batch.columns]))
        rows += batch.num_rows
    text.flush()
    text.detach()
    return rows


def write_json(schema: pa.Schema, batches: Iterable[pa.RecordBatch], file: BinaryIO) -> int:
    """Write an array of objects, one per line; return the number of rows."""
    keys = [json.dumps(name, ensure_ascii=False) for name in schema.names]
    rows = 0
    file.write(b"[")
    for batch in batches:
        lines = _json_lines(keys, batch)
        if lines:
            file.write((",\n" if rows else "\n").encode() + ",\n".join(lines).encode())
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


def _rows(columns: list[list[str | None]]) -> Iterator[tuple[str | None, ...]]:
    return zip(*columns, strict=True)


def _json_lines(keys: list[str], batch: pa.RecordBatch) -> list[str]:
    columns = [json_column(column) for column in batch.columns]
    return [
        "{" + ", ".join(map(": ".join, zip(keys, row, strict=True))) + "}"
        for row in zip(*columns, strict=True)
    ]


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
