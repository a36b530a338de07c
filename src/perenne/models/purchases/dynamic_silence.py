"""Silence under calendar covariates: the integral over the unseen time of dropout.

A customer who was alive at `since` and bought nothing until `until` was either alive all along or
dropped out at some time between. With gamma heterogeneity and the clocks A, B since birth,

    G = ((α+A₀)/(α+A₁))^(r+x) ((β+B₀)/(β+B₁))^s
        + s ∫ B'(t) ((α+A₀)/(α+A(t)))^(r+x) (β+B₀)^s / (β+B(t))^(s+1) dt

(Bachmann, Meierer & Näf 2021 sum the integral over the pieces of the covariates; here each piece
has Gauss–Legendre nodes.) The nodes of a piece are shared by all customers, and customers of one
birth and frequency share the values there; only the piece of `since` and the next one, where the
integrand can be steep, have nodes of their own, spaced by logarithm.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats
from perenne.models.purchases.calendar import Calendar
from perenne.models.purchases.dynamic_block import Block, Point, Slopes, Spans, changes, scaling

# Purchases per piece of time beyond which the integrand needs more nodes.
BRISK = 2.0
# Pairs × nodes of a block: what fits into the cache of a processor.
BLOCK_VALUES = 100_000


@dataclass(frozen=True)
class Silence:
    """G for rows that share `until`. Build with `Silence.of`; the layout fits any parameters."""

    rows: int
    blocks: tuple[tuple[npt.NDArray[np.intp], Block], ...]

    @classmethod
    def of(cls, calendar: Calendar, spans: Spans, *, until: float) -> Silence:
        age = np.maximum(spans.since - spans.birth, calendar.step)
        brisk = spans.frequency * calendar.step / age > BRISK
        steep = spans.since <= spans.birth
        groups = ((steep, 16, 4), (brisk & ~steep, 16, 12), (~brisk & ~steep, 6, 4))
        blocks = []
        for chosen, own, shared in groups:
            rows = np.flatnonzero(chosen)
            for some in _blocks(calendar, spans, rows=rows, until=until, nodes=shared):
                block = Block.of(calendar, spans.take(some), until=until, nodes=(own, shared))
                blocks.append((some, block))
        return cls(spans.birth.size, tuple(blocks))

    def value(self, at: Point) -> tuple[Floats, Floats]:
        """(probability that alive until the end and silent, probability of silence G) per row."""
        alive, silent = np.empty(self.rows), np.empty(self.rows)
        for rows, block in self.blocks:
            parts = block.forward(at)
            alive[rows], silent[rows] = parts.alive, parts.silent
        return alive, silent

    def slopes(self, at: Point, weights: Floats) -> tuple[Floats, Slopes]:
        """G per row, and the slopes of Σ w·log((α+A₀)^-(r+x) (β+B₀)^-s G), without constants."""
        silent, slopes = np.empty(self.rows), Slopes.none(at.buying.rates.size)
        for rows, block in self.blocks:
            parts = block.forward(at)
            silent[rows] = parts.silent
            block.backward(at, parts, weights=weights[rows], slopes=slopes)
        return silent, slopes


def _blocks(
    calendar: Calendar,
    spans: Spans,
    *,
    rows: npt.NDArray[np.intp],
    until: float,
    nodes: int,
) -> Iterator[npt.NDArray[np.intp]]:
    """Rows sorted by birth and cut so that pairs × nodes stay small, never within a pair."""
    if not rows.size:
        return
    order = rows[np.lexsort((scaling(calendar, spans)[rows], spans.birth[rows]))]
    pair = np.cumsum(changes(calendar, spans.take(order))) - 1
    start = 0
    while start < order.size:
        first = calendar.piece_from(spans.birth[order[start : start + 1]])[0]
        left = max(1.0, (until - calendar.start) / calendar.step - first)
        most = max(1, int(BLOCK_VALUES / (left * nodes)))
        stop = int(np.searchsorted(pair, pair[start] + most))
        yield order[start:stop]
        start = stop
