"""Syncs: what a live source gives becomes immutable batches, like a file, and only once."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from perenne.sources import ReadContext
from perenne.sources.connectors import (
    EVER,
    RECORDS,
    Changed,
    Client,
    Clock,
    Extract,
    Fault,
    Page,
    Span,
    Stream,
    changed,
    shape,
    stage_live,
)
from perenne.warehouse import DuckEngine
from perenne.workspace import batches
from perenne.workspace.batches import Batch, list_imports
from perenne.workspace.connections import Connection, batches_of, begin, reached, useful
from perenne.workspace.files import sha256
from perenne.workspace.lakes import place_of
from perenne.workspace.layout import Layout, key_of

# Records kept in one batch at least, where the platform lets one stop there.
CHUNK = 20_000
Alone = Callable[[], Any]
"""Holds the write lock and gives an engine, in a `with`."""
Screen = Callable[[DuckEngine, Path, str], object]
"""Takes who was erased out of staged files of a source."""


@dataclass(frozen=True)
class Synced:
    """What a sync did with one stream. `records` were given, `batches` kept what was new in them.

    `start` in the time zone of the shop; None: the stream was asked whole. `left_out` counts rows
    of tables that this version does not keep; `unread`, by an example, fields left empty because
    they could not be read.
    """

    connection: str
    stream: str
    start: datetime | None
    records: int = 0
    batches: tuple[Batch, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    skipped: bool = False
    unread: Mapping[Fault, int] = field(default_factory=dict)

    @property
    def kept(self) -> int:
        return sum(batch.origin["kept"] for batch in self.batches)


@dataclass(frozen=True)
class Work:
    """One stream under way."""

    layout: Layout
    connection: Connection
    stream: Stream
    context: ReadContext
    clock: Clock
    alone: Alone
    screen: Screen = lambda engine, folder, source: None
    chunk: int = CHUNK

    @property
    def name(self) -> str:
        return f"{self.connection.name}-{self.stream.name}"

    def earlier(self, imports: Iterable[Batch]) -> list[Batch]:
        """The imports of this stream."""
        return batches_of(imports, self.connection.name, self.stream)

    def position(self) -> str | None:
        """How far the stream has been kept."""
        return reached(self.earlier(list_imports(self.layout)), now=self.clock.now())


def planned(work: Work) -> Synced:
    """From where the stream would be asked; nothing is asked."""
    start = begin(
        work.position(),
        since=None if work.stream.stands else work.connection.settings.since,
        overlap=work.stream.overlap,
        zone=ZoneInfo(work.context.time_zone),
    )
    return Synced(work.connection.name, work.stream.name, start, skipped=not useful(work.stream))


def sync_stream(work: Work, client: Client) -> Synced:
    """Read a stream from where it was left, and keep it batch by batch.

    Whatever stops it, the batches kept before stay, and the next sync goes on after the last one.
    """
    plan = planned(work)
    if plan.skipped:
        return plan
    position = work.position()
    pages = work.stream.read(client, Span((plan.start or EVER).astimezone(UTC), work.clock.now()))
    records, made, left_out, unread = 0, [], dict[str, int](), Counter[Fault]()
    for extract, end in _extracts(work, pages):
        batch = _keep(work, extract, came_from=position, goes_to=end or position)
        if batch is not None:
            made.append(batch)
            position = end or position
        records += extract.records
        unread += extract.unread
        for table, rows in extract.left_out.items():
            left_out[table] = left_out.get(table, 0) + rows
    return replace(plan, records=records, batches=tuple(made), left_out=left_out, unread=unread)


def _extracts(work: Work, pages: Iterator[Page]) -> Iterator[tuple[Extract, str | None]]:
    """Pages in chunks, each ending where a later sync may go on."""
    going = True
    while going:
        end: str | None = None
        work.layout.syncing.mkdir(exist_ok=True)
        with Extract(work.layout.syncing / f"{work.name}.parquet", work.stream.tables) as extract:
            going = False
            for page in pages:
                for record in page.records:
                    extract.add(record)
                end = page.position or end
                if extract.records >= work.chunk and page.position:
                    going = True
                    break
        yield extract, end


def _keep(
    work: Work, extract: Extract, *, came_from: str | None, goes_to: str | None
) -> Batch | None:
    """Make a batch of what is new in an extract; None when nothing is."""
    if not extract.records:
        return None
    with work.alone() as engine:
        imports = list_imports(work.layout)
        seq = max((batch.seq for batch in imports), default=0) + 1
        scratch = work.layout.scratch / f"sync-{seq:06d}"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        earlier = work.earlier(imports)
        known = [place_of(work.layout.raw / batch.id / RECORDS) for batch in earlier]
        name = f"{work.name}.parquet"
        key = key_of(work.layout)
        found = changed(extract, known, engine=engine, into=scratch, name=name, key=key)
        if not found.records:
            return None
        origin = {
            "connection": work.connection.name,
            "kind": work.connection.connector.kind,
            "stream": work.stream.name,
            "shape": shape(work.stream),
            "endpoint": work.stream.endpoint,
            "from": came_from,
            "to": goes_to,
            "records": extract.records,
            "kept": found.records,
        }
        batch = _staged(work, found, engine=engine, seq=seq, origin=origin)
        work.screen(engine, scratch, work.connection.source)
        return batches.publish(scratch, work.layout, batch)


def _staged(
    work: Work, found: Changed, *, engine: DuckEngine, seq: int, origin: Mapping[str, Any]
) -> Batch:
    digest = sha256(found.path)
    staged = stage_live(
        found,
        system=work.connection.connector.system,
        name=work.name,
        engine=engine,
        context=work.context,
    )
    found.path.unlink()
    return Batch(
        id=f"{seq:06d}-{digest[:12]}",
        seq=seq,
        source=work.connection.source,
        preset=f"{work.connection.connector.kind}/{work.stream.name}",
        file=work.name,
        sha256=digest,
        imported_at=work.context.imported_at.astimezone(UTC).isoformat(timespec="seconds"),
        identical="merge",
        mapping={},
        columns={},
        tables=batches.counts(staged),
        controls=batches.controls(staged),
        rows_read=staged.rows,
        unknown_channel_share=staged.unknown_channel_share,
        reading=batches.reading(work.context),
        origin=origin,
    )
