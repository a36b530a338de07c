"""What killed runs left behind is removed by the next one that writes."""

from __future__ import annotations

import os
import re
import shutil
import time
from contextlib import suppress

from perenne.workspace.batches import MANIFEST, forget, list_imports, replaced, without_manifest
from perenne.workspace.lakes import claim, sweep_lake
from perenne.workspace.layout import SPILL, Layout
from perenne.workspace.lost import lost

_PAPER = re.compile(r"(\d{6}-[0-9a-f]{12})[.-]")
_DRAFT_SECONDS = 3600
"""A report may be written while another run sweeps; a draft this old is of a run that is gone."""


def sweep(layout: Layout) -> None:
    """Remove scratch, what engines spilled, halves of files, folders without a manifest, imports
    that a later one of the same content replaced, and papers of imports that are not there. Hold
    the write lock. An import that a snapshot counted stays without its manifest: it is damaged."""
    shutil.rmtree(layout.scratch, ignore_errors=True)
    kept = set(without_manifest(layout))
    for folder in (layout.raw, layout.snapshots):
        for path in folder.glob("*/"):
            if not (path / MANIFEST).is_file() and path not in kept:
                shutil.rmtree(path, ignore_errors=True)
    for folder in (layout.root, layout.quality):
        for path in folder.glob(".*.tmp"):
            path.unlink(missing_ok=True)
    for path in layout.root.glob(".perenne-*.part"):
        with suppress(FileNotFoundError):  # it may just have got its name
            if time.time() - path.stat().st_mtime > _DRAFT_SECONDS:
                path.unlink()
    for path in layout.root.glob(f"{SPILL}*"):
        if not path.name.startswith(layout.spill.name) and not _runs(
            path.name.removeprefix(SPILL).split("-")[0]
        ):
            shutil.rmtree(path, ignore_errors=True)
    for batch in replaced(layout):
        forget(layout, batch.id)
    claim(layout)
    sweep_lake(layout)
    _papers(layout)


def _runs(number: str) -> bool:
    """Is there a process of this number? One that reads may spill while another writes."""
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return int(number) != os.getpid()


def _papers(layout: Layout) -> None:
    """Refused rows and quality reports are named after their import."""
    imports = list_imports(layout)
    kept = {batch.id for batch in imports}
    kept |= {path.name for path in without_manifest(layout)}
    kept |= {one["id"] for one in lost(layout, {batch.sha256 for batch in imports})}
    for folder in (layout.quarantine, layout.quality):
        for path in folder.glob("*"):
            named = _PAPER.match(path.name)
            if named and named[1] not in kept:
                path.unlink(missing_ok=True)
