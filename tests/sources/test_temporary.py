"""Temporary files stand in the workspace: a kill leaves no one's data where nothing sweeps."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from perenne.workspace import Layout, create
from perenne.workspace.sweeping import sweep
from tests.house.repository import ROOT

_KILLED = """
import os, signal, sys
from pathlib import Path
from perenne.sources import readers, recognise
from perenne.warehouse import DuckEngine
from tests.sources.golden import CONTEXT

load = readers.load
def killed(*given, **named):
    print(load(*given, **named).relation, named["place"].folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
readers.load = killed
file, folder = map(Path, sys.argv[1:])
with DuckEngine(threads=1, spill=folder / f".spill-{os.getpid()}-0a0b0c0d") as engine:
    recognise(file, engine=engine, context=CONTEXT)
"""


def test_kill_while_a_file_is_recognised_leaves_nothing_outside(tmp_path: Path) -> None:
    file, outside = tmp_path / "o.csv", tmp_path / "outside"
    rows = "".join(f"é{n},0{n % 9 + 1}/0{n % 7 + 1}/2025,C1,9.50\n" for n in range(3000))
    file.write_bytes(f"order_id,order_date,customer_id,total\n{rows}".encode("cp1252"))
    outside.mkdir()
    shop = create(tmp_path / "shop", "")
    before = sorted(one.name for one in shop.root.iterdir())
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(file), str(shop.root)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(outside)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not list(outside.iterdir())
    left = [one for one in shop.root.iterdir() if one.name not in before]
    assert [one.name for one in left[0].iterdir()] == ["text.csv"]
    sweep(Layout(shop.root))
    assert sorted(one.name for one in shop.root.iterdir()) == before
