"""One block of rows of the silence integral: forward for the value, backward for the slopes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats
from perenne.models.purchases.calendar import ROUNDING, Calendar
from perenne.models.purchases.dynamic_clock import Clock, Pieces

OWN_PIECES = 2
# The frequency beyond which powers of the integrand leave the range of floats unless rows are
# scaled one by one.
MANY = 50.0


@dataclass(frozen=True)
class Point:
    """Parameters and the two clocks at them."""

    r: float
    alpha: float
    s: float
    beta: float
    buying: Clock
    leaving: Clock


@dataclass
class Slopes:
    """Derivatives of a log-likelihood by r, alpha, s, beta and the clocks' rates per piece."""

    r: float
    alpha: float
    s: float
    beta: float
    buying: Floats
    leaving: Floats

    @classmethod
    def none(cls, pieces: int) -> Slopes:
        return cls(0.0, 0.0, 0.0, 0.0, np.zeros(pieces), np.zeros(pieces))


@dataclass(frozen=True)
class Spans:
    """Distinct rows: born at `birth`, `frequency` purchases, alive at `since`, silent after."""

    birth: Floats
    frequency: Floats
    since: Floats

    def take(self, rows: npt.NDArray[np.intp]) -> Spans:
        return Spans(self.birth[rows], self.frequency[rows], self.since[rows])


@dataclass
class Parts:
    """What the way forward leaves for the way back."""

    alive: Floats
    silent: Floats
    own: _OwnNodes
    shared: _SharedNodes | None


@dataclass
class _OwnNodes:
    """(rows, 2, nodes): log(α+A), log(β+B), the integrand's share, and offsets into the piece."""

    log_a: Floats
    log_b: Floats
    value: Floats
    inside: Floats


@dataclass
class _SharedNodes:
    """Per distinct birth × node the logarithms; per pair × node the integrand; scale per row."""

    log_a: Floats
    log_b: Floats
    value: Floats
    scale: Floats


def scaling(calendar: Calendar, spans: Spans) -> Floats:
    """Frequency, or for many purchases one number per frequency and piece of `since`."""
    pieces = calendar.pieces + 1.0
    apart = np.where(spans.frequency > MANY, calendar.piece_from(spans.since) + 1.0, 0.0)
    key: Floats = spans.frequency * pieces + apart
    return key


def changes(calendar: Calendar, spans: Spans) -> npt.NDArray[np.bool_]:
    key = scaling(calendar, spans)
    new = np.ones(spans.birth.size, dtype=bool)
    new[1:] = (np.diff(spans.birth) != 0) | (np.diff(key) != 0)
    return new


