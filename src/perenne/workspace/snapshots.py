"""Snapshots: what a refresh publishes, whole and unchanging, and the pointer to the current one."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from perenne.core import PerenneError
from perenne.text import gettext as _
from perenne.warehouse import tables_in
from perenne.workspace.files import flush
from perenne.workspace.layout import Layout, read_json, write_atomically, write_json

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Snapshot:
    """One published snapshot: its folder and what its manifest says."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def as_of(self) -> date:
        return date.fromisoformat(self.manifest["as_of"])

    def table_path(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(self.manifest["tables"])


def published(layout: Layout) -> list[Snapshot]:
    """All whole snapshots, oldest first."""
    folders = sorted(path.parent for path in layout.snapshots.glob(f"*/{MANIFEST}"))
    return [Snapshot(folder, read_json(folder / MANIFEST)) for folder in folders]


def current(layout: Layout) -> Snapshot:
    """The published snapshot. Raises PerenneError when nothing is published or it is damaged."""
    if not layout.current.is_file():
        raise PerenneError(
            _("Nothing has been computed in {folder} yet.").format(folder=layout.root),
            given=str(layout.root),
            next_step=_("Import a file (perenne import FILE), then run: perenne refresh."),
        )
    name = layout.current.read_text(encoding="utf-8").strip()
    folder = layout.snapshots / name
    if not (folder / MANIFEST).is_file():
        others = [snapshot.id for snapshot in published(layout)]
        raise PerenneError(
            _("The published snapshot {name} is missing or damaged.").format(name=name),
            given=name,
            allowed=others,
            next_step=_("Run perenne refresh to compute it again."),
        )
    return Snapshot(folder, read_json(folder / MANIFEST))


def by_id(layout: Layout, name: str) -> Snapshot:
    """A published snapshot by its id. Raises PerenneError that lists those there are."""
    known = {snapshot.id: snapshot for snapshot in published(layout)}
    if name in known:
        return known[name]
    raise PerenneError(
        _("There is no snapshot {name}.").format(name=name),
        given=name,
        allowed=list(known),
        next_step=_("Choose one of: {names}.").format(names=", ".join(known) or "-"),
    )


def next_number(layout: Layout) -> int:
    """Numbers grow with each refresh, whatever the clock says."""
    numbers = [int(path.name.split("-")[0]) for path in layout.snapshots.glob("[0-9]*-*")]
    return max(numbers, default=0) + 1


def next_id(layout: Layout, as_of: date) -> str:
    return f"{next_number(layout):06d}-{as_of:%Y%m%d}"


def publish(scratch: Path, layout: Layout, *, name: str, manifest: Mapping[str, Any]) -> Snapshot:
    """Sign the files in `scratch`, move them in place and let the pointer show them.

    Each step leaves the workspace sound: until the pointer moves, the old snapshot is published.
    """
    files = tables_in(scratch)
    hashes = {path.relative_to(scratch).as_posix(): _sha256(path) for path in files}
    signed = {**manifest, "id": name, "sha256": hashes}
    write_json(scratch / MANIFEST, signed)
    for path in files:
        flush(path)
    layout.snapshots.mkdir(exist_ok=True)
    folder = layout.snapshots / name
    scratch.rename(folder)
    point_to(layout, name)
    return Snapshot(folder, signed)


def point_to(layout: Layout, name: str) -> None:
    """Make `name` the published snapshot: also how one rolls back."""
    write_atomically(layout.current, name + "\n")


def damaged(snapshot: Snapshot, *, tables: Collection[str] | None = None) -> list[str]:
    """Files of a snapshot, or of some of its tables, that are missing or differ from what was
    signed. A part of a table stands in the table's folder."""
    signed: Mapping[str, str] = snapshot.manifest["sha256"]
    asked = None if tables is None else {f"{name}.parquet" for name in tables}
    return [
        name
        for name, digest in signed.items()
        if (asked is None or name.split("/")[0] in asked)
        and not ((snapshot.folder / name).is_file() and _sha256(snapshot.folder / name) == digest)
    ]


def sweep(layout: Layout) -> None:
    """Remove what killed runs left behind. Call while holding the write lock."""
    shutil.rmtree(layout.scratch, ignore_errors=True)
    for folder in (layout.raw, layout.snapshots):
        for path in folder.glob("*/"):
            if not (path / MANIFEST).is_file():
                shutil.rmtree(path, ignore_errors=True)
    for path in layout.root.glob(".*.tmp"):
        path.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
