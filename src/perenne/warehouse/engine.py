"""The engine that runs Ibis expressions over Parquet files. DuckDB in process by default."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.formats.pyarrow import PyArrowData

from perenne.warehouse.dialect import DuckBackend
from perenne.warehouse.lake import Lake
from perenne.warehouse.schemas import TableSchema

Table = ir.Table
"""A lazy table, for parts that hand tables on without building expressions."""


class Engine(Protocol):
    """What Perenne asks of an engine: read Parquet, run an expression, write Parquet."""

    name: str
    lake: Lake
    """Where the tables are that its workspace keeps pointers to."""

    def read(self, paths: Path | Iterable[Path]) -> ir.Table:
        """One lazy table over one or more tables on disk, of the same columns."""

    def write(self, table: ir.Table, path: Path) -> int:
        """Run `table`, write it to one table on disk, return its number of rows."""

    def view(self, table: ir.Table) -> ir.Table:
        """`table` under a name, not run: what is built on it compiles to the name alone."""

    def fetch(self, table: ir.Table | ir.Scalar) -> pa.Table:
        """Run `table` and return it as Arrow."""

    def close(self) -> None: ...

    def rows(self, schema: TableSchema, rows: Iterable[Mapping[str, object]] = ()) -> ir.Table:
        """A small table of this schema from Python rows; columns that a row lacks are null."""
        types = ibis.schema(schema.types)
        table = pa.Table.from_pylist(
            [{name: row.get(name) for name in schema.names} for row in rows],
            schema=types.to_pyarrow(),
        )
        return ibis.memtable(table, schema=types)

    def arrow(self, table: pa.Table) -> ir.Table:
        """A lazy table over an Arrow table in memory."""
        return ibis.memtable(table)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


_PACKED = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
"""As quick as LZ4 and a third smaller; the usual level 3 takes longer for one hundredth."""

Explain = Callable[[Exception], Exception | None]
"""Says in words what an error of the engine means; None where it has none."""


class DuckEngine(Engine):
    """DuckDB in process; spills to `spill`. `memory_limit` as DuckDB writes it, e.g. `4GB`; without
    one an eighth of the machine's memory, at least 3 GB."""

    name = "duckdb"

    def __init__(
        self,
        *,
        memory_limit: str | None = None,
        threads: int | None = None,
        spill: Path | None = None,
        lake: Lake | None = None,
        explain: Explain = lambda error: None,
    ) -> None:
        self._explain = explain
        self.lake = lake or Lake()
        self.spill = spill
        self.ibis = DuckBackend()
        self.ibis.do_connect(":memory:")
        self.duck: duckdb.DuckDBPyConnection = self.ibis.con
        # A view reads the tables in memory that its expression holds: they live as long.
        self._viewed: list[ir.Table] = []
        self.duck.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        limit = memory_limit or _modest_limit(self.duck)
        self.duck.execute(f"SET memory_limit = '{limit}'")
        if threads:
            self.duck.execute(f"SET threads = {int(threads)}")
        if spill:
            self.duck.execute(f"SET temp_directory = {quote_text(str(spill))}")
        if self.lake:
            self.duck.register_filesystem(self.lake.files)

    def read(self, paths: Path | Iterable[Path]) -> ir.Table:
        tables = [paths] if isinstance(paths, Path) else list(paths)
        files = [place for path in tables for place in self.lake.places(path)]
        listed = ", ".join(map(quote_text, files))
        # Ibis's own way would ask for an extension of DuckDB's, where fsspec reads a bucket.
        return self._view(f"SELECT * FROM read_parquet([{listed}])")

    def write(self, table: ir.Table, path: Path) -> int:
        target = quote_text(str(path))
        with self._explained():
            done = self.duck.execute(f"COPY ({self._sql(table)}) TO {target} {_PACKED}").fetchone()
        return int(done[0]) if done else 0

    def view(self, table: ir.Table) -> ir.Table:
        view = self._view(self._sql(table))
        self._viewed.append(table)
        return view

    def fetch(self, table: ir.Table | ir.Scalar) -> pa.Table:
        with self._explained():
            found = self.ibis._to_duckdb_relation(table).to_arrow_table()
            # As Ibis does it, whose own way loads pandas: a third of what a short command takes.
            return table.__pyarrow_result__(found, data_mapper=_Typed)

    def _view(self, sql: str) -> ir.Table:
        name = ibis.util.gen_name("view")
        with self._explained():
            self.duck.execute(f"CREATE TEMP VIEW {quote_name(name)} AS {sql}")
            return _without_unit(self.ibis.table(name))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            told = self._explain(error)
            if told is None:
                raise
            raise told from error

    def close(self) -> None:
        self.ibis.disconnect()

    def _sql(self, table: ir.Table) -> str:
        self.ibis._run_pre_execute_hooks(table)
        return _as_typed(self.ibis.compile(table), table)


