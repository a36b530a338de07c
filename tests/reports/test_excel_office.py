"""The workbook opened and recomputed by LibreOffice, where it is installed."""

import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest

from perenne.reports import write_clv_workbook
from tests.reports.clv_samples import by_hand, model
from tests.reports.recalculated import Book, same

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
NAMES = ("customers", "basket", "frequency", "lifespan", "margin", "cac", "retention_cost")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed"),
]


def computed(path: Path, folder: Path) -> Book:
    """Forget every cached value, then let LibreOffice compute and save the file."""
    forgotten = folder / "forgotten" / path.name
    forgotten.parent.mkdir()
    openpyxl.load_workbook(path).save(forgotten)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    out = folder / "computed"
    command = [str(SOFFICE), profile, "--headless", "--convert-to", "xlsx", "--outdir", str(out)]
    subprocess.run([*command, str(forgotten)], check=True, capture_output=True, timeout=180)
    return Book.read(out / path.name)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_libreoffice_computes_the_cached_values(language: str, tmp_path: Path) -> None:
    path = tmp_path / "clv.xlsx"
    write_clv_workbook(model(), path, language=language)
    ours, theirs = Book.read(path), computed(path, tmp_path)
    assert [k for k, v in ours.cached.items() if not same(theirs.cached[k], v)] == []


def test_libreoffice_follows_a_changed_input(tmp_path: Path) -> None:
    path = tmp_path / "clv.xlsx"
    write_clv_workbook(model(), path, language="fr")
    typed = openpyxl.load_workbook(path)
    row = dict(zip(NAMES, (2000, 70, 2.0, 4.0, 0.35, 25, 6), strict=True))
    for column, value in zip("BCDEFGH", row.values(), strict=True):
        typed["Hypothèses"][f"{column}11"] = value
    typed.save(path)
    found, expected = computed(path, tmp_path).cached, by_hand(dict(row), 0.1)
    for column, figure in zip("CDEFGH", expected, strict=True):
        assert same(found["CLV par segment", f"{column}11"], expected[figure])
