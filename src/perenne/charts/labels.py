"""Words in a drawing: how wide they are, where they fit, how they keep off each other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

from perenne.charts.palette import paint
from perenne.charts.svg import element, words

TICK: Final = 12
LABEL: Final = 13

# Widths in em of a wide sans-serif, so that labels that fit here fit in any reader's font.
_NARROW: Final = frozenset("iljI.,:;'’|!()[] \u00a0\u202f")
_WIDE: Final = frozenset("mwMW@%€Œœ—→≥")


def width(text: str, size: float = TICK) -> float:
    """Return how wide a text can get, in pixels."""
    return sum(map(_em, text)) * size


def fit(text: str, room: float, size: float = TICK) -> str:
    """Return the text, cut with an ellipsis where it would pass `room`."""
    if width(text, size) <= room:
        return text
    kept = text
    while kept and width(kept + "…", size) > room:
        kept = kept[:-1]
    return kept.rstrip() + "…" if kept else ""


def wrap(text: str, room: float, size: float = LABEL) -> list[str]:
    """Break a text into lines no wider than `room`; a longer word is cut."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(fit(word, room, size))
    return lines


def spread(wanted: Sequence[float], gap: float, bounds: tuple[float, float]) -> list[float]:
    """Move positions as little as a simple pass allows until all are `gap` apart within bounds.

    Order is kept. When there is no room for all, they are spaced evenly.
    """
    low, high = bounds
    order = sorted(range(len(wanted)), key=lambda index: (wanted[index], index))
    room = (high - low) / max(len(order) - 1, 1)
    step = min(gap, room)
    placed = _pushed_down([wanted[index] for index in order], step, low)
    placed = _pushed_up(placed, step, high)
    result = [0.0] * len(order)
    for position, index in zip(placed, order, strict=True):
        result[index] = position
    return result


def thinned(positions: Sequence[float], widths: Sequence[float], *, gap: float = 10) -> list[int]:
    """Return the indexes of labels to keep, evenly spaced, so that centred labels stay apart."""
    for every in range(1, len(positions) + 1):
        kept = list(range(0, len(positions), every))
        pairs = itertools.pairwise(kept)
        if all(_apart(positions, widths, pair) >= gap for pair in pairs):
            return kept
    return list(range(min(1, len(positions))))


def rows_for(spans: Sequence[tuple[float, float]], *, gap: float = 8) -> list[int]:
    """Return a row for each horizontal span, left to right: a new one while it meets one before.

    Rows go back to the first only where nothing before reaches, so that a line dropped from the
    left end of a span crosses no other span.
    """
    rows: list[int] = []
    reach = float("-inf")
    for left, right in spans:
        rows.append(rows[-1] + 1 if rows and left < reach + gap else 0)
        reach = max(reach, right)
    return rows


def label(
    text: str,
    x: float,
    y: float,
    *,
    anchor: str = "start",
    size: float = TICK,
    role: str = "ink-soft",
    strong: bool = False,
    halo: bool = False,
) -> str:
    """Write a text with its baseline at `y`; `halo` keeps it legible over lines."""
    outline: dict[str, str | float] = {
        "paint_order": "stroke",
        "stroke_width": 4.0,
        "stroke_linejoin": "round",
    }
    return element(
        "text",
        words(text),
        x=x,
        y=y,
        text_anchor=None if anchor == "start" else anchor,
        font_size=size,
        font_weight="600" if strong else None,
        **(outline if halo else {}),
        **paint(role, "surface" if halo else None),
    )


def _em(character: str) -> float:
    if character in _NARROW:
        return 0.4
    if character in _WIDE:
        return 1.0
    if character.isascii():
        return 0.72 if character.isupper() else 0.64
    return 0.72 if ord(character) < 0x0250 else 1.1


def _apart(positions: Sequence[float], widths: Sequence[float], pair: tuple[int, int]) -> float:
    left, right = pair
    return positions[right] - positions[left] - (widths[left] + widths[right]) / 2


def _pushed_down(sorted_positions: list[float], step: float, low: float) -> list[float]:
    placed: list[float] = []
    for position in sorted_positions:
        floor = placed[-1] + step if placed else low
        placed.append(max(position, floor))
    return placed


def _pushed_up(sorted_positions: list[float], step: float, high: float) -> list[float]:
    placed: list[float] = []
    for position in reversed(sorted_positions):
        ceiling = placed[-1] - step if placed else high
        placed.append(min(position, ceiling))
    return placed[::-1]
