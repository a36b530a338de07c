"""Reads a recognised file into staged tables, and what is refused into quarantine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from perenne.core import PerenneError
from perenne.sources import readers
from perenne.sources.bounds import explained
from perenne.sources.context import ReadContext
from perenne.sources.control import controls
from perenne.sources.countries import create_countries
from perenne.sources.doubts import doubts, undated_lines, unread_refusals
from perenne.sources.groups import is_grouped
from perenne.sources.layout import Loaded, Place, Unreadable
from perenne.sources.macros import create_macros
from perenne.sources.presets.model import TableSpec
from perenne.sources.recognition import Recognition, with_constants
from perenne.sources.settle import settle
from perenne.sources.staged import StagedFile, TableCount
from perenne.sources.table_sql import staged_select, staged_sql
from perenne.sources.typing_sql import raw
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine, quote_name, quote_text

# For files that live for one staging: to look for words that repeat would take longer.
_QUICK = "lz4, DICTIONARY_SIZE_LIMIT 1000"


@dataclass(frozen=True)
class _Work:
    """One staging under way: the file as text, and where its tables go."""

    recognition: Recognition
    engine: DuckEngine
    context: ReadContext
    into: Path
    place: Place
    relation: str
    rows: int
    """Rows of `relation`."""
    direct: bool
    """Does every row become one row of one table, so that a row that is not kept was refused?"""
    unreadable: Unreadable | None
    notes: tuple[str, ...]

    @property
    def unread(self) -> int:
        return self.unreadable.rows if self.unreadable else 0


def stage(
    recognition: Recognition, *, engine: DuckEngine, context: ReadContext, into: Path
) -> StagedFile:
    """Write `into/<table>.parquet` for each staged table, and `into/quarantine.parquet`.

    Every row read is kept or stands in quarantine with its line, column, value and reason. Raises
    PerenneError while a question about the file is unanswered.
    """
    create_macros(engine)
    create_countries(engine)
    into.mkdir(parents=True, exist_ok=True)
    with (
        explained(recognition.path),
        tempfile.TemporaryDirectory(dir=into, prefix=".staging-") as folder,
    ):
        work = _prepare(recognition, engine=engine, context=context, into=into, folder=folder)
        _refuse_questions(work.recognition)
        with _joined_as_written(engine):
            return _run(work)


def _prepare(
    recognition: Recognition, *, engine: DuckEngine, context: ReadContext, into: Path, folder: str
) -> _Work:
    place = Place(Path(folder))
    loaded = readers.load(recognition.path, recognition.layout, engine=engine, place=place)
    direct, target = _one_pass(recognition), place.file("raw.parquet")
    relation, rows = _copied(recognition, loaded, engine, target, direct=direct)
    as_in_file = ", ".join(
        f"{raw(field)} AS {quote_name(column)}" for field, column in recognition.columns.items()
    )
    as_text = f"(SELECT {as_in_file} FROM {relation})"
    settled = settle(recognition, relation=as_text, engine=engine, context=context)
    return _Work(
        settled, engine, context, into, place,
        relation, rows, direct, loaded.unreadable, loaded.notes,
    )  # fmt: skip


def _copied(
    recognition: Recognition, loaded: Loaded, engine: DuckEngine, target: Path, *, direct: bool
) -> tuple[str, int]:
    """The mapped columns as text, with line and hash of the whole row: an SQL relation over a copy
    of the file, and how many rows it has."""
    cells = ", chr(31), ".join(quote_name(c) for c in recognition.layout.columns)
    told = ", ".join(
        [
            f"md5(concat({cells})) AS _hash",
            *(
                f"{quote_name(column)} AS {raw(name)}"
                for name, column in recognition.columns.items()
            ),
        ]
    )
    file = quote_text(str(target))
    if loaded.lines is None:
        source = with_constants(recognition, loaded.relation)
        sql = f"SELECT CAST(_line AS BIGINT) AS _line, {told} FROM {source}"
        return f"read_parquet({file})", _copy(engine, sql, target, compression=_QUICK)
    # A row of the copy knows its place, so that several processors may write and read it.
    line = f"file_row_number + {loaded.lines.above + 1} AS _line"
    numbered = (
        f"(SELECT {line}, * EXCLUDE (file_row_number) "
        f"FROM read_parquet({file}, file_row_number = true))"
    )
    if direct:
        rows = _copy(engine, f"FROM {loaded.lines.relation}", target, compression=_QUICK)
        return f"(SELECT _line, {told} FROM {with_constants(recognition, numbered)})", rows
    # Hashed once, for all tables that come of it.
    sql = f"SELECT {told} FROM {with_constants(recognition, loaded.lines.relation)}"
    return numbered, _copy(engine, sql, target, compression=_QUICK)


def _one_pass(recognition: Recognition) -> bool:
    """Does every row of the file become one row of one table, whatever the other rows hold?"""
    specs = recognition.writes
    plain = len(specs) == 1 and specs[0].rows == "all" and not specs[0].several
    return plain and not is_grouped(recognition)


def _refuse_questions(recognition: Recognition) -> None:
    if recognition.questions:
        first = recognition.questions[0]
        raise PerenneError(
            first.text,
            given=recognition.path.name,
            allowed=first.answers,
            next_step=_("Answer with {option} {answers}.").format(
                option=first.option, answers="|".join(first.answers)
            ),
        )


def _run(work: _Work) -> StagedFile:
    counts, refused = [], [_unreadable(work)]
    tables: dict[str, Path] = {}
    for table in dict.fromkeys(spec.table for spec in work.recognition.writes):
        count, problems = _stage_table(work, table)
        counts.append(count)
        refused += problems
        tables[table] = work.into / f"{table}.parquet"
    quarantine = work.into / "quarantine.parquet"
    _copy(work.engine, " UNION ALL ".join(refused) + ' ORDER BY line, "table"', quarantine)
    found = controls(
        work.recognition,
        relation=work.relation,
        quarantine=quarantine,
        refused=frozenset(count.table for count in counts if count.quarantined),
        engine=work.engine,
        context=work.context,
    )
    rows = work.rows + work.unread
    return StagedFile(
        recognition=work.recognition,
        rows=rows,
        tables=tables,
        quarantine=quarantine,
        counts=tuple(counts),
        controls=found,
        currencies=tuple(sorted({c.currency for c in found if c.currency})),
        unknown_channel_share=_unknown_channels(work, tables),
        notes=(
            *work.notes,
            *unread_refusals(work.recognition.ignored),
            *doubts(tables, rows=rows, engine=work.engine),
            *undated_lines(work.recognition, tables),
        ),
    )


def _unreadable(work: _Work) -> str:
    """The rows that no cell could be read from, as quarantine rows."""
    told = work.unreadable
    source = told.relation if told else "(SELECT 0 AS line, '' AS value, '' AS reason LIMIT 0)"
    file, grain = work.recognition.path.name, work.recognition.preset.grain
    table = quote_text(grain) if grain else "CAST(NULL AS VARCHAR)"
    return (
        f"SELECT {quote_text(file)} AS file, CAST(line AS BIGINT) AS line, "
        f'CAST(NULL AS VARCHAR) AS "column", value, reason, {table} AS "table" '
        f"FROM {source}"
    )


def _stage_table(work: _Work, table: str) -> tuple[TableCount, list[str]]:
    """Write one staged table; return its counts and the SQL of its quarantine rows.

    A preset may say several times how rows become rows of one table: consents by channel.
    """
    file = work.recognition.path.name
    specs = [spec for spec in work.recognition.writes if spec.table == table]
    sources = [_typed(work, spec, place=place) for place, spec in enumerate(specs)]
    selects = [staged_select(s, t, file=file) for s, t in zip(specs, sources, strict=True)]
    kept = _copy(work.engine, " UNION ALL ".join(selects), work.into / f"{table}.parquet")
    if work.direct and kept == work.rows:
        refused, read = [], kept
    else:
        refused = [_refused(source, table, file=file) for source in sources]
        target = work.place.file(f"{table}-refused.parquet")
        read = kept + _copy(work.engine, " UNION ALL ".join(refused), target)
        refused = [f"SELECT * FROM read_parquet({quote_text(str(target))})"]
    unread = work.unread if table == work.recognition.preset.grain else 0
    return TableCount(table, read + unread, kept, read + unread - kept), refused


def _refused(source: str, table: str, *, file: str) -> str:
    return (
        f'SELECT {quote_text(file)} AS file, _line AS line, _problem."column" AS "column", '
        f'_problem.value AS value, _problem.reason AS reason, {quote_text(table)} AS "table" '
        f"FROM {source} WHERE _problem IS NOT NULL"
    )


def _typed(work: _Work, spec: TableSpec, *, place: int) -> str:
    """The rows that concern `spec`, typed and judged, as an SQL relation."""
    sql = staged_sql(work.recognition, spec, relation=work.relation, context=work.context)
    if work.direct:
        return f"({sql})"
    typed = work.place.file(f"{spec.table}-{place}.parquet")
    _copy(work.engine, sql, typed, compression=_QUICK)
    return f"read_parquet({quote_text(str(typed))})"


def _unknown_channels(work: _Work, tables: dict[str, Path]) -> float | None:
    target = tables.get("orders")
    if target is None:
        return None
    rows = work.engine.duck.execute(
        f"SELECT count(*) FILTER (channel IS NULL) / count(*)::DOUBLE "
        f"FROM read_parquet({quote_text(str(target))}) HAVING count(*) > 0"
    ).fetchall()
    return float(rows[0][0]) if rows else None


@contextmanager
def _joined_as_written(engine: DuckEngine) -> Iterator[None]:
    """Lists of names are looked up row by row. Left to itself, the engine takes the file for the
    smaller side of the join and keeps all of it in memory."""
    engine.duck.execute("SET disabled_optimizers = 'build_side_probe_side'")
    try:
        yield
    finally:
        engine.duck.execute("RESET disabled_optimizers")


def _copy(
    engine: DuckEngine, sql: str, target: Path, *, compression: str = "zstd, COMPRESSION_LEVEL 1"
) -> int:
    # Level 3, the engine's own, takes a fifth longer and packs hashes no better.
    options = f"FORMAT parquet, COMPRESSION {compression}"
    return _number(engine, f"COPY ({sql}) TO {quote_text(str(target))} ({options})")


def _number(engine: DuckEngine, sql: str) -> int:
    return int(engine.duck.execute(sql).fetchall()[0][0])
