"""kill -9 under a refresh whose tables lie in a lake: folder and lake stay whole together."""

from __future__ import annotations

import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from perenne.warehouse import pointer
from perenne.workspace import Layout
from perenne.workspace.snapshots import current, damaged, published
from tests.cli.files import orders, write
from tests.workspace.kills import MORE
from tests.workspace.shops import bring, computed, leftovers, new_workspace, values, without_models
from tests.workspace.stopped import Runner


@dataclass(frozen=True)
class Laid:
    """A workspace and the folder that is its lake, which go back together to what they were."""

    folder: Path

    @property
    def place(self) -> Layout:
        return Layout(self.folder / "now" / "shop")

    @property
    def lake(self) -> Path:
        return self.folder / "now" / "lake"

    def keep(self) -> None:
        shutil.copytree(self.folder / "now", self.folder / "kept")

    def go_back(self) -> None:
        shutil.rmtree(self.folder / "now")
        shutil.copytree(self.folder / "kept", self.folder / "now")

    def objects(self) -> set[str]:
        return {str(p.relative_to(self.lake)) for p in self.lake.rglob("*") if p.is_file()}

    def pointed(self) -> set[str]:
        found = map(pointer, self.place.root.rglob("*.parquet"))
        return {one.key for one in found if one}


@pytest.fixture
def laid(tmp_path: Path) -> Laid:
    """One import is published, one more is to be refreshed."""
    made = Laid(tmp_path)
    made.lake.mkdir(parents=True)
    without_models(new_workspace(made.place.root))
    with made.place.settings.open("a", encoding="utf-8") as file:
        file.write(f'\n[lake]\naddress = "file://{made.lake}"\n')
    bring(made.place, write(tmp_path / "orders.csv", orders()))
    computed(made.place)
    bring(made.place, write(tmp_path / "more.csv", MORE))
    made.keep()
    return made


@pytest.mark.long
def test_killed_refresh_of_a_lake(laid: Laid, tmp_path: Path) -> None:
    runner, words = Runner(), ["refresh", "--workspace", str(laid.place.root)]

    def ended() -> dict[str, Any]:
        code, said, _ = runner.run(words, tmp_path)
        assert code == 0, said
        assert laid.objects() == laid.pointed() | {".perenne"}
        assert not leftovers(laid.place)
        assert not any(damaged(one) for one in published(laid.place))
        return values(laid.place)

    before, first = values(laid.place), current(laid.place).id
    code, said, steps = runner.run(words, tmp_path)
    assert code == 0, said
    after = values(laid.place)
    assert after != before
    for step in sorted({*range(2, steps, steps // 4), *range(steps - 7, steps, 3)}):
        laid.go_back()
        code, said, _ = runner.run(words, tmp_path, stop_at=step)
        assert code == -signal.SIGKILL, said
        assert not damaged(current(laid.place))
        assert laid.pointed() <= laid.objects()
        shown = before if current(laid.place).id == first else after
        assert values(laid.place) == shown, step
        assert ended() == after, step
