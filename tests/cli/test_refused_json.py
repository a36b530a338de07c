"""With --json a refusal is JSON too; a reader that stops early is no fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from perenne.cli.app import COMMANDS, main, program
from tests.cli.files import orders, write
from tests.cli.program import perenne, succeed


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("refused")
    succeed("init", folder / "shop", "--currency", "EUR")
    succeed("import", write(folder / "orders.csv", orders()), "-w", folder / "shop")
    return folder / "shop"


def commands_with_json() -> list[str]:
    known = program()
    with known.make_context("perenne", [], resilient_parsing=True) as context:
        return [
            name
            for name in COMMANDS
            if any("--json" in p.opts for p in known.get_command(context, name).params)  # type: ignore[union-attr] # every name has a command
        ]


@pytest.mark.parametrize("command", commands_with_json())
def test_a_refusal_is_json_of_every_command(command: str, tmp_path: Path) -> None:
    words = ["x.csv"] if command in ("import",) else ["x"] if command in ("erase", "person") else []
    said = perenne(command, *words, "-w", tmp_path / "nowhere", "--json")
    assert said.code in (1, 2)
    refused = said.json()["refused"]
    assert set(refused) == {"what", "next_step", "given", "allowed"}
    assert f"Refused: {refused['what']}" in said.err
    assert refused["next_step"] in said.err
    assert isinstance(refused["allowed"], list)


def test_what_was_given_and_what_is_allowed(place: Path) -> None:
    said = perenne("refresh", "-w", place, "--json")
    assert said.code == 0
    said = perenne("kpis", "net_revenu", "-w", place, "--json")
    assert said.code == 1
    refused = said.json()["refused"]
    assert refused["given"] == "net_revenu"
    assert "net_revenue" in refused["allowed"]


def test_a_misspelt_option_is_told_too(place: Path) -> None:
    said = perenne("kpis", "--perod", "2024", "-w", place, "--json")
    assert said.code == 2
    assert "--perod" in said.json()["refused"]["what"]


def test_without_json_standard_output_stays_empty(tmp_path: Path) -> None:
    said = perenne("status", "-w", tmp_path)
    assert (said.code, said.out) == (1, "")


@pytest.mark.parametrize("words", [("status",), ("--help",), ("kpis", "--help")])
def test_a_reader_that_stops_early_is_no_fault(place: Path, words: tuple[str, ...]) -> None:
    """The pipe is closed before the first word, so that even the last flush meets nobody."""
    reading, writing = os.pipe()
    os.close(reading)
    asked = [*words, *(("-w", str(place)) if words == ("status",) else ())]
    with os.fdopen(writing, "w") as out:
        done = subprocess.run(
            [sys.executable, "-m", "perenne", *asked],
            stdout=out, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_an_exit_of_its_own_is_kept(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as end:
        main(["status", "-w", str(tmp_path)])
    assert end.value.code == 1
