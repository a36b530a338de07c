"""Who may read a workspace: its owner, whatever the mask of the process, unless it was opened."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from perenne.workspace import Layout
from perenne.workspace.access import as_open_as, readable_by_others
from tests.cli.files import write
from tests.cli.program import perenne, succeed
from tests.workspace.shops import bring, computed, new_workspace, without_models

ORDERS = "order_id,order_date,customer_id,email,total\n" + "".join(
    f"o{n},2025-01-{n + 1:02},c{n},c{n}@x.org,9.50\n" for n in range(9)
)
REFUSED = "o99,never,c1,ada@x.org,3\n"


@pytest.fixture
def common_mask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def folder(common_mask: None) -> Iterator[Path]:
    """A folder that every user may enter, as pytest's own are not."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def filled(place: Layout, folder: Path) -> Layout:
    without_models(place)
    bring(place, write(folder / "orders.csv", ORDERS + REFUSED))
    computed(place)
    return place


def modes(root: Path) -> dict[str, int]:
    return {str(p.relative_to(root)): stat.S_IMODE(p.stat().st_mode) for p in root.rglob("*")}


def test_a_new_workspace_is_its_owners(folder: Path) -> None:
    place = filled(new_workspace(folder / "shop"), folder)
    assert stat.S_IMODE(place.root.stat().st_mode) == 0o700
    found = modes(place.root)
    assert any(name.startswith("quarantine/") for name in found)
    open_ones = {name for name, mode in found.items() if mode & 0o077}
    assert open_ones <= {"perenne.toml"}  # no person stands there
    assert os.umask(0o022) == 0o022


@pytest.mark.long
def test_in_a_folder_that_was_there_imports_and_snapshots_are(folder: Path) -> None:
    (folder / "shop").mkdir()
    place = filled(new_workspace(folder / "shop"), folder)
    assert stat.S_IMODE(place.root.stat().st_mode) == 0o755
    below = {n: m for n, m in modes(place.root).items() if n.split("/")[0] in ("raw", "snapshots")}
    assert below
    assert not [name for name, mode in below.items() if mode & 0o077]
    assert not readable_by_others(place.root, (place.raw, place.snapshots, place.quarantine))


@pytest.mark.long
def test_what_was_opened_to_a_group_stays_open_to_it(folder: Path) -> None:
    place = new_workspace(folder / "shop")
    place.root.chmod(0o770)
    filled(place, folder)
    for name, mode in modes(place.root).items():
        if name.startswith(("raw/", "snapshots/")):
            assert mode & 0o007 == 0, name
            assert mode & 0o040, name
    batch = next(place.raw.iterdir())
    assert stat.S_IMODE(batch.stat().st_mode) & 0o777 == 0o770


@pytest.mark.long
def test_what_exists_is_not_changed(folder: Path) -> None:
    place = new_workspace(folder / "shop")
    place.root.chmod(0o755)
    place.raw.mkdir(mode=0o755)
    filled(place, folder)
    assert stat.S_IMODE(next(place.raw.iterdir()).stat().st_mode) == 0o755


def test_the_doctor_warns_of_an_open_workspace(folder: Path) -> None:
    place = filled(new_workspace(folder / "it's a shop"), folder)
    access = {one["name"]: one for one in perenne("doctor", "-w", place.root, "--json").json()}
    assert not access["Access"]["warns"]
    for one in (place.root, place.raw, place.snapshots):
        one.chmod(0o755)
    said = succeed("doctor", "-w", place.root)
    assert "! Access: every user of this machine can read" in said.out
    close = said.out.partition("Close it: ")[2].partition(". To share")[0]
    assert os.system(close) == 0
    assert "! Access" not in succeed("doctor", "-w", place.root).out


@pytest.mark.long
def test_exports_of_persons_are_their_owners(folder: Path) -> None:
    place = filled(new_workspace(folder / "shop"), folder)
    for words, mode in (((), 0o644), (("--with-source-ids",), 0o600)):
        out = folder / f"customers{len(words)}.csv"
        succeed("export", "customers", *words, "-o", out, "-w", place.root)
        assert stat.S_IMODE(out.stat().st_mode) == mode


def test_a_lake_on_a_disk_is_closed_too(folder: Path) -> None:
    place = new_workspace(folder / "shop")
    text = place.settings.read_text(encoding="utf-8")
    place.settings.write_text(
        f'{text}\n[lake]\naddress = "file://{folder}/disk"\n', encoding="utf-8"
    )
    filled(place, folder)
    found = modes(folder / "disk")
    assert any(name.endswith("orders.parquet") for name in found)
    assert not [name for name, mode in found.items() if mode & 0o077]
    assert stat.S_IMODE((folder / "disk").stat().st_mode) == 0o700


def test_masks_of_several_threads_end_as_they_began(folder: Path) -> None:
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with as_open_as(0o700):
            inside.set()
            leave.wait()

    other = threading.Thread(target=hold)
    with as_open_as(0o755):
        other.start()
        inside.wait()
    (folder / "meanwhile").touch()
    leave.set()
    other.join()
    (folder / "after").touch()
    assert stat.S_IMODE((folder / "meanwhile").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "after").stat().st_mode) == 0o644
