"""Draws of the BG/NBD family read from tables, where many customers share a history.

Given active, what the rate brings within a horizon depends on (x, T) alone: a negative binomial
count N. Dropout follows the G-th further purchase, whose distribution depends on x alone. Both are
inverted in tables, one line per (x, T) and per x, for a tenth of what gamma and Poisson draws cost.
The purchases are min(N, G); before an earlier horizon, N is thinned binomially.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrc, betainc, nbdtrik

from perenne.models.histories import Floats, Rows

Singles = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int32]
# Entries of a line, a power of two: a line is searched by halving.
WIDTHS = (16, 32, 64, 128, 256)
# What may lie beyond a line for it to be worth a table; it is still drawn, one by one.
BEYOND = 1e-4
# Counts stop here; the largest float32 below 2^31.
MOST = 2**31 - 128
# Entries of a line that cost as much as drawing one customer without it.
PER_CUSTOMER = 8


@dataclass(frozen=True)
class Lines:
    """The lines of some customers under one draw of parameters; arrays (lines,) or (kinds,).

    shape, rate: of the gamma rate; a, b: of the beta of dropout, one per kind.
    """

    shape: Floats
    rate: Floats
    a: Floats
    b: Floats


def width_for(
    shape: Floats, rate: Floats, horizon: float, *, customers: Floats
) -> tuple[int, npt.NDArray[np.bool_]]:
    """Entries per line, and which lines are then worth making for their `customers`.

    The number that saves most: a line must be long enough, and not cost more than it serves.
    """
    reached = horizon / (rate + horizon)
    drawn = PER_CUSTOMER * customers
    worth = {
        width: (betainc(width, shape, reached) < BEYOND) & (drawn >= width) for width in WIDTHS
    }
    best = max(WIDTHS, key=lambda width: float((drawn - width)[worth[width]].sum()))
    return best, worth[best]


class Thinning:
    """How many of m purchases before a horizon came before the one before it."""

    def __init__(self, horizons: Floats, width: int) -> None:
        ends = np.maximum(horizons, 1e-300)
        self.shares = np.minimum(horizons[:-1] / ends[1:], 1.0)
        self.width = width
        at_least, of = np.arange(width), np.arange(width)[:, None]
        tables = [np.where(at_least > of, 0, bdtrc(at_least - 1, of, p)) for p in self.shares]
        self.tables = [_line_up(np.where(at_least == 0, 1.0, table)) for table in tables]

    def before(self, index: int, counts: Counts, rng: np.random.Generator) -> Counts:
        many = counts >= self.width
        some = np.where(many, 0, counts) if many.any() else counts
        start = some.astype(np.intp) * self.width
        found = _search(self.tables[index], start, _uniform(some.size, rng), self.width)
        kept = (found - start).astype(np.int32)
        if some is not counts:
            kept[many] = rng.binomial(counts[many], self.shares[index])
        return kept


def chance_of_any(lines: Lines, horizon: float) -> Floats:
    """P(N ≥ 1) of each line."""
    chance: Floats = -np.expm1(-lines.shape * np.log1p(horizon / lines.rate))
    return chance


def counts_at(lines: Lines, line: Rows, place: Singles, *, horizon: float, width: int) -> Counts:
    """N given N ≥ 1 of customers whose lines are `line`: the largest n with P(N ≥ n) > place."""
    table, beyond, any_ = _at_least(lines, horizon, width)
    start = line * width
    counts = (_search(table, start, place, width) - start + 1).astype(np.int32)
    full = np.flatnonzero(counts == width)
    over = full[place[full] < beyond[line[full]]]
    if over.size:
        at = line[over]
        kept = lines.rate[at] / (lines.rate[at] + horizon)
        left = np.maximum(place[over] * any_[at], 1e-15)
        exact = np.ceil(nbdtrik(1 - left, lines.shape[at], kept))
        counts[over] = np.clip(exact, width, MOST)
    return counts


def draw_dropouts(
    lines: Lines, kind: Rows, counts: Counts, *, width: int, rng: np.random.Generator
) -> Counts:
    """min(counts, G) of customers of these kinds, whose counts are 1 or more."""
    after = np.arange(width - 1)
    stays = (lines.b[:, None] + after) / (lines.a[:, None] + lines.b[:, None] + after)
    table = _line_up(np.cumprod(np.column_stack((np.ones(lines.b.size), stays)), axis=1))
    place, start = _uniform(kind.size, rng), kind * width
    # P(G ≥ counts): who is below it stays for all of them.
    gone = np.flatnonzero(table[start + np.minimum(counts, width) - 1] <= place)
    kept: Counts = counts.copy()
    kept[gone] = _search(table, start[gone], place[gone], width) - start[gone] + 1
    long = np.flatnonzero(kept > width)
    if long.size:
        kept[long] = _beyond(lines, kind[long], counts[long], width=width, rng=rng)
    return kept


def _beyond(
    lines: Lines, kind: Rows, counts: Counts, *, width: int, rng: np.random.Generator
) -> Counts:
    """min(counts, G) given G ≥ width: dropout is then Beta(a, b + width - 1)."""
    drop = rng.beta(lines.a[kind], lines.b[kind] + width - 1)
    more = np.minimum(rng.geometric(np.maximum(drop, 1e-9)), MOST // 2)
    kept: Counts = np.minimum(counts, width - 1 + more).astype(np.int32)
    return kept


def _at_least(lines: Lines, horizon: float, width: int) -> tuple[Singles, Singles, Floats]:
    """P(N ≥ 1 + j | N ≥ 1) for j < width, a line after the other; for j = width; P(N ≥ 1)."""
    reached = horizon / (lines.rate + horizon)
    none = np.exp(lines.shape * np.log1p(-reached))
    any_ = -np.expm1(lines.shape * np.log1p(-reached))
    step = np.arange(width)
    ratio = (lines.shape[:, None] + step) / (step + 1.0) * reached[:, None]
    ratio[:, 0] *= none / any_
    exactly = np.cumprod(ratio, axis=1)
    left = 1.0 - np.cumsum(exactly, axis=1)
    table = np.empty_like(left)
    table[:, 0], table[:, 1:] = 1.0, left[:, :-1]
    beyond = np.maximum(left[:, -1], 0.0).astype(np.float32)
    return _line_up(table), beyond, any_


def _line_up(table: Any) -> Singles:
    return np.ascontiguousarray(table, dtype=np.float32).ravel()


def _uniform(size: int, rng: np.random.Generator) -> Singles:
    """In (0, 1]: zero would ask for a count without end."""
    place = rng.random(size, dtype=np.float32)
    return np.subtract(np.float32(1), place, out=place)


def _search(table: Singles, start: Rows, place: Singles, width: int) -> Rows:
    """The last entry of each falling line, from `start` on, that is above `place`."""
    found, step = start.copy(), width // 2
    while step:
        found += (table.take(found + step) > place) * np.intp(step)
        step //= 2
    return found
