"""Reads one file in a process of its own, with bounded memory and time, and says how it ended.

usage: python -m tests.sources.guarded FILE [PRESET]
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perenne.core import PerenneError
from perenne.sources import recognise, stage
from perenne.warehouse import DuckEngine
from tests.house.repository import ROOT
from tests.sources.golden import CONTEXT

MEMORY = 3 << 30
SECONDS = 60


@dataclass(frozen=True)
class Ended:
    """`refused` is the sentence of a refusal, `counts` what was read, kept and refused."""

    refused: str
    next_step: str
    counts: dict[str, tuple[int, int, int]]
    peak: int
    """Most memory in bytes."""


def read_guarded(file: Path, *, seconds: int = SECONDS, memory: int = MEMORY) -> Ended:
    """Read `file` under these bounds. A traceback, a crash or a hang fails the test."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.sources.guarded", str(file)]
    done = subprocess.run(
        [*command, str(memory)], cwd=ROOT, capture_output=True, text=True, timeout=seconds
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said: dict[str, Any] = json.loads(done.stdout)
    counts = {table: tuple(numbers) for table, numbers in said["counts"].items()}
    return Ended(said["refused"], said["next_step"], counts, said["peak"])


def new_engine(folder: Path) -> DuckEngine:
    return DuckEngine(threads=1, memory_limit="1GB", spill=folder / "spill")


def read(file: Path, folder: Path, engine: DuckEngine) -> dict[str, Any]:
    """Recognise and stage a file; what came of it as plain values."""
    try:
        found = recognise(file, engine=engine, context=CONTEXT)
        done = stage(found, engine=engine, context=CONTEXT, into=folder / "staged")
    except PerenneError as error:
        return {"refused": error.what, "next_step": error.next_step or "", "counts": {}}
    counts = {c.table: (c.read, c.kept, c.quarantined) for c in done.counts}
    return {"refused": "", "next_step": "", "counts": counts}


def main() -> None:
    file, memory = Path(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    with tempfile.TemporaryDirectory() as folder, new_engine(Path(folder)) as engine:
        said = read(file, Path(folder), engine)
    said["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(said))


if __name__ == "__main__":
    main()
