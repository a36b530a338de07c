"""Two runs in one workspace at once: the second waits, or refuses in clear words; nothing mixes."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from perenne.core import PerenneError
from perenne.workspace import Layout, list_imports, publish_again
from perenne.workspace.layout import writing
from perenne.workspace.snapshots import current, damaged, published
from tests.cli.files import write
from tests.workspace.erasure_shop import ADDRESS, traces
from tests.workspace.kills import MORE, Scenes, counted, ended, killed, shop
from tests.workspace.shops import computed, leftovers, new_workspace
from tests.workspace.stopped import Runner


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner("perenne.cli.privacy")


def during_refresh(place: Layout, runner: Runner, folder: Path, words: list[str]) -> str:
    """Start a refresh and, once it computes, another command; what the other said."""
    first, second = folder / "first", folder / "second"
    for one in (first, second):
        one.mkdir()
    root = ["--workspace", str(place.root)]
    going = runner.start(["refresh", "--as-of", "2024-06-30", *root], first)
    limit = time.monotonic() + 120
    while not (place.scratch / "refresh").exists() and time.monotonic() < limit:
        time.sleep(0.02)
    code, said, _ = runner.run([*words, *root], second)
    going.join(240)
    assert going.exitcode == 0, (first / "said.txt").read_text()
    if code:  # a refresh that takes longer than a minute is not waited for
        assert "Another Perenne run is writing" in said, said
        code, said, _ = runner.run([*words, *root], second)
    assert code == 0, said
    assert not leftovers(place)
    assert not any(damaged(one) for one in published(place))
    return said


def test_writer_that_waits_no_longer_is_refused(tmp_path: Path) -> None:
    place, told = new_workspace(tmp_path / "shop"), []
    with writing(place):
        with (
            pytest.raises(PerenneError, match="Another Perenne run is writing") as error,
            writing(place, wait_seconds=0, on_wait=lambda: told.append("waits")),
        ):
            pytest.fail("two write at once")
        assert "Wait until it has ended" in error.value.next_step
    assert told == ["waits"]
    with writing(place, wait_seconds=0):
        pass


@pytest.mark.long
def test_import_during_a_refresh(published: Layout, runner: Runner, tmp_path: Path) -> None:
    place = Layout(Path(shutil.copytree(published.root, tmp_path / "shop")))
    more = write(tmp_path / "more.csv", MORE)
    during_refresh(place, runner, tmp_path, ["import", str(more)])
    assert len(list_imports(place)) == 2
    shown = current(place)
    assert [one["file"] for one in shown.manifest["inputs"]] == ["orders.csv"]
    assert computed(place).snapshot.id > shown.id
    assert len(current(place).manifest["inputs"]) == 2


@pytest.mark.long
def test_erasure_during_a_refresh(runner: Runner, tmp_path: Path) -> None:
    place = shop(tmp_path)
    before = counted(place)
    during_refresh(place, runner, tmp_path, ["erase", ADDRESS, "--yes"])
    assert traces(place.root) == []
    assert len(published(place)) == 2
    publish_again(place, published(place)[0].id)
    assert counted(place) == before


def test_killed_run_leaves_no_lock(published: Layout, runner: Runner, tmp_path: Path) -> None:
    """The lock is the system's: it falls with the process, and the next run does not wait."""
    scene = Scenes(published, tmp_path, runner).make("import")
    place = scene.start(tmp_path / "shop")
    assert killed(scene, place, runner, at=scene.steps // 2)
    assert place.lock.exists()
    ended(scene, place, runner)
    said = (place.root.parent / "said.txt").read_text(encoding="utf-8")
    assert "waiting" not in said
