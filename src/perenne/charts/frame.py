"""What charts share: the plot area, its axes, and the sign that says why it is empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perenne.charts.labels import LABEL, TICK, label, thinned, width, wrap
from perenne.charts.palette import paint
from perenne.charts.scales import Formatter, Scale
from perenne.charts.svg import Caption, Size, Svg, element, figure


@dataclass(frozen=True)
class Box:
    """A rectangle in the drawing's pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


def blank(kind: str, caption: Caption, size: Size) -> Svg:
    """Draw a quiet frame that says why there is no chart."""
    size = Size(size.width, min(size.height, 140))
    edge = element(
        "rect",
        x=1,
        y=1,
        width=size.width - 2,
        height=size.height - 2,
        rx=8,
        stroke_dasharray="5 5",
        **paint("none", "axis"),
    )
    lines = wrap(caption.empty, size.width - 40)
    first = size.height / 2 - (len(lines) - 1) * 9 + 4
    said = [
        label(line, size.width / 2, first + row * 18, anchor="middle", size=LABEL)
        for row, line in enumerate(lines)
    ]
    return figure(f"{kind} chart-empty", caption, size, edge, *said)


def rule(
    start: tuple[float, float], end: tuple[float, float], role: str, *, dashed: bool = False
) -> str:
    """Draw a straight line one pixel wide."""
    return element(
        "line",
        x1=start[0],
        y1=start[1],
        x2=end[0],
        y2=end[1],
        stroke_width=1,
        stroke_dasharray="4 3" if dashed else None,
        **paint(None, role),
    )


def tick_room(marks: Sequence[float], written: Formatter) -> float:
    """Return the left margin that the widest tick label of a vertical axis asks for."""
    return max(width(written(mark)) for mark in marks) + 10


def vertical_axis(box: Box, scale: Scale, marks: Sequence[float], *, written: Formatter) -> str:
    """Draw grid lines with their values at the left; the zero line is stronger."""
    parts = []
    for mark in marks:
        y = scale(mark)
        parts.append(rule((box.left, y), (box.right, y), "axis" if mark == 0 else "grid"))
        parts.append(label(written(mark), box.left - 8, y + 4, anchor="end"))
    return "".join(parts)


def horizontal_axis(
    box: Box, scale: Scale, marks: Sequence[float], *, written: Formatter, size: Size
) -> str:
    """Draw values under the plot, as many as have room."""
    return horizontal_labels(box, [(scale(mark), written(mark)) for mark in marks], size=size)


def horizontal_labels(box: Box, marks: Sequence[tuple[float, str]], *, size: Size) -> str:
    """Draw texts centred under positions, leaving out evenly what would overlap.

    At the drawing's edge a text moves inwards.
    """
    widths = [width(text) for _, text in marks]
    centres = [
        min(max(x, wide / 2), size.width - wide / 2)
        for (x, _), wide in zip(marks, widths, strict=True)
    ]
    parts = []
    for index in thinned(centres, widths):
        x, text = marks[index]
        parts.append(rule((x, box.bottom), (x, box.bottom + 4), "axis"))
        parts.append(label(text, centres[index], box.bottom + 18, anchor="middle"))
    return "".join(parts)


def axis_titles(box: Box, size: Size, *, x: str = "", y: str = "") -> str:
    """Write what the axes show: `y` above its ticks, `x` under its own."""
    parts = []
    if y:
        parts.append(label(y, 4, 14, size=TICK))
    if x:
        parts.append(label(x, box.right, size.height - 6, anchor="end", size=TICK))
    return "".join(parts)
