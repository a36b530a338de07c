"""The suite that every live source must pass: nothing lost, nothing twice, nothing in silence.

    class TestMyPlatform(SourceSuite):
        platform = MyFakePlatform

pytest collects it as it is. Each test starts a fake platform, joins a new workspace to it, lets one
trouble happen, and compares what the workspace holds with what the platform holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from perenne.sources.connectors import AWAITED, connector
from perenne.sources.connectors.preset import HINTS, given
from perenne.testing.bench import Bench, bench, write_secrets
from perenne.testing.faults import broken, cut_off, half_a_page, too_many
from perenne.testing.server import FakePlatform
from perenne.warehouse import STAGED
from perenne.workspace import forget_import, sync

# Records per batch, so few that a sync makes several batches.
_SEVERAL = 8


class SourceSuite:
    """Set `platform` to the fake of the platform; override a test only to make it harder."""

    platform: ClassVar[type[FakePlatform]]

    @contextmanager
    def joined(self, folder: Path, **options: Any) -> Iterator[Bench]:
        """A bench with the platform serving."""
        with self.platform() as platform:
            yield bench(folder, platform, **options)

    def test_reads_everything_once(self, tmp_path: Path) -> None:
        """To the last page; the same period again changes nothing, on either side of a change."""
        with self.joined(tmp_path) as shop:
            (done,) = shop.sync(chunk=_SEVERAL)
            _whole(shop)
            assert done.records >= shop.platform.count
            before = _ids(shop)
            (again,) = shop.sync()
            assert (again.kept, _ids(shop)) == (0, before), "the same period was kept twice"
            for batch in shop.batches():
                assert batch.origin["endpoint"], "a manifest must tell where it comes from"
                assert batch.origin["to"], "a manifest must tell how far it goes"

    def test_the_last_word_holds(self, tmp_path: Path) -> None:
        """A record that changes long after it was read comes again, and only that one."""
        with self.joined(tmp_path) as shop:
            shop.sync()
            shop.time.advance(hours=6)
            shop.platform.now = shop.time.now
            number = shop.platform.count - 2
            shop.platform.change(number)
            shop.time.advance(minutes=5)
            (done,) = shop.sync()
            assert done.kept == 1, f"{done.kept} records were kept for one change"
            _whole(shop)

    def test_a_change_while_reading_loses_nothing(self, tmp_path: Path) -> None:
        """A record of the first page moves to the end while the second is asked for."""
        with self.joined(tmp_path) as shop:
            shop.platform.on_data = lambda number: shop.platform.change(0) if number == 2 else None
            shop.sync()
            shop.platform.on_data = lambda number: None
            shop.time.advance(minutes=30)
            shop.sync()
            _whole(shop)

    def test_waits_as_it_is_told(self, tmp_path: Path) -> None:
        """429 with Retry-After is waited for; 5xx, half a page and a cut one are asked again."""
        with self.joined(tmp_path) as shop:
            faults = (too_many(37), broken(at=3), half_a_page(at=5), cut_off(at=7))
            shop.platform.reset(*faults)
            shop.sync()
            assert any(37 <= wait < 40 for wait in shop.time.slept), shop.time.slept
            _whole(shop)
            assert not shop.quarantined()

    def test_gives_up_and_goes_on_later(self, tmp_path: Path) -> None:
        """Down for good at any request: a refusal in words, no half batch, and no loss after."""
        with self.joined(tmp_path) as shop:
            shop.chunk = _SEVERAL
            for at in (1, 3):
                shop.platform.reset(broken(at=at, times=1000))
                error = shop.refused()
                assert _title(shop) in str(error)
                assert error.next_step
                assert set(shop.held()) <= set(shop.wanted())
                assert not shop.doubles()
            shop.platform.reset()
            shop.sync()
            _whole(shop)

    def test_stopped_between_pages(self, tmp_path: Path) -> None:
        """Ctrl-C in the middle: what was kept stays, the next sync finishes without doubles."""

        class Stopped(BaseException):
            """Like a kill: nothing but the end of the process answers to it."""

        def stop(_seconds: float) -> None:
            raise Stopped

        with self.joined(tmp_path) as shop:
            shop.chunk = _SEVERAL
            shop.platform.reset(broken(at=3))
            clock = replace(shop.time.clock(), sleep=stop)
            with suppress(Stopped):
                sync(shop.place, clock=clock, chunk=shop.chunk)
            shop.platform.reset()
            shop.sync()
            _whole(shop)

    def test_expired_right_is_said(self, tmp_path: Path) -> None:
        """A wrong or expired token: named, with how to renew it, and no secret in it."""
        with self.joined(tmp_path) as shop:
            shop.platform.expired = True
            error = shop.refused()
            assert _title(shop) in error.what
            assert error.next_step
            said = f"{error} {error.given} {error.allowed} {error.__cause__}"
            for name, secret in shop.platform.secrets().items():
                assert secret not in said, f"{name} stands in the message"
            assert not shop.batches()
            shop.platform.expired = False
            shop.sync()
            _whole(shop)

    def test_changed_field_is_refused_with_its_reason(self, tmp_path: Path) -> None:
        """One record with a field of another form: quarantined; the others are kept."""
        with self.joined(tmp_path) as shop:
            number = 3
            key = list(shop.wanted())[number]
            old = put(shop.platform.records[number], shop.platform.broken_field, "tbd")
            shop.sync()
            assert key not in shop.held()
            assert len(shop.held()) == shop.platform.count - 1
            reasons = shop.quarantined()
            assert reasons, "the record was dropped in silence"
            assert all(row["reason"] and row["column"] for row in reasons)
            put(shop.platform.records[number], shop.platform.broken_field, old)
            (batch,) = (b for b in shop.batches() if b.quarantined)
            forget_import(shop.place, batch.id)
            shop.sync()
            assert shop.held() == shop.wanted(), "a batch taken back was not read again"

    def test_missing_field_stops_the_sync(self, tmp_path: Path) -> None:
        """A field that no record has any more: refused, nothing kept, nothing lost."""
        with self.joined(tmp_path) as shop:
            name = shop.platform.broken_field
            old = [take(record, name) for record in shop.platform.records]
            error = shop.refused()
            assert name.split(".")[-1] in str(error), error
            assert not shop.batches()
            for record, value in zip(shop.platform.records, old, strict=True):
                put(record, name, value)
            shop.sync()
            _whole(shop)

    def test_secrets_stay_where_they_are(self, tmp_path: Path) -> None:
        """Every stream is read, and no file but secrets.toml holds a secret; others may not read
        that one."""
        with self.joined(tmp_path, streams=()) as shop:
            done = shop.sync()
            assert [one.stream for one in done] == [
                stream.name for stream in connector(shop.platform.kind).streams()
            ]
            _whole(shop)
            assert not shop.quarantined()
            assert not shop.files_with(shop.platform.secrets().values())
            file = shop.place.root / "secrets.toml"
            write_secrets(file, shop.platform.secrets(), mode=0o644)
            assert "chmod 600" in shop.refused().next_step

    def test_rows_are_named_as_staged_columns(self) -> None:
        """Each stream fills tables that exist, or that are known to come."""
        for stream in connector(self.platform.kind).streams():
            for table in stream.tables:
                assert table in STAGED or table in AWAITED, f"{stream.name}: {table}"
                if table in STAGED:
                    assert set(given(STAGED[table])) | set(HINTS)


def _whole(shop: Bench) -> None:
    assert shop.held() == shop.wanted(), "the workspace and the platform differ"
    assert not shop.doubles(), f"kept twice: {shop.doubles()}"


def _ids(shop: Bench) -> list[str]:
    return [batch.id for batch in shop.batches()]


def _title(shop: Bench) -> str:
    return connector(shop.platform.kind).title


def put(record: Mapping[str, Any], path: str, value: object) -> object:
    """Write a field of a record by its dotted path; return what stood there."""
    *outer, last = path.split(".")
    inner: Any = record
    for name in outer:
        inner = inner[name]
    old: object = inner.get(last)
    inner[last] = value
    return old


def take(record: Mapping[str, Any], path: str) -> object:
    """Remove a field of a record by its dotted path; return what stood there."""
    old = put(record, path, None)
    *outer, last = path.split(".")
    inner: Any = record
    for name in outer:
        inner = inner[name]
    del inner[last]
    return old
