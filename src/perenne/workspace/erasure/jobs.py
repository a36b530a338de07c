"""Erase persons, prove it, and screen imports: what the doors may ask of a workspace."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from perenne.core import PerenneError
from perenne.identity import from_lines, masked, to_line
from perenne.sources.connectors import RECORDS, keyed_records
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine, quote_text
from perenne.workspace import settings as settings_
from perenne.workspace import snapshots
from perenne.workspace.batches import list_imports, require_sound
from perenne.workspace.engines import local_engine
from perenne.workspace.erasure import blocked, ledger, masking, signing, suppression
from perenne.workspace.erasure.people import Census, Person
from perenne.workspace.erasure.planning import Plan, Planner, prepared
from perenne.workspace.erasure.proof import Proof, Search, identifiers
from perenne.workspace.erasure.rewriting import Rewriter
from perenne.workspace.erasure.signing import MANIFEST
from perenne.workspace.erasure.spelling import WORDS
from perenne.workspace.failures import explained
from perenne.workspace.files import replace_all
from perenne.workspace.lakes import keep, place_of, sweep_lake
from perenne.workspace.layout import Layout, key_of, read_json, write_json, writing
from perenne.workspace.sweeping import sweep

_TAG = re.compile(r"(<[^>]*>)")
Step = Callable[[str], None]
Wait = Callable[[], None]


@dataclass(frozen=True)
class Erased:
    """What an erasure changes (`done` and `proof` are None in a dry run) or has changed. `done`
    without `proof`: a dry run for persons who were erased already."""

    plan: Plan
    done: ledger.Done | None = None
    proof: Proof | None = None


@dataclass(frozen=True)
class Desk:
    """A workspace that is locked for an erasure, with what it needs."""

    layout: Layout
    settings: settings_.Settings
    engine: DuckEngine
    key: str
    step: Step = lambda text: None

    @property
    def census(self) -> Census:
        return Census(self.layout, self.engine, self.key)

    @property
    def search(self) -> Search:
        own = self.settings.identity
        listed = blocked.tokens(own.blocklist, country=own.default_country)
        return Search(self.layout, self.engine, self.key, listed)


@contextmanager
def desk(
    layout: Layout, *, step: Step = lambda text: None, wait: Wait = lambda: None
) -> Iterator[Desk]:
    """Hold both locks, so that nobody else writes. What killed runs left, persons too, is swept."""
    values = settings_.load(layout.settings)
    with (
        explained(layout),
        writing(layout, lock=layout.sync_lock, on_wait=wait),
        writing(layout, on_wait=wait),
    ):
        sweep(layout)
        shutil.rmtree(layout.syncing, ignore_errors=True)
        try:
            with local_engine(values, layout) as engine:
                key = key_of(layout)
                yield Desk(layout, values, engine, key, step)
        finally:
            shutil.rmtree(layout.scratch, ignore_errors=True)


def erase(
    layout: Layout,
    words: Iterable[str],
    *,
    dry_run: bool = False,
    at: datetime | None = None,
    step: Step = lambda text: None,
    wait: Wait = lambda: None,
) -> Erased:
    """Take the customers that `words` name out of everything; raises PerenneError when the search
    after it finds one of their identifiers."""
    with desk(layout, step=step, wait=wait) as place:
        census = place.census
        step(_("Looking for the person"))
        census.take()
        words = list(words)
        try:
            people = census.people(words)
        except PerenneError:
            ended = _ended(place, words, dry_run=dry_run, at=at)
            if ended is None:
                raise
            return ended
        return erase_people(place, people, dry_run=dry_run, at=at, reason="request")


def _ended(
    place: Desk, words: Sequence[str], *, dry_run: bool, at: datetime | None
) -> Erased | None:
    """The erasure that has taken exactly the persons away whom `words` name, proved again: its run
    may have been killed before it could prove or say so."""

    def names(*some: str) -> Any:
        country = place.settings.identity.default_country
        return identifiers(some, engine=place.engine, country=country)

    sources = {batch.source for batch in list_imports(place.layout)}
    tokens = {
        suppression.token_of(place.layout, place.key, word, names=names(word)[0], sources=sources)
        for word in words
    }
    made = ledger.of(place.layout, tokens) if words else None
    if made is None:
        return None
    nothing = Plan((), {}, {}, {}, {}, made.shared)
    if dry_run:
        return Erased(nothing, made)
    place.step(_("Proving"))
    found, refs = names(*words)
    proof = place.search.prove(found, refs=refs)
    ledger.add_proof(place.layout, made.id, _kept(nothing, proof), at=at or datetime.now(UTC))
    return Erased(nothing, made, proof)


def erase_people(
    place: Desk, people: Sequence[Person], *, dry_run: bool, at: datetime | None, reason: str
) -> Erased:
    """Erase persons of the census that was just taken."""
    moment = at or datetime.now(UTC)
    if not dry_run:
        _require_sound(place.layout)
    rewriter = Rewriter(place.engine, place.key)
    planner = Planner(place.census, rewriter, place.settings.identity.default_country)
    place.step(_("Searching imports and snapshots"))
    plan = planner.plan(people)
    if dry_run or not people:
        return Erased(plan)
    work = _Erasure(place, planner, plan, moment, reason)
    place.step(_("Rewriting"))
    made = work.run()
    place.step(_("Proving"))
    proof = prove_erased(place, plan)
    ledger.add_proof(place.layout, made.id, _kept(plan, proof), at=moment)
    return Erased(plan, made, proof)


def rewrite(
    place: Desk, planner: Planner, people: Sequence[Person], *, at: datetime, reason: str
) -> ledger.Done:
    """Take persons out of everything; nothing is searched afterwards."""
    _require_sound(place.layout)
    return _Erasure(place, planner, planner.plan(people), at, reason).run()


def _require_sound(layout: Layout) -> None:
    """Damaged files are not rewritten: they would be signed as if they were sound."""
    require_sound(layout, list_imports(layout))
    for snapshot in snapshots.published(layout):
        if lost := snapshots.damaged(snapshot):
            raise PerenneError(
                _("Snapshot {id} is damaged: {files}.").format(
                    id=snapshot.id, files=", ".join(lost)
                ),
                given=snapshot.id,
                next_step=_(
                    "Bring its folder back from a backup, or remove {folder}; then run this again."
                ).format(folder=snapshot.folder),
            )


def prove_erased(place: Desk, plan: Plan) -> Proof:
    """Search the whole workspace for what the persons of a plan were known by."""
    refs = [(record.source, record.ref) for one in plan.people for record in one.records]
    return place.search.prove(plan.names, refs=refs)


@dataclass
class _Erasure:
    """Prepares every file anew, then puts all in place as if in one step."""

    place: Desk
    planner: Planner
    plan: Plan
    at: datetime
    reason: str

    def run(self) -> ledger.Done:
        layout = self.place.layout
        shutil.rmtree(layout.erasing, ignore_errors=True)
        layout.erasing.mkdir()
        self.moves: dict[Path, Path] = {}
        made = ledger.done(self.plan, self.plan.changes, layout, at=self.at, reason=self.reason)
        self._batches(made.id)
        self._snapshots(made.id)
        self._texts()
        self._list()
        record = self._next(layout.erasures)
        record.write_text(ledger.with_line(layout, asdict(made)), encoding="utf-8")
        replace_all(layout.root, layout.erasing, self.moves)
        sweep_lake(layout)
        return made

    def _next(self, place: Path) -> Path:
        target = prepared(self.place.layout.erasing, len(self.moves))
        self.moves[target] = place
        return target

    def _batches(self, erasure: str) -> None:
        layout = self.place.layout
        for batch in list_imports(layout):
            folder = layout.raw / batch.id
            changes = self.plan.batches.get(batch.id, ())
            made: dict[Path, Path] = {}
            for change in changes:
                made[change.file.path] = target = self._next(change.file.path)
                self.planner.rewriter.write(change.file, change.cells, target)
                keep(layout, target, place=change.file.path)
            if changes and (folder / RECORDS).is_file():
                made[folder / RECORDS] = self._records(folder / RECORDS)
            manifest = self._without(read_json(folder / MANIFEST))
            if changes or manifest != read_json(folder / MANIFEST):
                whole = signing.of_batch(batch, manifest, made, by=erasure)
                write_json(self._next(folder / MANIFEST), whole)

    def _records(self, path: Path) -> Path:
        """Hashes of what the platform told, which name persons by the ids that it gives them."""
        target = self._next(path)
        self.place.engine.duck.execute(
            f"COPY ({keyed_records(place_of(path), key=self.place.key)} ORDER BY 1) "
            f"TO {quote_text(str(target))} (FORMAT parquet, COMPRESSION zstd)"
        )
        keep(self.place.layout, target, place=path)
        return target

    def _snapshots(self, erasure: str) -> None:
        for snapshot in snapshots.published(self.place.layout):
            self.planner.look_at(snapshot)
            manifest = self._without(dict(snapshot.manifest))
            changes = self.plan.snapshots.get(snapshot.id, ())
            if not changes and manifest == snapshot.manifest:
                continue
            rows: dict[str, int] = {}
            made: dict[Path, Path] = {}
            for change in changes:
                made[change.file.path] = target = self._next(change.file.path)
                before = self.place.engine.lake.rows_of(change.file.path)
                written = self.planner.rewriter.write(change.file, change.cells, target)
                keep(self.place.layout, target, place=change.file.path)
                rows[change.file.table] = rows.get(change.file.table, 0) + written - before
            whole = signing.of_snapshot(manifest, made, rows, by=erasure)
            write_json(self._next(snapshot.folder / MANIFEST), whole)

    def _without(self, value: dict[str, Any]) -> dict[str, Any]:
        """A manifest without the persons."""
        texts = set(_strings(blocked.without_blocklist(value)))
        changed = self.planner.rewriter.texts(texts)
        result: dict[str, Any] = value
        if changed:
            result = blocked.with_blocklist(_replaced(value, changed), value)
        if unused := (result.get("identity") or {}).get("unused"):
            hidden = self._masked()
            kept = [one for one in unused if one["masked"] not in hidden]
            result = {**result, "identity": {**result["identity"], "unused": kept}}
        return result

    def _masked(self) -> set[str]:
        """The persons' e-mails and numbers as the account of a refresh shows them."""
        names = [pair for pair in self.plan.names if pair[0] != WORDS]
        return {masked(k, t) for k, t in names} | {masked(k, f"+{t}") for k, t in names}

    def _texts(self) -> None:
        """Decisions on pairs of which one side is a person's; papers that Perenne wrote."""
        layout = self.place.layout
        if layout.decisions.is_file():
            lines = layout.decisions.read_text(encoding="utf-8").splitlines()
            told = from_lines(lines)
            kept = [one for one in told if not {one.own_id_1, one.own_id_2} & self.plan.ids.keys()]
            if len(kept) < len(told):
                text = "".join(f"{to_line(one)}\n" for one in kept)
                self._next(layout.decisions).write_text(text, encoding="utf-8")
        reports = [layout.report(language) for language in ("en", "fr")]
        for path in (*reports, *sorted(layout.quality.glob("*"))):
            if path.is_file():
                self._text(path)

    def _text(self, path: Path) -> None:
        """A paper of Perenne's own without the persons: their names may stand in file names."""
        if path.suffix == ".json":
            value = read_json(path)
            changed = self.planner.rewriter.texts(set(_strings(value)))
            if changed:
                write_json(self._next(path), _replaced(value, changed))
            return
        pieces = _TAG.split(path.read_text(encoding="utf-8"))
        changed = self.planner.rewriter.texts(set(pieces))
        if changed:
            text = "".join(changed.get(piece, piece) for piece in pieces)
            self._next(path).write_text(text, encoding="utf-8")

    def _list(self) -> None:
        """The suppression list with the persons on it."""
        layout = self.place.layout
        today = self.at.astimezone(ZoneInfo(self.place.settings.shop.time_zone)).date()
        until = max(today, self._last_day())
        rows = [
            row
            for person in self.plan.people
            for row in suppression.entries(
                self.place.key,
                person.token,
                until=until,
                records=person.records,
                names=self.planner.names_of(person, self.plan.names),
            )
        ]
        table = pa.Table.from_pylist(
            [*suppression.read(layout).to_pylist(), *rows], schema=suppression.SCHEMA
        )
        suppression.write(table, self._next(layout.suppressed))

    def _last_day(self) -> date:
        """The last day of any row about the persons: whatever is dated up to it was erased."""
        days = [self.planner.rewriter.last_day(change.file) for change in self.plan.changes]
        return max((day for day in days if day), default=date.min)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield name
            yield from _strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)


def _replaced(value: Any, changed: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return changed.get(value, value)
    if isinstance(value, Mapping):
        return {changed.get(k, k): _replaced(part, changed) for k, part in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(part, changed) for part in value]
    return value


def _kept(plan: Plan, proof: Proof) -> Proof:
    """A proof as it may be kept: no name of a file tells of the persons."""
    return masking.masked(proof, None if plan.told is None else masking.traces(plan.told))


def certificate(erased: Erased) -> str:
    """What was done and proved, as JSON without personal data."""
    if erased.done is None or erased.proof is None:
        raise ValueError("nothing was erased")
    value = {**asdict(erased.done), "proof": asdict(_kept(erased.plan, erased.proof))}
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
