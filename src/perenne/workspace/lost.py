"""Imports that a snapshot counted and whose folders are gone, though nobody took them back."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Any

from perenne.core import PerenneError
from perenne.text import gettext as _
from perenne.workspace.files import read_json, write_atomically
from perenne.workspace.layout import Layout


def lost(layout: Layout, contents: Collection[str]) -> list[dict[str, Any]]:
    """What the newest snapshot counted and is not under raw/: neither taken back, nor brought back
    by an import of the same content, one of `contents`."""
    gone = _forgotten(layout)
    return [
        one
        for one in _counted(layout)
        if not (layout.raw / one["id"]).is_dir()
        and one["id"] not in gone
        and one["sha256"] not in contents
    ]


def require_all(layout: Layout, contents: Collection[str]) -> None:
    """Raise PerenneError that names the imports that are lost, and the two ways on."""
    if not (missing := lost(layout, contents)):
        return
    names = ", ".join(f"{one['id']} ({one['file']})" for one in missing)
    raise PerenneError(
        _("Imports that the newest snapshot counts are gone: {names}.").format(names=names),
        given=[one["id"] for one in missing],
        next_step=_(
            "Bring back raw/{id} from a backup or import its file again; to count it no longer: "
            "perenne forget {id}."
        ).format(id=missing[0]["id"]),
    )


def taken_back(layout: Layout, batch_id: str) -> None:
    """Write down that the owner took an import back."""
    _write(layout, _forgotten(layout) | {batch_id})


def brought_again(layout: Layout, batch_id: str) -> None:
    """Write down that an import which was taken back is there again: its id is the same."""
    if batch_id in (known := _forgotten(layout)):
        _write(layout, known - {batch_id})


def _write(layout: Layout, known: Collection[str]) -> None:
    write_atomically(layout.forgotten, "".join(f"{name}\n" for name in sorted(known)))


def _forgotten(layout: Layout) -> set[str]:
    try:
        return set(layout.forgotten.read_text(encoding="utf-8").split())
    except FileNotFoundError:
        return set()


def _counted(layout: Layout) -> list[dict[str, Any]]:
    for folder in sorted(layout.snapshots.glob("*/"), reverse=True):
        with suppress(PerenneError):
            return list(read_json(folder / "manifest.json").get("inputs", ()))
    return []
