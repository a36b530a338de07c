"""kill -9 and Ctrl-C at any step: what is published stays, and the next run finishes the work."""

from __future__ import annotations

import fcntl
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from perenne.workspace import Layout, list_imports
from perenne.workspace.snapshots import current, damaged
from tests.cli.files import HEADER, orders, write
from tests.workspace.shops import bring, computed, contents, leftovers, values
from tests.workspace.stopped import Runner

MORE = f"{HEADER}\n" + "".join(f"B{n},2024-09-{n:02d},c2,5\n" for n in range(1, 29)) + ",,,\n"
TRUE_OF_A_REFRESH = (
    "What was published is unchanged.",
    "Snapshot 0",
    "The same command, run again, does the whole work.",
)
COMMAND = "import sys; from perenne.cli import main; main(sys.argv[1:])"


@pytest.fixture(scope="module")
def runner() -> Runner:
    return Runner()


@pytest.fixture
def mine(published: Layout, tmp_path: Path) -> Layout:
    return Layout(Path(shutil.copytree(published.root, tmp_path / "shop")))


@pytest.fixture(scope="session")
def expected(
    published: Layout, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, float | None]:
    """The figures after an undisturbed import of one more file and a refresh."""
    folder = tmp_path_factory.mktemp("expected")
    place = Layout(Path(shutil.copytree(published.root, folder / "shop")))
    bring(place, write(folder / "more.csv", MORE))
    computed(place)
    return values(place)


def _intact(place: Layout, published: Layout) -> None:
    """The snapshot published before is whole, still the same, and readable."""
    assert current(place).id == current(published).id
    assert not damaged(current(place))
    assert contents(current(place).folder) == contents(current(published).folder)


@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_stopped_import(
    by: signal.Signals, mine: Layout, published: Layout, runner: Runner, tmp_path: Path
) -> None:
    words = ["import", str(write(tmp_path / "more.csv", MORE)), "--workspace", str(mine.root)]
    spare = Layout(Path(shutil.copytree(mine.root, tmp_path / "spare")))
    code, _, steps = runner.run([*words[:-1], str(spare.root)], tmp_path)
    assert code == 0
    assert steps > 5
    for step in range(1, steps + 1, max(1, steps // 5)):
        code, said, _ = runner.run(words, tmp_path, stop_at=step, by=by)
        _check_stopped(code, said, by)
        _intact(mine, published)
        assert len(list_imports(mine)) in (1, 2)
    code, said, _ = runner.run(words, tmp_path)
    assert code == 0, said
    assert len(list_imports(mine)) == 2
    assert not leftovers(mine)
    assert contents(mine.quarantine).keys() == {f"{list_imports(mine)[-1].id}.parquet"}


def _check_stopped(code: int, said: str, by: signal.Signals) -> None:
    """A kill ends the run; Ctrl-C ends it with a word, unless it was over already."""
    assert "Traceback" not in said
    if by == signal.SIGKILL:
        assert code in (-signal.SIGKILL, 0), said
    else:
        assert code in (130, 0), said
        assert code == 0 or any(f"Stopped. {how}" in said for how in TRUE_OF_A_REFRESH)


@pytest.mark.slow
@pytest.mark.parametrize(
    "by",
    [
        pytest.param(signal.SIGKILL, id="killed"),
        pytest.param(signal.SIGINT, id="interrupted", marks=pytest.mark.long),
    ],
)
def test_stopped_refresh(
    by: signal.Signals,
    mine: Layout,
    published: Layout,
    runner: Runner,
    tmp_path: Path,
    expected: dict[str, float | None],
) -> None:
    bring(mine, write(tmp_path / "more.csv", MORE))
    spare = Layout(Path(shutil.copytree(mine.root, tmp_path / "spare")))
    code, said, steps = runner.run(["refresh", "--workspace", str(spare.root)], tmp_path)
    assert code == 0, said
    assert steps > 10
    last = range(max(1, steps - 8), steps + 1, 2)
    for step in sorted({*range(1, steps, max(1, steps // 5)), *last}):
        words = ["refresh", "--workspace", str(mine.root)]
        code, said, _ = runner.run(words, tmp_path, stop_at=step, by=by)
        _check_stopped(code, said, by)
        if current(mine).id != current(published).id:
            assert step > steps // 2
            break
        _intact(mine, published)
    assert computed(mine).account.balanced
    assert values(mine) == expected
    assert not leftovers(mine)


def test_killed_run_makes_no_half_workspace(runner: Runner, tmp_path: Path) -> None:
    """Ctrl-C while `run` imports the first file of a new workspace leaves no folder."""
    words = ["run", str(write(tmp_path / "o.csv", orders())), "--into", str(tmp_path / "new")]
    code, said, _ = runner.run(words, tmp_path, stop_at=9, by=signal.SIGINT)
    assert code == 130, said
    assert "Traceback" not in said
    assert not (tmp_path / "new").exists()


def _start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_second_run_waits_for_the_first(mine: Layout) -> None:
    with mine.lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        second = _start("refresh", "--workspace", str(mine.root))
        assert second.stderr is not None
        assert "waiting for it" in second.stderr.readline()
        assert second.poll() is None
    out, err = second.communicate(timeout=60)
    assert second.returncode == 0, err
    assert "is up to date" in out


def test_interrupt_while_waiting(mine: Layout, published: Layout) -> None:
    with mine.lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        second = _start("refresh", "--workspace", str(mine.root))
        assert second.stderr is not None
        assert "waiting for it" in second.stderr.readline()
        second.send_signal(signal.SIGINT)
        _, err = second.communicate(timeout=60)
    assert second.returncode == 130
    assert "Traceback" not in err
    assert "Stopped. What was published is unchanged." in err
    _intact(mine, published)


@pytest.mark.slow
def test_two_refreshes_at_once(
    mine: Layout, tmp_path: Path, expected: dict[str, float | None]
) -> None:
    bring(mine, write(tmp_path / "more.csv", MORE))
    both = [_start("refresh", "--workspace", str(mine.root)) for _ in range(2)]
    said = [process.communicate(timeout=300) for process in both]
    refused = [err for process, (_, err) in zip(both, said, strict=True) if process.returncode]
    for told in refused:  # on a machine so slow that the wait ended first
        assert "Another Perenne run is writing" in told
    assert sum("published, as of" in out for out, _ in said) == 1, said
    assert sum("is up to date" in out for out, _ in said) == 1 - len(refused), said
    assert len(list(mine.snapshots.iterdir())) == 2
    assert values(mine) == expected
