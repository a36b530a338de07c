"""Several values over time or age: cohort curves, months, payback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from perenne.charts.endings import endings
from perenne.charts.frame import (
    Box,
    axis_titles,
    blank,
    horizontal_axis,
    horizontal_labels,
    rule,
    tick_room,
    vertical_axis,
)
from perenne.charts.labels import LABEL, fit, label, spread, width
from perenne.charts.palette import SERIES, paint, series_role
from perenne.charts.scales import Formatter, Plane, Scale, drawable, drawables, enclosing, ticks
from perenne.charts.series import Moment, Point, Reference, Series
from perenne.charts.svg import Caption, Size, Svg, element, figure, path, tooltip
from perenne.charts.uprights import uprights

_GAP = 16.0


def line_chart(
    series: Sequence[Series],
    *,
    caption: Caption,
    format_x: Formatter,
    format_y: Formatter,
    references: Sequence[Reference] = (),
    moments: Sequence[Moment] = (),
    x_title: str = "",
    y_title: str = "",
    from_zero: bool = True,
    whole_x: bool = True,
    marks: Sequence[tuple[float, str]] = (),
    size: Size | None = None,
) -> Svg:
    """Draw lines named at their right end; many series are a ramp from first to last.

    `from_zero` keeps zero on the vertical axis. `whole_x` keeps horizontal ticks integers
    (months of age, indexes of `format_x`). `marks` name places under the plot in their stead.
    `moments` are upright lines, named above the plot.
    """
    size = size or Size(720, 340)
    shown = [one for one in series if one.known()]
    if not shown:
        return blank("lines", caption, size)
    up_marks = _up_marks(shown, references, from_zero=from_zero)
    box = _box(shown, up_marks, size, format_y=format_y, titles=(x_title, y_title))
    box = replace(box, top=box.top + (_GAP if any(one.label for one in moments) else 0))
    xs = [x for one in shown for x, _ in one.known()]
    across = Scale(min(xs), max(xs), box.left, box.right)
    plane = Plane(across, enclosing(up_marks, box.bottom, box.top))
    colours = [(one, series_role(index, len(shown))) for index, one in enumerate(shown)]
    return figure(
        "lines",
        caption,
        size,
        vertical_axis(box, plane.up, up_marks, written=format_y),
        _named(marks, box, across, size=size)
        or horizontal_axis(
            box, across, _across_marks(xs, whole=whole_x), written=format_x, size=size
        ),
        *(_band(one.edges(), role, plane) for one, role in colours),
        *(_band(one.inner_edges(), role, plane) for one, role in colours),
        *uprights(moments, box, across, size=size),
        *_references(references, box, plane.up),
        *(_line(one, role, plane, said=(format_x, format_y)) for one, role in colours),
        *endings(shown, size, plane),
        axis_titles(box, size, x=x_title, y=y_title),
    )


def _up_marks(
    shown: Sequence[Series], references: Sequence[Reference], *, from_zero: bool
) -> list[float]:
    heights = [y for one in shown for _, y in one.known()]
    heights += drawables(level.value for level in references)
    heights += [
        y for one in shown for _, low, high in one.edges() + one.inner_edges() for y in (low, high)
    ]
    heights += [0.0] if from_zero else []
    return ticks(min(heights), max(heights))


def _named(marks: Sequence[tuple[float, str]], box: Box, across: Scale, *, size: Size) -> str:
    inside = [(across(x), text) for x, text in marks if across.low <= x <= across.high]
    return horizontal_labels(box, inside, size=size)


def _across_marks(xs: list[float], *, whole: bool) -> list[float]:
    low, high = min(xs), max(xs)
    if low == high:
        return [low]
    marks = ticks(low, high, count=12, whole=whole)
    return [mark for mark in marks if low <= mark <= high]


def _box(
    shown: Sequence[Series],
    marks: list[float],
    size: Size,
    *,
    format_y: Formatter,
    titles: tuple[str, str],
) -> Box:
    names = min(max(width(one.label, LABEL) for one in shown), size.width * 0.28)
    x_title, y_title = titles
    return Box(
        max(tick_room(marks, format_y), 40),
        28 if y_title else 12,
        size.width - names - (42 if len(shown) > len(SERIES) else 22),
        size.height - (44 if x_title else 28),
    )


def _band(edges: list[tuple[float, float, float]], role: str, plane: Plane) -> str:
    if not edges:
        return ""
    top = [plane(plane.across.within(x), high) for x, _, high in edges]
    bottom = [plane(plane.across.within(x), low) for x, low, _ in edges]
    return element("path", d=path(top + bottom[::-1]) + "Z", fill_opacity=0.16, **paint(role))


def _references(levels: Sequence[Reference], box: Box, up: Scale) -> list[str]:
    known = [(level.label, y) for level in levels if (y := drawable(level.value)) is not None]
    wanted = [up(value) - 5 for _, value in known]
    baselines = spread(wanted, _GAP, (box.top + 8, box.bottom - 5))
    parts = []
    for (name, value), baseline in zip(known, baselines, strict=True):
        y = up(value)
        parts.append(rule((box.left, y), (box.right, y), "alert", dashed=True))
        text = fit(name, box.width - 12)
        parts.append(label(text, box.left + 6, baseline, role="alert", strong=True))
    return parts


def _line(one: Series, role: str, plane: Plane, *, said: tuple[Formatter, Formatter]) -> str:
    whole, tail = one.runs()
    strokes = [_stroke(run, role, plane) for run in whole]
    strokes += [_stroke(run, role, plane, dashed=True) for run in tail]
    format_x, format_y = said
    dots = [
        element(
            "circle",
            tooltip(f"{one.label} · {format_x(x)} · {format_y(y)}"),
            cx=plane.across(x),
            cy=plane.up(y),
            r=2.2,
            **paint(role, mark=True),
        )
        for x, y in one.known()
    ]
    return element("g", *strokes, *dots)


def _stroke(run: list[Point], role: str, plane: Plane, *, dashed: bool = False) -> str:
    return element(
        "path",
        d=path([plane(x, y) for x, y in run]),
        stroke_width=2.2,
        stroke_linejoin="round",
        stroke_dasharray="5 4" if dashed else None,
        **paint("none", role),
    )
