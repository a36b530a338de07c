"""Horizontal bars with their values: channels, segments, categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perenne.charts.frame import Box, blank, horizontal_axis, rule
from perenne.charts.labels import LABEL, TICK, fit, label, width
from perenne.charts.palette import paint
from perenne.charts.scales import Formatter, Number, Scale, drawable, enclosing, ticks
from perenne.charts.svg import Caption, Size, Svg, element, figure, tooltip

_ROW = 32
_BAR = 18


@dataclass(frozen=True)
class Bar:
    """One bar; `value` None is a figure that could not be computed, and `note` says why."""

    label: str
    value: Number | None
    note: str = ""


@dataclass(frozen=True)
class Band:
    """A range of values to aim at, drawn behind the bars."""

    low: Number
    high: Number
    label: str


def bar_chart(
    bars: Sequence[Bar],
    *,
    caption: Caption,
    format_value: Formatter,
    missing: str = "—",
    band: Band | None = None,
    size: Size | None = None,
) -> Svg:
    """Draw one horizontal bar per value, in the order given, from zero.

    `missing` is written for a value of None. The height follows the number of bars.
    """
    wide = (size or Size()).width
    values = [drawable(bar.value) for bar in bars]
    known = [value for value in values if value is not None]
    if not known:
        return blank("bars", caption, size or Size())
    head = 24 if band else 8
    tall = Size(wide, head + _ROW * len(bars) + 34)
    plan = _plan(bars, known, tall, band=band, format_value=format_value)
    rows = [
        _row(bar, value, plan, middle=head + _ROW * (row + 0.5), missing=missing)
        for row, (bar, value) in enumerate(zip(bars, values, strict=True))
    ]
    box, scale = plan.box, plan.scale
    parts = [
        _band(band, box, scale) if band else "",
        _grid(box, scale, plan.marks),
        horizontal_axis(box, scale, plan.marks, written=format_value, size=tall),
        *rows,
        rule((scale(0), box.top), (scale(0), box.bottom), "axis"),
    ]
    return figure("bars", caption, tall, *parts)


@dataclass(frozen=True)
class _Plan:
    """Where things go: names at the left, bars in the box, values beside them up to the edge."""

    names: float
    edge: float
    box: Box
    marks: list[float]
    scale: Scale
    written: Formatter


def _plan(
    bars: Sequence[Bar],
    known: list[float],
    size: Size,
    *,
    band: Band | None,
    format_value: Formatter,
) -> _Plan:
    names = min(max(width(bar.label, LABEL) for bar in bars), size.width * 0.36)
    widest = max(width(format_value(value), LABEL) for value in known) + 12
    room = min(widest, size.width * 0.25)
    # A bar to the left of zero writes its value on its left: the same room on both sides.
    left = names + 14 + (room if min(known) < 0 else 0)
    box = Box(left, 24 if band else 8, size.width - room, size.height - 34)
    marks = _marks(known, band)
    scale = enclosing(marks, box.left, box.right)
    return _Plan(names, size.width, box, marks, scale, format_value)


def _marks(known: list[float], band: Band | None) -> list[float]:
    ends = [float(band.low), float(band.high)] if band else []
    return ticks(min([0.0, *known, *ends]), max([0.0, *known, *ends]))


def _grid(box: Box, scale: Scale, marks: list[float]) -> str:
    return "".join(rule((scale(m), box.top), (scale(m), box.bottom), "grid") for m in marks)


def _band(band: Band, box: Box, scale: Scale) -> str:
    left, right = sorted((scale(float(band.low)), scale(float(band.high))))
    area = element(
        "rect",
        tooltip(band.label),
        x=left,
        y=box.top,
        width=max(right - left, 1),
        height=box.height,
        **paint("band"),
    )
    text = fit(band.label, box.right - box.left, TICK)
    half = width(text) / 2
    centre = min(max((left + right) / 2, box.left + half), box.right - half)
    return area + label(text, centre, box.top - 8, anchor="middle", role="good")


def _row(bar: Bar, value: float | None, plan: _Plan, *, middle: float, missing: str) -> str:
    name = label(fit(bar.label, plan.names, LABEL), 0, middle + 4, size=LABEL, role="ink")
    scale = plan.scale
    if value is None:
        left = scale(0) + 8
        text = fit(missing, plan.edge - left, LABEL)
        said = label(text, left, middle + 4, size=LABEL)
        return element("g", tooltip(f"{bar.label} · {bar.note or missing}"), name, said)
    text = plan.written(value)
    x, anchor = (scale(value) - 6, "end") if value < 0 else (scale(value) + 6, "start")
    figure_text = label(text, x, middle + 4, anchor=anchor, size=LABEL, role="ink", strong=True)
    return name + _shape(bar, value, text, middle=middle, scale=scale) + figure_text


def _shape(bar: Bar, value: float, text: str, *, middle: float, scale: Scale) -> str:
    left, right = sorted((scale(0), scale(value)))
    said = " · ".join(part for part in (f"{bar.label} · {text}", bar.note) if part)
    return element(
        "rect",
        tooltip(said),
        x=left,
        y=middle - _BAR / 2,
        width=max(right - left, 1),
        height=_BAR,
        rx=2,
        **paint("chart-1" if value >= 0 else "alert", mark=True),
    )
