"""Who is asked for: every record of every import and snapshot, and the customer each belongs to."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import pyarrow as pa

from perenne.core import PerenneError, opaque_id
from perenne.text import gettext as _
from perenne.warehouse import ERASED, TOKEN_LENGTH, DuckEngine, files_of, keyed_sql, quote_text
from perenne.workspace.batches import Batch, list_imports
from perenne.workspace.erasure import spelling
from perenne.workspace.lakes import place_of
from perenne.workspace.layout import Layout
from perenne.workspace.snapshots import Snapshot, published

UNIVERSE, TOLD = "erasure_universe", "erasure_told"
_TOLD = ("email", "phone", "country", "first_name", "last_name", "address")


@dataclass(frozen=True)
class Record:
    """One id of one source, as staged tables and links name it."""

    source: str
    kind: str
    ref: str


@dataclass(frozen=True)
class Person:
    """A customer to erase: the id of the newest snapshot, all records, and every id they had.

    `token` is drawn by chance: nothing leads from it to the person but the keyed hashes.
    """

    customer_id: str
    records: tuple[Record, ...]
    own_ids: tuple[str, ...]
    token: str

    def pseudonym(self, record: Record, key: str) -> str:
        """What stands for a reference to the person in every staged table."""
        return pseudonym(self.token, record, key)

    def new_ids(self, key: str) -> dict[str, str]:
        """Every id they had, and the one that takes its place. The present one becomes what a
        refresh will compute."""
        now = opaque_id(key, ERASED, self.token)
        others = {own: opaque_id(key, ERASED, self.token, own) for own in self.own_ids}
        return others | {self.customer_id: now}


def pseudonym(token: str, record: Record, key: str) -> str:
    """The same for the same record and token, in every import."""
    own = opaque_id(key, ERASED, record.source, record.kind, record.ref)[:12]
    return f"{ERASED}-{token}-{own}"


def new_token() -> str:
    return secrets.token_hex(TOKEN_LENGTH // 2)


def parquet(path: Path) -> str:
    """SQL that reads a table: a Parquet file, or its parts."""
    files = ", ".join(quote_text(place_of(file)) for file in files_of(path))
    return f"read_parquet([{files}])"


@dataclass(frozen=True)
class Census:
    """Everyone whom the workspace knows, as tables of the engine."""

    layout: Layout
    engine: DuckEngine
    key: str

    def take(self) -> None:
        """Fill `UNIVERSE` (source, kind, ref, own_id, customer_id) and `TOLD` (what sources tell
        of each record)."""
        spelling.prepare(self.engine)
        imports, made = list_imports(self.layout), published(self.layout)
        duck = self.engine.duck
        duck.execute(f"CREATE OR REPLACE TEMP TABLE {TOLD} AS {self._told_sql(imports, made)}")
        duck.execute(f"CREATE OR REPLACE TEMP TABLE erasure_seen AS {self._seen_sql(imports)}")
        duck.execute(f"CREATE OR REPLACE TEMP TABLE erasure_links AS {self._links_sql(made)}")
        person = "CASE WHEN person_ref IS NULL THEN kind ELSE 'person' END"
        own = keyed_sql(self.key, "source", person, "coalesce(person_ref, ref)")
        duck.execute(_UNIVERSE_SQL.format(own=own))

    def _seen_sql(self, imports: Iterable[Batch]) -> str:
        """References in raw tables; a person whom a source says several ids are, as a reference."""
        parts = []
        for batch in imports:
            source = quote_text(batch.source)
            for table in batch.tables:
                path = self.layout.raw / batch.id / f"{table}.parquet"
                names = self._columns(path)
                if "customer_ref" not in names:
                    continue
                person = "person_ref" if "person_ref" in names else "NULL"
                kind = "coalesce(customer_ref_kind, 'id')"
                parts.append(
                    f"SELECT DISTINCT {source} AS source, {kind} AS kind, customer_ref AS ref, "
                    f"{person}::VARCHAR AS person_ref FROM {parquet(path)} "
                    "WHERE customer_ref IS NOT NULL"
                )
                if person == "person_ref":
                    parts.append(
                        f"SELECT DISTINCT {source}, 'id', person_ref, person_ref "
                        f"FROM {parquet(path)} WHERE person_ref IS NOT NULL"
                    )
        empty = "SELECT '' AS source, '' AS kind, '' AS ref, '' AS person_ref WHERE false"
        return " UNION ".join([empty, *parts])

    def _links_sql(self, made: Sequence[Snapshot]) -> str:
        """Links of every snapshot; `nth` grows with the snapshot. The first versions of Perenne
        knew of no `own_id`: a customer's was that of one record."""
        parts = []
        for nth, snapshot in enumerate(made):
            if "customer_links" in snapshot.tables:
                path = snapshot.table_path("customer_links")
                own = "own_id" if "own_id" in self._columns(path) else "NULL::VARCHAR AS own_id"
                parts.append(
                    f"SELECT source, source_id_kind AS kind, source_id AS ref, {own}, "
                    f"customer_id, {nth} AS nth FROM {parquet(path)}"
                )
        empty = (
            "SELECT '' AS source, '' AS kind, '' AS ref, '' AS own_id, '' AS customer_id, "
            "0 AS nth WHERE false"
        )
        return " UNION ALL ".join([empty, *parts])

    def _told_sql(self, imports: Iterable[Batch], made: Iterable[Snapshot]) -> str:
        """What raw customers tell of a reference, and contacts of snapshots of a customer."""
        told = ", ".join(_TOLD)
        parts = [
            f"SELECT {quote_text(batch.source)} AS source, "
            "coalesce(customer_ref_kind, 'id') AS kind, customer_ref AS ref, NULL AS customer_id, "
            f"{told} FROM {parquet(self.layout.raw / batch.id / 'customers.parquet')} "
            "WHERE customer_ref IS NOT NULL"
            for batch in imports
            if "customers" in batch.tables
        ]
        parts += [
            f"SELECT source, NULL, NULL, customer_id, {told} "
            f"FROM {parquet(snapshot.table_path('contacts'))}"
            for snapshot in made
            if "contacts" in snapshot.tables
        ]
        names = "source", "kind", "ref", "customer_id", *_TOLD
        empty = ", ".join(f"NULL::VARCHAR AS {name}" for name in names)
        return " UNION ".join([f"SELECT {empty} WHERE false", *parts])

    def _columns(self, path: Path) -> list[str]:
        rows = self.engine.duck.execute(f"DESCRIBE SELECT * FROM {parquet(path)}").fetchall()
        return [row[0] for row in rows]

    def people(self, words: Iterable[str]) -> list[Person]:
        """The customers that `words` name, each once. Raises PerenneError for a word that names
        nobody or several."""
        found = dict.fromkeys(self.customer_of(word.strip()) for word in words if word.strip())
        return self.persons(list(found))

    def customer_of(self, word: str) -> str:
        """The customer that an id, an e-mail or a telephone number names."""
        duck = self.engine.duck
        rows = duck.execute(_BY_ID, {"word": word}).fetchall()
        if not rows:
            rows = duck.execute(_BY_TOLD, {"word": word}).fetchall()
        if not rows:
            raise PerenneError(
                _("Nobody in this workspace is known as {word}.").format(word=word),
                given=word,
                next_step=_(
                    "Give a customer id, an id of a source, an e-mail or a telephone number. "
                    "perenne erase --prove {word} searches every file."
                ).format(word=quote(word)),
            )
        if len(rows) > 1:
            ids = [row[0] for row in rows]
            raise PerenneError(
                _("{word} names {n} customers.").format(word=word, n=len(ids)),
                given=word,
                allowed=ids,
                next_step=_("Name those to erase by their ids: {ids}.").format(
                    ids=", ".join(ids[:20])
                ),
            )
        return str(rows[0][0])

    def persons(self, customer_ids: Sequence[str]) -> list[Person]:
        """Customers with all their records, in the order given."""
        wanted = pa.table({"customer_id": pa.array(customer_ids, pa.string())})
        self.engine.duck.register("erasure_wanted", wanted)
        rows = self.engine.duck.execute(
            "SELECT customer_id, list((source, kind, ref) ORDER BY source, kind, ref), "
            f"list(DISTINCT own_id ORDER BY own_id) FROM {UNIVERSE} "
            "SEMI JOIN erasure_wanted USING (customer_id) GROUP BY customer_id"
        ).fetchall()
        self.engine.duck.unregister("erasure_wanted")
        known = {
            customer: Person(
                customer,
                tuple(Record(*values) for values in records),
                tuple(own_ids),
                new_token(),
            )
            for customer, records, own_ids in rows
        }
        return [known[one] for one in customer_ids]


