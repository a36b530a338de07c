"""Text in the workbook is text: no name of a segment or shop becomes a formula or a link."""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perenne.reports import ClvInputs, ClvRow, write_clv_workbook
from tests.reports.clv_samples import model

NAMES = [
    '=HYPERLINK("http://example.invalid";"click")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "'=1+1",
    "{=1+1}",
    "http://example.invalid",
    "mailto:someone@example.invalid",
    "internal:Sheet1!A1",
    "0123",
    "1e5",
    "TRUE",
    "عميل مهم",
    "\u202egnp.exe",
    "Clientes 🛒👩‍👩‍👧",
    "<b>&amp;</b>",
    "_x000D_",
    "\x01\x1f",
    " leading and trailing ",
]
SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def written(folder: Path, names: list[str]) -> Path:
    inputs = ClvInputs(10, 50, 2, 3, 0.4, None, 4)
    rows = tuple(ClvRow(name, inputs, missing={"cac": name}) for name in names)
    book = model(shop=names[0], period=names[-1], segments=rows, whole=rows[0], notes=tuple(names))
    path = folder / "names.xlsx"
    write_clv_workbook(book, path, language="en")
    return path


def sheets_xml(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        parts = [name for name in archive.namelist() if "worksheets/sheet" in name]
        return [archive.read(name).decode() for name in sorted(parts)]


def test_no_name_becomes_a_formula_or_a_link(tmp_path: Path) -> None:
    path = written(tmp_path, NAMES)
    for xml in sheets_xml(path):
        assert "<hyperlink" not in xml
        for formula in re.findall(r"<f>(.*?)</f>", xml, flags=re.DOTALL):
            assert re.match(r"IF\(COUNT\(|[C-F]9$", formula), formula
    with zipfile.ZipFile(path) as archive:
        relations = [n for n in archive.namelist() if "worksheets/_rels" in n]
        for name in relations:
            assert 'TargetMode="External"' not in archive.read(name).decode()


def test_names_are_string_cells_with_every_character(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(written(tmp_path, NAMES))["Inputs"]
    cells = [sheet.cell(15 + offset, 1) for offset in range(len(NAMES))]
    assert {cell.data_type for cell in cells} == {"s"}
    readable = [name for name in NAMES if name.isprintable()]
    assert [c.value for c in cells if c.value in readable] == readable


def test_the_file_names_every_text_cell_as_a_shared_string(tmp_path: Path) -> None:
    first = ElementTree.fromstring(sheets_xml(written(tmp_path, NAMES))[0])
    column = [c for c in first.iter(f"{SPREADSHEET}c") if re.fullmatch(r"A\d+", c.attrib["r"])]
    named = [c for c in column if c.find(f"{SPREADSHEET}v") is not None]
    assert len(named) > len(NAMES)
    assert {c.attrib["t"] for c in named} == {"s"}


def test_a_text_too_long_for_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, ["🛒" * 40_000])
    value = openpyxl.load_workbook(path)["Inputs"]["A15"].value
    assert value.endswith("…")
    assert len(value.encode("utf-16-le")) // 2 <= 32_767


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_any_name_leaves_a_sound_file(name: str, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(tmp_path, [name]))
    assert book["Inputs"]["A15"].data_type in ("s", "n")  # openpyxl reads a blank text as nothing
    assert book["CLV by segment"]["C15"].data_type == "f"


@pytest.mark.parametrize("name", ["=1+1", "@x", "-x"])
def test_notes_are_text_too(name: str, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(tmp_path, [name]))
    texts = [cell for row in book["About"].iter_rows() for cell in row if cell.value == name]
    assert texts
    assert all(cell.data_type == "s" for cell in texts)
