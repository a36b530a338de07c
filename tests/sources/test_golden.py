"""Every preset against its golden files: what comes out is written beside what goes in."""

import json
from pathlib import Path

import pytest

from perenne.sources import preset, preset_names
from tests.sources.golden import SHELF, expected_path, golden_files, imported, run_golden


@pytest.mark.parametrize("file", golden_files(), ids=lambda f: f"{f.parts[-3]}/{f.name}")
def test_golden_file_comes_out_as_written(file: Path, tmp_path: Path) -> None:
    expected = json.loads(expected_path(file).read_text(encoding="utf-8"))
    assert run_golden(file, tmp_path) == expected
    assert expected["preset"] == file.parts[-3]


@pytest.mark.parametrize("name", preset_names())
def test_preset_has_a_readme_and_a_golden_file(name: str) -> None:
    readme = (SHELF / name / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {name}")
    assert any(file.parts[-3] == name for file in golden_files())


@pytest.mark.parametrize("file", imported(), ids=lambda f: f"{f.parts[-3]}/{f.name}")
def test_every_row_is_kept_or_quarantined(file: Path) -> None:
    expected = json.loads(expected_path(file).read_text(encoding="utf-8"))
    for table, (read, kept, quarantined) in expected["counts"].items():
        refused = [row for row in expected["quarantine"] if row["table"] == table]
        assert read == kept + quarantined
        assert (kept, quarantined) == (len(expected["tables"][table]), len(refused))


def test_the_grain_of_a_preset_is_one_of_its_tables() -> None:
    for name in preset_names():
        tables = {table.table for table in preset(name).tables}
        assert preset(name).refuse or preset(name).grain in tables


@pytest.mark.parametrize("name", preset_names())
def test_preset_is_in_the_reference(name: str) -> None:
    page = (SHELF.parents[3] / "docs" / "reference" / "presets.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| [`{name}`]")]
    if preset(name).refuse:
        return
    assert f"`{preset(name).system}` |" in row
    assert ("keep" in row) == (preset(name).identical_lines == "keep")
