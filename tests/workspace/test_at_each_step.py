"""Ctrl-C, a full disk or a read-only one at each step of an import, a refresh, an erasure: what was
published stays, what is said of it is true, and the next run does the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from perenne.workspace import Layout, list_imports
from tests.workspace.kills import Scene, Scenes, ended, failed, interrupted, shop
from tests.workspace.stopped import Runner

pytestmark = pytest.mark.slow

COMMANDS = ("import", "refresh", "erase")
UNCHANGED = "What was published is unchanged."
BEGUN = "An erasure has begun: the next run that writes to the workspace ends it."
TAKEN_OUT = "What was to be erased has been taken out: run the same command again."
DISKS = pytest.mark.parametrize("full", [True, False], ids=["full", "read-only"])


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner("perenne.cli.privacy")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return shop(tmp_path_factory.mktemp("steps"))


@pytest.fixture(scope="module")
def brought(published: Layout, runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """One more file is imported."""
    return Scenes(published, tmp_path_factory.mktemp("brought"), runner).make("import")


@pytest.fixture(scope="module")
def scenes(base: Layout, runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    return Scenes(base, tmp_path_factory.mktemp("scenes"), runner)


def test_interrupt_of_an_import(brought: Scene, runner: Runner, tmp_path: Path) -> None:
    """Its last steps, of which some come after the import was moved in place."""
    moved = []
    for step in range(brought.steps - 3, brought.steps + 1):
        place = brought.start(tmp_path / "shop")
        if told := interrupted(brought, place, runner, at=step):
            moved.append(len(list_imports(place)) == 2)
            assert told.endswith(f"Stopped. {UNCHANGED}\n")
    assert any(moved)
    ended(brought, place, runner)


@DISKS
def test_disk_that_fails_under_an_import(
    full: bool, brought: Scene, runner: Runner, tmp_path: Path
) -> None:
    place = brought.start(tmp_path / "shop")
    for step in (2, brought.steps // 4, brought.steps // 2):
        assert UNCHANGED in failed(brought, place, runner, at=step, full=full)
    ended(brought, place, runner)


@pytest.fixture(scope="module")
def erasure(scenes: Scenes) -> Scene:
    return scenes.make("erase")


@pytest.mark.long
def test_interrupt_of_an_erasure(erasure: Scene, runner: Runner, tmp_path: Path) -> None:
    """Its last six steps: files are replaced, the list of moves goes, it is proved."""
    told = []
    for step in range(erasure.steps - 5, erasure.steps + 1):
        place = erasure.start(tmp_path / "shop")
        told.append(interrupted(erasure, place, runner, at=step))
        assert UNCHANGED not in told[-1]
        if step in (erasure.steps - 5, erasure.steps - 1):
            ended(erasure, place, runner)
    assert BEGUN in told[0]
    assert TAKEN_OUT in told[-2]


@DISKS
def test_disk_that_fails_under_an_erasure(
    full: bool, erasure: Scene, runner: Runner, tmp_path: Path
) -> None:
    """Before it has begun, on a step of the moves, and once more on the run that is to end it."""
    place = erasure.start(tmp_path / "shop")
    assert UNCHANGED in failed(erasure, place, runner, at=erasure.steps // 8, full=full)
    assert BEGUN in interrupted(erasure, place, runner, at=erasure.steps - 8)
    if not full:  # what is left are moves, which need no room
        assert BEGUN in failed(erasure, place, runner, at=5, full=full)
    ended(erasure, place, runner)


@pytest.mark.long
@DISKS
def test_disk_that_fails_under_a_refresh(
    full: bool, scenes: Scenes, runner: Runner, tmp_path: Path
) -> None:
    scene = Scenes(scenes.base, tmp_path, runner).make("refresh")
    place = scene.start(tmp_path / "shop")
    for step in (scene.steps // 4, scene.steps // 2, scene.steps - 6):
        failed(scene, place, runner, at=step, full=full)
    ended(scene, place, runner)


@pytest.mark.long
@DISKS
@pytest.mark.parametrize("name", COMMANDS)
def test_disk_that_fails_at_every_step(
    name: str, full: bool, base: Layout, runner: Runner, tmp_path: Path
) -> None:
    """The run that follows meets the same disk a step later, until one gets through; every eighth
    of them meets a sound one, and so does whatever follows an erasure that had begun. Until no file
    is written any more every step is refused; of a refresh the rest is taking away what it worked
    with, which may stay for the next run."""
    scene = Scenes(base, tmp_path, runner).make(name)
    last = scene.written
    place, refused, fresh = scene.start(tmp_path / "shop"), 0, True
    for step in range(1, scene.steps + 1):
        told = failed(scene, place, runner, at=step, full=full)
        refused += bool(told)
        if fresh and step <= last:
            assert told, step
        fresh = not told or UNCHANGED not in told or step % 8 == 0
        if fresh:
            ended(scene, place, runner)
            place = scene.start(tmp_path / "shop")
    assert refused > (last if name == "refresh" else scene.steps) // 2
