"""What an erasure would change: which files, how many rows and texts of each, and which identifiers
others share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from perenne.identity import phone_spellings
from perenne.warehouse import table_of, tables_in
from perenne.workspace.batches import Batch, list_imports
from perenne.workspace.erasure import spelling
from perenne.workspace.erasure.columns import FREE_TEXT, REPLACED
from perenne.workspace.erasure.people import TOLD, Census, Person, parquet
from perenne.workspace.erasure.rewriting import MINE, Parquet, Rewriter, texts_of
from perenne.workspace.layout import Layout
from perenne.workspace.snapshots import Snapshot, published

Names = dict[tuple[str, str], str]
LEAST_ID = 8
"""Letters and digits from which on an id is looked for in texts, not only where ids stand."""


@dataclass(frozen=True)
class Change:
    """One file to write anew: rows about the persons, and texts that name them, by column."""

    file: Parquet
    rows: int
    cells: Mapping[str, Mapping[str, str]]

    @property
    def texts(self) -> int:
        return sum(len(cells) for cells in self.cells.values())


@dataclass(frozen=True)
class Plan:
    """All that an erasure changes in batches and snapshots. `names` are the tokens that nobody
    else bears; `shared` counts, per kind, those that others bear too and that stay with them.
    `told`: all that sources tell of the persons, to mask names of files with; None: not known any
    more."""

    people: Sequence[Person]
    batches: Mapping[str, Sequence[Change]]
    snapshots: Mapping[str, Sequence[Change]]
    names: Names
    ids: Mapping[str, str]
    shared: Mapping[str, int]
    told: frozenset[str] | None = None

    @property
    def changes(self) -> Iterator[Change]:
        for group in (self.batches, self.snapshots):
            for changes in group.values():
                yield from changes


def batch_files(layout: Layout, batch: Batch) -> list[Parquet]:
    """The Parquet files of an import: staged tables and refused rows, with their copy."""
    files = [
        Parquet(path, path.stem, batch.source)
        for path in sorted((layout.raw / batch.id).glob("*.parquet"))
        if path.name != "records.parquet"
    ]
    copy = layout.quarantine / f"{batch.id}.parquet"
    return [*files, Parquet(copy, "quarantine", batch.source)] if copy.is_file() else files


def snapshot_files(snapshot: Snapshot) -> list[Parquet]:
    return [Parquet(path, table_of(path)) for path in tables_in(snapshot.folder)]


@dataclass
class Planner:
    """Makes the plan for some persons of a census that was taken."""

    census: Census
    rewriter: Rewriter
    country: str

    def plan(self, people: Sequence[Person]) -> Plan:
        layout, key = self.census.layout, self.census.key
        self.rewriter.fill(
            {
                "source": record.source,
                "kind": record.kind,
                "ref": record.ref,
                "pseudo": person.pseudonym(record, key),
            }
            for person in people
            for record in person.records
        )
        ids = {old: new for person in people for old, new in person.new_ids(key).items()}
        names = self._names(people)
        self.rewriter.search(names)
        shared = self._shared(layout)
        kept = {pair: name for pair, name in names.items() if pair not in shared}
        kept |= {(spelling.WORDS, old): new for old, new in ids.items()}
        self.rewriter.search(kept, ids)
        batches = {
            batch.id: self._changes(batch_files(layout, batch)) for batch in list_imports(layout)
        }
        made: dict[str, Sequence[Change]] = {}
        for snapshot in published(layout):
            self.look_at(snapshot)
            made[snapshot.id] = self._changes(snapshot_files(snapshot))
        counted = Counter(kind for kind, _token in shared)
        told = frozenset(self._told).union(ids)
        return Plan(people, _some(batches), _some(made), kept, ids, counted, told)

    def look_at(self, snapshot: Snapshot) -> None:
        """Tell the rewriter which customers of a snapshot are wholly among the persons."""
        if "customer_links" not in snapshot.tables:
            self.rewriter.clusters(())
            return
        links = parquet(snapshot.table_path("customer_links"))
        rows = self.census.engine.duck.execute(
            f"SELECT customer_id FROM {links} t LEFT JOIN {MINE} m "
            "ON t.source = m.source AND t.source_id_kind = m.kind AND t.source_id = m.ref "
            "GROUP BY customer_id HAVING bool_and(m.ref IS NOT NULL)"
        ).fetchall()
        self.rewriter.clusters(row[0] for row in rows)

    def _changes(self, files: Sequence[Parquet]) -> list[Change]:
        cells = self.rewriter.cells(files)
        found = [Change(file, self.rewriter.rows(file), cells[file]) for file in files]
        return [change for change in found if change.rows or change.cells]

    def _shared(self, layout: Layout) -> set[tuple[str, str]]:
        """Tokens that stand in rows about others where no one writes what he likes: other persons
        bear them too, or products do."""
        imports = list_imports(layout)
        found = self._borne([file for one in imports for file in batch_files(layout, one)])
        for snapshot in published(layout):
            self.look_at(snapshot)
            found |= self._borne(snapshot_files(snapshot))
        return found

    def _borne(self, files: Iterable[Parquet]) -> set[tuple[str, str]]:
        searched = {}
        for file in files:
            texts = texts_of(self.rewriter.columns(file))
            columns = [name for name in texts if name not in FREE_TEXT]
            searched[file] = (self.rewriter.others(file), columns)
        found = self.rewriter.hits(searched)
        return {(hit.kind, hit.token) for hits in found.values() for hit in hits}

    def _names(self, people: Sequence[Person]) -> Names:
        """Every token of what the sources tell of the persons, and of which person."""
        self._own: dict[str, set[tuple[str, str]]] = {}
        pairs = {
            "customer_id": [own for person in people for own in _ids_of(person)],
            "pseudo": [person.token for person in people for _own in _ids_of(person)],
        }
        duck = self.census.engine.duck
        duck.register("erasure_known", pa.table(pairs, schema=_KNOWN))
        rows = duck.execute(
            f"SELECT DISTINCT split_part(m.pseudo, '-', 2), {_WRITTEN} FROM {TOLD} t JOIN {MINE} m "
            "ON t.source = m.source AND t.kind = m.kind AND t.ref = m.ref "
            f"UNION SELECT DISTINCT k.pseudo, {_WRITTEN} FROM {TOLD} t "
            "JOIN erasure_known k USING (customer_id) "
            f"UNION SELECT DISTINCT split_part(pseudo, '-', 2), {_REFERRED} FROM {MINE}"
        ).fetchall()
        duck.unregister("erasure_known")
        self._told = {text for _who, *texts in rows for text in texts if text}
        self._told |= {record.ref for person in people for record in person.records}
        for token, email, phone, country, *words in rows:
            found = _tokens(email, phone, country or self.country, *words)
            self._own.setdefault(token, set()).update(found)
        return {pair: REPLACED for own in self._own.values() for pair in own}

    def names_of(self, person: Person, names: Names) -> list[tuple[str, str]]:
        """Those of some tokens that are of one person."""
        return sorted(pair for pair in self._own.get(person.token, ()) if pair in names)


def _ids_of(person: Person) -> list[str]:
    return sorted({person.customer_id, *person.own_ids})


_KNOWN = pa.schema([("customer_id", pa.string()), ("pseudo", pa.string())])
_WRITTEN = (
    "CASE WHEN contains(email, '@') THEN erasure_one_email(email) END, phone, country, "
    "erasure_folded(first_name), erasure_folded(last_name), erasure_folded(address), NULL"
)
_REFERRED = (
    "CASE WHEN contains(ref, '@') THEN erasure_one_email(ref) END, "
    "CASE WHEN kind = 'phone' THEN ref END, NULL, NULL, "
    "CASE WHEN kind = 'name' THEN erasure_folded(ref) END, NULL, "
    "CASE WHEN kind = 'id' THEN erasure_folded(ref) END"
)


def _tokens(
    email: str | None,
    phone: str | None,
    country: str | None,
    *words: str | None,
) -> Iterator[tuple[str, str]]:
    first, last, address, ref = words
    if email:
        yield spelling.EMAIL, email
    if phone:
        for digits in phone_spellings(phone, country):
            if spelling.LEAST_DIGITS <= len(digits) <= spelling.MOST_DIGITS:
                yield spelling.PHONE, digits
    whole = [f"{first} {last}", f"{last} {first}"] if first and last else [first or last or ""]
    yield from ((spelling.WORDS, name) for name in whole if " " in name and len(name) >= 6)
    if address and address.count(" ") >= 2 and any(letter.isdigit() for letter in address):
        yield spelling.WORDS, address
    letters = (ref or "").replace(" ", "")
    if len(letters) >= LEAST_ID and any(letter.isdigit() for letter in letters):
        yield spelling.WORDS, ref or ""


def _some(groups: Mapping[str, Sequence[Change]]) -> dict[str, Sequence[Change]]:
    return {name: changes for name, changes in groups.items() if changes}


def prepared(folder: Path, number: int) -> Path:
    """Where the new form of the n-th file of an erasure waits."""
    return folder / f"{number:06d}"
