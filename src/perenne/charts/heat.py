"""Colour classes for tables of figures, such as a cohort triangle."""

from __future__ import annotations

from dataclasses import dataclass

from perenne.charts.palette import HEAT_INK_LIGHT, HEAT_LIGHT, HEAT_STEPS
from perenne.charts.scales import Number, drawable


@dataclass(frozen=True)
class Heat:
    """How to colour one table cell: the class that follows the theme, and its light colours."""

    step: int | None
    css_class: str
    background: str
    ink: str


def heat_step(value: Number | None, low: Number, high: Number) -> int | None:
    """Return 0 (at or below `low`) to 8 (at or above `high`), or None for a missing value."""
    drawn, bottom, top = drawable(value), drawable(low), drawable(high)
    if drawn is None or bottom is None or top is None:
        return None
    if top <= bottom:
        return 0
    share = min(max((drawn - bottom) / (top - bottom), 0.0), 1.0)
    return min(int(share * HEAT_STEPS), HEAT_STEPS - 1)


def heat_colour(value: Number | None, low: Number, high: Number) -> Heat:
    """Return the colours of a table cell: `<td class="heat-5">`, with `stylesheet()` on the page.

    The figure stays in the cell as text: colour only helps to see the pattern.
    """
    step = heat_step(value, low, high)
    if step is None:
        return Heat(None, "heat-none", "transparent", "inherit")
    return Heat(step, f"heat-{step}", HEAT_LIGHT[step], HEAT_INK_LIGHT[step])
