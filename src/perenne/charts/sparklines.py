"""A line the size of a word, for a card or a table row."""

from __future__ import annotations

from collections.abc import Sequence

from perenne.charts.frame import rule
from perenne.charts.palette import paint
from perenne.charts.scales import Number, Scale, drawable
from perenne.charts.svg import Caption, Size, Svg, element, figure, path


def sparkline(
    values: Sequence[Number | None],
    *,
    caption: Caption,
    incomplete_last: bool = False,
    size: Size | None = None,
) -> Svg:
    """Draw values at even steps, without words; None breaks the line, the last one has a dot.

    `incomplete_last` leaves that dot hollow. Without values it is an empty rule, said in the
    description.
    """
    size = size or Size(140, 32)
    drawn = [drawable(value) for value in values]
    known = [value for value in drawn if value is not None]
    if not known:
        return _empty(caption, size)
    across = Scale(0, max(len(drawn) - 1, 1), 4, size.width - 6)
    up = Scale(min(known), max(known), size.height - 5, 5)
    runs = _runs(drawn, across, up)
    strokes = [
        element("path", d=path(run), stroke_width=1.8, **paint("none", "chart-1"))
        for run in runs
        if len(run) > 1
    ]
    x, y = runs[-1][-1]
    hollow = paint("surface", "chart-1") if incomplete_last else paint("chart-1")
    dot = element(
        "circle", cx=x, cy=y, r=3, stroke_width=1.6 if incomplete_last else None, **hollow
    )
    return figure("sparkline", caption, size, *strokes, dot)


def _runs(
    drawn: Sequence[float | None], across: Scale, up: Scale
) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(drawn):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((across(index), up(value)))
    return [run for run in runs if run]


def _empty(caption: Caption, size: Size) -> Svg:
    said = Caption(caption.title, caption.empty, caption.empty, caption.key)
    middle = size.height / 2
    line = rule((4, middle), (size.width - 4, middle), "axis", dashed=True)
    return figure("sparkline chart-empty", said, size, line)
