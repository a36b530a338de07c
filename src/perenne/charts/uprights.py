"""Upright lines at places across: the end of what a model knew, a purchase."""

from __future__ import annotations

from collections.abc import Sequence

from perenne.charts.frame import Box, rule
from perenne.charts.labels import fit, label, thinned, width
from perenne.charts.scales import Scale, drawable
from perenne.charts.series import Moment
from perenne.charts.svg import Size

_TICK = 9.0


def uprights(moments: Sequence[Moment], box: Box, across: Scale, *, size: Size) -> list[str]:
    """Draw a line through the plot and its name above for a named moment, else a short tick.

    What lies outside the plot is left out; of names that would overlap, some are.
    """
    inside = [
        one for one in moments if drawable(one.x) is not None and across.low <= one.x <= across.high
    ]
    parts = []
    for one in inside:
        x, top = across(one.x), box.top if one.label else box.bottom - _TICK
        parts.append(rule((x, box.bottom), (x, top), "ink-soft", dashed=bool(one.label)))
    return parts + _names([one for one in inside if one.label], box, across, size=size)


def _names(named: list[Moment], box: Box, across: Scale, *, size: Size) -> list[str]:
    named = sorted(named, key=lambda one: one.x)
    texts = [fit(one.label, size.width * 0.6) for one in named]
    wide = [width(text) for text in texts]
    centres = [
        min(max(across(one.x), half), size.width - half)
        for one, half in zip(named, (w / 2 for w in wide), strict=True)
    ]
    kept = thinned(centres, wide)
    return [label(texts[i], centres[i], box.top - 5, anchor="middle") for i in kept]
