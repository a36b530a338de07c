"""Commands that are killed or interrupted at any moment, or whose disk fills up or turns read-only,
and what must hold of the workspace after each."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from perenne.workspace import Layout, list_imports
from perenne.workspace.snapshots import current, damaged, published
from tests.cli.files import write
from tests.workspace.erasure_shop import ADDRESS, exports, traces
from tests.workspace.shops import (
    bring,
    carry_over,
    computed,
    contents,
    leftovers,
    new_workspace,
    values,
    without_models,
)
from tests.workspace.stopped import WRITTEN, Runner

REFRESHES = ("refresh", "carried")
MORE = "order_id,order_date,customer_id,total\n" + "".join(
    f"B{n},2025-02-{n:02d},c2,{n}.50\n" for n in range(1, 29)
)
MORE += ",,,\n"


def shop(folder: Path) -> Layout:
    """Orders and customers of one platform, computed once; nothing is predicted."""
    place = new_workspace(folder / "shop")
    without_models(place)
    for path, store in exports(folder)[:2]:
        bring(place, path, store=store)
    computed(place)
    return place


def copied(place: Layout, root: Path) -> Layout:
    shutil.rmtree(root, ignore_errors=True)
    return Layout(Path(shutil.copytree(place.root, root)))


def told(place: Layout) -> Mapping[str, list[str]]:
    """Every row of every table of the published snapshot, in an order that no engine decides."""
    folder = current(place).folder
    return {
        path.stem: sorted(map(str, pq.read_table(path).to_pylist()))
        for path in sorted(folder.glob("*.parquet"))
    }


def counted(place: Layout) -> Mapping[str, int]:
    """Rows of the published snapshot: what an erasure keeps of the orders."""
    return {n: len(rows) for n, rows in told(place).items() if n in ("orders", "order_lines")}


def figures(place: Layout) -> Mapping[str, Any]:
    """Every figure but the one that says how many may be written to, which an erasure changes."""
    return {name: value for name, value in values(place).items() if name != "reachable_share"}


standing = cache(figures)
"""The figures of a workspace that no test changes."""


def erasing(place: Layout) -> bool:
    """Has an erasure begun that did not end?"""
    return (place.erasing / "journal.json").exists()


@dataclass(frozen=True)
class Scene:
    """A workspace that stands before a command, and the same after it ran undisturbed."""

    name: str
    before: Layout
    words: tuple[str, ...]
    after: Layout
    steps: int
    seconds: float

    def start(self, root: Path) -> Layout:
        return copied(self.before, root)

    @property
    def written(self) -> int:
        """The last step that writes a file; what follows moves and removes."""
        told = (self.after.root.parent / "steps.txt").read_bytes()
        return told.rindex(WRITTEN) + 1

    def check_killed(self, place: Layout) -> None:
        """What is published is whole: the snapshot of before, or of after, and readable."""
        if self.name == "erase":
            assert counted(place) == counted(self.before)
            assert erasing(place) or figures(place) == standing(self.before)
            return
        shown = current(place)
        assert not damaged(shown)
        if shown.id == current(self.before).id:
            assert contents(shown.folder) == contents(current(self.before).folder)
        else:
            assert self.name in REFRESHES
            assert told(place) == told(self.after)

    def check_ended(self, place: Layout) -> None:
        """The next run has done the whole work, once, and nothing else is left."""
        assert not leftovers(place)
        assert files(place) == files(self.after)
        assert imports(place) == imports(self.after)
        assert not any(damaged(one) for one in published(place))
        if self.name == "erase":
            assert traces(place.root) == []
            assert counted(place) == counted(self.after)
            assert figures(place) == standing(self.before) == standing(self.after)
        else:
            assert told(place) == told(self.after)


def files(place: Layout) -> set[str]:
    passing = {".sync.lock", ".lock"}
    return set(contents(place.root, leave=passing))


def imports(place: Layout) -> list[tuple[Any, ...]]:
    return [(one.sha256, one.preset, one.rows_read, one.tables) for one in list_imports(place)]


def prepared(
    name: str, before: Layout, folder: Path, runner: Runner, words: Callable[[Layout], list[str]]
) -> Scene:
    """Let the command run undisturbed once: how it ends, its steps, and how long it takes."""
    after = copied(before, folder / "after")
    began = time.monotonic()
    code, said, steps = runner.run(words(after), folder)
    assert code == 0, said
    seconds = time.monotonic() - began
    return Scene(name, before, tuple(words(Layout(Path("PLACE")))), after, steps, seconds)


def killed(
    scene: Scene, place: Layout, runner: Runner, *, at: int = 0, after: float | None = None
) -> bool:
    """Run the command in `place` and kill it; was it killed, or was it over before?"""
    words = [str(place.root) if word == "PLACE" else word for word in scene.words]
    code, said, _ = runner.run(words, place.root.parent, stop_at=at, after=after)
    assert code in (0, -signal.SIGKILL), said
    assert "Traceback" not in said
    scene.check_killed(place)
    return code != 0


def interrupted(scene: Scene, place: Layout, runner: Runner, *, at: int) -> str:
    """Run the command in `place` and send it Ctrl-C; what it said of it, which must be true."""
    words = [str(place.root) if word == "PLACE" else word for word in scene.words]
    code, said, _ = runner.run(words, place.root.parent, stop_at=at, by=signal.SIGINT)
    assert code in (0, 130), said
    return _told(scene, place, said) if code else ""


def failed(scene: Scene, place: Layout, runner: Runner, *, at: int, full: bool = False) -> str:
    """Run the command in `place` while its disk is full, or else read-only, from a step on; what it
    said of it, which must be true."""
    words = [str(place.root) if word == "PLACE" else word for word in scene.words]
    code, said, _ = runner.run(
        words,
        place.root.parent,
        stop_at=at,
        full=place.root if full else None,
        read_only=None if full else place.root,
    )
    assert code in (0, 1), said
    if code:
        assert ("is full" if full else "is read-only") in said, said
        assert ("Free some space" if full else "Make it writable") in said, said
    return _told(scene, place, said) if code else ""


def _told(scene: Scene, place: Layout, said: str) -> str:
    assert "Traceback" not in said
    assert "did not expect" not in said
    scene.check_killed(place)
    assert ("An erasure has begun" in said) == erasing(place), said
    if "What was published is unchanged." in said:
        shown = contents(current(place).folder)
        assert shown == contents(current(scene.before).folder)
    if "can still be read" in said:
        assert figures(place) == standing(scene.before)
    return said


def ended(scene: Scene, place: Layout, runner: Runner) -> None:
    """The next run of the same command."""
    words = [str(place.root) if word == "PLACE" else word for word in scene.words]
    code, said, _ = runner.run(words, place.root.parent)
    assert code == 0, said
    scene.check_ended(place)


@dataclass(frozen=True)
class Scenes:
    """Makes the scenes of one shop, each when it is asked for."""

    base: Layout
    folder: Path
    runner: Runner

    def make(self, name: str) -> Scene:
        """`import`; `reimport`, of the same file for another shop, which replaces the first;
        `refresh`; `carried`, a refresh that takes the older orders over; `erase`."""
        own = self.folder / name
        own.mkdir(parents=True)
        more = write(own / "more.csv", MORE)
        before = self.base
        if name in ("reimport", *REFRESHES):
            before = copied(self.base, own / "before")
            bring(before, more)
        if name == "carried":
            carry_over(before)
        words = {
            "import": ["import", str(more)],
            "reimport": ["import", str(more), "--store", "till"],
            "refresh": ["refresh"],
            "carried": ["refresh"],
            "erase": ["erase", ADDRESS, "--yes"],
        }[name]
        return prepared(
            name, before, own, self.runner, lambda place: [*words, "--workspace", str(place.root)]
        )
