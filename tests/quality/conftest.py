"""A shop whose files have faults that are known by count, imported once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from perenne.quality import ImportQuality, Outcome
from perenne.workspace import Batch, Layout, Options, create, import_files
from perenne.workspace.qualities import check_import
from perenne.workspace.settings import template
from tests.quality.faults import FILES

IMPORTED = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    folder = tmp_path_factory.mktemp("quality")
    text = template(name="Thé", currency="EUR", time_zone="Europe/Paris", language="en")
    layout = create(folder / "shop", text)
    for name, rows in FILES.items():
        (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
        import_files(layout, [folder / name], options=Options(), imported_at=IMPORTED)
    return layout


@pytest.fixture(scope="session")
def judged(place: Layout) -> Mapping[str, ImportQuality]:
    """The quality of each import, by the name of its file."""
    from perenne.workspace import list_imports

    return {batch.file: check_import(place, batch) for batch in list_imports(place)}


def outcome(found: ImportQuality, name: str, *, table: str) -> Outcome:
    """The outcome of one check; `name` may be `check` or `check:column`."""
    (one,) = [
        one
        for at, one in found.outcomes
        if at == table and name in (one.check.name, f"{one.check.name}:{one.check.column}")
    ]
    return one


def batch_of(place: Layout, file: str) -> Batch:
    from perenne.workspace import list_imports

    return next(one for one in list_imports(place) if one.file == file)