def _legendre(nodes: int) -> tuple[Floats, Floats]:
    """Nodes and weights on [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    return (x + 1) / 2, w / 2


@dataclass(frozen=True)
class Block:
    """Rows sorted by birth and frequency, with the layout of their nodes."""

    spans: Spans
    birth_piece: Pieces
    until: float
    until_piece: Pieces
    own_piece: Pieces  # (rows, 2)
    own_start: Floats  # (rows, 2): offset of the part of the piece after `since`
    own_length: Floats  # (rows, 2)
    own_rule: tuple[Floats, Floats]
    pair_of_row: Pieces
    pair_first: Pieces  # first row of each pair
    birth_of_pair: Pieces
    birth_first: Pieces  # first pair of each distinct birth
    position: Pieces  # (rows,): first shared piece of the row
    reference: Pieces  # (pairs,): node at which the values of a pair are scaled to 1
    node_time: Floats = field(repr=False)
    node_piece: Pieces = field(repr=False)
    node_weight: Floats = field(repr=False)
    shared_nodes: int

    @classmethod
    def of(cls, calendar: Calendar, spans: Spans, *, until: float, nodes: tuple[int, int]) -> Block:
        first = calendar.piece_from(spans.since)
        own_piece = np.minimum(first[:, None] + np.arange(OWN_PIECES), calendar.pieces - 1)
        offset = spans.since - (calendar.start + calendar.step * first)
        own_start = np.column_stack((offset, np.zeros(first.size)))
        ends = np.minimum(calendar.step, until - (calendar.start + calendar.step * own_piece))
        own_length = np.maximum(ends - own_start, 0.0)
        own_length[first == calendar.pieces - 1, 1] = 0.0
        new_pair = changes(calendar, spans)
        pair_first = np.flatnonzero(new_pair)
        pair_birth = spans.birth[pair_first]
        new_birth = np.concatenate(([True], np.diff(pair_birth) != 0))
        start = int(first.min()) + OWN_PIECES
        last = int(np.ceil((until - calendar.start) / calendar.step - ROUNDING))
        position = np.minimum(first + OWN_PIECES - start, max(last - start, 0))
        time, piece, weight = _shared(calendar, range(start, last), until, nodes[1])
        reference = np.minimum.reduceat(position, pair_first) * nodes[1]
        return cls(
            spans=spans,
            birth_piece=calendar.piece_from(spans.birth),
            until=until,
            until_piece=calendar.piece_until(np.array([until])),
            own_piece=own_piece,
            own_start=own_start,
            own_length=own_length,
            own_rule=_legendre(nodes[0]),
            pair_of_row=np.cumsum(new_pair) - 1,
            pair_first=pair_first,
            birth_of_pair=np.cumsum(new_birth) - 1,
            birth_first=np.flatnonzero(new_birth),
            position=position.astype(np.intp),
            reference=np.minimum(reference, max(time.size - 1, 0)).astype(np.intp),
            node_time=time,
            node_piece=piece,
            node_weight=weight,
            shared_nodes=nodes[1],
        )

    def forward(self, at: Point) -> Parts:
        """G of each row, scaled so that nothing overflows, and the values at all nodes."""
        x = at.r + self.spans.frequency
        born_a, born_b = self._born(at)
        since_piece = self.own_piece[:, 0]
        a0 = at.buying.at(self.spans.since, since_piece) - born_a
        b0 = at.leaving.at(self.spans.since, since_piece) - born_b
        log_a0, log_b0 = np.log(at.alpha + a0), np.log(at.beta + b0)
        end_a, end_b = self._end(at)
        gone = x * (np.log(at.alpha + end_a) - log_a0) + at.s * (np.log(at.beta + end_b) - log_b0)
        alive = np.exp(-gone)
        own = self._own(at, x=x, born=(born_a, born_b), log0=(log_a0, log_b0))
        silent = alive + at.s * own.value.sum(axis=(1, 2))
        shared = self._shared(at, x=x, log0=(log_a0, log_b0)) if self.node_time.size else None
        if shared is not None:
            tails = self._tails(shared.value)
            silent += at.s * shared.scale * tails[self.pair_of_row, self.position]
        return Parts(alive, silent, own, shared)

    def _born(self, at: Point) -> tuple[Floats, Floats]:
        birth, piece = self.spans.birth, self.birth_piece
        return at.buying.at(birth, piece), at.leaving.at(birth, piece)

    def _end(self, at: Point) -> tuple[Floats, Floats]:
        until, (born_a, born_b) = np.array([self.until]), self._born(at)
        end_a = at.buying.at(until, self.until_piece) - born_a
        return end_a, at.leaving.at(until, self.until_piece) - born_b

    def _own(
        self,
        at: Point,
        *,
        x: Floats,
        born: tuple[Floats, Floats],
        log0: tuple[Floats, Floats],
    ) -> _OwnNodes:
        rate_a, rate_b = at.buying.rates[self.own_piece], at.leaving.rates[self.own_piece]
        a = at.alpha + self._clock_at_start(at.buying, born[0])
        b = at.beta + self._clock_at_start(at.leaving, born[1])
        near = np.minimum(a / rate_a, b / rate_b)  # how far the nearest pole lies
        nodes, weights = self.own_rule
        width = np.log1p(self.own_length / near)
        spaced = np.expm1(width[:, :, None] * nodes) * near[:, :, None]
        log_a = np.log(a[:, :, None] + rate_a[:, :, None] * spaced)
        log_b = np.log(b[:, :, None] + rate_b[:, :, None] * spaced)
        log0_a, log0_b = log0[0][:, None, None], log0[1][:, None, None]
        exponent = -x[:, None, None] * (log_a - log0_a) - (at.s + 1) * (log_b - log0_b) - log0_b
        length = (spaced + near[:, :, None]) * (width * rate_b)[:, :, None] * weights
        return _OwnNodes(
            log_a, log_b, length * np.exp(exponent), self.own_start[:, :, None] + spaced
        )

    def _clock_at_start(self, clock: Clock, born: Floats) -> Floats:
        start: Floats = clock.passed[self.own_piece] + clock.rates[self.own_piece] * self.own_start
        return start - born[:, None]

    def _shared(self, at: Point, *, x: Floats, log0: tuple[Floats, Floats]) -> _SharedNodes:
        pair_row, pair = self.pair_first, self.birth_of_pair
        born_a, born_b = (part[pair_row[self.birth_first]] for part in self._born(at))
        passed_a = at.buying.at(self.node_time, self.node_piece) - born_a[:, None]
        passed_b = at.leaving.at(self.node_time, self.node_piece) - born_b[:, None]
        log_a = np.log(at.alpha + np.maximum(passed_a, 0.0))
        log_b = np.log(at.beta + np.maximum(passed_b, 0.0))
        x_pair = x[pair_row]
        ref_a, ref_b = log_a[pair, self.reference], log_b[pair, self.reference]
        exponent = -x_pair[:, None] * (log_a[pair] - ref_a[:, None])
        exponent -= (at.s + 1) * (log_b[pair] - ref_b[:, None])
        np.minimum(exponent, 0.0, out=exponent)  # nodes before the reference serve no row
        value = np.exp(exponent, out=exponent)
        value *= self.node_weight * at.leaving.rates[self.node_piece]
        row = self.pair_of_row
        lag = x * (ref_a[row] - log0[0]) + (at.s + 1) * (ref_b[row] - log0[1]) + log0[1]
        return _SharedNodes(log_a, log_b, value, np.exp(-lag))

    def _tails(self, value: Floats) -> Floats:
        """(pairs, pieces + 1): the integral from the start of each shared piece to the end."""
        pieces = value.reshape(value.shape[0], -1, self.shared_nodes).sum(axis=2)
        tails = np.zeros((value.shape[0], pieces.shape[1] + 1))
        tails[:, :-1] = np.cumsum(pieces[:, ::-1], axis=1)[:, ::-1]
        return tails

    def backward(self, at: Point, parts: Parts, *, weights: Floats, slopes: Slopes) -> None:
        """Add the slopes of Σ w·log of the whole; every part counts by its share of it."""
        x = at.r + self.spans.frequency
        per_unit = weights / parts.silent
        alive = per_unit * parts.alive
        end_a, end_b = self._end(at)
        slopes.r -= float(alive @ np.log(at.alpha + end_a))
        slopes.s -= float(alive @ np.log(at.beta + end_b))
        pressed_a, pressed_b = alive * x / (at.alpha + end_a), alive * at.s / (at.beta + end_b)
        self._pull_end(at, pressed_a.sum(), pressed_b.sum(), slopes)
        own_a, own_b = self._own_back(at, parts.own, x=x, unit=per_unit * at.s, slopes=slopes)
        self._pull_birth(at, pressed_a + own_a, pressed_b + own_b, slopes)
        if parts.shared is not None:
            unit = per_unit * at.s * parts.shared.scale
            self._shared_back(at, parts.shared, x=x, unit=unit, slopes=slopes)

    def _pull_end(self, at: Point, weight_a: float, weight_b: float, slopes: Slopes) -> None:
        piece, calendar = self.until_piece, at.buying.calendar
        inside = self.until - (calendar.start + calendar.step * piece)
        for clock, weight, name in (
            (at.buying, weight_a, "buying"),
            (at.leaving, weight_b, "leaving"),
        ):
            one = np.array([weight])
            _add(slopes, name, -clock.pull(piece, one, one * inside))

    def _pull_birth(self, at: Point, pressed_a: Floats, pressed_b: Floats, slopes: Slopes) -> None:
        """α and β shift with a birth as the clocks do, with the other sign."""
        calendar, piece = at.buying.calendar, self.birth_piece
        inside = self.spans.birth - (calendar.start + calendar.step * piece)
        slopes.alpha -= float(pressed_a.sum())
        slopes.beta -= float(pressed_b.sum())
        _add(slopes, "buying", at.buying.pull(piece, pressed_a, pressed_a * inside))
        _add(slopes, "leaving", at.leaving.pull(piece, pressed_b, pressed_b * inside))

    def _own_back(
        self, at: Point, own: _OwnNodes, *, x: Floats, unit: Floats, slopes: Slopes
    ) -> tuple[Floats, Floats]:
        share = own.value * unit[:, None, None]
        slopes.r -= float(np.vdot(share, own.log_a))
        slopes.s += float(share.sum() / at.s - np.vdot(share, own.log_b))
        per_piece = share.sum(axis=2)
        slopes.leaving += (
            np.bincount(
                self.own_piece.ravel(), weights=per_piece.ravel(), minlength=slopes.leaving.size
            )
            / at.leaving.rates
        )
        press_a = share * x[:, None, None] * np.exp(-own.log_a)
        press_b = share * (at.s + 1) * np.exp(-own.log_b)
        for clock, press, name in (
            (at.buying, press_a, "buying"),
            (at.leaving, press_b, "leaving"),
        ):
            moment = np.einsum("ijk,ijk->ij", press, own.inside)
            _add(slopes, name, -clock.pull(self.own_piece, press.sum(axis=2), moment))
        return press_a.sum(axis=(1, 2)), press_b.sum(axis=(1, 2))

    def _shared_back(
        self, at: Point, shared: _SharedNodes, *, x: Floats, unit: Floats, slopes: Slopes
    ) -> None:
        pairs, pieces = self.pair_first.size, self.node_time.size // self.shared_nodes
        cell = self.pair_of_row * (pieces + 1) + self.position
        entered = np.bincount(cell, weights=unit, minlength=pairs * (pieces + 1))
        reach = np.cumsum(entered.reshape(pairs, -1)[:, :pieces], axis=1)
        share = shared.value.reshape(pairs, pieces, -1) * reach[:, :, None]
        share = share.reshape(pairs, -1)
        by_birth = np.add.reduceat(share, self.birth_first, axis=0)
        slopes.r -= float(np.vdot(by_birth, shared.log_a))
        slopes.s += float(by_birth.sum() / at.s - np.vdot(by_birth, shared.log_b))
        share *= x[self.pair_first][:, None]
        press_a = np.add.reduceat(share, self.birth_first, axis=0) * np.exp(-shared.log_a)
        press_b = by_birth * (at.s + 1) * np.exp(-shared.log_b)
        left = np.bincount(
            self.node_piece, weights=by_birth.sum(axis=0), minlength=slopes.leaving.size
        )
        slopes.leaving += left / at.leaving.rates
        self._pull_nodes(at, press_a, press_b, slopes)

    def _pull_nodes(self, at: Point, press_a: Floats, press_b: Floats, slopes: Slopes) -> None:
        calendar = at.buying.calendar
        inside = self.node_time - (calendar.start + calendar.step * self.node_piece)
        row = self.pair_first[self.birth_first]
        birth, piece = self.spans.birth[row], self.birth_piece[row]
        since_start = birth - (calendar.start + calendar.step * piece)
        slopes.alpha -= float(press_a.sum())
        slopes.beta -= float(press_b.sum())
        for clock, press, name in (
            (at.buying, press_a, "buying"),
            (at.leaving, press_b, "leaving"),
        ):
            node, born = press.sum(axis=0), press.sum(axis=1)
            _add(slopes, name, -clock.pull(self.node_piece, node, node * inside))
            _add(slopes, name, clock.pull(piece, born, born * since_start))


def _add(slopes: Slopes, name: str, more: Floats) -> None:
    getattr(slopes, name).__iadd__(more)


def _shared(
    calendar: Calendar, pieces: range, until: float, nodes: int
) -> tuple[Floats, Pieces, Floats]:
    """Times, pieces and weights of the nodes of whole pieces; the last one may end early."""
    piece = np.asarray(pieces, dtype=np.intp)
    start = calendar.start + calendar.step * piece
    length = np.minimum(calendar.step, until - start)
    x, w = _legendre(nodes)
    time = start[:, None] + length[:, None] * x
    return time.ravel(), np.repeat(piece, nodes), (length[:, None] * w).ravel()
