"""A table on disk: one Parquet file, or a folder of parts where an engine wrote several at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

PATTERN = "*.parquet"


def files_of(path: Path) -> list[Path]:
    """The Parquet files of a table: itself, or its parts in their order."""
    return sorted(path.glob(PATTERN)) if path.is_dir() else [path]


def tables_in(folder: Path) -> list[Path]:
    """The Parquet files of every table of a folder."""
    return [file for path in sorted(folder.glob(PATTERN)) for file in files_of(path)]


def table_of(file: Path) -> str:
    """The name of the table that a Parquet file is, or is a part of."""
    return (file.parent if file.parent.suffix == file.suffix else file).stem


def is_parquet(file: Path) -> bool:
    """Can its footer be read?"""
    try:
        pq.read_metadata(file)
    except (OSError, pa.ArrowException):
        return False
    return True


def empty_in(footer: pq.FileMetaData) -> set[str]:
    """Columns of a Parquet file that hold nothing at all, as its footer says."""
    told = set(footer.schema.names)
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        for column in map(group.column, range(group.num_columns)):
            known = column.statistics if column.is_stats_set else None
            if known is None or known.null_count != column.num_values:
                told.discard(column.path_in_schema)
    return told


def settle(written: Path, path: Path) -> None:
    """Put the folder that Spark wrote in the place of `path`: as one file where one part suffices,
    so that a small table looks alike whichever engine wrote it, else as a folder of parts."""
    parts = files_of(written)
    if len(parts) == 1:
        parts[0].replace(path)
        shutil.rmtree(written)
        return
    for number, part in enumerate(parts):
        part.rename(written / f"part-{number:05d}.parquet")
    for other in written.iterdir():
        if other.suffix != ".parquet":
            other.unlink()
    written.rename(path)
