"""How many go on: from the first order to the second, the third, and so on."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from perenne.charts.frame import blank
from perenne.charts.labels import LABEL, TICK, fit, label, width
from perenne.charts.palette import paint
from perenne.charts.scales import Formatter, Number, Scale, drawable
from perenne.charts.svg import Caption, Size, Svg, element, figure, tooltip

_BAR = 26.0
_GAP = 28.0


@dataclass(frozen=True)
class Step:
    """One stage and how many reached it."""

    label: str
    count: Number


def funnel(
    steps: Sequence[Step],
    *,
    caption: Caption,
    format_count: Formatter,
    format_share: Formatter,
    largest_drop: str,
    drop: int | None = None,
    size: Size | None = None,
) -> Svg:
    """Draw one bar per stage, and between two the share that goes on.

    The step that loses the most is written out as `largest_drop`; `drop` names another one by the
    index of the stage it leads to.
    """
    size = size or Size()
    counts = [drawable(step.count) or 0.0 for step in steps]
    if not counts or counts[0] <= 0:
        return blank("funnel", caption, size)
    tall = Size(size.width, 8 + len(steps) * _BAR + (len(steps) - 1) * _GAP + 8)
    texts = [
        _text(count, counts[0], format_count=format_count, format_share=format_share)
        for count in counts
    ]
    names = min(max(width(step.label, LABEL) for step in steps), size.width * 0.3)
    left, room = names + 14, max(width(text, LABEL) for text in texts) + 14
    scale = Scale(0, max(counts), left, size.width - room)
    worst = drop if drop is not None else _largest_drop(counts)
    parts = [
        _stage(step, counts[i], texts[i], scale=scale, top=8 + i * (_BAR + _GAP))
        for i, step in enumerate(steps)
    ]
    for i in range(1, len(steps)):
        share = _share(counts[i], counts[i - 1], format_share)
        top = 8 + i * (_BAR + _GAP) - _GAP
        lost = largest_drop if i == worst else ""
        parts.append(_passage(share, lost, scale=scale, top=top, right=size.width))
    return figure("funnel", caption, tall, *parts)


def _largest_drop(counts: list[float]) -> int | None:
    """Return the stage before which the most are lost; None when nobody is lost."""
    losses = [before - after for before, after in itertools.pairwise(counts)]
    if not losses or max(losses) <= 0:
        return None
    return losses.index(max(losses)) + 1


def _text(count: float, first: float, *, format_count: Formatter, format_share: Formatter) -> str:
    return f"{format_count(count)} · {_share(count, first, format_share)}"


def _share(part: float, whole: float, format_share: Formatter) -> str:
    """The share in words; a dash where dividing says nothing (by 0, or by next to nothing)."""
    share = part / whole if whole else math.inf
    return format_share(share) if math.isfinite(share) else "—"


def _stage(step: Step, count: float, text: str, *, scale: Scale, top: float) -> str:
    baseline = top + _BAR / 2 + 4.5
    name = fit(step.label, scale.start - 13.9, LABEL)
    bar = element(
        "rect",
        tooltip(f"{step.label} · {text}"),
        x=scale.start,
        y=top,
        width=max(scale(count) - scale.start, 1),
        height=_BAR,
        rx=2,
        **paint("chart-1", mark=True),
    )
    right = label(text, scale(count) + 8, baseline, size=LABEL, role="ink", strong=True)
    return label(name, 0, baseline, size=LABEL, role="ink") + bar + right


def _passage(share: str, lost: str, *, scale: Scale, top: float, right: float) -> str:
    """Draw an arrow with the share that goes on; the largest drop is said in words too."""
    role = "alert" if lost else "ink-soft"
    x, baseline = scale.start + 8, top + _GAP / 2 + 4
    arrow = element(
        "path",
        d=f"M{x:.1f} {top + 5:.1f}v{_GAP - 12:.1f}m-4 -4l4 4l4 -4",
        stroke_width=1.6,
        **paint("none", role),
    )
    text = fit(f"{share} · {lost}" if lost else share, right - x - 14, TICK)
    return arrow + label(text, x + 12, baseline, role=role, strong=bool(lost))