# The customer of a record is what the newest snapshot says. A record that no snapshot knows yet
# follows another id of its person, then its e-mail where that leads to one customer.
_UNIVERSE_SQL = f"""
CREATE OR REPLACE TEMP TABLE {UNIVERSE} AS
WITH linked AS (
  SELECT source, kind, ref, own_id, arg_max(customer_id, nth) AS customer_id
  FROM erasure_links GROUP BY source, kind, ref, own_id
  QUALIFY own_id IS NOT NULL OR count(own_id) OVER (PARTITION BY source, kind, ref) = 0
), own AS (
  SELECT source, kind, ref, max(person_ref) AS person_ref FROM erasure_seen GROUP BY ALL
), every AS (
  SELECT source, kind, ref, coalesce(l.own_id, {{own}}) AS own_id, l.customer_id, person_ref
  FROM own FULL JOIN linked l USING (source, kind, ref)
), told AS (
  SELECT DISTINCT source, kind, ref, erasure_one_email(email) AS email
  FROM {TOLD} WHERE contains(email, '@') AND ref IS NOT NULL
  UNION SELECT source, kind, ref, erasure_one_email(ref) FROM every WHERE kind = 'email'
), by_person AS (
  SELECT source, person_ref, min(customer_id) AS customer_id FROM every
  WHERE person_ref IS NOT NULL GROUP BY ALL
), by_email AS (
  SELECT email, min(coalesce(customer_id, own_id)) AS customer_id FROM told
  JOIN every USING (source, kind, ref) GROUP BY email
  HAVING count(DISTINCT customer_id) <= 1
), reached AS (
  SELECT source, kind, ref, min(by_email.customer_id) AS customer_id
  FROM told JOIN by_email USING (email) GROUP BY ALL
)
SELECT e.source, e.kind, e.ref, e.own_id,
  coalesce(e.customer_id, p.customer_id, r.customer_id, e.own_id) AS customer_id
FROM every e
LEFT JOIN by_person p ON p.source = e.source AND p.person_ref = e.person_ref
LEFT JOIN reached r ON r.source = e.source AND r.kind = e.kind AND r.ref = e.ref
WHERE e.kind <> '{ERASED}'
"""
_BY_ID = f"""
SELECT DISTINCT customer_id FROM {UNIVERSE}
WHERE $word IN (customer_id, own_id, source || ':' || ref) OR (ref = $word AND kind = 'id')
ORDER BY 1
"""
_BY_TOLD = f"""
WITH asked AS (SELECT erasure_one_email($word) AS email,
    regexp_replace($word, '[^0-9]', '', 'g') AS digits),
met AS (
  SELECT t.source, t.kind, t.ref, t.customer_id FROM {TOLD} t, asked
  WHERE erasure_one_email(t.email) = asked.email OR (length(digits) >= 8
    AND right(regexp_replace(t.phone, '[^0-9]', '', 'g'), 9) = right(digits, 9))
  UNION SELECT u.source, u.kind, u.ref, NULL FROM {UNIVERSE} u, asked
  WHERE (u.kind = 'email' AND erasure_one_email(u.ref) = asked.email) OR (u.kind <> 'id'
    AND u.ref = $word) OR (u.kind = 'phone' AND length(digits) >= 8
    AND right(regexp_replace(u.ref, '[^0-9]', '', 'g'), 9) = right(digits, 9))
)
SELECT DISTINCT u.customer_id FROM met JOIN {UNIVERSE} u
ON (u.source = met.source AND u.kind = met.kind AND u.ref = met.ref)
  OR u.own_id = met.customer_id
ORDER BY 1
"""
