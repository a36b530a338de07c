"""JSON documents of any length as objects, one at a time: memory holds a few blocks of the text.

The text is a list of objects, objects one after the other, or one object around a list of them
(`{"orders": [...]}`). An object longer than a record may be is one around a list: its list is read
element by element.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perenne.sources.bounds import LONGEST_LINE, long_record
from perenne.sources.readers.bytes_in import text_blocks

_SPACE = " \t\r\n,"
_NEAR_END = 16
"""Characters: what the end of a block may cut of a word, a number or an escape."""


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


def objects(path: Path, encoding: str) -> Iterator[dict[str, Any]]:
    """The objects of the document. Raises ValueError where it is no JSON, PerenneError where a
    record is longer than one may be."""
    text = _Text(text_blocks(path, encoding))
    try:
        listed = text.peek() == "["
        if listed:
            text.take("[")
        while (mark := text.peek()) and not (listed and mark == "]"):
            yield from _unwrapped(text)
        if listed:
            text.take("]")
        if left := text.peek():
            raise ValueError(f"{left} after the end")
    except _Long:
        raise long_record(path) from None


def _unwrapped(text: _Text) -> Iterator[dict[str, Any]]:
    try:
        value = text.value()
    except _Long:
        if text.peek() != "{":
            raise
        yield from _streamed(text)
        return
    if isinstance(value, dict):
        lists = [v for v in value.values() if isinstance(v, list) and v and isinstance(v[0], dict)]
        wrapped = lists[0] if lists and len(value) <= 3 and "id" not in value else [value]
        yield from (one for one in wrapped if isinstance(one, dict))
    elif isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))


def _streamed(text: _Text) -> Iterator[dict[str, Any]]:
    """The first list of objects within the object that begins here; what else it holds is passed
    over."""
    found = False
    text.take("{")
    while text.peek() != "}":
        name = text.value()
        if name == "id" and not found:  # a record, not what stands around records
            raise _Long
        text.take(":")
        if text.peek() != "[":
            text.value()
            continue
        text.take("[")
        mine = not found and text.peek() == "{"
        found = found or mine
        while text.peek() != "]":
            one = text.value()
            if mine and isinstance(one, dict):
                yield one
        text.take("]")
    text.take("}")
    if not found:
        raise _Long
