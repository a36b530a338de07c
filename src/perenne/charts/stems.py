"""Single things on a line of time: each order up, each refund down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from perenne.charts.frame import (
    Box,
    axis_titles,
    blank,
    horizontal_labels,
    rule,
    tick_room,
    vertical_axis,
)
from perenne.charts.labels import label
from perenne.charts.palette import paint
from perenne.charts.scales import Formatter, Number, Plane, Scale, drawable, enclosing, ticks
from perenne.charts.series import Moment
from perenne.charts.svg import Caption, Size, Svg, element, figure, tooltip
from perenne.charts.uprights import uprights

_HEAD = 16.0
_WIDEST = 9.0
_KEY = 18


@dataclass(frozen=True)
class Stem:
    """One thing: where it stands, how large it is (below zero for what was given back), and what
    is said of it."""

    x: float
    value: Number
    said: str = ""


def stem_chart(
    stems: Sequence[Stem],
    *,
    caption: Caption,
    marks: Sequence[tuple[float, str]],
    format_y: Formatter,
    names: tuple[str, str],
    moments: Sequence[Moment] = (),
    span: tuple[float, float],
    y_title: str = "",
    size: Size | None = None,
) -> Svg:
    """Draw each stem from zero, over the whole `span`. `marks` name places under the plot.

    `names` are those of what stands above and below zero; the second is shown when it is there.
    """
    size = size or Size(720, 260)
    drawn = [(one, value) for one in stems if (value := drawable(one.value)) is not None]
    if not drawn:
        return blank("stems", caption, size)
    heights = [value for _one, value in drawn]
    up_marks = ticks(min([0.0, *heights]), max([0.0, *heights]))
    below = any(value < 0 for value in heights)
    box = Box(max(tick_room(up_marks, format_y), 40), 28, size.width - 14, size.height - 28)
    box = replace(
        box, top=box.top + (_HEAD if moments else 0), bottom=box.bottom - (_KEY if below else 0)
    )
    across = Scale(span[0], span[1], box.left + _WIDEST, box.right - _WIDEST)
    plane = Plane(across, enclosing(up_marks, box.bottom, box.top))
    wide = min(_WIDEST, max(2.0, box.width / (2.2 * len(drawn))))
    inside = [(x, text) for x, text in marks if span[0] <= x <= span[1]]
    return figure(
        "stems",
        caption,
        size,
        vertical_axis(box, plane.up, up_marks, written=format_y),
        horizontal_labels(box, [(across(x), text) for x, text in inside], size=size),
        *uprights(moments, box, across, size=size),
        *(_stem(one, value, plane, wide=wide) for one, value in drawn),
        rule((box.left, plane.up(0)), (box.right, plane.up(0)), "axis"),
        axis_titles(box, size, y=y_title),
        *(_key(names, size) if below else ()),
    )


def _stem(one: Stem, value: float, plane: Plane, *, wide: float) -> str:
    x, zero, end = plane.across(one.x), plane.up(0), plane.up(value)
    return element(
        "rect",
        tooltip(one.said),
        x=x - wide / 2,
        y=min(zero, end),
        width=wide,
        height=max(abs(zero - end), 1.5),
        rx=min(2.0, wide / 3),
        **paint("chart-1" if value >= 0 else "alert", mark=True),
    )


def _key(names: tuple[str, str], size: Size) -> list[str]:
    """Which colour is which, at the foot of the drawing."""
    parts: list[str] = []
    left, base = 44.0, size.height - 5
    for name, role in zip(names, ("chart-1", "alert"), strict=True):
        square = element("rect", x=left, y=base - 9, width=10, height=10, rx=2, **paint(role))
        parts += [square, label(name, left + 16, base)]
        left += 16 + 9 * len(name) + 24
    return parts
