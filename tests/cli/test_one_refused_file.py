"""Several files in one command, of which some are refused: the others are imported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.files import HEADER, orders, write
from tests.cli.program import perenne, refused, succeed

CUSTOMERS = "customer_id,email,first_name\nc1,ada@example.com,Ada\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    succeed("init", tmp_path / "shop", "--currency", "EUR")
    return tmp_path / "shop"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return [
        write(tmp_path / "first.csv", HEADER + "\n"),
        write(tmp_path / "orders.csv", orders()),
        write(tmp_path / "empty.csv", ""),
        write(tmp_path / "customers.csv", CUSTOMERS),
    ]


def test_the_others_are_imported(place: Path, files: list[Path]) -> None:
    said = perenne("import", *files, "--workspace", place)
    assert said.code == 1
    assert "2 of 4 files are refused: first.csv, empty.csv." in said.err
    assert "header" in said.err  # each with its own reason and next step
    assert "empty.csv is empty" in said.err
    assert "or go on without it: perenne refresh" in said.err.splitlines()[-1]
    assert {one["file"] for one in imports(place)} == {"orders.csv", "customers.csv"}
    assert "60" in succeed("refresh", "--workspace", place).out


def imports(place: Path) -> list[dict[str, str]]:
    found = succeed("status", "--workspace", place, "--json").json()
    return list(found["imports"])


def test_json_holds_what_was_imported(place: Path, files: list[Path]) -> None:
    said = perenne("import", *files, "--workspace", place, "--json")
    assert said.code == 1
    assert [one["file"] for one in json.loads(said.out)] == ["orders.csv", "customers.csv"]


def test_nothing_but_refused_files(place: Path, files: list[Path]) -> None:
    words = refused("import", files[0], files[2], "--workspace", place)
    assert "2 of 2 files are refused" in words
    assert "Correct them, then import them again." in words
    assert "refresh" not in words
    assert imports(place) == []


def test_a_look_tells_of_every_file(place: Path, files: list[Path]) -> None:
    said = perenne("import", *files, "--workspace", place, "--dry-run")
    assert said.code == 1
    assert "Nothing was imported" in said.out
    assert "orders.csv" in said.out
    assert "customers.csv" in said.out
    assert "2 of 4 files are refused: first.csv, empty.csv." in said.err


def test_run_computes_nothing_without_them(tmp_path: Path, files: list[Path]) -> None:
    """A shop without its refunds has wrong figures: who runs it decides whether to go on."""
    said = perenne("run", *files, "--into", tmp_path / "new", "--currency", "EUR")
    assert said.code == 1
    assert "2 of 4 files are refused" in said.err
    assert len(imports(tmp_path / "new")) == 2
    assert not list((tmp_path / "new").glob("*.html"))
    succeed("refresh", "--workspace", tmp_path / "new")


def test_french(place: Path, files: list[Path]) -> None:
    said = perenne("import", *files[:2], "--workspace", place, "--lang", "fr")
    assert "1 fichier sur 2 est refusé\u00a0: first.csv." in said.err
    assert "continuez sans lui\u00a0: perenne refresh" in said.err
