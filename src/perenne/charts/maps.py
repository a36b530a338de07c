"""A map of figures over two things at once, such as past purchases and the last of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perenne.charts.frame import Box, axis_titles, blank, horizontal_labels, tick_room
from perenne.charts.heat import heat_step
from perenne.charts.labels import label, thinned, width
from perenne.charts.palette import paint
from perenne.charts.scales import Formatter, Number, drawables
from perenne.charts.svg import Caption, Size, Svg, element, figure, tooltip


@dataclass(frozen=True)
class Tile:
    """One figure at (`across`, `up`), places along the two axes."""

    across: float
    up: float
    value: Number | None


def heat_map(
    tiles: Sequence[Tile],
    *,
    caption: Caption,
    format_across: Formatter,
    format_up: Formatter,
    format_value: Formatter,
    x_title: str,
    y_title: str,
    size: Size | None = None,
) -> Svg:
    """Draw a tile per figure, darker is more; figures are written where all of them have room."""
    size = size or Size(720, 400)
    known = drawables(tile.value for tile in tiles)
    if not known:
        return blank("heat", caption, size)
    columns = sorted({tile.across for tile in tiles})
    rows = sorted({tile.up for tile in tiles})
    box = Box(max(tick_room(rows, format_up), 40), 24, size.width - 14, size.height - 42)
    one = Size(box.width / len(columns), box.height / len(rows))
    room = max(width(format_value(value)) for value in known) <= one.width - 4 and one.height >= 16
    drawn = []
    for tile in tiles:
        corner = (
            box.left + columns.index(tile.across) * one.width,
            box.bottom - (rows.index(tile.up) + 1) * one.height,
        )
        said = f"{x_title} {format_across(tile.across)} · {y_title} {format_up(tile.up)}"
        drawn.append(_tile(tile, corner, one, ends=(min(known), max(known)), written=format_value,
                           said=said, room=room))  # fmt: skip
    middles = [box.left + (i + 0.5) * one.width for i in range(len(columns))]
    under = list(zip(middles, map(format_across, columns), strict=True))
    return figure(
        "heat",
        caption,
        size,
        *drawn,
        horizontal_labels(box, under, size=size),
        *_up_labels(rows, box, one.height, written=format_up),
        axis_titles(box, size, x=f"{x_title} →", y=f"↑ {y_title}"),
    )


def _tile(
    tile: Tile,
    corner: tuple[float, float],
    one: Size,
    *,
    ends: tuple[float, float],
    written: Formatter,
    said: str,
    room: bool,
) -> str:
    x, y = corner
    shape = {"x": x + 0.5, "y": y + 0.5, "width": max(one.width - 1, 0.5),
             "height": max(one.height - 1, 0.5)}  # fmt: skip
    step = heat_step(tile.value, *ends)
    if step is None or tile.value is None:
        return element("rect", **shape, stroke_dasharray="3 3", **paint("none", "grid"))
    text = written(float(tile.value))
    block = element(
        "rect", tooltip(f"{said} = {text}"), **shape, **paint(f"heat-{step}", mark=True)
    )
    if not room:
        return block
    middle = (x + one.width / 2, y + one.height / 2 + 4)
    return block + label(text, *middle, anchor="middle", role=f"heat-ink-{step}")


def _up_labels(rows: list[float], box: Box, height: float, *, written: Formatter) -> list[str]:
    middles = [box.bottom - (i + 0.5) * height for i in range(len(rows))]
    kept = thinned([-y for y in middles], [12.0] * len(rows), gap=4)
    return [label(written(rows[i]), box.left - 8, middles[i] + 4, anchor="end") for i in kept]
