"""Every real layout file is imported by the preset it is for, or refused for the right reason."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from perenne.core import PerenneError
from perenne.sources import recognise, stage
from perenne.warehouse import DuckEngine
from tests.sources.golden import CONTEXT

TABLE: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
IMPORTED: dict[str, dict[str, dict[str, list[int]]]] = TABLE["imported"]
REFUSED: dict[str, list[str]] = TABLE["refused"]
NOT_COVERED: list[str] = TABLE["not covered"]


@pytest.fixture(scope="module")
def layouts(shared_data: Path) -> Path:
    return shared_data / "connector_formats"


def _listed() -> Iterator[str]:
    for files in IMPORTED.values():
        yield from files
    for names in REFUSED.values():
        yield from names
    yield from NOT_COVERED


def test_the_table_names_every_file_once(layouts: Path) -> None:
    files = {str(f.relative_to(layouts)) for f in layouts.rglob("*") if f.is_file()}
    assert sorted(_listed()) == sorted(files)


@pytest.mark.parametrize(
    ("preset", "file"), [(preset, file) for preset, files in IMPORTED.items() for file in files]
)
def test_imported(
    engine: DuckEngine, layouts: Path, tmp_path: Path, *, preset: str, file: str
) -> None:
    found = recognise(layouts / file, engine=engine, context=CONTEXT)
    assert found.preset.name == preset
    done = stage(found, engine=engine, context=CONTEXT, into=tmp_path)
    assert {c.table: [c.kept, c.quarantined] for c in done.counts} == IMPORTED[preset][file]


@pytest.mark.parametrize("reason", sorted(REFUSED))
def test_refused_with_its_reason(engine: DuckEngine, layouts: Path, reason: str) -> None:
    told = {file: _refusal(engine, layouts / file).given for file in REFUSED[reason]}
    assert set(told.values()) == {reason}


def test_not_covered_is_not_taken_for_anything(engine: DuckEngine, layouts: Path) -> None:
    told = {file: str(_refusal(engine, layouts / file)) for file in NOT_COVERED}
    assert {file for file, text in told.items() if "does not recognise" not in text} == set()


def _refusal(engine: DuckEngine, path: Path) -> PerenneError:
    with pytest.raises(PerenneError) as caught:
        recognise(path, engine=engine, context=CONTEXT)
    return caught.value
