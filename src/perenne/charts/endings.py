"""Names of lines, beside their ends or as a list."""

from __future__ import annotations

from collections.abc import Sequence

from perenne.charts.labels import LABEL, fit, label, spread
from perenne.charts.palette import SERIES, paint, series_role
from perenne.charts.scales import Plane
from perenne.charts.series import Series
from perenne.charts.svg import Size, element

_GAP = 16.0


def endings(shown: Sequence[Series], size: Size, plane: Plane) -> list[str]:
    """Name the lines at the right, each beside its end."""
    up, left = plane.up, plane.across.end + 14
    if len(shown) > len(SERIES):
        return _legend(shown, size, left=left, rows=(up.end + 4, up.start + 4))
    lasts = [one.known()[-1] for one in shown]
    baselines = spread([up(y) + 4 for _, y in lasts], _GAP, (up.end + 4, up.start + 4))
    parts = []
    for index, ((x, y), baseline) in enumerate(zip(lasts, baselines, strict=True)):
        role = series_role(index, len(shown))
        parts.append(_leader(plane(x, y), (left - 3, baseline - 4), role))
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
