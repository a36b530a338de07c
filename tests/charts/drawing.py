"""Reads a drawn chart back: its words, where they stand, and whether they meet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

from perenne.charts import Caption, Svg

NS = "{http://www.w3.org/2000/svg}"

CAPTION = Caption("Title", "Description", "No data: nothing was ordered before this date.")


@dataclass(frozen=True)
class Word:
    """One text of a drawing with the rectangle it covers, measured more narrowly than drawn."""

    text: str
    left: float
    right: float
    top: float
    bottom: float

    def meets(self, other: Word) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def tree(svg: Svg) -> ElementTree.Element:
    """Parse the drawing; fails when it is not well-formed."""
    return ElementTree.fromstring(svg)


def marks(svg: Svg, tag: str = "rect") -> list[ElementTree.Element]:
    """Return the shapes that stand for a value of their own."""
    return [e for e in tree(svg).iter(NS + tag) if "mark" in e.get("class", "").split()]


def numbers(svg: Svg, name: str, tag: str = "rect") -> list[float]:
    """Return one attribute of every mark, in drawing order."""
    return [float(mark.get(name, "nan")) for mark in marks(svg, tag)]


def words(svg: Svg) -> list[Word]:
    """Return every text, with a width measured by an independent and plain rule."""
    return [_word(e) for e in tree(svg).iter(NS + "text")]


def texts(svg: Svg) -> list[str]:
    return [word.text for word in words(svg)]


def overlaps(svg: Svg) -> list[tuple[str, str]]:
    """Return pairs of texts that cover each other."""
    found = words(svg)
    return [(a.text, b.text) for i, a in enumerate(found) for b in found[i + 1 :] if a.meets(b)]


def outside(svg: Svg) -> list[str]:
    """Return texts that leave the drawing."""
    _, _, width, height = map(float, tree(svg).get("viewBox", "").split())
    return [
        word.text
        for word in words(svg)
        if word.left < -0.5 or word.right > width + 0.5 or word.top < 0 or word.bottom > height
    ]


def smallest_text(svg: Svg) -> float:
    return min((float(e.get("font-size", "0")) for e in tree(svg).iter(NS + "text")), default=99)


def is_sound(svg: Svg) -> bool:
    """Check what must hold for every chart on every input."""
    root = tree(svg)
    ids = root.get("aria-labelledby", "").split()
    labelled = {e.get("id") for e in root if e.tag in (NS + "title", NS + "desc")}
    assert root.get("role") == "img"
    assert set(ids) == labelled
    assert len(ids) == 2
    assert not re.search(r"\b(nan|inf)\b", svg, re.IGNORECASE), "a position is not a number"
    assert smallest_text(svg) >= 11
    assert overlaps(svg) == []
    assert outside(svg) == []
    negative = [e for e in root.iter() if float(e.get("height", "0").rstrip("%")) < 0]
    assert negative == []
    return True


def _word(e: ElementTree.Element) -> Word:
    size, text = float(e.get("font-size", "0")), e.text or ""
    x, y = float(e.get("x", "nan")), float(e.get("y", "nan"))
    wide = sum(0.3 if c in "iljI.,:;'’|!() \u00a0\u202f" else 0.55 for c in text) * size
    start = x - {"middle": wide / 2, "end": wide}.get(e.get("text-anchor", "start"), 0.0)
    return Word(text, start, start + wide, y - size * 0.72, y + size * 0.2)
