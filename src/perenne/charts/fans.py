"""A forecast: what was, then the middle of what may be, with a wide and a narrow band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perenne.charts.lines import line_chart
from perenne.charts.scales import Formatter, Number
from perenne.charts.series import Moment, Series
from perenne.charts.svg import Caption, Size, Svg


@dataclass(frozen=True)
class Ahead:
    """One future place across: the middle, and the ends of the narrow and of the wide interval."""

    x: float
    middle: Number
    inner: tuple[Number, Number]
    outer: tuple[Number, Number]


def fan_chart(
    past: Sequence[tuple[float, Number | None]],
    ahead: Sequence[Ahead],
    *,
    caption: Caption,
    format_x: Formatter,
    format_y: Formatter,
    names: tuple[str, str],
    now: str = "",
    x_title: str = "",
    y_title: str = "",
    size: Size | None = None,
) -> Svg:
    """Draw the past and the forecast, named by `names`; `now` names the line between them."""
    first = ahead[0].x if ahead else None
    expected = Series(
        names[1],
        [(one.x, one.middle) for one in ahead],
        incomplete_from=first,
        band=[(one.x, *one.outer) for one in ahead],
        inner_band=[(one.x, *one.inner) for one in ahead],
    )
    between = [Moment((past[-1][0] + first) / 2, now)] if past and first is not None else []
    return line_chart(
        [Series(names[0], past), expected],
        caption=caption,
        format_x=format_x,
        format_y=format_y,
        moments=between if now else [],
        x_title=x_title,
        y_title=y_title,
        size=size,
    )
