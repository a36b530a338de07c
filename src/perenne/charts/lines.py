"""Several values over time or age: cohort curves, months, payback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perenne.charts.frame import (
    Box,
    axis_titles,
    blank,
    horizontal_axis,
    rule,
    tick_room,
    vertical_axis,
)
from perenne.charts.labels import LABEL, fit, label, spread, width
from perenne.charts.palette import SERIES, paint, series_role
from perenne.charts.scales import Formatter, Number, Scale, drawable, enclosing, ticks
from perenne.charts.svg import Caption, Size, Svg, element, figure, path, tooltip

_GAP = 16.0

Point = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """One line; a value of None breaks it.

    From `incomplete_from` on (an x), the line is dashed: what it shows is still growing.
    `band` holds (x, low, high) around the line.
    """

    label: str
    points: Sequence[tuple[float, Number | None]]
    incomplete_from: float | None = None
    band: Sequence[tuple[float, Number, Number]] = ()

    def drawn(self) -> list[tuple[float, float | None]]:
        """Return the points with what cannot be drawn as None."""
        return [(x, drawable(y)) for x, y in self.points]

    def known(self) -> list[Point]:
        """Return the points that have a value."""
        return [(x, y) for x, y in self.drawn() if y is not None]


@dataclass(frozen=True)
class Reference:
    """A level to compare with, such as the acquisition cost: where a line crosses it, it pays."""

    value: Number
    label: str


def line_chart(
    series: Sequence[Series],
    *,
    caption: Caption,
    format_x: Formatter,
    format_y: Formatter,
    references: Sequence[Reference] = (),
    x_title: str = "",
    y_title: str = "",
    from_zero: bool = True,
    whole_x: bool = True,
    size: Size | None = None,
) -> Svg:
    """Draw lines named at their right end; many series are a ramp from first to last.

    `from_zero` keeps zero on the vertical axis. `whole_x` keeps horizontal ticks integers
    (months of age, indexes of `format_x`).
    """
    size = size or Size(720, 340)
    shown = [one for one in series if one.known()]
    if not shown:
        return blank("lines", caption, size)
    up_marks = _up_marks(shown, references, from_zero=from_zero)
    box = _box(shown, up_marks, size, format_y=format_y, titles=(x_title, y_title))
    xs = [x for one in shown for x, _ in one.known()]
    across = Scale(min(xs), max(xs), box.left, box.right)
    up = enclosing(up_marks, box.bottom, box.top)
    return figure(
        "lines",
        caption,
        size,
        vertical_axis(box, up, up_marks, format_y),
        horizontal_axis(box, across, _across_marks(xs, whole=whole_x), format_x, size=size),
        *(_band(one, series_role(i, len(shown)), across, up) for i, one in enumerate(shown)),
        *_references(references, box, up),
        *(
            _line(one, series_role(i, len(shown)), across, up, said=(format_x, format_y))
            for i, one in enumerate(shown)
        ),
        *_ends(shown, size, across=across, up=up),
        axis_titles(box, size, x=x_title, y=y_title),
    )


def _up_marks(
    shown: Sequence[Series], references: Sequence[Reference], *, from_zero: bool
) -> list[float]:
    heights = [y for one in shown for _, y in one.known()]
    heights += [float(level.value) for level in references]
    heights += [float(y) for one in shown for _, low, high in one.band for y in (low, high)]
    heights += [0.0] if from_zero else []
    return ticks(min(heights), max(heights))


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


def _band(one: Series, role: str, across: Scale, up: Scale) -> str:
    if not one.band:
        return ""
    top = [(across.clamped(x), up(float(high))) for x, _, high in one.band]
    bottom = [(across.clamped(x), up(float(low))) for x, low, _ in one.band]
    return element("path", d=path(top + bottom[::-1]) + "Z", fill_opacity=0.16, **paint(role))


def _references(levels: Sequence[Reference], box: Box, up: Scale) -> list[str]:
    wanted = [up(float(level.value)) - 5 for level in levels]
    baselines = spread(wanted, _GAP, (box.top + 8, box.bottom - 5))
    parts = []
    for level, baseline in zip(levels, baselines, strict=True):
        y = up(float(level.value))
        parts.append(rule((box.left, y), (box.right, y), "alert", dashed=True))
        text = fit(level.label, box.width - 12)
        parts.append(label(text, box.left + 6, baseline, role="alert", strong=True))
    return parts


def _line(
    one: Series, role: str, across: Scale, up: Scale, *, said: tuple[Formatter, Formatter]
) -> str:
    whole, tail = _parts(one)
    strokes = [_stroke(run, role, across, up) for run in whole]
    strokes += [_stroke(run, role, across, up, dashed=True) for run in tail]
    format_x, format_y = said
    dots = [
        element(
            "circle",
            tooltip(f"{one.label} · {format_x(x)}: {format_y(y)}"),
            cx=across(x),
            cy=up(y),
            r=2.2,
            **paint(role, mark=True),
        )
        for x, y in one.known()
    ]
    return element("g", *strokes, *dots)


def _parts(one: Series) -> tuple[list[list[Point]], list[list[Point]]]:
    """Split into runs without gaps: those complete and those still growing."""
    whole: list[list[Point]] = [[]]
    tail: list[list[Point]] = [[]]
    before: Point | None = None
    for x, y in one.drawn():
        growing = one.incomplete_from is not None and x >= one.incomplete_from
        runs = tail if growing else whole
        if y is None:
            before = None
            runs.append([])
            continue
        if growing and before and not runs[-1]:
            runs[-1].append(before)
        runs[-1].append((x, y))
        before = (x, y)
    return [run for run in whole if run], [run for run in tail if run]


def _stroke(run: list[Point], role: str, across: Scale, up: Scale, *, dashed: bool = False) -> str:
    return element(
        "path",
        d=path([(across(x), up(y)) for x, y in run]),
        stroke_width=2.2,
        stroke_linejoin="round",
        stroke_dasharray="5 4" if dashed else None,
        **paint("none", role),
    )


def _ends(shown: Sequence[Series], size: Size, *, across: Scale, up: Scale) -> list[str]:
    """Name the lines at the right, each beside its end."""
    left = across.end + 14
    if len(shown) > len(SERIES):
        return _legend(shown, size, left=left, rows=(up.end + 4, up.start + 4))
    lasts = [one.known()[-1] for one in shown]
    baselines = spread([up(y) + 4 for _, y in lasts], _GAP, (up.end + 4, up.start + 4))
    parts = []
    for index, ((x, y), baseline) in enumerate(zip(lasts, baselines, strict=True)):
        role = series_role(index, len(shown))
        parts.append(_leader((across(x), up(y)), (left - 3, baseline - 4), role))
        text = fit(shown[index].label, size.width - left - 2, LABEL)
        parts.append(label(text, left, baseline, size=LABEL, role="ink", strong=True))
    return parts


def _legend(
    shown: Sequence[Series], size: Size, *, left: float, rows: tuple[float, float]
) -> list[str]:
    """List many lines from first to last with their colour on the ramp, evenly thinned to fit."""
    first, last = rows
    kept = _labelled(len(shown), int((last - first) // _GAP) + 1)
    parts = []
    for row, index in enumerate(kept):
        y = first + row * _GAP
        swatch = element(
            "rect",
            x=left,
            y=y - 9,
            width=14,
            height=10,
            rx=2,
            **paint(series_role(index, len(shown)), "axis"),
        )
        text = fit(shown[index].label, size.width - left - 22, LABEL)
        parts.append(swatch + label(text, left + 20, y, size=LABEL, role="ink"))
    return parts


def _labelled(count: int, room: int) -> list[int]:
    if count <= room:
        return list(range(count))
    room = max(room, 2)
    return sorted({round(i * (count - 1) / (room - 1)) for i in range(room)})


def _leader(start: tuple[float, float], end: tuple[float, float], role: str) -> str:
    dotted = "1 3" if end[0] - start[0] > 30 else None
    return element(
        "line",
        x1=start[0],
        y1=start[1],
        x2=end[0],
        y2=end[1],
        stroke_width=1.2,
        stroke_dasharray=dotted,
        **paint(None, role),
    )
