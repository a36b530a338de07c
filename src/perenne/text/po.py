"""A quick reader of `.po` files: what gettext's format needs and no more.

A door speaks French before it does anything else; reading through Babel would cost it ten times
as long. The tests hold this reader against Babel's on every catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# gettext's separator between a context and a message.
CONTEXT: Final = "\x04"

_LINE: Final = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d)\])?\s+)?"(.*)"')
_ESCAPE: Final = re.compile(r"\\(.)")
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r"}

Entry = dict[str, str]


def read_po(text: str) -> dict[str, tuple[str, ...]]:
    """Return message -> its forms, one or two; a context stands before the message.

    Untranslated, fuzzy and obsolete messages are left out. Raises ValueError, with its number, at
    a line that is neither a comment nor part of an entry.
    """
    forms: dict[str, tuple[str, ...]] = {}
    for entry in _entries(text):
        strings = tuple(value for name, value in sorted(entry.items()) if name.startswith("msgstr"))
        if entry.get("msgid") and all(strings) and strings:
            forms[key(entry["msgid"], entry.get("msgctxt"))] = strings
    return forms


def key(message: str, context: str | None = None) -> str:
    """Return the name under which a message is kept."""
    return f"{context}{CONTEXT}{message}" if context else message


def _entries(text: str) -> Iterator[Entry]:
    """Yield each entry as field -> text; fuzzy ones without their translation."""
    entry: Entry = {}
    field, fuzzy = "", False
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            # A comment opens the next entry, and may say that it is fuzzy.
            if any(name.startswith("msgstr") for name in entry):
                yield _kept(entry, fuzzy=fuzzy)
                entry, field, fuzzy = {}, "", False
            fuzzy = fuzzy or (stripped.startswith("#,") and "fuzzy" in stripped)
            continue
        name, content = _field(stripped, number)
        if name in ("msgctxt", "msgid") and any(n.startswith("msgstr") for n in entry):
            yield _kept(entry, fuzzy=fuzzy)
            entry, fuzzy = {}, False
        field = name or field
        entry[field] = entry.get(field, "") + content
    yield _kept(entry, fuzzy=fuzzy)


def _field(line: str, number: int) -> tuple[str, str]:
    """Return (field, text) of one line; the field is empty where a text goes on."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"line {number} of the catalogue cannot be read: {line}")
    name, index, content = match.groups()
    return (name or "") + (index or ""), _ESCAPE.sub(_unescaped, content)


def _unescaped(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[1], match[1])


def _kept(entry: Entry, *, fuzzy: bool) -> Entry:
    return {"msgid": ""} if fuzzy else entry
