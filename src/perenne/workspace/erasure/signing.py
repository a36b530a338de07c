"""Manifests of imports and snapshots whose files were written anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perenne.workspace.batches import Batch
from perenne.workspace.files import sha256

MANIFEST = "manifest.json"


def of_batch(
    batch: Batch, manifest: Mapping[str, Any], made: Mapping[Path, Path], *, by: str
) -> dict[str, Any]:
    """`manifest` once `made` (place → new form) takes the place of files, by the erasure `by`."""
    signed = {
        place.name: sha256(new)
        for place, new in made.items()
        if place.parent.name == batch.id and place.name in batch.signed
    }
    told = [*manifest.get("erased", ()), by]
    return {**manifest, "signed": {**batch.signed, **signed}, "erased": told}


def of_snapshot(
    manifest: Mapping[str, Any],
    made: Mapping[Path, Path],
    rows: Mapping[str, int],
    *,
    by: str,
) -> dict[str, Any]:
    """The same of a snapshot; `rows` is how many its tables have more, of those that changed."""
    signed, sizes = dict(manifest["sha256"]), dict(manifest.get("bytes", {}))
    for place, new in made.items():
        name = _within(place, manifest["id"])
        if name in signed:
            signed[name] = sha256(new)
        if name in sizes:
            sizes[name] = new.stat().st_size
    counted = {name: number + rows.get(name, 0) for name, number in manifest["tables"].items()}
    told = [*manifest.get("erased", ()), by]
    sized = {"bytes": sizes} if sizes else {}
    return {**manifest, "tables": counted, "sha256": signed, **sized, "erased": told}


def _within(place: Path, folder: str) -> str:
    """The path of a file within its snapshot: a part of a table stands in the table's folder."""
    root = next(parent for parent in place.parents if parent.name == folder)
    return place.relative_to(root).as_posix()
