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
    """The same of a snapshot; `rows` are those of its tables that have changed."""
    signed, sizes = dict(manifest["sha256"]), dict(manifest.get("bytes", {}))
    for place, new in made.items():
        if place.name in signed:
            signed[place.name] = sha256(new)
        if place.name in sizes:
            sizes[place.name] = new.stat().st_size
    counted = {**manifest["tables"], **{k: n for k, n in rows.items() if k in manifest["tables"]}}
    told = [*manifest.get("erased", ()), by]
    sized = {"bytes": sizes} if sizes else {}
    return {**manifest, "tables": counted, "sha256": signed, **sized, "erased": told}
