"""JSON documents of any length as objects, one at a time: memory holds a few blocks of the text.

The text is a list of objects, objects one after the other, or one object around a list of them
(`{"orders": [...]}`), however deep (`{"data": {"orders": {"edges": [{"node": ...}]}}}`); lists in a
list are its pages. An object longer than a record may be is one around a list: its list is read
element by element. What stands among the objects and is none is told apart (`Stray`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, cast

from perenne.core import PerenneError
from perenne.sources.bounds import LONGEST_LINE, long_record
from perenne.sources.readers.bytes_in import text_blocks
from perenne.text import gettext as _
from perenne.text import listed

_SPACE = " \t\r\n,"
_NEAR_END = 16
"""Characters: what the end of a block may cut of a word, a number or an escape."""

_PAGING = frozenset(
    {
        *("count", "total", "total_count", "page", "pages", "per_page", "page_size"),
        *("limit", "offset", "next", "previous", "cursor", "has_more"),
    }
)
_BESIDE = frozenset({"included", "errors", "warnings"})
"""Lists of objects that stand beside the records of an answer and are none."""

Value = dict[str, Any]


class Stray(str):
    """What stands among the objects and is none, as JSON text."""


class _Long(Exception):
    """A value goes on beyond what one may hold."""


class _Written(str):
    """A number as the file writes it."""


class _Text:
    """A text that is read on when a value needs it."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self._decoder = json.JSONDecoder(parse_float=_Written, parse_int=_Written)
        self._text, self._at, self._ended = "", 0, False

    def peek(self) -> str:
        """The next character that is neither space nor comma; empty at the end."""
        while True:
            while self._at < len(self._text):
                if (mark := self._text[self._at]) not in _SPACE:
                    return mark
                self._at += 1
            if self._ended:
                return ""
            self._more()

    def take(self, mark: str) -> None:
        """Pass over `mark`. Raises ValueError when something else stands there."""
        if (found := self.peek()) != mark:
            raise ValueError(f"{mark} is missing, found {found or 'the end'}")
        self._at += 1

    def value(self) -> object:
        """The value that begins here. Tried again when twice as much is read, not at each block."""
        wanted = 0
        while True:
            left = len(self._text) - self._at
            if self._ended or left >= wanted:
                try:
                    value, end = self._decoder.raw_decode(self._text, self._at)
                except json.JSONDecodeError as error:
                    if self._ended or not self._is_cut(error):
                        raise
                else:
                    # A number may go on in the next block.
                    if self._ended or end < len(self._text):
                        self._at = end
                        return value
                wanted = min(2 * left, LONGEST_LINE)
            if left > LONGEST_LINE:
                raise _Long
            self._more()

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        return error.pos >= len(self._text) - _NEAR_END or error.msg.startswith("Unterminated")

    def _more(self) -> None:
        block = next(self._blocks, None)
        if block is None:
            self._ended = True
        else:
            self._text, self._at = self._text[self._at :] + block, 0


def objects(path: Path, encoding: str) -> Iterator[Value | Stray]:
    """The objects of the document. Raises ValueError where it is no JSON, PerenneError where a
    record is longer than one may be, or where there are several lists."""
    text = _Text(text_blocks(path, encoding))
    try:
        listed = text.peek() == "["
        if listed:
            text.take("[")
        while (mark := text.peek()) and not (listed and mark == "]"):
            yield from _unwrapped(text, path)
        if listed:
            text.take("]")
        if left := text.peek():
            raise ValueError(f"{left} after the end")
    except _Long:
        raise long_record(path) from None


def wrapped(value: Value) -> dict[str, list[Any]]:
    """The lists of records that `value` is only there to hold, by name; none where it is a record
    itself."""
    if "id" in value or len(value) > 3:
        return {}
    if lists := _lists(value):
        return lists
    below = [(name, inner) for name, inner in value.items() if isinstance(inner, dict)]
    if len(below) != 1 or not _is_paging(value):
        return {}
    ((outer, only),) = below
    # One level down a record and its lines look the same: nothing but paging may stand there.
    found = wrapped(only) if _is_paging(only) else {}
    return {f"{outer}.{name}": items for name, items in found.items()}


def _lists(value: Value) -> dict[str, list[Any]]:
    return {
        name: inner
        for name, inner in value.items()
        if isinstance(inner, list) and any(isinstance(one, dict) and one for one in inner)
        if name not in _BESIDE
    }


def _is_paging(value: Value) -> bool:
    return all(
        isinstance(inner, dict | list) or inner is None or name in _PAGING
        for name, inner in value.items()
    )


def _unwrapped(text: _Text, path: Path) -> Iterator[Value | Stray]:
    try:
        value = text.value()
    except _Long:
        if text.peek() != "{":
            raise
        yield from _streamed(text, path)
        return
    if not isinstance(value, dict):
        yield from _records(value if isinstance(value, list) else [value])
        return
    lists = wrapped(value)
    _require_one(lists, path)
    for items in lists.values() or [[value]]:
        yield from _records(items)


def _records(items: list[Any]) -> Iterator[Value | Stray]:
    for one in items:
        if not isinstance(one, dict):
            plain = isinstance(one, _Written)
            yield Stray(one if plain else json.dumps(one, ensure_ascii=False))
        elif isinstance(one.get("node"), dict) and one.keys() <= {"node", "cursor"}:
            yield one["node"]
        else:
            yield one


def _require_one(names: Collection[str], path: Path) -> None:
    """Which list is meant is not guessed, and none is left out in silence."""
    if len(names) > 1:
        raise PerenneError(
            _("{file} holds several lists: {names}.").format(
                file=path.name, names=listed(list(names))
            ),
            given=list(names),
            next_step=_("Save each list in a file of its own, then import them."),
        )


def _streamed(text: _Text, path: Path) -> Iterator[Value | Stray]:
    """The list of objects within the object that begins here, however deep; what else it holds is
    passed over."""
    found: list[str] = []
    text.take("{")
    while text.peek() != "}":
        name = cast(str, text.value())
        if name == "id" and not found:  # a record, not what stands around records
            raise _Long
        text.take(":")
        if text.peek() != "[":
            yield from _within(text, path, name, found)
            continue
        text.take("[")
        mine = not found and text.peek() == "{" and name not in _BESIDE
        found += [name] if mine else []
        while text.peek() != "]":
            one = text.value()
            if mine:
                yield from _records([one])
            elif isinstance(one, dict) and one and name not in _BESIDE:
                _require_one([*found, name], path)
        text.take("]")
    text.take("}")
    if not found:
        raise _Long


def _within(text: _Text, path: Path, name: str, found: list[str]) -> Iterator[Value | Stray]:
    """Pass over a value, unless it holds the list of objects."""
    try:
        lists = wrapped({name: text.value()})
    except _Long:
        if text.peek() != "{":
            raise
        _require_one([*found, name], path)
        found.append(name)
        yield from _streamed(text, path)
        return
    _require_one([*found, *lists], path)
    found += lists
    for items in lists.values():
        yield from _records(items)
