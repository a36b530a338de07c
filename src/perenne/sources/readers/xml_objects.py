"""XML documents as objects: elements with children become objects, lists of one tag lists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from perenne.core import PerenneError
from perenne.sources.bounds import LONGEST_LINE, long_record
from perenne.sources.readers.bytes_in import chunks
from perenne.text import gettext as _

_PIECE = 64 << 10
"""Fed to the parser at a time: its events are few enough to hold."""


def objects(path: Path) -> Iterator[dict[str, Any]]:
    """The elements two levels below the root, as PrestaShop answers: prestashop/orders/order."""
    try:
        yield from _objects(path)
    except ParseError as error:
        raise PerenneError(
            _("{file} does not read as XML.").format(file=path.name),
            given=str(error),
            next_step=_("Export it again, then import the new file."),
        ) from error


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    parser: XMLPullParser[Any] = XMLPullParser(events=("start", "end"))
    within: list[Element] = []
    fed = 0  # since a record ended
    started, before = False, b""
    for piece in _pieces(path):
        if not started:
            before += piece
            _refuse_entities(before)
        parser.feed(piece)
        fed += len(piece)
        events = cast(Iterator[tuple[str, Element]], parser.read_events())
        for event, element in events:
            if event == "start":
                within.append(element)
                started, before = True, b""
                continue
            within.pop()
            if len(within) == 2 and isinstance(value := _value(element), dict):
                yield value
            if len(within) <= 2:
                fed = 0
            if 0 < len(within) <= 2:
                within[-1].clear()  # what has ended is dropped
        if fed > LONGEST_LINE:
            raise long_record(path)
    parser.close()


def _refuse_entities(text: bytes) -> None:
    """No export declares entities; what they stand for may be a thousand times as long."""
    if b"<!ENTITY" in text.replace(b"\0", b""):
        raise ParseError("entities are declared")


def _pieces(path: Path) -> Iterator[bytes]:
    for chunk in chunks(path):
        for start in range(0, len(chunk), _PIECE):
            yield chunk[start : start + _PIECE]


def _value(element: Element) -> object:
    """Text, an object, or a list: children of one tag below a plural of it (`order_rows`)."""
    children = list(element)
    if not children:
        return (element.text or "").strip() or None
    tags = {child.tag for child in children}
    if tags == {"language"}:
        return _value(children[0])
    if len(tags) == 1 and (len(children) > 1 or element.tag.startswith(children[0].tag)):
        return [_value(child) for child in children]
    return {child.tag: _value(child) for child in children}
