"""What killed runs left behind is removed by the next one that writes."""

from __future__ import annotations

import os
import shutil

from perenne.workspace.batches import MANIFEST, forget, list_imports, replaced, without_manifest
from perenne.workspace.layout import SPILL, Layout

_HALVES = (".*.tmp", ".perenne-*.part")
"""Files that were being written beside their place."""


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
        for pattern in _HALVES:
            for path in folder.glob(pattern):
                path.unlink(missing_ok=True)
    for path in layout.root.glob(f"{SPILL}*"):
        if path != layout.spill and not _runs(path.name.removeprefix(SPILL).split("-")[0]):
            shutil.rmtree(path, ignore_errors=True)
    for batch in replaced(layout):
        forget(layout, batch.id)
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
    kept = {batch.id for batch in list_imports(layout)}
    kept |= {path.name for path in without_manifest(layout)}
    for folder in (layout.quarantine, layout.quality):
        for path in folder.glob("[0-9]*-*"):
            if "-".join(path.name.split(".")[0].split("-")[:2]) not in kept:
                path.unlink(missing_ok=True)
