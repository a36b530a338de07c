"""The language of a command line, known before it is understood: what cannot be understood is
refused in the reader's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from perenne.text import LANGUAGES, Language, detect_language

# Commands that make a workspace wherever one stands.
_MAKERS = ("init", "demo", "run")


def language_of(words: Sequence[str], environ: Mapping[str, str], here: Path) -> Language:
    """That of `--lang`, else of PERENNE_LANG, else of the workspace that the words name or that
    `here` stands in, else what the system says: the order in which commands choose it."""
    asked = any(word == "--lang" or word.startswith("--lang=") for word in words)
    if not asked and not environ.get("PERENNE_LANG"):
        told = _of_workspace(_place(words, here))
        if told:
            return told
    return detect_language(words, environ)


def _place(words: Sequence[str], here: Path) -> Path | None:
    """The folder of the workspace, or one in it."""
    for word, following in pairwise([*words, ""]):
        if word == "--":
            break
        if word in ("-w", "--workspace"):
            return here / following
        if word.startswith("--workspace="):
            return here / word.removeprefix("--workspace=")
        if word.startswith("-w") and not word.startswith("--"):
            return here / word.removeprefix("-w").removeprefix("=")
    command = next((word for word in words if not word.startswith("-")), "")
    return None if command in _MAKERS else here


def _of_workspace(place: Path | None) -> Language | None:
    """What its perenne.toml says, if it can be read: the command itself says what is wrong."""
    if place is None:
        return None
    for folder in (place, *place.parents):
        try:
            text = (folder / "perenne.toml").read_text(encoding="utf-8")
            told = tomllib.loads(text).get("shop", {}).get("language")
        except FileNotFoundError:
            continue
        except (OSError, ValueError, AttributeError):
            return None
        return told if told in LANGUAGES else None
    return None
