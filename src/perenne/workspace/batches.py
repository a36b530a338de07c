"""Imports: each file becomes one immutable batch under raw/, known by the hash of its content."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from perenne.core import PerenneError
from perenne.sources import (
    Control,
    DateOrder,
    DecimalMark,
    ReadContext,
    Recognition,
    Refusal,
    StagedFile,
    recognise,
    refusals,
    stage,
)
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine
from perenne.workspace.files import changed, flush, hashed, sha256
from perenne.workspace.lakes import keep, lake_of
from perenne.workspace.layout import (
    LAYOUT_VERSION,
    Layout,
    of_this_layout,
    read_json,
    write_json,
)
from perenne.workspace.lost import brought_again, require_all, taken_back
from perenne.workspace.lost import lost as gone_imports

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Batch:
    """One import as its manifest tells it."""

    id: str
    seq: int
    source: str
    preset: str
    file: str
    sha256: str
    imported_at: str
    identical: str
    mapping: Mapping[str, str]
    columns: Mapping[str, str]
    tables: Mapping[str, Mapping[str, int]]
    controls: tuple[Mapping[str, Any], ...]
    rows_read: int
    currency: str | None = None
    notes: tuple[str, ...] = ()
    unknown_channel_share: float | None = None
    reading: Mapping[str, Any] = field(default_factory=dict)
    origin: Mapping[str, Any] = field(default_factory=dict)
    """Of a live source: connection, stream, endpoint, position from and to, records asked."""
    erased: tuple[str, ...] = ()
    """Erasures that took persons out of it, or under which it came."""
    signed: Mapping[str, str] = field(default_factory=dict)
    """Hash of each of its files; empty for one made before imports were signed."""
    layout: int = 1

    @property
    def quarantined(self) -> int:
        return max((counts["quarantined"] for counts in self.tables.values()), default=0)


@dataclass(frozen=True)
class ImportResult:
    """What an import did: the batch, whether it was there already, what it replaced, and why rows
    were refused."""

    batch: Batch
    recognition: Recognition
    known: bool
    replaced: str | None = None
    refused: tuple[Refusal, ...] = ()


def list_imports(layout: Layout) -> list[Batch]:
    """Every import, oldest first. Folders without a manifest are unfinished and do not count, nor
    does an import that a later one of the same content replaced."""
    found = _all(layout)
    newest = {_content(batch): batch.id for batch in found}
    return [batch for batch in found if newest[_content(batch)] == batch.id]


def replaced(layout: Layout) -> list[Batch]:
    """Imports that a later one of the same content replaced, where a run was killed before it took
    them back."""
    kept = {batch.id for batch in list_imports(layout)}
    return [batch for batch in _all(layout) if batch.id not in kept]


def _all(layout: Layout) -> list[Batch]:
    manifests = sorted(layout.raw.glob(f"*/{MANIFEST}"))
    return sorted((_load(path) for path in manifests), key=lambda batch: batch.seq)


def _content(batch: Batch) -> str:
    """What a file and the same file read again share; a live source never gives the same twice."""
    return batch.id if batch.origin else batch.sha256


_NEEDED = ("id", "seq", "source", "preset", "file", "sha256", "imported_at", "tables", "controls")


def _load(path: Path) -> Batch:
    try:
        values = read_json(path, needed=_NEEDED)
    except PerenneError as error:
        raise PerenneError(error.what, given=error.given, next_step=_anew(path.parent)) from error
    of_this_layout(values, _("Import {id}").format(id=path.parent.name))
    known = {one.name for one in fields(Batch)}
    values = {"identical": "merge", "mapping": {}, "columns": {}} | {
        name: value for name, value in values.items() if name in known
    }
    # The first versions did not write down how many rows a file has.
    read = (counts["read"] for counts in values["tables"].values())
    values.setdefault("rows_read", max(read, default=0))
    for name in ("controls", "notes", "erased"):
        values[name] = tuple(values.get(name, ()))
    return Batch(**values)


def _anew(folder: Path) -> str:
    return _(
        "Bring it back from a backup; or remove the folder {folder} and import its file again."
    ).format(folder=folder)


def without_manifest(layout: Layout) -> list[Path]:
    """Folders of imports that a snapshot counted and that have lost their manifest; not those
    whose file was imported again since."""
    found = [p for p in sorted(layout.raw.glob("*/")) if not (p / MANIFEST).is_file()]
    if not found:
        return []
    counted: set[str] = set()
    for path in layout.snapshots.glob(f"*/{MANIFEST}"):
        with suppress(PerenneError):
            counted |= {one["id"] for one in read_json(path).get("inputs", ())}
    again = {batch.sha256[:12] for batch in list_imports(layout)}
    return [p for p in found if p.name in counted and p.name.split("-")[-1] not in again]


def damaged(layout: Layout, batch: Batch) -> list[str]:
    """Files of an import that are missing or differ from what was signed."""
    return changed(layout.raw / batch.id, batch.signed, lake=lake_of(layout))


def require_sound(layout: Layout, imports: Iterable[Batch]) -> None:
    """Raise PerenneError that names every lost import or damaged file, and what brings it back."""
    require_all(layout, {batch.sha256 for batch in list_imports(layout)})
    if bare := without_manifest(layout):
        name = f"raw/{bare[0].name}/{MANIFEST}"
        raise PerenneError(
            _("Imports are damaged: {places}.").format(places=name),
            given=name,
            next_step=_anew(bare[0]),
        )
    harmed = [(batch, lost) for batch in imports if (lost := damaged(layout, batch))]
    if not harmed:
        return
    places = [f"raw/{batch.id}/{name}" for batch, names in harmed for name in names]
    files = sorted({batch.file for batch, _lost in harmed if not batch.origin})
    live = sorted(batch.id for batch, _lost in harmed if batch.origin)
    steps = [_("Import again: {files}.").format(files=", ".join(files))] if files else []
    read_again = _("Read it again: perenne forget {id}, then perenne sync.")
    steps += [read_again.format(id=one) for one in live]
    raise PerenneError(
        _("Imports are damaged: {places}.").format(places=", ".join(places)),
        given=places,
        next_step=" ".join(steps),
    )


@dataclass(frozen=True)
class Options:
    """What the person said about the files: preset, column mapping, name of the shop, and the
    answers to what the files leave open."""

    preset: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    store: str | None = None
    date_order: DateOrder | None = None
    decimal_mark: DecimalMark | None = None


def look(path: Path, *, engine: DuckEngine, context: ReadContext, options: Options) -> Recognition:
    """What Perenne makes of a file, without importing it."""
    return recognise(
        path, engine=engine, context=context, preset=options.preset, mapping=options.mapping
    )


def import_file(
    path: Path,
    layout: Layout,
    *,
    engine: DuckEngine,
    context: ReadContext,
    options: Options,
    on_recognised: Callable[[Recognition], None] = lambda _: None,
    screen: Callable[[Path, str, str], str] = lambda folder, source, file: file,
) -> ImportResult:
    """Read one file into a new batch; call while holding the write lock.

    The same content read the same way changes nothing. The same content read another way (other
    preset, mapping, answers or settings) replaces its earlier batch. A killed import leaves only
    scratch behind. `screen` (staged files, source, name of the file) takes out who was
    erased, and returns the name as it may be kept.
    """
    recognition = look(path, engine=engine, context=context, options=options)
    on_recognised(recognition)
    digest = sha256(path)
    known = list_imports(layout)
    twin = next((batch for batch in known if batch.sha256 == digest), None)
    source = _source_name(recognition, options)
    read_as = (recognition.preset.name, source, dict(options.mapping), reading(context))
    same = twin is not None and _read_as(twin) == read_as and not damaged(layout, twin)
    if twin and same and not (twin.quarantined and _earlier_day(twin, context)):
        return ImportResult(twin, recognition, known=True)
    seq = max((batch.seq for batch in known), default=0) + 1
    scratch = layout.scratch / f"import-{seq:06d}"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    staged = stage(recognition, engine=engine, context=context, into=scratch)
    batch = _batch(
        recognition,
        staged,
        seq=seq,
        digest=digest,
        source=source,
        context=context,
        options=options,
    )
    if twin and same and twin.tables == batch.tables:
        return ImportResult(twin, recognition, known=True)
    why = refusals(staged.quarantine, engine=engine) if batch.quarantined else ()
    file = screen(scratch, source, batch.file)
    batch = publish(scratch, layout, replace(batch, file=file))
    if twin:
        forget(layout, twin.id)
    gone = twin.id if twin else None
    return ImportResult(batch, recognition, known=False, replaced=gone, refused=why)


def _earlier_day(batch: Batch, context: ReadContext) -> bool:
    """Was it made on an earlier day, on which more was "in the future"?"""
    return datetime.fromisoformat(batch.imported_at).date() < context.imported_at.date()


def _read_as(batch: Batch) -> tuple[str, str, dict[str, str], dict[str, Any]]:
    return batch.preset, batch.source, dict(batch.mapping), dict(batch.reading)


def reading(context: ReadContext) -> dict[str, Any]:
    """What of the settings and answers decides how a file is read, as a manifest keeps it."""
    values = {name: value for name, value in asdict(context).items() if name != "imported_at"}
    plain: dict[str, Any] = json.loads(json.dumps(values, default=str))
    return plain


def read_otherwise(layout: Layout, context: ReadContext) -> tuple[str, ...]:
    """Files imported under other settings of reading than those of `context`."""
    now = reading(context)
    settings = ("time_zone", "channel_rules", "earliest")
    return tuple(
        batch.file
        for batch in list_imports(layout)
        if any(batch.reading.get(name) != now[name] for name in settings)
    )


def _source_name(recognition: Recognition, options: Options) -> str:
    system = recognition.preset.system
    return f"{system}:{options.store}" if options.store else system


def _batch(
    recognition: Recognition,
    staged: StagedFile,
    *,
    seq: int,
    digest: str,
    source: str,
    context: ReadContext,
    options: Options,
) -> Batch:
    return Batch(
        id=f"{seq:06d}-{digest[:12]}",
        seq=seq,
        source=source,
        preset=recognition.preset.name,
        file=recognition.path.name,
        sha256=digest,
        imported_at=context.imported_at.astimezone(UTC).isoformat(timespec="seconds"),
        identical=recognition.preset.identical_lines,
        mapping=dict(options.mapping),
        columns=dict(recognition.columns),
        tables=counts(staged),
        controls=controls(staged),
        rows_read=staged.rows,
        currency=recognition.preset.currency,
        notes=staged.notes,
        unknown_channel_share=staged.unknown_channel_share,
        reading=reading(context),
    )


def counts(staged: StagedFile) -> dict[str, dict[str, int]]:
    """Rows read, kept and refused by table, as a manifest keeps them."""
    return {
        c.table: {"read": c.read, "kept": c.kept, "quarantined": c.quarantined}
        for c in staged.counts
    }


def controls(staged: StagedFile) -> tuple[dict[str, Any], ...]:
    """Control totals as a manifest keeps them."""
    return tuple(_plain(control) for control in staged.controls)


def _plain(control: Control) -> dict[str, Any]:
    amounts = {"amount": str(control.amount), "refused_amount": str(control.refused_amount)}
    return {**asdict(control), **amounts}


def publish(scratch: Path, layout: Layout, batch: Batch) -> Batch:
    """Sign `scratch` and make it the batch, in one step: its manifest and rows appear together."""
    files = sorted(scratch.glob("*.parquet"))
    refused = scratch / "quarantine.parquet"
    if batch.quarantined and refused.exists():
        layout.quarantine.mkdir(exist_ok=True)
        shutil.copyfile(refused, layout.quarantine / f"{batch.id}.parquet")
    for path in files:
        keep(layout, path, place=layout.raw / batch.id / path.name)
    batch = replace(
        batch, signed=hashed({path.name: path for path in files}), layout=LAYOUT_VERSION
    )
    for path in files:
        flush(path)
    write_json(scratch / MANIFEST, asdict(batch))
    layout.raw.mkdir(exist_ok=True)
    scratch.rename(layout.raw / batch.id)
    flush(layout.raw)
    brought_again(layout, batch.id)
    return batch


def forget(layout: Layout, batch_id: str) -> None:
    """Take one import back. The next refresh no longer counts it; snapshots stay as they are."""
    folder = layout.raw / batch_id
    missing = gone_imports(layout, {batch.sha256 for batch in list_imports(layout)})
    if batch_id in {one["id"] for one in missing}:
        taken_back(layout, batch_id)
    elif not (folder / MANIFEST).is_file():
        raise PerenneError(
            _("There is no import {batch}.").format(batch=batch_id),
            given=batch_id,
            allowed=[batch.id for batch in list_imports(layout)],
            next_step=_("perenne status lists the imports."),
        )
    else:
        gone = layout.scratch / f"forgotten-{batch_id}"
        shutil.rmtree(gone, ignore_errors=True)
        layout.scratch.mkdir(exist_ok=True)
        taken_back(layout, batch_id)  # first: a folder that goes before it is told would be lost
        folder.rename(gone)
        shutil.rmtree(gone)
    (layout.quarantine / f"{batch_id}.parquet").unlink(missing_ok=True)
    for report in layout.quality.glob(f"{batch_id}*"):
        report.unlink()


def now(layout: Layout, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> datetime:
    """The clock of the imports: "in the future" is judged against it. It never falls behind the
    newest import, so that a clock which was set back refuses no order of yesterday."""
    known = [datetime.fromisoformat(batch.imported_at) for batch in list_imports(layout)]
    return max([clock(), *known])
