"""Rows that name nobody any more once they are old: visits, messages, tickets, answers.

The row stays, so that every count stays; who it was about, the session's own id and what people
wrote go. A few rows of each customer keep their person, because figures rest on them: the visit
that brought them, their first interaction after the first purchase, and their last act, from which
the time of the whole person is counted.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from perenne.warehouse import STAGED, keyed_sql, quote_name, quote_text
from perenne.workspace.batches import list_imports
from perenne.workspace.erasure import ledger, signing
from perenne.workspace.erasure.jobs import Desk
from perenne.workspace.erasure.people import parquet
from perenne.workspace.erasure.planning import batch_files, prepared, snapshot_files
from perenne.workspace.erasure.resting import HELD, held
from perenne.workspace.erasure.rewriting import Parquet, without_row_hash
from perenne.workspace.files import replace_all
from perenne.workspace.lakes import keep, sweep_lake
from perenne.workspace.layout import read_json, write_json
from perenne.workspace.policy import Rule, rules
from perenne.workspace.snapshots import Snapshot, published

NUMBERS = {"events": "source_event_id", "surveys": "source_response_id"}
"""The source's own number of a row, by table."""
_ORIGIN = frozenset({"row_file", "row_number", "row_hash"})
_EMPTIED = frozenset(
    {"customer_ref", "customer_ref_kind", "customer_id", "comment", "source_order_id"}
)


@dataclass(frozen=True)
class Aged:
    """What one rule means on a day: rows before it that still name somebody, in imports and in
    snapshots, and the oldest of them."""

    rule: str
    before: date
    imports: int
    snapshots: int
    oldest: date | None


