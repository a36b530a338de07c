"""Small workspaces through the workspace's own face, and what stands in their folders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from perenne.sources import DateOrder
from perenne.workspace import (
    ImportResult,
    Layout,
    Options,
    Refreshed,
    create,
    import_files,
    open_shop,
    refresh_workspace,
)
from perenne.workspace.settings import template

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"


def new_workspace(folder: Path, *, key: str = KEY, currency: str = "EUR") -> Layout:
    """An empty workspace with a known key, so that customers have the same ids everywhere."""
    text = template(name="Tea", currency=currency, time_zone="Europe/Paris", language="en")
    place = create(folder, text)
    place.key.write_text(key + "\n", encoding="utf-8")
    return place


def without_models(place: Layout) -> None:
    """Nothing is predicted, and records are compared by rules alone: what takes seconds."""
    text = place.settings.read_text(encoding="utf-8")
    text = text.replace("# enabled = true ", "enabled = false ")
    text = text.replace("[identity]", '[identity]\nprobabilistic = "off"')
    place.settings.write_text(text, encoding="utf-8")


def carry_over(place: Layout) -> None:
    """From now on a refresh takes settled orders over, however few there are."""
    text = place.settings.read_text(encoding="utf-8")
    place.settings.write_text(f"{text}\n[refresh]\ncarry_over_from = 0\n", encoding="utf-8")


def bring(
    place: Layout,
    *files: Path,
    preset: str | None = None,
    store: str | None = None,
    date_order: DateOrder | None = None,
    **mapping: str,
) -> list[ImportResult]:
    """Import files as of a fixed moment."""
    options = Options(preset, mapping, store, date_order)
    return import_files(place, files, options=options, imported_at=NOW)


def computed(place: Layout, *, as_of: date | None = None) -> Refreshed:
    return refresh_workspace(place, as_of=as_of)


def contents(folder: Path, *, leave: Iterable[str] = (".lock",)) -> dict[str, str]:
    """Every file under a folder with the hash of its content."""
    left = set(leave)
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in left
    }


def leftovers(place: Layout) -> list[str]:
    """Unfinished work in a workspace: there must be none after a run has ended."""
    unfinished = [path for path in place.scratch.rglob("*") if path.is_file()]
    for folder in (place.raw, place.snapshots):
        unfinished += [path for path in folder.glob("*/") if not (path / "manifest.json").is_file()]
    return [str(path.relative_to(place.root)) for path in [*unfinished, *place.root.glob(".*.tmp")]]


def table(place: Layout, name: str, *, snapshot: str | None = None) -> list[dict[str, Any]]:
    """Rows of one table of a snapshot, in an order that does not depend on the engine."""
    with open_shop(place.root, snapshot=snapshot) as shop:
        return sorted(shop.table(name).rows(), key=str)


def values(place: Layout, *metrics: str, snapshot: str | None = None) -> dict[str, Any]:
    with open_shop(place.root, snapshot=snapshot) as shop:
        return {row["metric"]: row["value"] for row in shop.kpis(*metrics).rows()}
