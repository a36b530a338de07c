"""What the workbook shows: its sheets in both languages, its inputs, its notes, its set-up."""

import os
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perenne.core import PerenneError
from perenne.reports import ClvInputs, ClvRow, write_clv_workbook
from perenne.reports.excel.styles import money_format
from perenne.text import use_language
from tests.reports.clv_samples import model

SHEETS = {
    "en": ["Inputs", "CLV by segment", "What-if", "Definitions", "About"],
    "fr": ["Hypothèses", "CLV par segment", "Simulation", "Définitions", "À propos"],
}


def book(folder: Path, language: Any = "en", **changes: Any) -> Any:
    path = folder / f"clv-{language}.xlsx"
    write_clv_workbook(model(**changes), path, language=language)
    return openpyxl.load_workbook(path)


def texts(sheet: Any) -> list[str]:
    return [c.value for row in sheet.iter_rows() for c in row if isinstance(c.value, str)]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_sheets_stand_in_order_and_say_whose_figures_they_show(
    language: str, tmp_path: Path
) -> None:
    written = book(tmp_path, language)
    assert written.sheetnames == SHEETS[language]
    date = {"en": "31 March 2025", "fr": "31 mars 2025"}[language]
    for sheet in written:
        assert "Boutique du Lac" in sheet["A2"].value
        assert date in sheet["A2"].value
        assert sheet.freeze_panes or sheet.title in ("About", "À propos")
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_the_french_workbook_holds_no_english(tmp_path: Path) -> None:
    french, english = book(tmp_path, "fr"), book(tmp_path, "en")
    allowed = {"", "Total", "Conventions", "Source", "CLV : CAC", "EUR", "CAC", "%", "2024"}
    names = {row.name for row in model().rows()} | {"Boutique du Lac"}
    for ours, theirs in zip(french, english, strict=True):
        shared = {t for t in texts(ours) if not t.startswith("=")} & set(texts(theirs))
        assert shared <= allowed | names, shared - allowed - names


def test_every_input_can_be_typed_within_its_range(tmp_path: Path) -> None:
    sheet = book(tmp_path)["Inputs"]
    rules = {
        str(cell): rule
        for rule in sheet.data_validations.dataValidation
        for cell in rule.sqref.ranges
    }
    inputs = [f"{c}{line}" for line in (11, 15, 16, 17, 21, 22) for c in "BCDEFGH"] + ["C6"]
    assert set(inputs) <= set(rules)
    assert (rules["F11"].formula1, rules["F11"].formula2) == ("-1", "1")
    assert (rules["C6"].formula1, rules["C6"].formula2) == ("0", "1")
    assert rules["C11"].prompt
    assert rules["C11"].error
    for place in inputs:
        assert sheet[place].fill.fgColor.rgb == "FFFFF8E1"


def test_a_missing_input_is_an_empty_cell_with_its_reason(tmp_path: Path) -> None:
    sheet = book(tmp_path)["Inputs"]
    assert sheet["G22"].value is None
    assert sheet["I22"].value == "Not computed: see 1 below"
    assert sheet["A26"].value == (
        "1. Acquisition cost (CAC): not computed. import the spend of this channel."
    )
    assert sheet["I21"].value in (None, "")


def test_a_reason_that_groups_share_is_written_once(tmp_path: Path) -> None:
    inputs = ClvInputs(10, 50, 2, 3, None, None, 4)
    missing = {"margin": "no cost of goods.", "cac": "no spend."}
    rows = tuple(ClvRow(name, inputs, missing=missing) for name in "abc")
    sheet = book(tmp_path, whole=rows[0], segments=rows[1:], channels=())["Inputs"]
    assert [sheet[f"I{line}"].value for line in (11, 15, 16)] == [
        "Not computed: see 1, 2 below"
    ] * 3
    reasons = [text for text in texts(sheet) if text[:2] in ("1.", "2.", "3.")]
    assert reasons == [
        "1. Margin rate: not computed. no cost of goods.",
        "2. Acquisition cost (CAC): not computed. no spend.",
    ]


def test_a_missing_rate_says_why(tmp_path: Path) -> None:
    sheet = book(tmp_path, discount_rate=None, discount_rate_missing="none is set.")["Inputs"]
    assert sheet["C6"].value is None
    assert sheet["D6"].value == "Discount rate per year: not computed. none is set."


@pytest.mark.parametrize("language", ["en", "fr"])
def test_definitions_cover_every_column_of_the_model(language: str, tmp_path: Path) -> None:
    written = book(tmp_path, language)
    defined = {cell.value for cell in written.worksheets[3]["A"]}
    heads = {c.value for sheet in written.worksheets[:2] for c in sheet[9][1:8]}
    assert heads - defined == set()
    for row in written.worksheets[3].iter_rows(min_row=6, max_col=4):
        assert all(cell.value for cell in row)


@pytest.mark.parametrize(
    ("language", "currency", "expected"),
    [
        ("fr", "EUR", '#,##0.00"\u00a0€"'),
        ("en", "EUR", '"€"#,##0.00'),
        ("en", "JPY", '"¥"#,##0'),
        ("fr", "CHF", '#,##0.00"\u00a0CHF"'),
    ],
)
def test_money_is_written_as_the_language_writes_it(
    language: str, currency: str, expected: str
) -> None:
    with use_language(language):
        assert money_format(currency) == expected


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_clv_workbook(model(), tmp_path / name, language="fr")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_shop_without_segments_has_one_section(tmp_path: Path) -> None:
    sheet = book(tmp_path, segments=(), channels=())["CLV by segment"]
    assert "By segment" not in texts(sheet)
    assert sheet["A12"].value == "Total (customers × CLV)"


def test_refuses_another_language(tmp_path: Path) -> None:
    with pytest.raises(PerenneError, match=r"“de” is not available\. Choose fr or en"):
        book(tmp_path, "de")


def test_refuses_a_folder_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(PerenneError, match=r"is a folder\. Name a file inside it"):
        write_clv_workbook(model(), tmp_path, language="en")
    with pytest.raises(PerenneError, match=r"est un dossier\. Indiquez un fichier"):
        write_clv_workbook(model(), tmp_path, language="fr")
    with pytest.raises(PerenneError, match=r"does not exist\. Create it"):
        write_clv_workbook(model(), tmp_path / "no" / "clv.xlsx", language="en")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_explained() -> None:
    full = Path("/dev/full")
    if not (full.exists() and os.access(full, os.W_OK)):
        pytest.skip("this system has no device that is always full")
    with pytest.raises(PerenneError, match="cannot be written"):
        write_clv_workbook(model(), full, language="en")


def test_an_existing_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "clv.xlsx"
    path.write_text("old")
    path.chmod(0o640)
    write_clv_workbook(model(), path, language="en")
    assert path.read_bytes()[:2] == b"PK"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["clv.xlsx"]
