"""SVG as text: elements with escaped words and rounded numbers, the same for the same input."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from html import escape
from typing import Final

FONT: Final = "system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"

# Characters that XML 1.0 forbids even when escaped; a label read from a file may hold them.
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Svg(str):
    """An inline `<svg>` element; templates that escape take it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        """Tell Jinja and MarkupSafe that this is markup."""
        return self


@dataclass(frozen=True)
class Caption:
    """What a chart says to those who do not see it; every word comes from the caller.

    `empty` is written in the chart's place when there is nothing to draw: "No data: ...".
    `key` tells apart the ids of two charts that are the same in every word and mark on one page.
    """

    title: str
    description: str
    empty: str
    key: str = ""


@dataclass(frozen=True)
class Size:
    """Width and height in CSS pixels at 100 %; the drawing scales with its container."""

    width: float = 720
    height: float = 320


def number(value: float) -> str:
    """Write a coordinate with at most one decimal."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def words(text: str) -> str:
    """Escape a text for XML and leave out what XML cannot hold."""
    return escape(_FORBIDDEN.sub("", text), quote=True)


def element(tag: str, *children: str, **attributes: str | float | None) -> str:
    """Write one element; `children` are markup already, attributes are escaped here.

    `class_` and `stroke_width` become `class` and `stroke-width`; None leaves one out.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    inner = "".join(children)
    return f"<{tag}{written}>{inner}</{tag}>" if inner else f"<{tag}{written}/>"


def path(points: list[tuple[float, float]]) -> str:
    """Write the `d` of a line through points."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


def tooltip(text: str) -> str:
    """Write the words shown when a pointer rests on a mark."""
    return element("title", words(text)) if text else ""


def figure(kind: str, caption: Caption, size: Size, *parts: str) -> Svg:
    """Put a chart together: named and described for assistive technology, scaling by viewBox."""
    key = _key(kind, caption, parts)
    drawing = element(
        "svg",
        element("title", words(caption.title), id=f"{key}-title"),
        element("desc", words(caption.description), id=f"{key}-desc"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        class_=f"chart chart-{kind}",
        viewBox=f"0 0 {number(size.width)} {number(size.height)}",
        width="100%",
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
        font_family=FONT,
    )
    return Svg(drawing)


def _value(value: str | float) -> str:
    return words(value) if isinstance(value, str) else number(value)


def _key(kind: str, caption: Caption, parts: tuple[str, ...]) -> str:
    """Return an id that two charts share only when they are the same chart."""
    source = "\x1f".join([kind, caption.title, caption.description, caption.key, *parts])
    return "chart-" + hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()[:10]
