"""Runs `perenne` inside the test's process: what it printed, and how it ended."""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from perenne.cli.app import main
from perenne.text import current_language, set_language

DEMO_KEY = "a key for the demo shop of the tests"
DEMO_CUSTOMERS = 700


@dataclass(frozen=True)
class Said:
    """What a command printed and its exit code."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err

    def json(self) -> Any:
        """Standard output, which must be JSON alone; decimals stay exact."""
        return json.loads(self.out, parse_float=Decimal)


def perenne(*words: str | Path) -> Said:
    """Run one command line in English unless `--lang` says otherwise."""
    out, err = _Terminal(), _Terminal()
    with _clean_environment(), redirect_stdout(out), redirect_stderr(err):
        try:
            main([str(word) for word in words])
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int)
    return Said(code, out.text(), err.text())


class _Terminal(io.TextIOWrapper):
    """Standard output as programs find it: text over bytes."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", newline="")

    def text(self) -> str:
        self.flush()
        self.seek(0)
        return self.read()


@contextmanager
def _clean_environment() -> Iterator[None]:
    """No language and no debugging from outside; the language of the tests comes back after."""
    language = current_language()
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES"} and "PERENNE_" not in name
    }
    with mock.patch.dict(os.environ, kept, clear=True):
        try:
            yield
        finally:
            set_language(language)


def succeed(*words: str | Path) -> Said:
    """Run a command that must succeed without a word about anything unexpected."""
    said = perenne(*words)
    assert said.code == 0, f"perenne {' '.join(map(str, words))}: {said.all}"
    return said


def refused(*words: str | Path) -> str:
    """Run a command that must be refused: one sentence and the next step, in plain words."""
    said = perenne(*words)
    assert said.code == 1, f"exit code {said.code}: {said.all}"
    assert "Traceback" not in said.all
    assert "did not expect" not in said.all, said.err
    sentence, *next_steps = said.err.strip().splitlines()
    assert sentence.startswith(("Refused: ", "Refusé")), said.err
    assert next_steps, said.err
    assert next_steps[0].startswith("→ "), said.err
    return said.err


@cache
def demo_workspace(own: Path, *, one_system: bool = False) -> Path:
    """A demo shop that tests only read: made once for all processes of a run, and a copy of it
    for each in `own`, its base folder of temporary files."""
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    name = "demo-one-system" if one_system else "demo-shop"
    made = shared / f"{name}-made"
    with (shared / f"{name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (made / "current").is_file():
            words = ("--customers", str(DEMO_CUSTOMERS), "--seed", "5")
            # Draws belong to customers in the order of their ids, which a key of its own would make
            # other each time.
            with mock.patch("perenne.workspace.layout.new_key", return_value=DEMO_KEY):
                succeed("demo", made, *words, *(["--one-system"] if one_system else []))
    return Path(shutil.copytree(made, own / name))


def kpis(workspace: Path, *words: str) -> list[dict[str, Any]]:
    """Figures as the command prints them with --json."""
    rows: list[dict[str, Any]] = succeed("kpis", *words, "-w", workspace, "--json").json()
    return rows


@contextmanager
def as_nobody() -> Iterator[None]:
    """Give up an administrator's rights for a moment: permissions do not stop them."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


SENTENCE = re.compile(r"(?<![\w/.])[A-Za-zÀ-ÿ’'-]{2,}(?: [a-zà-ÿ’'-]{2,}){2,}")


def common_sentences(one: str, other: str) -> set[str]:
    """Runs of three words or more in both texts, commands to type apart: left untranslated."""
    both = set(SENTENCE.findall(one)) & set(SENTENCE.findall(other))
    return {words for words in both if not words.startswith("perenne ")}
