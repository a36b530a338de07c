"""`--help` is quick to come, complete, and in the person's language."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from perenne.cli.app import COMMANDS
from tests.cli.program import common_sentences, succeed

HEAVY = {"duckdb", "ibis", "pyarrow", "pandas", "polars", "babel", "pydantic", "numpy", "rich"}
LOADED = """
import contextlib, io, json, sys
from perenne.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main(sys.argv[1:])
print(json.dumps(sorted(sys.modules)))
"""


def loaded_by(*words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout)) & HEAVY


@pytest.mark.parametrize(
    "words", [("--help",), ("--version",), ("--lang", "fr", "--help"), ("run", "--help")]
)
def test_nothing_heavy_is_loaded(words: tuple[str, ...]) -> None:
    assert not loaded_by(*words)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_help_names_every_command(language: str) -> None:
    said = succeed("--lang", language, "--help")
    for command in COMMANDS:
        assert f"\n  {command} " in said.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_in_french(command: str) -> None:
    english = succeed(command, "--help").out
    french = succeed("--lang", "fr", command, "--help").out
    assert "--lang" in english
    assert not common_sentences(english, french)


def test_fixed_names_of_commands() -> None:
    fixed = {
        *("demo", "init", "import", "refresh", "run", "status", "kpis", "cohorts", "segments"),
        *("report", "export", "doctor"),
    }
    assert fixed <= set(COMMANDS)
