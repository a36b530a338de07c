"""The engines of a workspace: the one that computes, and DuckDB for what only it can do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from perenne.warehouse import DuckEngine, Engine, SparkEngine, Table
from perenne.warehouse.engine import Explain
from perenne.workspace.lakes import lake_of
from perenne.workspace.layout import Layout
from perenne.workspace.settings import Settings


@dataclass(frozen=True)
class Engines:
    """`main` computes; `local` is DuckDB in this process, which reads files and compares records.

    Where the settings ask for DuckDB they are one and the same. Else a table goes from one to the
    other through Parquet.
    """

    main: Engine
    local: DuckEngine

    def to_local(self, table: Table, path: Path) -> Table:
        """A table of `main`, for `local`."""
        return _handed(table, path, giver=self.main, taker=self.local)

    def to_main(self, table: Table, path: Path) -> Table:
        """A table of `local`, for `main`."""
        return _handed(table, path, giver=self.local, taker=self.main)


def _handed(table: Table, path: Path, *, giver: Engine, taker: Engine) -> Table:
    if giver is taker:
        return table
    giver.write(table, path)
    return taker.read(path)


def engine_for(values: Settings, place: Layout, *, explain: Explain = lambda error: None) -> Engine:
    """The engine that the settings ask for. Raises PerenneError when it cannot run here."""
    if values.engine.name == "spark":
        return SparkEngine(
            master=values.engine.master,
            conf=values.engine.conf,
            lake=lake_of(place),
            explain=explain,
        )
    return local_engine(values, place, explain=explain)


def local_engine(
    values: Settings, place: Layout, *, explain: Explain = lambda error: None
) -> DuckEngine:
    """DuckDB in this process; it spills into the workspace."""
    return DuckEngine(
        memory_limit=values.engine.memory_limit or None,
        threads=values.engine.threads,
        spill=place.spill,
        lake=lake_of(place),
        explain=explain,
    )


@contextmanager
def engines_for(values: Settings, place: Layout, local: DuckEngine) -> Iterator[Engines]:
    """`local` and the engine that the settings ask for beside it."""
    if values.engine.name == local.name:
        yield Engines(local, local)
        return
    with engine_for(values, place) as main:
        yield Engines(main, local)
