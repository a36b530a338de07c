"""What is expected and how sure that is: a middle with a narrow and a wide interval, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perenne.charts.frame import Box, blank, horizontal_axis, rule
from perenne.charts.labels import LABEL, fit, label, width
from perenne.charts.palette import paint
from perenne.charts.scales import Formatter, Number, Scale, drawable, enclosing, ticks
from perenne.charts.svg import Caption, Size, Svg, element, figure, tooltip

_ROW = 46.0
_THICK = 12.0


@dataclass(frozen=True)
class Expected:
    """One row: the mean, and the ends of the narrow and of the wide interval, where known.

    colour: which of the series colours of all charts it has, from 1.
    """

    label: str
    middle: Number
    inner: tuple[Number, Number] | None = None
    outer: tuple[Number, Number] | None = None
    said: str = ""
    colour: int = 1

    def ends(self) -> list[Number]:
        return [self.middle, *(self.inner or ()), *(self.outer or ())]


def range_chart(
    rows: Sequence[Expected], *, caption: Caption, format_value: Formatter, size: Size | None = None
) -> Svg:
    """Draw one row per horizon: a light bar for the wide interval, a strong one for the narrow,
    a dot with its figure for the mean. The height follows the number of rows."""
    wide = (size or Size()).width
    drawn = [one for one in rows if all(drawable(end) is not None for end in one.ends())]
    if not drawn:
        return blank("ranges", caption, size or Size())
    tall = Size(wide, 12 + _ROW * len(drawn) + 30)
    names = min(max(width(one.label, LABEL) for one in drawn), wide * 0.3)
    box = Box(names + 18, 12, wide - 26, tall.height - 30)
    known = [float(end) for one in drawn for end in one.ends()]
    marks = ticks(min([0.0, *known]), max(known))
    scale = enclosing(marks, box.left, box.right)
    return figure(
        "ranges",
        caption,
        tall,
        *(rule((scale(m), box.top), (scale(m), box.bottom), "grid") for m in marks),
        horizontal_axis(box, scale, marks, written=format_value, size=tall),
        *(
            _row(one, scale, middle=box.top + _ROW * (row + 0.62), format_value=format_value)
            + label(fit(one.label, names, LABEL), 0, box.top + _ROW * (row + 0.62) + 4, size=LABEL)
            for row, one in enumerate(drawn)
        ),
    )


def _row(one: Expected, scale: Scale, *, middle: float, format_value: Formatter) -> str:
    parts = [tooltip(one.said)]
    for ends, opacity in ((one.outer, 0.22), (one.inner, 0.5)):
        if ends:
            left, right = (scale(float(end)) for end in ends)
            parts.append(_bar((left, right), middle, opacity=opacity, colour=one.colour))
    x = scale(float(one.middle))
    parts.append(
        element(
            "circle",
            cx=x,
            cy=middle,
            r=5.5,
            stroke_width=2,
            **paint(f"chart-{one.colour}", "surface"),
        )
    )
    text = format_value(float(one.middle))
    half = width(text, LABEL) / 2
    centre = min(max(x, scale.start + half), scale.end - half)
    parts.append(
        label(text, centre, middle - 12, anchor="middle", size=LABEL, role="ink", strong=True)
    )
    return element("g", *parts)


def _bar(ends: tuple[float, float], middle: float, *, opacity: float, colour: int) -> str:
    left, right = ends
    return element(
        "rect",
        x=left,
        y=middle - _THICK / 2,
        width=max(right - left, 1),
        height=_THICK,
        rx=_THICK / 2,
        fill_opacity=opacity,
        **paint(f"chart-{colour}"),
    )
