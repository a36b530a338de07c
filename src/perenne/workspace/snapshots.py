"""Snapshots: what a refresh publishes, whole and unchanging, and the pointer to the current one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from perenne.core import PerenneError
from perenne.text import format_date
from perenne.text import gettext as _
from perenne.warehouse import tables_in
from perenne.workspace.files import changed, flush, hashed
from perenne.workspace.lakes import keep, lake_of
from perenne.workspace.layout import (
    LAYOUT_VERSION,
    Layout,
    find,
    of_this_layout,
    read_json,
    write_atomically,
    write_json,
)

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
    def number(self) -> int:
        return int(self.id.split("-")[0])

    @property
    def as_of(self) -> date:
        return date.fromisoformat(self.manifest["as_of"])

    def table_path(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(self.manifest["tables"])


def published(layout: Layout) -> list[Snapshot]:
    """All whole snapshots, oldest first. Raises PerenneError when a manifest is damaged."""
    return [_read(folder) for folder in _folders(layout)]


def each(layout: Layout) -> Iterator[tuple[str, Snapshot | PerenneError]]:
    """Every snapshot, newest first, or why its manifest cannot be read."""
    for folder in reversed(_folders(layout)):
        try:
            yield folder.name, _read(folder)
        except PerenneError as error:
            yield folder.name, error


def sound(layout: Layout) -> Iterator[Snapshot]:
    """The snapshots whose every file is as it was signed, newest first; others are passed over."""
    for _name, one in each(layout):
        if isinstance(one, Snapshot) and not damaged(one):
            yield one


def _folders(layout: Layout) -> list[Path]:
    """Folders of snapshots in the order of their numbers, which grow whatever the clock says."""
    return sorted(path.parent for path in layout.snapshots.glob(f"*/{MANIFEST}"))


def _read(folder: Path) -> Snapshot:
    manifest = read_json(folder / MANIFEST, needed=("as_of", "tables", "sha256"))
    of_this_layout(manifest, _("Snapshot {id}").format(id=folder.name))
    return Snapshot(folder, manifest)


def current(layout: Layout) -> Snapshot:
    """The published snapshot. Raises PerenneError when nothing is published, or when the pointer
    or what it names is damaged; files that are missing or have another size are named."""
    if not layout.current.is_file():
        raise PerenneError(
            _("Nothing has been computed in {folder} yet.").format(folder=layout.root),
            given=str(layout.root),
            next_step=_("Import a file (perenne import FILE), then run: perenne refresh."),
        )
    name = layout.current.read_text(encoding="utf-8", errors="replace").strip()
    folder = layout.snapshots / name
    if not name or Path(name).name != name or not (folder / MANIFEST).is_file():
        others = [one.name for one in _folders(layout)]
        raise PerenneError(
            _("The published snapshot {name} is missing or damaged.").format(name=name or "-"),
            given=name,
            allowed=others,
            next_step=way_back(layout),
        )
    try:
        shown = _read(folder)
    except PerenneError as error:
        raise PerenneError(
            error.what, given=error.given, next_step=f"{error.next_step} {way_back(layout)}"
        ) from error
    if resized(shown) and not layout.erasing.exists():
        shown = _read(folder)  # an erasure may just have ended
        if lost := resized(shown):
            raise harmed(layout, shown, lost)
    return shown


def resized(snapshot: Snapshot) -> list[str]:
    """Files that are missing or have another size than was signed: a glance, for every opening."""
    sizes: Mapping[str, int] = snapshot.manifest.get("bytes", {})
    return [
        name
        for name, size in sizes.items()
        if not (
            (snapshot.folder / name).is_file() and (snapshot.folder / name).stat().st_size == size
        )
    ]


def harmed(layout: Layout, snapshot: Snapshot, files: Collection[str]) -> PerenneError:
    """The refusal to read a snapshot of which some files are damaged."""
    return PerenneError(
        _("Snapshot {id} is damaged: {files}.").format(id=snapshot.id, files=", ".join(files)),
        given=snapshot.id,
        next_step=way_back(layout),
    )


def way_back(layout: Layout) -> str:
    """What to do when the published snapshot is damaged: compute it again, or a sound older one."""
    said = _("Run perenne refresh to compute it again.")
    older = next(sound(layout), None)
    if older is None:
        return said
    return f"{said} " + _(
        "Until then the newest sound snapshot, as of {day}, is published by: perenne rollback {id}"
    ).format(day=format_date(older.as_of), id=older.id)


def by_id(layout: Layout, name: str) -> Snapshot:
    """A published snapshot by its id. Raises PerenneError that lists those there are."""
    known = {folder.name: folder for folder in _folders(layout)}
    if name in known:
        return _read(known[name])
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


def publish(
    scratch: Path,
    layout: Layout,
    *,
    name: str,
    manifest: Mapping[str, Any],
    earlier: Snapshot | None = None,
) -> Snapshot:
    """Sign the files in `scratch`, move them in place and let the pointer show them.

    Each step leaves the workspace sound: until the pointer moves, the old snapshot is published.
    Files that are linked from the sound snapshot `earlier` keep the hash that it signed them with.
    """
    files = {path.relative_to(scratch).as_posix(): path for path in tables_in(scratch)}
    folder = layout.snapshots / name
    for part, path in files.items():
        keep(layout, path, place=folder / part)
    signed = {
        **manifest,
        "layout": LAYOUT_VERSION,
        "id": name,
        "sha256": _hashes(files, earlier),
        "bytes": {part: path.stat().st_size for part, path in files.items()},
    }
    write_json(scratch / MANIFEST, signed)
    for path in files.values():
        flush(path)
    layout.snapshots.mkdir(exist_ok=True)
    scratch.rename(folder)
    flush(layout.snapshots)
    point_to(layout, name)
    return Snapshot(folder, signed)


def _hashes(files: Mapping[str, Path], earlier: Snapshot | None) -> dict[str, str]:
    signed = earlier.manifest["sha256"] if earlier else {}
    there = {part: earlier.folder / part for part in signed} if earlier else {}
    known = {_inode(path): signed[part] for part, path in there.items() if path.is_file()}
    linked = {
        part: known[_inode(path)]
        for part, path in files.items()
        if path.stat().st_nlink > 1 and _inode(path) in known
    }
    return {**linked, **hashed({n: path for n, path in files.items() if n not in linked})}


def _inode(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def point_to(layout: Layout, name: str) -> None:
    """Make `name` the published snapshot: also how one rolls back."""
    write_atomically(layout.current, name + "\n")


def damaged(snapshot: Snapshot, *, tables: Collection[str] | None = None) -> list[str]:
    """Files of a snapshot, or of some of its tables, that are missing or differ from what was
    signed. A part of a table stands in the table's folder."""
    signed: Mapping[str, str] = snapshot.manifest["sha256"]
    asked = None if tables is None else {f"{name}.parquet" for name in tables}
    wanted = {n: h for n, h in signed.items() if asked is None or n.split("/")[0] in asked}
    return changed(snapshot.folder, wanted, lake=lake_of(find(snapshot.folder)))
