"""The first commands that several documents share, run once: what they leave is copied."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.house.markdown_blocks import blocks, commands, companions

Beginning = tuple[str, ...]
"""Commands in their order, after the files of the repository that they name."""


class Beginnings:
    """Folders as the first commands of documents leave them, while more than one asks for them."""

    def __init__(self, documents: Iterable[Path], folder: Path) -> None:
        self._folder = folder
        self._of = {document: _beginnings(document) for document in documents}
        self._asked = Counter(each for found in self._of.values() for each in found)
        self._kept: dict[Beginning, Path] = {}

    def recalled(self, document: Path, count: int, into: Path) -> bool:
        """Put into a folder what the first `count` commands leave, if they ran elsewhere; commands
        that stand within a longer beginning leave it to that one."""
        known = [each for each in self._of.get(document, []) if each in self._kept]
        if not known or count > _length(known[-1]):
            return False
        if count == _length(known[-1]):
            shutil.copytree(self._kept[known[-1]], into, dirs_exist_ok=True)
        return True

    def remember(self, document: Path, count: int, left: Path) -> None:
        """Keep what the first `count` commands of a document left, if another begins alike."""
        for each in self._of.get(document, []):
            if _length(each) == count and self._asked[each] > 1 and each not in self._kept:
                kept = self._folder / str(len(self._kept))
                self._kept[each] = Path(shutil.copytree(left, kept))


def _beginnings(document: Path) -> list[Beginning]:
    """What a document begins with, one command longer each time, until one that is not a plain
    `perenne` that succeeds, or until another language."""
    found: list[Beginning] = []
    typed: list[str] = []
    for block in blocks(document):
        if block.not_run is not None or block.language not in ("console", "python"):
            continue
        if block.language == "python":
            break
        for command in commands(block):
            if command.exits or not command.text.startswith("perenne "):
                return found
            typed.append(command.text)
            found.append((_files(document, typed), *typed))
    return found


def _files(document: Path, typed: list[str]) -> str:
    named = " ".join(typed).split()
    return " ".join(sorted(name for name in companions(document) if Path(name).name in named))


def _length(beginning: Beginning) -> int:
    return len(beginning) - 1
