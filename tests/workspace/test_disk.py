"""A real small disk that fills up, or is mounted read-only, under an import, a refresh, an erasure:
a clear refusal, the published snapshot unharmed, and the next run on a healthy disk completes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from perenne.core import PerenneError
from perenne.warehouse import DuckEngine
from perenne.workspace import Layout, list_imports
from perenne.workspace.failures import explain
from perenne.workspace.snapshots import current, damaged
from tests.cli.files import write
from tests.cli.program import Said, perenne, refused, succeed
from tests.workspace.erasure_shop import ADDRESS
from tests.workspace.kills import MORE, shop
from tests.workspace.shops import contents, leftovers, values

SIZE = 24_000_000
PAGE = 4_096
SLOW = pytest.mark.slow


@dataclass(frozen=True)
class Disk:
    """A disk in memory, as a mount of its own."""

    root: Path

    def mount(self, *options: str) -> None:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(self.root)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"cannot mount a small disk: {done.stderr.strip()}")

    @contextmanager
    def filled(self, *, free: int) -> Iterator[None]:
        """Another program's file leaves so many bytes."""
        filler = self.root / "of-another-program"
        left = shutil.disk_usage(self.root).free - free
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, left)
        try:
            yield
        finally:
            filler.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        subprocess.run(["mount", "-o", "remount,ro", str(self.root)], check=True)
        try:
            yield
        finally:
            subprocess.run(["mount", "-o", "remount,rw", str(self.root)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    found = Disk(tmp_path / "disk")
    found.root.mkdir()
    found.mount(f"size={SIZE}")
    yield found
    subprocess.run(["umount", "-l", str(found.root)], check=True)


def on(disk: Disk, place: Layout) -> Layout:
    return Layout(Path(shutil.copytree(place.root, disk.root / "shop")))


def told_full(said: Said) -> None:
    assert said.code == 1, said.all
    assert "Traceback" not in said.all
    assert "is full" in said.err, said.err
    assert "Free some space" in said.err


def intact(place: Layout, before: dict[str, str]) -> None:
    assert not damaged(current(place))
    assert contents(current(place).folder) == before


@pytest.mark.parametrize("free", [0, 4_096, 8_192])
def test_import_on_a_full_disk(disk: Disk, published: Layout, tmp_path: Path, free: int) -> None:
    place = on(disk, published)
    before = contents(current(place).folder)
    words = ["import", str(write(tmp_path / "more.csv", MORE)), "-w", str(place.root)]
    with disk.filled(free=free):
        told_full(perenne(*words))
        intact(place, before)
        assert len(list_imports(place)) == 1
        assert not leftovers(place)
    succeed(*words)
    assert len(list_imports(place)) == 2


def needed(place: Layout) -> int:
    """What the published snapshot takes on this disk: no refresh writes less."""
    files = [path for path in current(place).folder.rglob("*") if path.is_file()]
    return sum(-(-path.stat().st_size // PAGE) * PAGE for path in files)


@pytest.mark.parametrize("share", [0, 0.5, *(pytest.param(n, marks=SLOW) for n in (0.2, 0.8))])
def test_refresh_on_a_full_disk(disk: Disk, published: Layout, share: float) -> None:
    place = on(disk, published)
    before = contents(current(place).folder)
    with disk.filled(free=int(share * needed(place))):
        told_full(perenne("refresh", "--as-of", "2024-06-30", "-w", place.root))
        intact(place, before)
        assert len(list(place.snapshots.iterdir())) == 1
        assert not leftovers(place)
        assert values(place, "orders")["orders"] > 0


@pytest.mark.long
@SLOW
def test_refresh_after_a_full_disk(disk: Disk, published: Layout, tmp_path: Path) -> None:
    """Room is made bit by bit until the refresh completes: it gives what it gives elsewhere."""
    place, other = on(disk, published), Layout(tmp_path / "other")
    shutil.copytree(published.root, other.root)
    before = contents(current(place).folder)
    refusals = 0
    for share in (0.35, 0.65, 0.95, 1.5, 3, 9):
        with disk.filled(free=int(share * needed(place))):
            said = perenne("refresh", "--as-of", "2024-06-30", "-w", place.root)
            if said.code == 0:
                break
            told_full(said)
            intact(place, before)
            refusals += 1
    assert refusals >= 3
    succeed("refresh", "--as-of", "2024-06-30", "-w", place.root)
    succeed("refresh", "--as-of", "2024-06-30", "-w", other.root)
    assert values(place) == values(other)
    assert not leftovers(place)


@SLOW
def test_erasure_on_a_full_disk(disk: Disk, tmp_path: Path) -> None:
    place = on(disk, shop(tmp_path))
    before = contents(place.root)
    for free in (0, 4_096, 20_480, 40_960):
        with disk.filled(free=free):
            told_full(perenne("erase", ADDRESS, "--yes", "-w", place.root))
            assert contents(place.root, leave=[".lock", ".sync.lock", ".erasing"]) == before
    said = succeed("erase", ADDRESS, "--yes", "-w", place.root)
    assert "Proved" in said.out
    assert not place.erasing.exists()


def test_read_only_disk(disk: Disk, published: Layout, tmp_path: Path) -> None:
    """Nothing can be written, everything can be read."""
    place = on(disk, published)
    (batch,) = list_imports(place)
    before = contents(place.root, leave=())
    more = write(tmp_path / "more.csv", MORE)
    with disk.read_only():
        for words in (
            ["import", str(more)],
            ["refresh"],
            ["erase", "c1", "--yes"],
            ["forget", batch.id],
            ["rollback", current(place).id],
        ):
            said = refused(*words, "-w", place.root)
            assert "is read-only" in said, said
            assert "Traceback" not in said
        assert contents(place.root, leave=()) == before
        assert '"metric"' in succeed("kpis", "orders", "--json", "-w", place.root).out
        succeed("status", "-w", place.root)
        out = tmp_path / "customers.csv"
        succeed("export", "customers", "--output", str(out), "-w", place.root)
        assert out.stat().st_size > 100
    succeed("import", str(more), "-w", place.root)
    assert len(list_imports(place)) == 2


def test_export_to_a_full_disk(disk: Disk, published: Layout) -> None:
    with disk.filled(free=0):
        target = disk.root / "customers.csv"
        said = refused("export", "customers", "--output", str(target), "-w", published.root)
        assert "No space left" in said
        assert not target.exists()


def test_spill_that_finds_no_room_is_told(disk: Disk) -> None:
    """DuckDB says it in words of its own; they are turned into ours."""
    place = Layout(disk.root)
    with (
        disk.filled(free=2_000_000),
        DuckEngine(
            memory_limit="60MB",
            threads=1,
            spill=place.spill,
            explain=lambda error: explain(error, place),
        ) as engine,
    ):
        wide = "SELECT md5(i::VARCHAR) || repeat('x', 200) AS t FROM range(900000) r(i)"
        engine.duck.execute(f"CREATE VIEW wide AS {wide}")
        table = engine.ibis.table("wide").order_by("t")
        with pytest.raises(PerenneError, match=r"is full|not enough memory"):
            engine.write(table, disk.root / "sorted.parquet")


def test_file_of_another_owner_is_told(published: Layout) -> None:
    """What the system refuses is named, whoever is asked."""
    told = explain(PermissionError(13, "Permission denied", "raw"), published)
    assert told is not None
    assert "raw cannot be read or written: Permission denied" in told.what
    assert explain(ValueError("no failure of the disk"), published) is None
