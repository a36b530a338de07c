"""The lake of a workspace: which one the settings name, and what of it is still wanted."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from perenne.core import opaque_id
from perenne.warehouse import Lake, Pointer, pointer
from perenne.workspace.access import as_open_as
from perenne.workspace.layout import Layout, find, key_of, shown
from perenne.workspace.settings import load


def lake_of(layout: Layout) -> Lake:
    """The lake that the settings of a workspace name; one without an address where none is."""
    if not layout.settings.is_file():
        return Lake()
    return _lake(layout.settings, layout.settings.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _lake(settings: Path, _changed: int) -> Lake:
    named = load(settings).lake
    return Lake(named.address, named.options)


def place_of(file: Path) -> str:
    """What an engine reads for a Parquet file of a workspace: itself, or what it points to."""
    return lake_of(find(file)).place(file) if pointer(file) else str(file)


def keep(layout: Layout, file: Path, *, place: Path) -> None:
    """Bring a file that is about to stand at `place` into the lake, where the workspace has one and
    the place is of an import or a snapshot. In the lake it lies beside what stands there now."""
    lake = lake_of(layout)
    if lake and {layout.raw, layout.snapshots} & set(place.parents):
        other = f"-{secrets.token_hex(4)}" if place.exists() else ""
        named = place.with_name(f"{place.stem}{other}{place.suffix}")
        lake.keep(file, named.relative_to(layout.root).as_posix())


def claim(layout: Layout) -> None:
    """Write down whose lake it is. Raises PerenneError when it is another's."""
    if lake := lake_of(layout):
        with as_open_as(shown(layout)):  # a lake may be a folder: file:///mnt/disk/shop
            lake.claim(opaque_id(key_of(layout), "lake"))


def sweep_lake(layout: Layout) -> None:
    """Remove what no file of the workspace names any more. Hold the write lock."""
    if lake := lake_of(layout):
        lake.sweep(_named(layout))


def _named(layout: Layout) -> Iterator[Pointer]:
    """Every pointer of a workspace: of imports, of snapshots and of a run that is under way."""
    for folder in (layout.raw, layout.snapshots, layout.scratch, layout.erasing):
        for file in folder.rglob("*"):
            if file.is_file() and (named := pointer(file)):
                yield named
