"""The RFM map: recency across, frequency up, one tile per pair of scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perenne.charts.frame import blank
from perenne.charts.heat import heat_step
from perenne.charts.labels import TICK, fit, label, width
from perenne.charts.palette import paint
from perenne.charts.scales import Formatter, Number, drawable
from perenne.charts.svg import Caption, Size, Svg, element, figure, tooltip

_LEFT = 30.0
_GAP = 3.0


@dataclass(frozen=True)
class RfmCell:
    """The customers with these two scores (5 is best), their value and their segment's name."""

    recency: int
    frequency: int
    customers: int
    value: Number | None
    segment: str


def rfm_map(
    cells: Sequence[RfmCell],
    *,
    caption: Caption,
    format_count: Formatter,
    format_value: Formatter,
    recency_title: str,
    frequency_title: str,
    size: Size | None = None,
) -> Svg:
    """Draw a tile per pair of scores: darker holds more value; its words say what it holds.

    A pair without customers is an empty tile. The best customers stand at the top right.
    """
    size = size or Size(720, 440)
    if not any(cell.customers for cell in cells):
        return blank("rfm", caption, size)
    scores = max(5, *(max(cell.recency, cell.frequency) for cell in cells))
    across = (size.width - _LEFT) / scores
    down = (size.height - 22 - 38) / scores
    highest = max([drawable(cell.value) or 0.0 for cell in cells])
    held = {(cell.recency, cell.frequency): cell for cell in cells if cell.customers}
    tiles = [
        _tile(
            held.get((recency, frequency)),
            corner=(_LEFT + (recency - 1) * across, 22 + (scores - frequency) * down),
            tile=Size(across - _GAP, down - _GAP),
            highest=highest,
            written=(format_count, format_value),
        )
        for frequency in range(scores, 0, -1)
        for recency in range(1, scores + 1)
    ]
    axes = _axes(scores, Size(across, down), size, titles=(recency_title, frequency_title))
    return figure("rfm", caption, size, *tiles, *axes)


def _tile(
    cell: RfmCell | None,
    *,
    corner: tuple[float, float],
    tile: Size,
    highest: float,
    written: tuple[Formatter, Formatter],
) -> str:
    x, y = corner
    shape = {"x": x, "y": y, "width": tile.width, "height": tile.height, "rx": 4.0}
    if cell is None:
        return element("rect", **shape, stroke_dasharray="3 3", **paint("none", "grid"))
    format_count, format_value = written
    value = drawable(cell.value)
    step = heat_step(value, 0.0, highest)
    step = 0 if step is None else step
    money = "—" if value is None else format_value(value)
    said = f"{cell.segment} · {format_count(cell.customers)} · {money}"
    lines = [(cell.segment, True), (format_count(cell.customers), False), (money, False)]
    return element(
        "g",
        element("rect", tooltip(said), **shape, **paint(f"heat-{step}", "grid", mark=True)),
        *_lines(lines, corner, tile, role=f"heat-ink-{step}"),
    )


def _lines(
    lines: list[tuple[str, bool]], corner: tuple[float, float], tile: Size, *, role: str
) -> list[str]:
    """Write as many lines as the tile has room for, from its top left."""
    height = 17.0
    room = max(1, int((tile.height - 8) // height))
    return [
        label(
            fit(text, tile.width - 14, TICK),
            corner[0] + 8,
            corner[1] + 18 + row * height,
            role=role,
            strong=strong,
        )
        for row, (text, strong) in enumerate(lines[:room])
    ]


def _axes(scores: int, tile: Size, size: Size, *, titles: tuple[str, str]) -> list[str]:
    recency_title, frequency_title = titles
    parts = [label(fit(f"↑ {frequency_title}", size.width, TICK), 2, 13)]
    for score in range(1, scores + 1):
        y = 22 + (scores - score + 0.5) * tile.height + 2
        parts.append(label(str(score), _LEFT - 12, y, anchor="end", role="ink"))
        x = _LEFT + (score - 0.5) * tile.width
        parts.append(label(str(score), x, size.height - 22, anchor="middle", role="ink"))
    title = fit(f"{recency_title} →", size.width, TICK)
    left = size.width - width(title)
    return [*parts, label(title, max(left, 0) + width(title), size.height - 4, anchor="end")]
