"""What the certificate and the record tell of the files that still name somebody: where a name of a
file or folder tells it as well, it is masked. The screen names them, so that they can be found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import PurePosixPath

from perenne.workspace.erasure import spelling
from perenne.workspace.erasure.proof import NAME, Proof

_MASK = "…"
_OWN = frozenset({"raw", "snapshots", "quarantine", "quality"})
_OWN_FILES = frozenset({"perenne.toml", "erasures.jsonl", "identity-decisions.jsonl"})
_LEAST_WITHIN = 5
"""Letters from which on a trace counts within a word: `clairedupontel.zip`."""
_LEAST = 2
_LAST_DIGITS = 9


def traces(texts: Iterable[str | None]) -> frozenset[str]:
    """What may tell of a person in the name of a file: each of `texts` (names, e-mails, telephone
    numbers, addresses, ids) and the words of it, plainly written."""
    found = set()
    for text in filter(None, texts):
        plain = _plain(text)
        found |= {plain, _plain(text.partition("@")[0])}
        if not any(map(str.isdigit, plain)):
            found |= {word for word in plain.split() if len(word) > _LEAST}
        digits = "".join(filter(str.isdigit, text))
        if len(digits) >= spelling.LEAST_DIGITS and not any(map(str.isalpha, text)):
            found.add(digits[-_LAST_DIGITS:])
    return frozenset(one for one in found if len(one) >= _LEAST)


def masked(proof: Proof, known: Collection[str] | None) -> Proof:
    """The proof for those who keep it. `known`: traces of the persons; None where it is not known
    any more who they were: then no file that somebody else has put there is named."""
    named = {one.file for one in proof.found if one.column == NAME}
    names = {one.file: _file(one.file, known, named=one.file in named) for one in proof.found}
    return replace(proof, found=tuple(replace(f, file=names[f.file]) for f in proof.found))


def _file(name: str, known: Collection[str] | None, *, named: bool) -> str:
    parts = PurePosixPath(name).parts
    if known is None:
        return name if _is_own(parts) and not named else _whole(parts)
    if _is_own(parts) and not named:
        return name
    told = [_tells(part, known) for part in parts]
    if named and not any(told):
        return _whole(parts)
    shown = [_hidden(one, known) if tells else one for one, tells in zip(parts, told, strict=True)]
    return "/".join(shown)


def _is_own(parts: tuple[str, ...]) -> bool:
    """Is it a file that Perenne writes, under a name that it gives?"""
    if len(parts) == 1:
        return parts[0] in _OWN_FILES
    return parts[0] in _OWN and PurePosixPath(parts[-1]).suffix in (".parquet", ".json")


def _whole(parts: tuple[str, ...]) -> str:
    """A path of which nothing but the kind of the file and a folder of Perenne's own is told."""
    folders = [one if nth == 0 and one in _OWN else _MASK for nth, one in enumerate(parts[:-1])]
    return "/".join([*folders, _hidden(parts[-1], ())])


def _hidden(part: str, known: Collection[str]) -> str:
    """`….zip`: what is left of the name of a file; an ending that may be a name goes too."""
    ending = re.search(rf"(?:{spelling.ENDING})+$", part, re.IGNORECASE)
    if ending:
        return _MASK + ending[0]
    suffix = PurePosixPath(part).suffix
    return _MASK + suffix if known and suffix.isascii() and not _tells(suffix, known) else _MASK


def _tells(part: str, known: Collection[str]) -> bool:
    for text in {part, *spelling.decoded(part)}:
        plain = _plain(text)
        close = plain.replace(" ", "")
        for trace in known:
            bare = trace.replace(" ", "")
            if f" {trace} " in f" {plain} " or (len(bare) >= _LEAST_WITHIN and bare in close):
                return True
    return False


def _plain(text: str) -> str:
    """Letters and digits in lower case, without accents; one blank for all between them."""
    split = unicodedata.normalize("NFD", text.lower())
    bare = "".join(one for one in split if not unicodedata.combining(one))
    return re.sub(r"[\W_]+", " ", bare).strip()
