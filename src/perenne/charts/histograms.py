"""How values are spread over customers, with the lines that sum them up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perenne.charts.distribution import Bin
from perenne.charts.frame import (
    Box,
    axis_titles,
    blank,
    horizontal_labels,
    rule,
    tick_room,
    vertical_axis,
)
from perenne.charts.labels import fit, label, rows_for, width
from perenne.charts.palette import paint
from perenne.charts.scales import Formatter, Number, Scale, drawable, enclosing, ticks
from perenne.charts.svg import Caption, Size, Svg, element, figure, tooltip

_ROW = 17
_WIDEST = 120.0


@dataclass(frozen=True)
class Marker:
    """A value to show among the bars, such as the mean: "mean 84 €"."""

    value: Number | None
    label: str


@dataclass(frozen=True)
class _Placed:
    """A marker with its position, and the span and row of its label."""

    x: float
    text: str
    span: tuple[float, float]
    row: int


def histogram(
    bins: Sequence[Bin],
    *,
    caption: Caption,
    format_value: Formatter,
    format_count: Formatter,
    markers: Sequence[Marker] = (),
    x_title: str = "",
    y_title: str = "",
    size: Size | None = None,
) -> Svg:
    """Draw one column per bin; an open bin is pale and written `≥ x` or `< x`."""
    size = size or Size()
    if not any(item.count for item in bins):
        return blank("histogram", caption, size)
    marks = ticks(0, max(item.count for item in bins), count=4, whole=True)
    left = max(tick_room(marks, format_count), width(_edge_texts(bins, format_value)[0]) / 2 + 4)
    placed = _placed(markers, bins, (left, size.width - 24), size=size)
    rows = 1 + max((item.row for item in placed), default=-1)
    head = (20 if y_title else 6) + rows * _ROW + 6
    box = Box(left, head, size.width - 24, size.height - (42 if x_title else 26))
    scale = enclosing(marks, box.bottom, box.top)
    columns = [
        _column(
            item,
            index,
            box=box,
            scale=scale,
            total=len(bins),
            said=_said(item, format_value, format_count),
        )
        for index, item in enumerate(bins)
    ]
    return figure(
        "histogram",
        caption,
        size,
        vertical_axis(box, scale, marks, written=format_count),
        *columns,
        _edges(bins, box, size, written=format_value),
        *(_marker(item, box, rows) for item in placed),
        axis_titles(box, size, x=x_title, y=y_title),
    )


def _column(item: Bin, index: int, *, box: Box, scale: Scale, total: int, said: str) -> str:
    step = box.width / total
    gap = min(2.0, step * 0.15)
    is_open = item.low is None or item.high is None
    return element(
        "rect",
        tooltip(said),
        x=box.left + index * step + gap / 2,
        y=scale(item.count),
        width=min(step - gap, _WIDEST),
        height=max(box.bottom - scale(item.count), 0),
        # An open end is pale with a dashed edge: it differs without colour.
        fill_opacity=0.35 if is_open else None,
        stroke_dasharray="3 2" if is_open else None,
        **paint("chart-1", "chart-1" if is_open else None, mark=True),
    )


def _said(item: Bin, format_value: Formatter, format_count: Formatter) -> str:
    return f"{_range(item, format_value)} · {format_count(item.count)}"


def _range(item: Bin, written: Formatter) -> str:
    if item.low is None:
        return f"< {written(item.high or 0.0)}"
    if item.high is None:
        return f"≥ {written(item.low)}"
    if item.low == item.high:
        return written(item.low)
    return f"{written(item.low)} – {written(item.high)}"


def _edge_texts(bins: Sequence[Bin], written: Formatter) -> list[str]:
    return [_range(bins[0], written) if bins[0].low is None else written(bins[0].low)]


def _edges(bins: Sequence[Bin], box: Box, size: Size, *, written: Formatter) -> str:
    """Write the edge under each column's left side; an open bin under its middle."""
    step = box.width / len(bins)
    if len(bins) == 1:
        alone = (box.left + min(step, _WIDEST) / 2, _range(bins[0], written))
        return horizontal_labels(box, [alone], size=size)
    closed = [
        (box.left + index * step, written(item.low))
        for index, item in enumerate(bins)
        if item.low is not None and item.high is not None
    ]
    if bins[-1].high is not None:
        closed.append((box.right, written(bins[-1].high)))
    ends = [(0, box.left + step / 2)] if bins[0].low is None else []
    ends += [(-1, box.right - step / 2)] if bins[-1].high is None else []
    opened = [_centred(x, _range(bins[index], written), size) for index, x in ends]
    kept = [mark for mark in closed if all(_is_clear(mark, other) for other in opened)]
    said = [label(text, x, box.bottom + 18, anchor="middle", role="ink") for x, text in opened]
    return horizontal_labels(box, kept, size=size) + "".join(said)


def _centred(x: float, text: str, size: Size) -> tuple[float, str]:
    half = width(text) / 2
    return min(max(x, half), size.width - half), text


def _is_clear(mark: tuple[float, str], other: tuple[float, str]) -> bool:
    room = (width(mark[1]) + width(other[1])) / 2 + 8
    return abs(mark[0] - other[0]) >= room


def _placed(
    markers: Sequence[Marker], bins: Sequence[Bin], ends: tuple[float, float], *, size: Size
) -> list[_Placed]:
    """Place marker labels from left to right in as many rows as keep them apart."""
    known = [(v, m.label) for m in markers if (v := drawable(m.value)) is not None]
    known.sort()
    found = []
    for value, text in known:
        x = _position(value, bins, ends)
        cut = fit(text, size.width - 8)
        left = max(min(x + 5, size.width - 2 - width(cut)), 2)
        found.append((x, cut, (left, left + width(cut))))
    rows = rows_for([span for _, _, span in found])
    return [_Placed(x, cut, span, row) for (x, cut, span), row in zip(found, rows, strict=True)]


def _position(value: float, bins: Sequence[Bin], ends: tuple[float, float]) -> float:
    """Return where a value lies among the columns; in an open bin, its middle."""
    step = (ends[1] - ends[0]) / len(bins)
    for index, item in enumerate(bins):
        if item.high is not None and value >= item.high and index < len(bins) - 1:
            continue
        if item.low is None or item.high is None or item.low == item.high:
            return ends[0] + (index * step) + min(step, _WIDEST) / 2
        share = (value - item.low) / (item.high - item.low)
        return ends[0] + (index + min(max(share, 0.0), 1.0)) * step
    return ends[1]


def _marker(item: _Placed, box: Box, rows: int) -> str:
    baseline = box.top - 8 - (rows - 1 - item.row) * _ROW
    line = rule((item.x, baseline - 10), (item.x, box.bottom), "ink", dashed=True)
    return line + label(item.text, item.span[0], baseline, role="ink", strong=True, halo=True)
