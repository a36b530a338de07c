"""What a door may ask a workspace to do: import files, refresh, take an import back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from perenne.core import PerenneError
from perenne.sources import ChannelRule, ReadContext, Recognition
from perenne.sources.connectors import Clock
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine
from perenne.workspace import batches, connections, layout, refresh, settings, snapshots, syncs
from perenne.workspace.engines import engines_for, local_engine
from perenne.workspace.erasure.ageing import age_again
from perenne.workspace.erasure.following import follow
from perenne.workspace.erasure.jobs import Desk
from perenne.workspace.erasure.suppression import Screening
from perenne.workspace.failures import explained
from perenne.workspace.lakes import sweep_lake
from perenne.workspace.refusals import FilesRefused, StreamsRefused
from perenne.workspace.sweeping import sweep


@dataclass(frozen=True)
class Listener:
    """What a door wants to hear of while work goes on."""

    step: Callable[[str], None] = lambda text: None
    recognised: Callable[[Recognition], None] = lambda recognition: None
    imported: Callable[[batches.ImportResult], None] = lambda result: None
    refused: Callable[[PerenneError], None] = lambda error: None
    waiting: Callable[[], None] = lambda: None
    synced: Callable[[syncs.Synced], None] = lambda result: None


SILENT = Listener()


def read_context(
    values: settings.Settings, options: batches.Options, *, imported_at: datetime
) -> ReadContext:
    """What the readers need of the settings."""
    return ReadContext(
        time_zone=values.shop.time_zone,
        currency=values.shop.currency,
        imported_at=imported_at,
        channel_rules=tuple(
            ChannelRule(rule.channel, rule.utm_source, rule.utm_medium, rule.tag)
            for rule in values.channels
        ),
        date_order=options.date_order or values.import_.date_order or None,
        decimal_mark=options.decimal_mark or values.import_.decimal_mark or None,
        earliest=values.import_.earliest,
    )


def import_files(
    place: layout.Layout,
    paths: Iterable[Path],
    *,
    options: batches.Options,
    imported_at: datetime | None = None,
    listener: Listener = SILENT,
) -> list[batches.ImportResult]:
    """Import each file. A refused one is no hindrance to the others: they are imported, then its
    refusal is raised (`FilesRefused` where several files were given)."""
    files = list(paths)
    values = settings.load(place.settings)
    context = read_context(values, options, imported_at=imported_at or batches.now(place))
    results: list[batches.ImportResult] = []
    refusals: dict[Path, PerenneError] = {}
    with _alone(place, values, listener) as engine:
        desk = Desk(place, values, engine, layout.key_of(place))
        for path in files:
            listener.step(path.name)
            try:
                result = batches.import_file(
                    path,
                    place,
                    engine=engine,
                    context=context,
                    options=options,
                    on_recognised=listener.recognised,
                    screen=lambda folder, source, file: _screen(desk, folder, source, file=file),
                )
            except PerenneError as error:
                if len(files) == 1:
                    raise
                refusals[path] = error
                listener.refused(error)
            else:
                listener.imported(result)
                results.append(result)
    if refusals:
        raise FilesRefused(
            refusals, results, of=len(files), next_step=_after_refusals(any_imported=bool(results))
        )
    return results


def _after_refusals(*, any_imported: bool) -> str:
    if not any_imported:
        return _("Correct them, then import them again.")
    return _(
        "The others are imported. Correct what was refused and import it, or go on without it:"
        " perenne refresh"
    )


def _screen(desk: Desk, folder: Path, source: str, *, file: str = "") -> str:
    """Take who was erased out of staged files, and whom the retention policy took out before; the
    name of the file as it may be kept."""
    screening = Screening(desk.layout, desk.engine, desk.key, follow=lambda met: follow(desk, met))
    screening.screen(folder, source=source)
    age_again(desk, folder, source=source)
    return screening.names(file)


@contextmanager
def _alone(
    place: layout.Layout, values: settings.Settings, listener: Listener
) -> Iterator[DuckEngine]:
    """Hold the write lock, with DuckDB and an empty scratch folder that is gone at the end."""
    with explained(place), layout.writing(place, on_wait=listener.waiting):
        sweep(place)
        try:
            with local_engine(values, place) as engine:
                yield engine
        finally:
            shutil.rmtree(place.scratch, ignore_errors=True)
        sweep_lake(place)


def sync(
    place: layout.Layout,
    names: Iterable[str] = (),
    *,
    clock: Clock | None = None,
    listener: Listener = SILENT,
    chunk: int = syncs.CHUNK,
) -> list[syncs.Synced]:
    """Read the connections called `names` (all without one) from where each was left.

    One sync runs at a time; other work may go on meanwhile. What was kept before something stopped
    it stays kept. A stream or connection that fails is no hindrance to the others: they are read,
    then its refusal is raised (`StreamsRefused` where several streams were asked for).
    """
    found = connections.connections(settings.load(place.settings), names)
    reading = _Reading(place, clock or Clock(), listener, chunk)
    waiting = listener.waiting
    with explained(place), layout.writing(place, lock=place.sync_lock, on_wait=waiting):
        shutil.rmtree(place.syncing, ignore_errors=True)
        try:
            for connection in found:
                reading.read(connection, alone=len(found) == 1)
        finally:
            shutil.rmtree(place.syncing, ignore_errors=True)
    if reading.refusals:
        raise reading.refused()
    return reading.results


@dataclass
class _Reading:
    """A sync under way: what was read, and what could not be."""

    place: layout.Layout
    clock: Clock
    listener: Listener
    chunk: int
    of: int = 0
    results: list[syncs.Synced] = field(default_factory=list)
    refusals: dict[str, PerenneError] = field(default_factory=dict)

    def read(self, connection: connections.Connection, *, alone: bool) -> None:
        """Read each stream of a connection; one that fails is no hindrance to the others."""
        names = [f"{connection.name} / {stream.name}" for stream in connection.streams]
        self.of += len(names)
        try:
            client = connection.open(self.place, self.clock)
        except PerenneError as error:
            if alone:
                raise
            self._refuse(names, error)
            return
        with closing(client):
            works = _works(self.place, connection, self.clock, self.listener, chunk=self.chunk)
            for name, work in zip(names, works, strict=True):
                self.listener.step(work.name)
                try:
                    result = syncs.sync_stream(work, client)
                except PerenneError as error:
                    if alone and len(names) == 1:
                        raise
                    self._refuse([name], error)
                else:
                    self.listener.synced(result)
                    self.results.append(result)

    def _refuse(self, names: list[str], error: PerenneError) -> None:
        self.refusals |= dict.fromkeys(names, error)
        self.listener.refused(error)

    def refused(self) -> StreamsRefused:
        return StreamsRefused(
            self.refusals,
            self.results,
            of=self.of,
            next_step=_(
                "What could be read is kept. Correct what was refused and run perenne sync again: "
                "it goes on where it stopped. Or go on without it: perenne refresh"
            )
            if self.results
            else _("Correct what was refused, then run perenne sync again."),
        )


def plan_sync(place: layout.Layout, names: Iterable[str] = ()) -> list[syncs.Synced]:
    """From where each stream would be asked; nothing is asked."""
    found = connections.connections(settings.load(place.settings), names)
    return [
        syncs.planned(work)
        for connection in found
        for work in _works(place, connection, Clock(), SILENT)
    ]


def _works(
    place: layout.Layout,
    connection: connections.Connection,
    clock: Clock,
    listener: Listener,
    *,
    chunk: int = syncs.CHUNK,
) -> Iterator[syncs.Work]:
    values = settings.load(place.settings)
    context = read_context(values, batches.Options(), imported_at=clock.now())
    for stream in connection.streams:
        yield syncs.Work(
            place,
            connection,
            stream,
            context,
            clock,
            alone=lambda: _alone(place, values, listener),
            screen=lambda engine, folder, source: _screen(
                Desk(place, values, engine, layout.key_of(place)), folder, source
            ),
            chunk=chunk,
        )


def connect(
    place: layout.Layout,
    name: str,
    values: Mapping[str, object],
    *,
    check: bool = True,
    clock: Clock | None = None,
) -> str:
    """Add a connection to perenne.toml once its platform has answered; return who answered."""
    known = settings.load(place.settings).connections
    if name in known:
        raise PerenneError(
            _("There is a connection “{name}” already.").format(name=name),
            given=name,
            allowed=sorted(known),
            next_step=_("Change it in perenne.toml, or give another name with --name."),
        )
    connection = connections.read_connection(name, connections.parsed(name, values))
    answered = ""
    if check:
        with closing(connection.open(place, clock or Clock())) as client:
            answered = client.check()
    with layout.writing(place):
        connections.write_connection(place, name, values)
    return answered


def look_at(
    place: layout.Layout | None,
    path: Path,
    *,
    options: batches.Options,
) -> Recognition:
    """What Perenne makes of a file; nothing is written to the workspace."""
    values = settings.load(place.settings) if place else settings.Settings()
    moment = batches.now(place) if place else datetime.now(UTC)
    context = read_context(values, options, imported_at=moment)
    scratch = place or layout.Layout(path.parent)
    with local_engine(values, scratch) as engine:
        return batches.look(path, engine=engine, context=context, options=options)


def refresh_workspace(
    place: layout.Layout,
    *,
    as_of: date | None = None,
    whole: bool = False,
    listener: Listener = SILENT,
) -> refresh.Refreshed:
    """Compute and publish a new snapshot; another run in progress is waited for. `whole`: nothing
    is taken over from the snapshot before, and one that is up to date is computed again."""
    values = settings.load(place.settings)
    with (
        _alone(place, values, listener) as local,
        engines_for(values, place, local) as engines,
    ):
        done = refresh.refresh(
            place, values, engines=engines, as_of=as_of, whole=whole, progress=listener.step
        )
    context = read_context(values, batches.Options(), imported_at=batches.now(place))
    return replace(done, read_otherwise=batches.read_otherwise(place, context))


def forget_import(place: layout.Layout, batch: str) -> None:
    """Take one import back; the next refresh no longer counts it."""
    with explained(place), layout.writing(place):
        batches.forget(place, batch)
        shutil.rmtree(place.scratch, ignore_errors=True)
        sweep_lake(place)


def publish_again(place: layout.Layout, snapshot: str) -> None:
    """Move the pointer to a snapshot. Raises PerenneError for one that is damaged."""
    with explained(place), layout.writing(place):
        chosen = snapshots.by_id(place, snapshot)
        if lost := snapshots.damaged(chosen):
            raise snapshots.harmed(place, chosen, lost)
        snapshots.point_to(place, chosen.id)
