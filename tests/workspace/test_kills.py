"""kill -9 at any moment of an import, a refresh or an erasure: nothing is lost, doubled or left."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from perenne.workspace import Layout
from perenne.workspace.snapshots import current
from tests.workspace.kills import Scenes, ended, killed, shop
from tests.workspace.stopped import Runner

pytestmark = pytest.mark.slow

KILLS = {"import": 70, "reimport": 50, "erase": 70, "refresh": 70, "carried": 25}


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner("perenne.cli.privacy")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return shop(tmp_path_factory.mktemp("kills"))


@pytest.mark.parametrize(
    "name",
    [
        "import",
        pytest.param("reimport", marks=pytest.mark.long),
        pytest.param("carried", marks=pytest.mark.long),
    ],
)
def test_killed_at_a_few_steps(
    name: str, published: Layout, runner: Runner, tmp_path: Path
) -> None:
    scene = Scenes(published, tmp_path, runner).make(name)
    if name == "carried":
        assert current(scene.after).manifest["carried"]["from"] == current(scene.before).id
    place = scene.start(tmp_path / "shop")
    for step in range(scene.steps - 6, scene.steps + 1):
        if killed(scene, place, runner, at=step) and step % 3:
            continue
        ended(scene, place, runner)
        place = scene.start(tmp_path / "shop")


@pytest.mark.long
@pytest.mark.parametrize("name", KILLS)
def test_killed_at_random_moments(name: str, base: Layout, runner: Runner, tmp_path: Path) -> None:
    """Half of the kills come at a step on the disk, half at a moment by the clock. Every killed run
    is followed by the next one of the same command, which every second time is killed as well."""
    scene, chance = Scenes(base, tmp_path, runner).make(name), random.Random(f"kills of {name}")
    done: Counter[str] = Counter()
    began = time.monotonic()
    place = scene.start(tmp_path / "shop")
    while done["at a step"] + done["by the clock"] < KILLS[name]:
        if chance.random() < 0.5:
            hit = killed(scene, place, runner, at=chance.randint(1, scene.steps))
            done["at a step" if hit else "over"] += 1
        else:
            hit = killed(scene, place, runner, after=chance.uniform(0.05, 1.1) * scene.seconds)
            done["by the clock" if hit else "over"] += 1
        if not hit or chance.random() < 0.5:
            ended(scene, place, runner)
            done["ended"] += 1
            place = scene.start(tmp_path / "shop")
    print(f"{name}: {dict(done)} of {scene.steps} steps, {time.monotonic() - began:.0f} s")
