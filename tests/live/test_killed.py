"""kill -9 at any step on the disk while a platform is read: no loss, nothing twice."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest

from perenne.testing import WooCommercePlatform, bench
from perenne.testing.bench import Bench
from perenne.workspace import Layout
from tests.workspace.stopped import Runner


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner("perenne.cli.live", "perenne.sources.connectors.transport")


@pytest.mark.slow
def test_killed_sync_is_finished_by_the_next(runner: Runner, tmp_path: Path) -> None:
    with WooCommercePlatform(count=23) as platform:
        shop = bench(tmp_path, platform)
        words = ["sync", "--workspace"]
        spare = Path(shutil.copytree(shop.place.root, tmp_path / "spare"))
        code, said, steps = runner.run([*words, str(spare)], tmp_path)
        assert code == 0, said
        assert "23 new or changed" in said
        for step in range(1, steps + 1, max(1, steps // 3)):
            folder = Path(shutil.copytree(shop.place.root, tmp_path / f"killed-{step}"))
            code, said, _ = runner.run([*words, str(folder)], tmp_path, stop_at=step)
            assert code in (-signal.SIGKILL, 0), said
            code, said, _ = runner.run([*words, str(folder)], tmp_path)
            assert code == 0, said
            after = Bench(Layout(folder), platform)
            assert after.held() == after.wanted(), f"killed at step {step}"
            assert not after.doubles(), f"killed at step {step}"
            assert not after.place.syncing.exists()
            assert not after.place.scratch.exists()
