"""The list of keyed hashes by which imports know who was erased, and what becomes of their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from perenne.core import opaque_id
from perenne.warehouse import ERASED, DuckEngine, keyed_sql, quote_text
from perenne.workspace.erasure import spelling
from perenne.workspace.erasure.finding import SUPPRESSED
from perenne.workspace.erasure.people import Record, parquet, pseudonym
from perenne.workspace.erasure.rewriting import Parquet, Rewriter
from perenne.workspace.layout import Layout

REF = "ref"
SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("hash", pa.string()),
        ("token", pa.string()),
        ("until", pa.date32()),
        ("returned", pa.bool_()),
    ]
)
"""kind (ref, email, phone), keyed hash, token of the person, last day of what was erased, and
whether the person has come back since under this identifier."""
# What a person does: a row after the erasure begins a new relation.
ACTS = {
    "orders": "ordered_on",
    "order_lines": "ordered_on",
    "subscriptions": "started_on",
    "surveys": "answered_on",
    "customers": "created_on",
}
_SEEN, _MATCHED = "erasure_arrived", "erasure_matched"


def hashed(key: str, kind: str, *values: str) -> str:
    """The keyed hash of an identifier, as the engine computes it."""
    return opaque_id(key, "suppressed", kind, *values)


def entries(
    key: str,
    token: str,
    *,
    until: date,
    records: Iterable[Record],
    names: Iterable[tuple[str, str]],
) -> list[dict[str, object]]:
    """Rows of the list for one person: their references, e-mails and telephone numbers."""
    found = {(REF, hashed(key, REF, r.source, r.kind, r.ref)) for r in records}
    found |= {
        (kind, hashed(key, kind, value))
        for kind, value in names
        if kind in (spelling.EMAIL, spelling.PHONE)
    }
    own = {"token": token, "until": until, "returned": False}
    return [{"kind": kind, "hash": one, **own} for kind, one in sorted(found)]


def read(layout: Layout) -> pa.Table:
    import pyarrow.parquet as pq

    if not layout.suppressed.is_file():
        return SCHEMA.empty_table()
    return pq.read_table(layout.suppressed, schema=SCHEMA)


def write(table: pa.Table, path: Path) -> None:
    """Replace a list in one step."""
    import pyarrow.parquet as pq

    temporary = path.with_name(f".{path.name}.tmp")
    pq.write_table(table, temporary, compression="zstd")
    temporary.replace(path)


def token_of(
    layout: Layout, key: str, word: str, *, names: Iterable[tuple[str, str]], sources: Iterable[str]
) -> str | None:
    """The token of the one person on the list whom a word names: by a token (kind, text) of it, or
    as a reference in one of the sources."""
    wanted = {hashed(key, kind, text) for kind, text in names}
    for source in sources:
        ref = word.removeprefix(f"{source}:")
        wanted |= {hashed(key, REF, source, kind, ref) for kind in ("id", "email", "phone")}
    found = {row["token"] for row in read(layout).to_pylist() if row["hash"] in wanted}
    return found.pop() if len(found) == 1 else None


def hashes_sql(layout: Layout) -> str | None:
    """SQL of the hashes of those who have not come back; None when nobody was erased."""
    if not layout.suppressed.is_file():
        return None
    return f"SELECT kind, hash FROM {parquet(layout.suppressed)} WHERE NOT returned"


@dataclass(frozen=True)
class Met:
    """A reference that an import names for the first time as that of somebody who was erased."""

    record: Record
    token: str
    until: date


@dataclass(frozen=True)
class Screening:
    """Takes those who were erased out of an import before it is published. `follow` hears of
    references that are new to the list."""

    layout: Layout
    engine: DuckEngine
    key: str
    follow: Callable[[Sequence[Met]], None] = lambda met: None

    def screen(self, folder: Path, *, source: str) -> int:
        """Rewrite the staged files in `folder`; rows that are about persons who were erased."""
        if not self.layout.suppressed.is_file():
            return 0
        spelling.prepare(self.engine)
        files = [Parquet(p, p.stem, source) for p in sorted(folder.glob("*.parquet"))]
        files = [file for file in files if file.table != "records"]
        rewriter = Rewriter(self.engine, self.key, hashed=hashes_sql(self.layout))
        rewriter.fill(())
        self._see(files, rewriter)
        self._match(source)
        self._come_back(files, rewriter, source)
        if met := self._met(source):
            self.follow(met)
        rewriter.fill(self._mine(source))
        cells = rewriter.cells(files)
        screened = 0
        for file in files:
            rows = rewriter.rows(file)
            if rows or cells[file]:
                target = file.path.with_suffix(".screened")
                rewriter.write(file, cells[file], target)
                target.replace(file.path)
            screened += rows
        return screened

    def _see(self, files: Sequence[Parquet], rewriter: Rewriter) -> None:
        """References in the import, each once, and what its customers tell of them."""
        parts = []
        for file in files:
            names = rewriter.columns(file)
            if "customer_ref" in names:
                told = "email, phone" if file.table == "customers" else "NULL, NULL"
                parts.append(
                    f"SELECT DISTINCT coalesce(customer_ref_kind, 'id'), customer_ref, {told} "
                    f"FROM {file.sql} WHERE customer_ref IS NOT NULL"
                )
            elif "source_order_id" in names:
                parts.append(
                    f"SELECT DISTINCT 'id', split_part(source_order_id, '/', 1), NULL, NULL "
                    f"FROM {file.sql} WHERE contains(source_order_id, '/')"
                )
        empty = "SELECT ''::VARCHAR AS kind, '' AS ref, '' AS email, '' AS phone WHERE false"
        every = " UNION ".join([empty, *parts])
        self.engine.duck.execute(f"CREATE OR REPLACE TEMP TABLE {_SEEN} AS {every}")

    def _match(self, source: str) -> None:
        """References of the import that stand on the list, or whose e-mail does; a telephone
        number counts where there is no e-mail, as several persons may share one."""

        def own(kind: str, *values: str) -> str:
            return keyed_sql(self.key, SUPPRESSED, quote_text(kind), *values)

        address = "coalesce(email, CASE WHEN kind = 'email' THEN ref END)"
        number = "coalesce(phone, CASE WHEN kind = 'phone' THEN ref END)"
        digits = f"regexp_replace({number}, '[^0-9]', '', 'g')"
        tests = [
            f"SELECT kind, ref, '{REF}' AS of, {own(REF, quote_text(source), 'kind', 'ref')} "
            f"AS hash FROM (SELECT DISTINCT kind, ref FROM {_SEEN})",
            f"SELECT kind, ref, '{spelling.EMAIL}', "
            f"{own(spelling.EMAIL, f'erasure_one_email({address})')} FROM {_SEEN} "
            f"WHERE contains({address}, '@')",
            f"SELECT kind, ref, '{spelling.PHONE}', {own(spelling.PHONE, digits)} FROM {_SEEN} "
            f"WHERE coalesce(email, '') = '' AND length({digits}) >= {spelling.LEAST_DIGITS}",
        ]
        self.engine.duck.execute(
            f"CREATE OR REPLACE TEMP TABLE {_MATCHED} AS SELECT DISTINCT g.kind, g.ref, g.of, "
            f"g.hash, s.token, s.until, s.returned FROM ({' UNION ALL '.join(tests)}) g "
            f"JOIN {parquet(self.layout.suppressed)} s ON s.kind = g.of AND s.hash = g.hash"
        )

    def _met(self, source: str) -> list[Met]:
        """References that their e-mail or number alone leads to somebody on the list."""
        rows = self.engine.duck.execute(
            f"SELECT kind, ref, max_by(token, (until, token)), max(until) FROM {_MATCHED} "
            f"WHERE kind <> '{ERASED}' GROUP BY kind, ref "
            f"HAVING bool_and(of <> '{REF}' AND NOT returned) ORDER BY ALL"
        ).fetchall()
        return [Met(Record(source, kind, ref), token, until) for kind, ref, token, until in rows]

    def names(self, text: str) -> str:
        """The name of a file as it may be kept."""
        if not self.layout.suppressed.is_file():
            return text
        spelling.prepare(self.engine)
        rewriter = Rewriter(self.engine, self.key, hashed=hashes_sql(self.layout))
        return rewriter.texts([text]).get(text, text)

    def _come_back(self, files: Sequence[Parquet], rewriter: Rewriter, source: str) -> None:
        """Write down who did something after the day of the erasure: that is a new relation."""
        acts = [
            f"SELECT coalesce(customer_ref_kind, 'id') AS kind, customer_ref AS ref, "
            f"max({ACTS[file.table]}) AS day FROM {file.sql} GROUP BY ALL"
            for file in files
            if file.table in ACTS and "customer_ref" in rewriter.columns(file)
        ]
        seen = " UNION ALL ".join(acts or ["SELECT '' AS kind, '' AS ref, NULL::DATE AS day"])
        rows = self.engine.duck.execute(
            f"WITH acts AS ({seen}), last AS (SELECT kind, ref, max(until) AS until "
            f"FROM {_MATCHED} GROUP BY ALL), back AS (SELECT kind, ref FROM acts "
            "JOIN last USING (kind, ref) WHERE day > until "
            f"UNION SELECT kind, ref FROM {_MATCHED} m JOIN last USING (kind, ref, until) "
            f"WHERE m.returned) SELECT DISTINCT m.of, m.hash, m.token FROM {_MATCHED} m "
            "SEMI JOIN back USING (kind, ref) WHERE NOT m.returned"
        ).fetchall()
        if not rows:
            return
        # A number is not matched beside an e-mail; it comes back with its person.
        back = {(kind, one) for kind, one, _token in rows}
        persons = {(spelling.PHONE, token) for _kind, _one, token in rows}
        listed = read(self.layout).to_pylist()
        marked = [
            {
                **row,
                "returned": row["returned"]
                or (row["kind"], row["hash"]) in back
                or (row["kind"], row["token"]) in persons,
            }
            for row in listed
        ]
        write(pa.Table.from_pylist(marked, schema=SCHEMA), self.layout.suppressed)
        self._match(source)

    def _mine(self, source: str) -> list[dict[str, Any]]:
        """What the rewriter must know: of each reference the persons it stood for, in time."""
        rows = self.engine.duck.execute(
            "SELECT kind, ref, min_by(token, (of <> 'ref')::INT || token), until, "
            "lag(until) OVER (PARTITION BY kind, ref ORDER BY until), "
            "until = max(until) OVER (PARTITION BY kind, ref), "
            "max_by(bool_or(returned), until) OVER (PARTITION BY kind, ref) "
            f"FROM {_MATCHED} GROUP BY kind, ref, until"
        ).fetchall()
        names = ("until", "after", "last", "returned")
        return [
            {
                "source": source,
                "kind": kind,
                "ref": ref,
                "pseudo": pseudonym(token, Record(source, kind, ref), self.key),
                **dict(zip(names, rest, strict=True)),
            }
            for kind, ref, token, *rest in rows
            if kind != ERASED
        ]
