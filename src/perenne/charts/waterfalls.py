"""From one total to another, step by step: what came in, what was taken out, what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from perenne.charts.frame import blank, rule
from perenne.charts.labels import LABEL, fit, label, width
from perenne.charts.palette import paint
from perenne.charts.scales import Formatter, Scale, drawable
from perenne.charts.svg import Caption, Size, Svg, element, figure, tooltip

_ROW = 30.0
_BAR = 17.0


@dataclass(frozen=True)
class Change:
    """What one step adds (above zero) or takes away (below zero)."""

    label: str
    amount: Decimal


@dataclass(frozen=True)
class _Row:
    label: str
    text: str
    before: float
    after: float
    role: str


def waterfall(
    start: Change,
    changes: Sequence[Change],
    *,
    end_label: str,
    caption: Caption,
    format_value: Formatter,
    format_change: Formatter,
    size: Size | None = None,
) -> Svg:
    """Draw a row per step from the first total to the last, which is their exact sum.

    `format_change` writes an amount with its sign, so that colour is not needed to read it.
    """
    size = size or Size()
    rows = _rows(start, changes, end_label, written=(format_value, format_change))
    if rows is None:
        return blank("waterfall", caption, size)
    tall = Size(size.width, 16 + _ROW * len(rows))
    ends = [0.0] + [end for row in rows for end in (row.before, row.after)]
    left = min(max(width(row.label, LABEL) for row in rows), size.width * 0.4) + 14
    room = max(width(row.text, LABEL) for row in rows) + 14
    low, high = min(ends), max(ends)
    if low == high:
        high = low + 1
    scale = Scale(low, high, left + (room if low < 0 else 0), size.width - room)
    parts = [_drawn(row, index, scale=scale, names=left - 13.9) for index, row in enumerate(rows)]
    links = [_link(row, index, scale) for index, row in enumerate(rows[:-1])]
    zero = rule((scale(0), 6), (scale(0), tall.height - 6), "axis")
    return figure("waterfall", caption, tall, zero, *links, *parts)


def _rows(
    start: Change,
    changes: Sequence[Change],
    end_label: str,
    *,
    written: tuple[Formatter, Formatter],
) -> list[_Row] | None:
    """Return the rows with running totals added exactly; None when an amount cannot be drawn."""
    format_value, format_change = written
    running = start.amount
    if any(drawable(step.amount) is None for step in (start, *changes)):
        return None
    rows = [_Row(start.label, format_value(float(running)), 0.0, float(running), "chart-6")]
    for step in changes:
        role = "alert" if step.amount < 0 else "good"
        after = running + step.amount
        text = format_change(float(step.amount))
        rows.append(_Row(step.label, text, float(running), float(after), role))
        running = after
    total = float(running)
    return [*rows, _Row(end_label, format_value(total), 0.0, total, "chart-1")]


def _drawn(row: _Row, index: int, *, scale: Scale, names: float) -> str:
    middle = 8 + _ROW * (index + 0.5)
    left, right = sorted((scale(row.before), scale(row.after)))
    is_total = row.role.startswith("chart-")
    name = fit(row.label, names, LABEL)
    bar = element(
        "rect",
        tooltip(f"{row.label} · {row.text}"),
        x=left,
        y=middle - _BAR / 2,
        width=max(right - left, 1.5),
        height=_BAR,
        rx=1.5,
        **paint(row.role, mark=True),
    )
    below = row.after < 0 and row.before <= 0
    x, anchor = (left - 7, "end") if below else (right + 7, "start")
    text = label(row.text, x, middle + 4.5, anchor=anchor, size=LABEL, role="ink", strong=is_total)
    return label(name, 0, middle + 4.5, size=LABEL, role="ink", strong=is_total) + bar + text


def _link(row: _Row, index: int, scale: Scale) -> str:
    """Draw the running total down to the next row."""
    x, middle = scale(row.after), 8 + _ROW * (index + 0.5)
    return rule((x, middle + _BAR / 2), (x, middle + _ROW - _BAR / 2), "axis")
