"""How much of the value the best customers bring."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

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
from perenne.charts.palette import paint
from perenne.charts.scales import Formatter, Scale, enclosing, ticks
from perenne.charts.svg import Caption, Size, Svg, element, figure, path, tooltip


def concentration_curve(
    points: Sequence[tuple[float, float]],
    *,
    caption: Caption,
    format_share: Formatter,
    highlights: Sequence[float] = (0.05, 0.2, 0.5),
    equality_label: str = "",
    x_title: str = "",
    y_title: str = "",
    size: Size | None = None,
) -> Svg:
    """Draw the share of value against the share of customers, best first.

    `points` come from `concentration()`. Each share of customers in `highlights` gets a dot and
    "20% → 68%". The dashed diagonal is a base where all are worth the same.
    """
    size = size or Size(720, 360)
    if len(points) < 2:
        return blank("concentration", caption, size)
    shares = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    marks = ticks(0, max(1.0, *(y for _, y in points)))
    left = max(tick_room(marks, format_share), width(format_share(0)) / 2 + 4)
    head = 26 if y_title else 12
    box = Box(left, head, size.width - 26, size.height - (42 if x_title else 26))
    across, up = Scale(0, 1, box.left, box.right), enclosing(marks, box.bottom, box.top)
    drawn = [(across(x), up(y)) for x, y in points]
    return figure(
        "concentration",
        caption,
        size,
        vertical_axis(box, up, marks, written=format_share),
        horizontal_axis(box, across, shares, written=format_share, size=size),
        _area(drawn, up(0)),
        rule((across(0), up(0)), (across(1), up(1)), "axis", dashed=True),
        element("path", d=path(drawn), stroke_width=2.5, **paint("none", "chart-1")),
        _equality(equality_label, across, up),
        *_dots(points, highlights, across=across, up=up, written=format_share),
        axis_titles(box, size, x=x_title, y=y_title),
    )


def share_at(points: Sequence[tuple[float, float]], customers: float) -> float:
    """Return the share of value that this share of customers brings, between two points."""
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if customers <= x1:
            return y0 if x1 == x0 else y0 + (y1 - y0) * (customers - x0) / (x1 - x0)
    return points[-1][1]


def _area(drawn: list[tuple[float, float]], floor: float) -> str:
    closed = [(drawn[0][0], floor), *drawn, (drawn[-1][0], floor)]
    return element("path", d=path(closed) + "Z", fill_opacity=0.12, **paint("chart-1"))


def _equality(text: str, across: Scale, up: Scale) -> str:
    """Name the dashed line in the corner where no dot's label comes."""
    if not text:
        return ""
    text = fit(text, (across.end - across.start) / 2)
    left, baseline = across.end - width(text) - 8, up(0.05)
    swatch = rule((left - 30, baseline - 4), (left - 6, baseline - 4), "axis", dashed=True)
    return swatch + label(text, left, baseline)


def _dots(
    points: Sequence[tuple[float, float]],
    highlights: Sequence[float],
    *,
    across: Scale,
    up: Scale,
    written: Formatter,
) -> list[str]:
    found = [(across(x), up(share_at(points, x)), x) for x in highlights]
    heights = spread([y + 18 for _, y, _ in found], 18, (up.end + 14, up.start - 6))
    parts = []
    for (x, y, share), baseline in zip(found, heights, strict=True):
        text = f"{written(share)} → {written(share_at(points, share))}"
        at = min(x + 10, across.end - width(text, LABEL))
        dot = element(
            "circle",
            tooltip(text),
            cx=x,
            cy=y,
            r=5,
            stroke_width=2,
            **paint("chart-1", "surface", mark=True),
        )
        parts.append(
            dot + label(text, at, baseline, size=LABEL, role="ink", strong=True, halo=True)
        )
    return parts