class _Typed(PyArrowData):  # type: ignore[misc] # ibis ships no types
    """Columns as their type says; DuckDB has none of type null."""

    @classmethod
    def convert_column(cls, column: pa.Array, dtype: ibis.DataType) -> pa.Array:
        return pa.nulls(len(column)) if dtype.is_null() else super().convert_column(column, dtype)

    @classmethod
    def convert_scalar(cls, scalar: pa.Scalar, dtype: ibis.DataType) -> pa.Scalar:
        return pa.scalar(None) if dtype.is_null() else super().convert_scalar(scalar, dtype)


_BYTES = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def bytes_in(written: str) -> float:
    """An amount of memory as DuckDB writes it: `2.7 GiB`."""
    number, unit = (written or "0 bytes").split()
    return float(number) * _BYTES[unit]


def _modest_limit(duck: duckdb.DuckDBPyConnection) -> str:
    """An eighth of the machine's memory, at least 3 GB, at most what DuckDB itself would take: four
    fifths. A large shop takes hardly longer with it, and the machine stays free for others."""
    found = duck.execute("SELECT current_setting('memory_limit')").fetchone()
    own = bytes_in(str(found[0])) if found else 0.0
    return f"{min(own, max(3e9, own / 0.8 / 8)) / 1e6:.0f}MB"


def _without_unit(table: ir.Table) -> ir.Table:
    """`table` with times as schemas name them: files tell their unit, schemas do not."""
    times = {name: kind for name, kind in table.schema().items() if kind.is_timestamp()}
    return table.cast({name: kind(scale=None) for name, kind in times.items()})


def _as_typed(sql: str, table: ir.Table) -> str:
    """`sql` with the types that Ibis promises: DuckDB makes a timestamp of a date plus an interval,
    a number of 128 bits of a sum, and a wider decimal of a difference."""
    kinds = {name: _type(kind) for name, kind in table.schema().items()}
    casts = ", ".join(
        f"CAST({quote_name(name)} AS {kind}) AS {quote_name(name)}"
        for name, kind in kinds.items()
        if kind
    )
    return f"SELECT * REPLACE ({casts}) FROM ({sql})" if casts else sql


def _type(kind: ibis.DataType) -> str | None:
    """What DuckDB calls a type that it may have changed under way."""
    if kind.is_date():
        return "DATE"
    if kind.is_int64():
        return "BIGINT"
    if kind.is_decimal() and kind.precision is not None:
        return f"DECIMAL({kind.precision}, {kind.scale})"
    return None


def quote_text(text: str) -> str:
    """`text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def quote_name(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def keyed_sql(key: str, *parts: str) -> str:
    """SQL of `perenne.core.opaque_id` for parts that are SQL themselves."""
    message = f"concat_ws(chr(31), {', '.join(parts)})"
    inner = f"sha256({quote_text(key + 'i')} || {message})"
    return f"left(sha256({quote_text(key + 'o')} || {inner}), 32)"
