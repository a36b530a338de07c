"""A demo of any size runs from end to end, in both languages: files may have no row at all."""

from pathlib import Path

import pytest

from tests.cli.program import perenne, succeed


def _runs(folder: Path, *, customers: int, seed: int, language: str) -> str:
    words = ("--customers", str(customers), "--seed", str(seed), "--lang", language)
    return succeed("demo", folder / "shop", *words).all


@pytest.mark.long
def test_a_demo_of_ten_customers(tmp_path: Path) -> None:
    said = _runs(tmp_path, customers=10, seed=2, language="fr")
    assert "il n’y a rien à importer" in said
    assert "Le compte est juste" in said
    assert (tmp_path / "shop" / "report-fr.html").is_file()


def test_one_customer_is_too_few(tmp_path: Path) -> None:
    assert perenne("demo", tmp_path / "shop", "--customers", "1").code != 0


@pytest.mark.parametrize(
    ("customers", "seed", "language"),
    [
        pytest.param(10, 1, "fr", marks=pytest.mark.long),
        pytest.param(10, 5, "en", marks=pytest.mark.long),
        pytest.param(30, 2, "fr", marks=pytest.mark.long),
        pytest.param(30, 3, "en", marks=pytest.mark.long),
        pytest.param(60, 5, "fr", marks=pytest.mark.long),
    ],
)
def test_demos_of_every_small_size(
    tmp_path: Path, customers: int, seed: int, language: str
) -> None:
    _runs(tmp_path, customers=customers, seed=seed, language=language)
    assert (tmp_path / "shop" / f"report-{language}.html").is_file()
