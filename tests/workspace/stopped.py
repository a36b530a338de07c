"""Runs of `perenne` in a process of its own that is stopped at its n-th step on the disk."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

STEPS = {"os.rename", "os.mkdir", "os.remove", "os.rmdir"}


class Runner:
    """Starts processes that have everything loaded already, so that each costs little."""

    def __init__(self, *also: str) -> None:
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["perenne.workspace", "perenne.cli.making", *also])

    def run(
        self,
        words: list[str],
        folder: Path,
        *,
        stop_at: int = 0,
        by: int = signal.SIGKILL,
        after: float | None = None,
    ) -> tuple[int, str, int]:
        """Exit code (negative: the signal), what was said, and steps taken on the disk.

        `stop_at` 0 lets the run end. A step is a file opened for writing, moved or removed.
        `after` kills it so many seconds after it was started.
        """
        said, steps = folder / "said.txt", folder / "steps.txt"
        process = self.start(words, folder, stop_at=stop_at, by=by)
        if after is not None:
            process.join(after)
            process.kill()
        process.join(240)
        assert process.exitcode is not None, "it never ended"
        taken = len(steps.read_bytes()) if steps.exists() else 0
        text = said.read_text(encoding="utf-8") if said.exists() else ""
        return process.exitcode, text, taken

    def start(
        self, words: list[str], folder: Path, *, stop_at: int = 0, by: int = signal.SIGKILL
    ) -> ForkServerProcess:
        """A run under way; what it says goes to `said.txt` of the folder."""
        said, steps = folder / "said.txt", folder / "steps.txt"
        process = self._context.Process(target=_run, args=(words, said, steps, stop_at, by))
        process.start()
        return process


def _run(words: list[str], said: Path, steps: Path, stop_at: int, by: int) -> None:
    from perenne.cli import main

    with said.open("w", encoding="utf-8") as output, steps.open("wb", buffering=0) as counted:
        sys.addaudithook(_Counter(counted.fileno(), stop_at, by))
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            main(words)


class _Counter:
    """Counts steps that change the disk; sends itself the signal at the one asked for."""

    def __init__(self, descriptor: int, stop_at: int, by: int) -> None:
        self._descriptor, self._stop_at, self._by = descriptor, stop_at, by
        self._steps = 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in STEPS and not (event == "open" and _writes(arguments)):
            return
        self._steps += 1
        os.write(self._descriptor, b".")
        if self._steps == self._stop_at:
            os.kill(os.getpid(), self._by)


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))
