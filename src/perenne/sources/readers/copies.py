"""Rows written to a Parquet file as they are read, so that memory holds a few of them."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from perenne.sources.layout import Layout, Unreadable
from perenne.warehouse import quote_text

_ROWS = 50_000
_CELLS = 2_000_000
_CHARACTERS = 32 << 20


def numbered(layout: Layout) -> pa.Schema:
    """The layout's columns as text, with the line of each row."""
    return pa.schema([("_line", pa.int64()), *((name, pa.string()) for name in layout.columns)])


class Copy:
    """A Parquet file under way. It is whole once the context has ended."""

    def __init__(self, target: Path, schema: pa.Schema) -> None:
        self.relation = f"read_parquet({quote_text(str(target))})"
        self.rows = 0
        self._schema = schema
        self._writer = pq.ParquetWriter(target, schema)
        self._most = max(1, min(_ROWS, _CELLS // len(schema)))
        self._held: list[tuple[Any, ...]] = []
        self._characters = 0

    def add(self, row: tuple[Any, ...], *, characters: int) -> None:
        self._held.append(row)
        self._characters += characters
        if len(self._held) >= self._most or self._characters > _CHARACTERS:
            self._write()

    def _write(self) -> None:
        columns = zip(*self._held, strict=True)
        arrays = [pa.array(c, t.type) for c, t in zip(columns, self._schema, strict=True)]
        self._writer.write_table(pa.table(arrays, self._schema))
        self.rows += len(self._held)
        self._held, self._characters = [], 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self._held:
            self._write()
        self._writer.close()


class SetAside(Copy):
    """Rows whose cells cannot be told apart."""

    def __init__(self, target: Path) -> None:
        texts = [("value", pa.string()), ("reason", pa.string())]
        super().__init__(target, pa.schema([("line", pa.int64()), *texts]))

    def note(self, line: int, value: str, reason: str) -> None:
        self.add((line, value, reason), characters=len(value))

    def told(self) -> Unreadable | None:
        return Unreadable(self.relation, self.rows) if self.rows else None