@dataclass(frozen=True)
class Ageing:
    """The rules about rows, applied to a workspace as the newest snapshot knows its persons."""

    place: Desk
    newest: Snapshot
    as_of: date

    def review(self) -> tuple[Aged, ...]:
        """What each rule of the policy means; nothing is changed."""
        held(self.place, self.newest)
        rows: Counter[tuple[str, bool]] = Counter()
        days: dict[str, list[date]] = {}
        for file in self._files():
            for name, count, oldest in self._due(file):
                rows[name, file.source is not None] += count
                days.setdefault(name, []).append(oldest)
        return tuple(
            Aged(
                rule.name,
                rule.before(self.as_of),
                imports=rows[rule.name, True],
                snapshots=rows[rule.name, False],
                oldest=min(days.get(rule.name, ()), default=None),
            )
            for rule in self._rules
        )

    def run(self, reviewed: Sequence[Aged], *, at: datetime) -> str:
        """Take the persons out of these rows, all files as if in one step; the id of the record."""
        held(self.place, self.newest)
        layout = self.place.layout
        shutil.rmtree(layout.erasing, ignore_errors=True)
        layout.erasing.mkdir()
        moves: dict[Path, Path] = {}
        erasure = ledger.next_ageing(layout)
        done = list(self._rewritten(moves, erasure))
        line = {
            "id": erasure,
            "at": at.isoformat(timespec="seconds"),
            "reason": "retention",
            "cutoffs": {one.rule: one.before.isoformat() for one in reviewed},
            "rules": [asdict(one) for one in reviewed],
            "files": done,
        }
        record = prepared(layout.erasing, len(moves))
        moves[record] = layout.erasures
        record.write_text(ledger.with_line(layout, _plain(line)), encoding="utf-8")
        replace_all(layout.root, layout.erasing, moves)
        sweep_lake(layout)
        return erasure

    @property
    def _rules(self) -> tuple[Rule, ...]:
        return tuple(rules(self.place.settings.retention))

    def _files(self) -> Iterator[Parquet]:
        layout = self.place.layout
        for batch in list_imports(layout):
            yield from (file for file in batch_files(layout, batch) if file.table in NUMBERS)
        for snapshot in published(layout):
            yield from (file for file in snapshot_files(snapshot) if file.table in NUMBERS)

    def _due(self, file: Parquet) -> list[tuple[str, int, date]]:
        """Of each rule the rows of a file that it means, and the oldest day of them."""
        case = _case(file.table, {r: r.before(self.as_of) for r in self._rules})
        if case is None:
            return []
        return self.place.engine.duck.execute(
            f"SELECT _rule, count(*), min(_day) FROM ({self._judged(file, case)}) "
            "WHERE _due GROUP BY _rule"
        ).fetchall()

    def _judged(self, file: Parquet, case: str) -> str:
        """SQL of the rows with `_rule`, `_day`, and whether they are due."""
        kind = "event" if file.table == "events" else "'survey'"
        day = next(rule.day for rule in self._rules if rule.table == file.table)
        return (
            f"SELECT t.*, coalesce(_rule IS NOT NULL AND {_named(file)} AND h.who IS NULL, false) "
            f"AS _due FROM (SELECT *, {case} AS _rule, {day} AS _day, {kind} AS _kind "
            f"FROM {file.sql}) t LEFT JOIN ({_held_in(file)}) h ON h.who = {_who(file)} "
            "AND h.day = _day AND h.event = _kind"
        )

    def _rewritten(self, moves: dict[Path, Path], erasure: str) -> Iterator[dict[str, Any]]:
        layout = self.place.layout
        for batch in list_imports(layout):
            files = [file for file in batch_files(layout, batch) if file.table in NUMBERS]
            made, counted = self._made(files, moves)
            if made:
                path = layout.raw / batch.id / signing.MANIFEST
                manifest = signing.of_batch(batch, read_json(path), made, by=erasure)
                self._manifest(path, manifest, moves)
            yield from counted
        for snapshot in published(layout):
            files = [file for file in snapshot_files(snapshot) if file.table in NUMBERS]
            made, counted = self._made(files, moves)
            if made:
                manifest = signing.of_snapshot(snapshot.manifest, made, {}, by=erasure)
                self._manifest(snapshot.folder / signing.MANIFEST, manifest, moves)
            yield from counted

    def _made(
        self, files: Sequence[Parquet], moves: dict[Path, Path]
    ) -> tuple[dict[Path, Path], list[dict[str, Any]]]:
        """The new form of those files that have rows to age."""
        made, counted = {}, []
        for file in files:
            rows = sum(count for _rule, count, _day in self._due(file))
            if not rows:
                continue
            target = prepared(self.place.layout.erasing, len(moves))
            moves[target] = file.path
            made[file.path] = target
            case = _case(file.table, {r: r.before(self.as_of) for r in self._rules})
            _write(self.place, file, self._judged(file, str(case)), target)
            keep(self.place.layout, target, place=file.path)
            name = str(file.path.relative_to(self.place.layout.root))
            counted.append({"file": name, "rows": rows})
        return made, counted

    def _manifest(self, path: Path, manifest: Mapping[str, Any], moves: dict[Path, Path]) -> None:
        target = prepared(self.place.layout.erasing, len(moves))
        moves[target] = path
        write_json(target, manifest)


def age_again(place: Desk, folder: Path, *, source: str) -> int:
    """Take the persons out of those rows of a staged import that the policy has taken out of an
    earlier import of the same source; how many. A row that is new to the workspace waits."""
    cutoffs = ledger.cutoffs(place.layout)
    known = {r: cutoffs[r.name] for r in rules(place.settings.retention) if r.name in cutoffs}
    aged = 0
    for table, number in NUMBERS.items():
        file = Parquet(folder / f"{table}.parquet", table, source)
        case = _case(table, known)
        if case is None or not file.path.is_file():
            continue
        earlier = [
            f"SELECT {number} AS number FROM {parquet(one.path)} WHERE customer_ref IS NULL"
            for batch in list_imports(place.layout)
            if batch.source == source
            for one in batch_files(place.layout, batch)
            if one.table == table
        ]
        if not earlier:
            continue
        judged = (
            f"SELECT t.*, {case} AS _rule, _rule IS NOT NULL AND {_named(file)} AND "
            f"{_number(place, file, 't.')} IN ({' UNION ALL '.join(earlier)}) AS _due "
            f"FROM {file.sql} t"
        )
        rows = place.engine.duck.execute(f"SELECT count(*) FROM ({judged}) WHERE _due").fetchall()
        if rows[0][0]:
            target = file.path.with_suffix(".aged")
            _write(place, file, judged, target)
            target.replace(file.path)
            aged += rows[0][0]
    return aged


