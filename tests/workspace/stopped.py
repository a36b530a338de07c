"""Runs of `perenne` in a process of its own that is stopped at its n-th step on the disk, or whose
disk is full or read-only from that step on."""

from __future__ import annotations

import contextlib
import errno
import multiprocessing
import os
import signal
import sys
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

STEPS = {"os.rename": 2, "os.mkdir": 2, "os.remove": 1, "os.rmdir": 1}
"""What is done to the disk, beside opening a file for writing, and which of its arguments is the
folder that a name is relative to."""

MAKES = {"open", "os.mkdir"}
"""What a full disk refuses."""

WRITTEN = b"+"
"""How a file that is opened for writing by its name is noted."""


By = int | tuple[int, str]
"""A signal, or the number of an error and where it is met."""


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
        full: Path | None = None,
        read_only: Path | None = None,
    ) -> tuple[int, str, int]:
        """Exit code (negative: the signal), what was said, and steps taken on the disk.

        `stop_at` 0 lets the run end. A step is a file opened for writing, moved or removed.
        `after` kills it so many seconds after it was started. With `full` or `read_only` the run is
        not stopped: from that step on, what lies under the folder is on such a disk.
        """
        said, steps = folder / "said.txt", folder / "steps.txt"
        fault: By = by
        if under := full or read_only:
            fault = (errno.ENOSPC if full else errno.EROFS, f"{under}/")
        process = self.start(words, folder, stop_at=stop_at, by=fault)
        if after is not None:
            process.join(after)
            process.kill()
        process.join(240)
        assert process.exitcode is not None, "it never ended"
        taken = len(steps.read_bytes()) if steps.exists() else 0
        text = said.read_text(encoding="utf-8") if said.exists() else ""
        return process.exitcode, text, taken

    def start(
        self, words: list[str], folder: Path, *, stop_at: int = 0, by: By = signal.SIGKILL
    ) -> ForkServerProcess:
        """A run under way; what it says goes to `said.txt` of the folder."""
        said, steps = folder / "said.txt", folder / "steps.txt"
        process = self._context.Process(target=_run, args=(words, said, steps, stop_at, by))
        process.start()
        return process


def _run(words: list[str], said: Path, steps: Path, stop_at: int, by: By) -> None:
    from perenne.cli import main

    with said.open("w", encoding="utf-8") as output, steps.open("wb", buffering=0) as counted:
        sys.addaudithook(_Counter(counted.fileno(), stop_at, by))
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            main(words)


class _Counter:
    """Counts steps that change the disk; at the one asked for it sends itself the signal, or from
    it on raises the error."""

    def __init__(self, descriptor: int, stop_at: int, by: By) -> None:
        self._descriptor, self._stop_at, self._by = descriptor, stop_at, by
        self._steps = 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in STEPS and not (event == "open" and _writes(arguments)):
            return
        if "__pycache__" in str(arguments[0]):
            return  # the first run of all compiles what it imports
        self._steps += 1
        named = event == "open" and not isinstance(arguments[0], int)
        os.write(self._descriptor, WRITTEN if named else b".")
        if isinstance(self._by, int):
            if self._steps == self._stop_at:
                os.kill(os.getpid(), self._by)
        elif self._stop_at and self._steps >= self._stop_at:
            _refuse(event, arguments, *self._by)


def _refuse(event: str, arguments: tuple[Any, ...], number: int, under: str) -> None:
    if number == errno.ENOSPC and event not in MAKES:
        return
    path = _path(event, arguments)
    if path.startswith(under):
        raise OSError(number, os.strerror(number), path)


def _path(event: str, arguments: tuple[Any, ...]) -> str:
    """What a step is about; a name may be relative to an open folder."""
    if isinstance(arguments[0], int):
        return ""
    path = os.fsdecode(arguments[0])
    folder = arguments[STEPS[event]] if event in STEPS else -1
    if folder != -1:
        with contextlib.suppress(OSError):
            return os.path.join(os.readlink(f"/proc/self/fd/{folder}"), path)
    return path


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))
