"""XML documents as objects: elements with children become objects, lists of one tag lists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, iterparse

from perenne.core import PerenneError
from perenne.sources.readers.bytes_in import DAMAGED, open_bytes
from perenne.text import gettext as _


def objects(path: Path) -> Iterator[dict[str, Any]]:
    """The elements two levels below the root, as PrestaShop answers: prestashop/orders/order."""
    depth = 0
    try:
        with open_bytes(path) as stream:
            for event, element in iterparse(stream, events=("start", "end")):
                depth += 1 if event == "start" else -1
                if event == "end" and depth == 2:
                    value = _value(element)
                    element.clear()
                    if isinstance(value, dict):
                        yield value
    except (ParseError, *DAMAGED) as error:
        raise PerenneError(
            _("{file} does not read as XML.").format(file=path.name),
            given=str(error),
            next_step=_("Export it again, then import the new file."),
        ) from error


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