def _case(table: str, before: Mapping[Rule, date]) -> str | None:
    """SQL of the rule that means a row; None where none is about the table."""
    tests = []
    for rule, day in before.items():
        if rule.table == table:
            kinds = ", ".join(quote_text(kind) for kind in rule.kinds)
            of = f"event IN ({kinds}) AND " if kinds else ""
            tests.append(f"WHEN {of}{rule.day} < DATE '{day}' THEN '{rule.name}'")
    return f"CASE {' '.join(tests)} END" if tests else None


def _named(file: Parquet) -> str:
    return "t.customer_id IS NOT NULL" if file.source is None else "t.customer_ref IS NOT NULL"


def _who(file: Parquet) -> str:
    """SQL of whom a row is about, as `HELD` names them within its file."""
    if file.source is None:
        return "t.source || chr(31) || t.customer_id"
    return "coalesce(t.customer_ref_kind, 'id') || chr(31) || t.customer_ref"


def _held_in(file: Parquet) -> str:
    """SQL of `who`, `day`, `event`: the rows of a file that keep their person."""
    if file.source is not None:
        return (
            f"SELECT DISTINCT kind || chr(31) || ref AS who, day, event FROM {HELD} "
            f"WHERE source = {quote_text(file.source)}"
        )
    links = parquet(file.path.with_name("customer_links.parquet"))
    return (
        f"SELECT DISTINCT h.source || chr(31) || l.customer_id AS who, day, event FROM {HELD} h "
        f"JOIN {links} l ON l.source = h.source AND l.source_id_kind = h.kind "
        "AND l.source_id = h.ref"
    )


def _write(place: Desk, file: Parquet, judged: str, target: Path) -> None:
    """The file without the persons of the rows that are due, row by row in its order."""
    duck = place.engine.duck
    columns = {
        row[0]: row[1] for row in duck.execute(f"DESCRIBE SELECT * FROM {file.sql}").fetchall()
    }
    columns.pop("file_row_number")
    chosen = ", ".join(
        f"CAST(CASE WHEN _due THEN {_aged(place, file, name)} ELSE {quote_name(name)} END "
        f"AS {kind}) AS {quote_name(name)}"
        for name, kind in columns.items()
    )
    duck.execute(
        f"COPY (SELECT {chosen} FROM ({judged}) ORDER BY file_row_number) "
        f"TO {quote_text(str(target))} (FORMAT parquet, COMPRESSION zstd)"
    )


def _aged(place: Desk, file: Parquet, name: str) -> str:
    """SQL of what stands in a column of a row that names nobody any more."""
    if name in _EMPTIED:
        return "NULL"
    if name in ("session_id", "row_hash"):
        column = quote_name(name)
        return f"CASE WHEN {column} IS NOT NULL THEN {keyed_sql(place.key, column)} END"
    if name in ("event_id", "response_id"):
        return without_row_hash(name, place.key)
    if name == NUMBERS[file.table] and file.source is not None:
        return _number(place, file, "")
    return quote_name(name)


def _number(place: Desk, file: Parquet, prefix: str) -> str:
    """SQL of the number by which a row is known: the source's own, else a keyed hash of all that
    it says, so that rows stay apart and a copy of one is known again."""
    number = f"{prefix}{NUMBERS[file.table]}"
    said = [
        f"coalesce(CAST({prefix}{quote_name(column)} AS VARCHAR), '')"
        for column in STAGED[file.table].names
        if column not in _ORIGIN
    ]
    return f"coalesce({number}, {keyed_sql(place.key, quote_text('aged'), *said)})"


def _plain(line: Mapping[str, Any]) -> dict[str, Any]:
    rows = [{**one, "before": str(one["before"]), "oldest": str(one["oldest"])}
            for one in line["rules"]]  # fmt: skip
    return {**line, "rules": rows}
