"""What cannot be understood, and what is asked back, in the language of the workspace."""

from __future__ import annotations

import io
from pathlib import Path
from unittest import mock

import click
import pytest

from perenne.cli.printing import confirm
from perenne.cli.retention import _act_label
from perenne.cli.tongue import language_of
from perenne.text import use_language
from tests.cli.program import common_sentences, perenne, succeed

MISUSED: dict[str, tuple[str, ...]] = {
    "day": ("refresh", "--as-of", "31/12/2025"),
    "nobody": ("person",),
    "choice": ("export", "nope"),
    "no pair": ("identity", "refuse"),
    "no number": ("identity", "review", "--limit", "x"),
    "number out of range": ("backtest", "--horizon", "500"),
    "one word too many": ("report", "extra"),
    "no value asked": ("segments", "--rules=3"),
    "no file": ("erase", "--file", "/nope"),
    "no command": ("identity", "nope"),
}


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("languages")
    for language in ("en", "fr"):
        succeed("init", folder / language, "--lang", language)
    return {language: folder / language for language in ("en", "fr")}


@pytest.mark.parametrize("case", MISUSED)
def test_a_workspace_refuses_in_its_language(case: str, shops: dict[str, Path]) -> None:
    said = {}
    for language, shop in shops.items():
        at = () if case == "no command" else ("-w", str(shop))
        here = shop if case == "no command" else shop.parent
        with mock.patch("pathlib.Path.cwd", return_value=here):
            said[language] = perenne(*MISUSED[case], *at)
    assert said["en"].code == said["fr"].code != 0
    assert not common_sentences(said["en"].err, said["fr"].err)
    assert said["fr"].err.startswith("Refusé")


def test_the_language_of_the_line_wins_over_that_of_the_workspace(shops: dict[str, Path]) -> None:
    here, french = shops["en"].parent, str(shops["fr"])
    assert language_of(["status", "-w", french], {"LANG": "en_US.UTF-8"}, here) == "fr"
    assert language_of(["status", f"-w{french}"], {}, here) == "fr"
    assert language_of(["status", f"--workspace={french}"], {}, here) == "fr"
    assert language_of(["status", "-w", french], {"PERENNE_LANG": "en"}, here) == "en"
    assert language_of(["status", "-w", french, "--lang", "en"], {}, here) == "en"
    assert language_of(["status"], {}, shops["fr"] / "raw") == "fr"
    assert language_of(["init", "new"], {}, shops["fr"]) == "en"
    assert language_of(["status", "-w"], {"LANG": "fr"}, here) == "fr"


@pytest.mark.parametrize(
    ("language", "answer", "goes_on"),
    [
        ("fr", "o", True), ("fr", "Oui", True), ("fr", "y", True), ("fr", "n", False),
        ("fr", "", False), ("fr", "peut-être\noui", True), ("en", "y", True), ("en", "no", False),
        ("en", "o\nyes", True), ("en", None, False),
    ],
)  # fmt: skip
def test_a_question_is_answered_in_its_language(
    language: str, answer: str | None, goes_on: bool, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("sys.stdin", io.StringIO("" if answer is None else answer + "\n"))
    with use_language(language):
        if goes_on:
            confirm("?")
        else:
            with pytest.raises(click.Abort):
                confirm("?")
    assert ("[o/N]" if language == "fr" else "[y/N]") in capsys.readouterr().err


def test_acts_are_told_in_words() -> None:
    with use_language("fr"):
        for act in ("order", "survey", "consent", "subscription", "created", "ticket", "cart"):
            assert _act_label(act).casefold() != act
