"""One Parquet file as it stands once persons are taken out of it: SQL of the engine, row by row in
the order of the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa

from perenne.warehouse import ERASED, keyed_sql, quote_name, quote_text
from perenne.workspace.erasure import spelling
from perenne.workspace.erasure.columns import DAYS, EMPTIED, FREE_TEXT, HASHED
from perenne.workspace.erasure.finding import Finder, Hit
from perenne.workspace.lakes import place_of

MINE, CLUSTERS = "erasure_mine", "erasure_clusters"
_MINE = pa.schema(
    [(name, pa.string()) for name in ("source", "kind", "ref", "pseudo")]
    + [("after", pa.date32()), ("until", pa.date32())]
    + [(name, pa.bool_()) for name in ("last", "returned")]
)


@dataclass(frozen=True)
class Parquet:
    """A Parquet file of the workspace: staged (of a source) or of a snapshot."""

    path: Path
    table: str
    source: str | None = None

    @property
    def sql(self) -> str:
        return f"read_parquet({quote_text(place_of(self.path))}, file_row_number = true)"


@dataclass
class Rewriter(Finder):
    """Takes persons out of files. `fill` says who."""

    _described: dict[Parquet, dict[str, str]] = field(default_factory=dict)

    def fill(self, mine: Iterable[Mapping[str, object]]) -> None:
        """The references to erase: source, kind, ref, pseudo; after, until, last, returned say
        which rows of them are meant (none: all)."""
        spelling.prepare(self.engine)
        rows = [{"last": True, "returned": False, **row} for row in mine]
        self._keep(MINE, pa.Table.from_pylist(rows, schema=_MINE))
        self.search({})

    def clusters(self, customer_ids: Iterable[str]) -> None:
        """The customers of one snapshot that are wholly among the persons."""
        ids = pa.array(list(customer_ids), pa.string())
        self._keep(CLUSTERS, pa.table({"customer_id": ids}))

    def columns(self, file: Parquet) -> dict[str, str]:
        """Name and type of each column."""
        if file not in self._described:
            rows = self.engine.duck.execute(f"DESCRIBE SELECT * FROM {file.sql}").fetchall()
            self._described[file] = {r[0]: r[1] for r in rows if r[0] != "file_row_number"}
        return self._described[file]

    def _hash(self, value: str) -> str:
        return keyed_sql(self.key, value)

    def join(self, file: Parquet) -> str | None:
        """The condition under which a row `t` is about a person `m` of `MINE`; None: no row can
        be told to be."""
        names = self.columns(file)
        if file.source is None:
            if file.table != "customer_links":
                return None
            return "t.source = m.source AND t.source_id_kind = m.kind AND t.source_id = m.ref"
        meant = f"m.source = {quote_text(file.source)}"
        if "customer_ref" in names:
            return (
                f"{meant} AND t.customer_ref = m.ref "
                f"AND coalesce(t.customer_ref_kind, 'id') = m.kind AND {_in_time(file.table)}"
            )
        if "source_order_id" in names:
            return (
                f"{meant} AND contains(t.source_order_id, '/') "
                "AND split_part(t.source_order_id, '/', 1) = m.ref AND m.last"
            )
        return None

    def rows(self, file: Parquet) -> int:
        """Rows that are about the persons."""
        condition = self.join(file)
        if condition is None and not self._has_clusters(file):
            return 0
        test = (
            f"SELECT count(*) FROM {file.sql} t SEMI JOIN {MINE} m ON {condition}"
            if condition
            else f"SELECT count(*) FROM {file.sql} SEMI JOIN {CLUSTERS} USING (customer_id)"
        )
        return int(self.engine.duck.execute(test).fetchall()[0][0])

    def last_day(self, file: Parquet) -> date | None:
        """The last day of a row that is about the persons."""
        condition = self.join(file)
        if condition is None or file.table not in DAYS:
            return None
        row = self.engine.duck.execute(
            f"SELECT max(t.{DAYS[file.table]}) FROM {file.sql} t SEMI JOIN {MINE} m ON {condition}"
        ).fetchone()
        return row[0] if row else None

    def _has_clusters(self, file: Parquet) -> bool:
        return file.source is None and "customer_id" in self.columns(file)

    def others(self, file: Parquet) -> str:
        """SQL of the rows that are not about the persons."""
        condition = self.join(file)
        if condition:
            return f"SELECT t.* FROM {file.sql} t ANTI JOIN {MINE} m ON {condition}"
        if self._has_clusters(file):
            return f"SELECT * FROM {file.sql} ANTI JOIN {CLUSTERS} USING (customer_id)"
        return f"SELECT * FROM {file.sql}"

    def cells(self, files: Sequence[Parquet]) -> dict[Parquet, dict[str, dict[str, str]]]:
        """Per file and column, the cells to replace and by what: ids and numbers of orders whole,
        identifiers within texts."""
        searched = {
            file: (
                f"SELECT * FROM {file.sql}",
                [
                    name
                    for name in texts_of(self.columns(file))
                    if self.hashed is None or name in FREE_TEXT
                ],
            )
            for file in files
        }
        hits = self.hits(searched)
        return {file: self._changes(file, hits[file]) for file in files}

    def _changes(self, file: Parquet, hits: Iterable[Hit]) -> dict[str, dict[str, str]]:
        columns = self.columns(file)
        changes: dict[str, dict[str, str]] = {}
        by_column: dict[str, list[Hit]] = {}
        for hit in hits:
            by_column.setdefault(hit.column, []).append(hit)
        for name, found in by_column.items():
            changes[name] = self.cleaned(found)
        for name, old in self._whole(file, columns):
            changes.setdefault(name, {})[old] = self.ids[old]
        for name, old, new in self._orders(file, columns):
            changes.setdefault(name, {})[old] = new
        return changes

    def _whole(self, file: Parquet, columns: Mapping[str, str]) -> list[tuple[str, str]]:
        if not self.ids:
            return []
        self._keep("erasure_ids", pa.table({"cell": pa.array(list(self.ids), pa.string())}))
        parts = [
            f"SELECT DISTINCT {quote_text(name)}, {quote_name(name)} FROM {file.sql} "
            f"SEMI JOIN erasure_ids ON {quote_name(name)} = erasure_ids.cell"
            for name in texts_of(columns)
        ]
        if not parts:
            return []
        rows = self.engine.duck.execute(" UNION ALL ".join(parts)).fetchall()
        return [(name, cell) for name, cell in rows]

    def _orders(self, file: Parquet, columns: Mapping[str, str]) -> list[tuple[str, str, str]]:
        """Numbers of orders that begin with the id of their customer."""
        found = []
        for name in columns.keys() & {"source_order_id", "order_id", "order_line_id"}:
            column, source = quote_name(name), file.source
            alone = "m.ref" if name == "source_order_id" else "m.source || '/' || m.ref"
            first = f"split_part({column}, '/', 1)"
            if name != "source_order_id":
                first += f" || '/' || split_part({column}, '/', 2)"
            own = f"AND m.source = {quote_text(source)}" if source else ""
            long = f"{column} LIKE '%/%'" + ("" if name == "source_order_id" else " AND true")
            shown = "m.pseudo" if name == "source_order_id" else "m.source || '/' || m.pseudo"
            found += self.engine.duck.execute(
                f"SELECT DISTINCT {quote_text(name)}, {column}, "
                f"min({shown} || substr({column}, length({alone}) + 1)) "
                f"FROM (SELECT DISTINCT {column} FROM {file.sql} WHERE {long}) JOIN {MINE} m "
                f"ON {first} = {alone} {own} AND length({column}) > length({alone}) "
                f"AND substr({column}, length({alone}) + 1, 1) = '/' GROUP BY ALL"
            ).fetchall()
        return found

    def write(self, file: Parquet, changes: Mapping[str, Mapping[str, str]], target: Path) -> int:
        """The file without the persons; its rows."""
        joins, values = [], {}
        columns = self.columns(file)
        condition = self.join(file)
        mine = "false"
        if condition:
            joins.append(f"LEFT JOIN {MINE} m ON {condition}")
            mine = "m.pseudo IS NOT NULL"
        elif self._has_clusters(file):
            joins.append(f"LEFT JOIN {CLUSTERS} c ON t.customer_id = c.customer_id")
            mine = "c.customer_id IS NOT NULL"
        for nth, (name, cells) in enumerate(changes.items()):
            table = f"erasure_change_{nth}"
            both = {"old": list(cells), "new": list(cells.values())}
            self._keep(table, pa.table(both, schema=_CHANGE))
            joins.append(f"LEFT JOIN {table} x{nth} ON t.{quote_name(name)} = x{nth}.old")
            values[name] = f"coalesce(x{nth}.new, t.{quote_name(name)})"
        for name, value in self._own_values(file, columns, mine).items():
            values[name] = value.format(value=values.get(name, f"t.{quote_name(name)}"))
        chosen = ", ".join(
            f"CAST({values.get(name, 't.' + quote_name(name))} AS {kind}) AS {quote_name(name)}"
            for name, kind in columns.items()
        )
        done = self.engine.duck.execute(
            f"COPY (SELECT {chosen} FROM {file.sql} t {' '.join(joins)} "
            f"{self._kept(file, mine)} ORDER BY t.file_row_number) "
            f"TO {quote_text(str(target))} (FORMAT parquet, COMPRESSION zstd)"
        ).fetchone()
        return int(done[0]) if done else 0

    def _own_values(self, file: Parquet, columns: Mapping[str, str], mine: str) -> dict[str, str]:
        """What the person's own rows hold now; `{value}` is the column as it would be else."""
        values = {}
        if file.source is not None and "customer_ref" in columns:
            values["customer_ref"] = "coalesce(m.pseudo, {value})"
            values["customer_ref_kind"] = f"CASE WHEN {mine} THEN '{ERASED}' ELSE {{value}} END"
        if file.table == "customer_links":
            values["source_id"] = "coalesce(m.pseudo, {value})"
            values["source_id_kind"] = f"CASE WHEN {mine} THEN '{ERASED}' ELSE {{value}} END"
            values["rule"] = f"CASE WHEN {mine} THEN 'source_{ERASED}' ELSE {{value}} END"
        for name in EMPTIED.get(file.table, frozenset()) & columns.keys():
            values[name] = f"CASE WHEN {mine} THEN NULL ELSE {{value}} END"
        hashed = HASHED.get(file.table, frozenset()) | {"row_hash"}
        for name in hashed & columns.keys():
            values[name] = f"CASE WHEN {mine} THEN {self._hash('{value}')} ELSE {{value}} END"
        for name in columns.keys() & {"event_id", "response_id"}:
            values[name] = (
                f"CASE WHEN {mine} THEN {without_row_hash('{value}', self.key)} ELSE {{value}} END"
            )
        return values

    def _kept(self, file: Parquet, mine: str) -> str:
        """Rows that stay: contacts and pairs of the persons go whole."""
        if file.source is not None:
            return ""
        if file.table == "contacts":
            return f"WHERE NOT ({mine})"
        if file.table == "identity_pairs":
            return (
                "WHERE t.own_id_1 NOT IN (FROM erasure_ids) "
                "AND t.own_id_2 NOT IN (FROM erasure_ids)"
            )
        return ""


_CHANGE = pa.schema([("old", pa.string()), ("new", pa.string())])


def without_row_hash(value: str, key: str) -> str:
    """SQL of an own id whose row, where it names one by its hash, cannot be looked up any more."""
    row = f"split_part(split_part({value}, '/row/', 2), '/', 1)"
    return (
        f"CASE WHEN contains({value}, '/row/') "
        f"THEN replace({value}, {row}, {keyed_sql(key, row)}) ELSE {value} END"
    )


def texts_of(columns: Mapping[str, str]) -> list[str]:
    """The columns that hold texts."""
    return [name for name, kind in columns.items() if kind == "VARCHAR"]


def _in_time(table: str) -> str:
    """The rows of a reference that an erasure means: up to its day; all but those of a new relation
    where the person has come back since, and then the undated ones are of the new relation."""
    if table == "customers" or table not in DAYS:
        return "m.last AND NOT m.returned"
    day = f"t.{DAYS[table]}"
    began = f"{day} > coalesce(m.after, '-infinity')"
    inside = f"{began} AND {day} <= coalesce(m.until, 'infinity')"
    return (
        f"CASE WHEN m.last AND NOT m.returned THEN {day} IS NULL OR {began} "
        f"ELSE coalesce({inside}, false) END"
    )
