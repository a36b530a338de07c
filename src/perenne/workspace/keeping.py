"""How many snapshots are kept: those beyond a number of the owner's go after a refresh."""

from __future__ import annotations

import shutil
from typing import TypeGuard

from perenne.core import PerenneError
from perenne.workspace import snapshots
from perenne.workspace.files import flush
from perenne.workspace.lakes import sweep_lake
from perenne.workspace.layout import Layout


def remove_old(layout: Layout, keep: int | None) -> tuple[str, ...]:
    """Remove all but the newest snapshots, as many as to `keep`, and the published one; their ids.

    None keeps them all. Damaged ones neither count nor go: they are the doctor's. Each leaves its
    place in one step, for a folder that the next run sweeps if this one is killed. Files that a
    later snapshot took over are links: they stay. Hold the write lock.
    """
    if keep is None:
        return ()
    shown = snapshots.current(layout).id
    whole = [one for _name, one in snapshots.each(layout) if _is_whole(one)]
    old = [one for one in whole[keep:] if one.id != shown]
    for one in reversed(old):
        gone = layout.scratch / f"old-{one.id}"
        shutil.rmtree(gone, ignore_errors=True)
        layout.scratch.mkdir(exist_ok=True)
        one.folder.rename(gone)
        flush(layout.snapshots)
        shutil.rmtree(gone)
    if old:
        sweep_lake(layout)
    return tuple(one.id for one in old)


def _is_whole(one: snapshots.Snapshot | PerenneError) -> TypeGuard[snapshots.Snapshot]:
    return isinstance(one, snapshots.Snapshot) and not snapshots.resized(one)
