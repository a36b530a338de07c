"""Records on their way into a batch: written as text, compared with what is known, staged."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from perenne.core import PerenneError
from perenne.sources.connectors.awaited import is_awaited, kept
from perenne.sources.connectors.model import Fault, Record, Row, Stream
from perenne.sources.connectors.preset import FAULT, HINTS, TABLE, field, given, live_preset
from perenne.sources.context import ReadContext
from perenne.sources.layout import Layout
from perenne.sources.recognition import Recognition
from perenne.sources.stage import stage
from perenne.sources.staged import StagedFile
from perenne.text import gettext as _
from perenne.warehouse import STAGED, DuckEngine, keyed_sql, quote_text

RECORDS = "records.parquet"
_OWN = ("record", "record_hash", "record_nth")
_DAYS = frozenset({"refunds_told_on"})
_ROWS_AT_ONCE = 5000


class Extract:
    """Rows of one stream in a Parquet file of texts. Use it in a `with`; `records` were added."""

    def __init__(self, path: Path, tables: Sequence[str]) -> None:
        self.path = path
        self.tables = tuple(table for table in tables if kept(table))
        self.records = 0
        self.left_out: dict[str, int] = {}
        self.unread: Counter[Fault] = Counter()
        self._columns = _columns(self.tables)
        self._schema = pa.schema([(name, pa.string()) for name in (*_OWN[:2], *self._columns)])
        self._schema = self._schema.append(pa.field(_OWN[2], pa.int64()))
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._waiting: list[dict[str, object]] = []

    def __enter__(self) -> Extract:
        return self

    def __exit__(self, *_error: object) -> None:
        self._flush()
        self._writer.close()

    def add(self, record: Record) -> None:
        """Keep the rows of a record. Rows of tables that this version lacks are counted."""
        rows = [(table, _said(cells)) for table, cells in record.rows]
        content = json.dumps([rows, str(record.fault)], sort_keys=True, default=str)
        own = {
            "record": record.key,
            "record_hash": hashlib.md5(content.encode(), usedforsecurity=False).hexdigest(),
            "record_nth": self.records,
        }
        fault = record.fault
        if fault:
            own |= dict(zip(FAULT, (fault.field, fault.value, fault.reason), strict=True))
        for table, cells in record.rows:
            if table in self.tables:
                self._waiting.append({**own, TABLE: table, **_texts((table, cells))})
            else:
                self.left_out[table] = self.left_out.get(table, 0) + 1
        # One example of each field.
        for one in record.unread:
            told = next((known for known in self.unread if known.field == one.field), one)
            self.unread[told] += 1
        self.records += 1
        if len(self._waiting) >= _ROWS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_pylist(self._waiting, schema=self._schema))
            self._waiting = []


def _said(cells: Mapping[str, object]) -> dict[str, object]:
    """The cells that tell one word from another: the day of a word is none."""
    return {name: value for name, value in cells.items() if name not in _DAYS}


def shape(stream: Stream) -> str:
    """What this version keeps of a stream, as a short digest: another one must be read anew."""
    columns = _columns(table for table in stream.tables if kept(table))
    # Earlier versions cut what stands at the first day of the settings.
    said = [*columns, "whole"] if stream.stands else columns
    return hashlib.sha256(" ".join(said).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Changed:
    """The part of an extract that is new or changed. `records` of them in `path`."""

    path: Path
    tables: tuple[str, ...]
    records: int


def changed(
    extract: Extract, known: Sequence[str], *, engine: DuckEngine, into: Path, name: str, key: str
) -> Changed:
    """Write the records of `extract` that differ from what earlier batches kept of them.

    Batches from which a person was erased keep only hashes under `key` (`keyed_records`).

    `known` are the `records.parquet` of those batches, oldest first. Of a record that came several
    times the last holds. Leaves `into/name` and `into/records.parquet`.
    """
    given_now = f"read_parquet({quote_text(str(extract.path))})"
    last = (
        "SELECT record, arg_max(record_hash, record_nth) AS record_hash, "
        f"max(record_nth) AS record_nth FROM {given_now} GROUP BY record"
    )
    if _any_keyed(known, engine):
        own = ", ".join(f"{_keyed(key, name)} AS k_{name}" for name in _OWN[:2])
        given = f"SELECT *, {own} FROM ({last})"
        earlier = _known(keyed_records(file, key=key) for file in known)
        new = (
            f"SELECT * EXCLUDE (k_record, k_record_hash) FROM ({given}) g ANTI JOIN ({earlier}) k "
            "ON g.k_record = k.record AND g.k_record_hash = k.record_hash"
        )
    else:
        earlier = _known(f"FROM read_parquet({quote_text(file)})" for file in known)
        new = f"SELECT * FROM ({last}) ANTI JOIN ({earlier}) USING (record, record_hash)"
    target, records = into / name, into / RECORDS
    options = "(FORMAT parquet, COMPRESSION zstd)"
    engine.duck.execute(
        f"COPY (SELECT record, record_hash FROM ({new}) ORDER BY record) "
        f"TO {quote_text(str(records))} {options}"
    )
    done = engine.duck.execute(
        f"COPY (SELECT r.* EXCLUDE (record_hash, record_nth) FROM {given_now} r "
        f"SEMI JOIN ({new}) n USING (record, record_nth) ORDER BY r.record_nth) "
        f"TO {quote_text(str(target))} {options}"
    ).fetchone()
    count = engine.duck.execute(
        f"SELECT count(*) FROM read_parquet({quote_text(str(records))})"
    ).fetchone()
    rows, found = int((done or (0,))[0]), int((count or (0,))[0])
    return Changed(target, extract.tables, found if rows else 0)


def _any_keyed(files: Sequence[str], engine: DuckEngine) -> bool:
    if not files:
        return False
    listed = ", ".join(quote_text(file) for file in files)
    found = engine.duck.execute(
        f"SELECT 1 FROM read_parquet([{listed}]) WHERE starts_with(record, {_KEYED}) LIMIT 1"
    ).fetchone()
    return found is not None


def keyed_records(file: str, *, key: str) -> str:
    """SQL of the records of a batch as keyed hashes, which name nobody and still tell a record that
    is known from one that has changed."""
    columns = ", ".join(
        f"CASE WHEN starts_with({name}, {_KEYED}) THEN {name} ELSE {_keyed(key, name)} END "
        f"AS {name}"
        for name in _OWN[:2]
    )
    return f"SELECT {columns} FROM read_parquet({quote_text(file)})"


_KEYED = "'keyed:'"


def _keyed(key: str, name: str) -> str:
    return f"{_KEYED} || {keyed_sql(key, quote_text('record'), name)}"


def _known(tables: Iterable[str]) -> str:
    """The last hash of each record that earlier batches kept."""
    parts = [
        f"SELECT record, record_hash, {nth} AS nth FROM ({table})"
        for nth, table in enumerate(tables)
    ]
    if not parts:
        return "SELECT '' AS record, '' AS record_hash WHERE false"
    every = " UNION ALL ".join(parts)
    return f"SELECT record, arg_max(record_hash, nth) AS record_hash FROM ({every}) GROUP BY record"


def stage_live(
    found: Changed, *, system: str, name: str, engine: DuckEngine, context: ReadContext
) -> StagedFile:
    """Stage changed records beside their file, as `stage` does with a file of the shop."""
    preset = live_preset(name, system=system, tables=found.tables)
    columns = {one: one for one in _columns(found.tables)}
    recognition = Recognition(
        path=found.path,
        preset=preset,
        confidence=1.0,
        reasons=(),
        layout=Layout("parquet", tuple(columns)),
        columns=columns,
        ignored=(),
        tables=found.tables,
    )
    done = stage(recognition, engine=engine, context=context, into=found.path.parent)
    _refuse_if_all_wrong(done, name, engine)
    return done


def _refuse_if_all_wrong(done: StagedFile, name: str, engine: DuckEngine) -> None:
    """When no record is as promised, the interface has changed: nothing is kept, nothing lost."""
    if any(count.kept for count in done.counts) or not any(count.read for count in done.counts):
        return
    first = engine.duck.execute(
        f'SELECT "column", reason, count(*) FROM read_parquet({quote_text(str(done.quarantine))}) '
        "GROUP BY ALL ORDER BY 3 DESC LIMIT 1"
    ).fetchone()
    column, reason, rows = first or ("?", "?", 0)
    raise PerenneError(
        _("Every record of {name} was refused: {field}: {reason} ({rows} rows).").format(
            name=name, field=column, reason=reason, rows=rows
        ),
        given=column,
        next_step=_(
            "The platform has probably changed its answers. Nothing was kept and nothing is lost: "
            "update Perenne, then run perenne sync again."
        ),
    )


def _columns(tables: Iterable[str]) -> tuple[str, ...]:
    return (
        TABLE,
        *FAULT,
        *HINTS,
        *(field(table, column) for table in tables for column in given(STAGED[table])),
    )


def _texts(row: Row) -> dict[str, str]:
    """The cells of a row as text, under the names of the extract."""
    table, cells = row
    known = given(STAGED[table])
    texts = {}
    for column, value in cells.items():
        if value is None or value == "":
            continue
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if column in known:
            texts[field(table, column)] = text
        elif table == "orders" and column in HINTS:
            texts[column] = text
        elif not is_awaited(table, column):
            raise PerenneError(
                _("Staged {table} has no column {column}.").format(table=table, column=column),
                given=column,
                allowed=sorted(known),
                next_step=_("Correct the connector: rows are named as staged columns."),
            )
    return texts
