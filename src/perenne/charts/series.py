"""Lines before they are drawn: their points, their gaps, the part still growing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perenne.charts.scales import Number, drawable

Point = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """One line; a value of None breaks it.

    From `incomplete_from` on (an x), the line is dashed: what it shows is still growing.
    `band` holds (x, low, high) around the line; `inner_band` a narrower one, drawn stronger.
    """

    label: str
    points: Sequence[tuple[float, Number | None]]
    incomplete_from: float | None = None
    band: Sequence[tuple[float, Number, Number]] = ()
    inner_band: Sequence[tuple[float, Number, Number]] = ()

    def drawn(self) -> list[tuple[float, float | None]]:
        """Return the points with what cannot be drawn as None."""
        return [(x, drawable(y)) for x, y in self.points]

    def known(self) -> list[Point]:
        """Return the points that have a value."""
        return [(x, y) for x, y in self.drawn() if y is not None]

    def edges(self) -> list[tuple[float, float, float]]:
        """Return the band's (x, low, high) where both can be drawn."""
        return _drawn_edges(self.band)

    def inner_edges(self) -> list[tuple[float, float, float]]:
        """Return the inner band's (x, low, high) where both can be drawn."""
        return _drawn_edges(self.inner_band)

    def runs(self) -> tuple[list[list[Point]], list[list[Point]]]:
        """Return the runs without gaps: those complete, and those still growing."""
        whole: list[list[Point]] = [[]]
        tail: list[list[Point]] = [[]]
        before: Point | None = None
        for x, y in self.drawn():
            growing = self.incomplete_from is not None and x >= self.incomplete_from
            runs = tail if growing else whole
            if y is None:
                before = None
                runs.append([])
                continue
            if growing and before and not runs[-1]:
                runs[-1].append(before)
            runs[-1].append((x, y))
            before = (x, y)
        return [run for run in whole if run], [run for run in tail if run]


@dataclass(frozen=True)
class Reference:
    """A level to compare with, such as the acquisition cost: where a line crosses it, it pays."""

    value: Number
    label: str


@dataclass(frozen=True)
class Moment:
    """A place across to point out, such as the last day that a model knew; no label: a tick."""

    x: float
    label: str = ""


def _drawn_edges(
    band: Sequence[tuple[float, Number, Number]],
) -> list[tuple[float, float, float]]:
    drawn = [(x, drawable(low), drawable(high)) for x, low, high in band]
    return [(x, a, b) for x, a, b in drawn if a is not None and b is not None]
