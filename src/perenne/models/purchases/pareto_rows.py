"""The Pareto/NBD likelihood of many histories at once, with the means its gradient needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perenne.models.histories import Floats
from perenne.models.purchases.pareto_integral import Decay, Index

# A cell of the table takes fewer nodes than a row of its own; one row is worth this many cells.
CELLS_PER_ROW = 2
# Logarithms of f up to which tails are plain sums; beyond, each is scaled by the one after it.
SAFE = 300.0


@dataclass(frozen=True)
class Rates:
    """Parameters of the two Gamma mixtures; alpha and beta one per group of customers."""

    r: float
    alpha: Floats
    s: float
    beta: Floats


@dataclass(frozen=True)
class Weighed:
    """Of each row, the two ways to have bought nothing since t_x: alive at T, or gone before.

    log_kernel: log of (1 + T/α)^-(r+x) (1 + T/β)^-s + (s/β) ∫ f, from t_x to T; f as in `Decay`.
    alive, gone: the shares of the two terms. means: (4, rows), of log(1 + t/α), t/(α + t),
    log(1 + t/β) and t/(β + t) at the end t of the life or of the observation; gone_beta: the part
    of the last that `gone` adds. These two are empty unless asked for.
    """

    log_kernel: Floats
    alive: Floats
    gone: Floats
    means: Floats
    gone_beta: Floats


@dataclass(frozen=True)
class _Parts:
    """Per row: log f(t_x), log of the first term, the four quantities at T, ∫ f/f(t_x)."""

    log_start: Floats
    log_alive: Floats
    at_end: Floats
    integral: Floats


class Rows:
    """Histories prepared for many evaluations: what does not depend on the parameters, once.

    frequency, recency, tenure: (rows,), in one time unit. group: (rows,) whose alpha and beta a
    row has, where they differ.
    """

    def __init__(
        self, frequency: Floats, recency: Floats, tenure: Floats, *, group: Index | None = None
    ) -> None:
        self.frequency, self.recency, self.tenure = frequency, recency, tenure
        self.group = np.zeros(frequency.size, dtype=np.intp) if group is None else group
        self._table = _Table(self)

    def weigh(self, rates: Rates, *, means: bool = True) -> Weighed:
        """Log-kernel and P(gone) of each row; with `means`, what the gradient needs."""
        worth = self._table.cells <= CELLS_PER_ROW * self.frequency.size
        parts = (self._table.parts if worth else self._by_row)(rates, means=means)
        whole = np.maximum(parts.integral[0], 1e-300)
        log_gone = np.log(rates.s / rates.beta)[self.group] + parts.log_start + np.log(whole)
        log_kernel = np.logaddexp(parts.log_alive, log_gone)
        alive, gone = np.exp(parts.log_alive - log_kernel), np.exp(log_gone - log_kernel)
        gone_means = parts.integral[1:] * (gone / whole)
        total = parts.at_end * alive + gone_means
        return Weighed(log_kernel, alive, gone, total, gone_means[-1:].ravel())

    def _by_row(self, rates: Rates, *, means: bool) -> _Parts:
        alpha, beta = rates.alpha[self.group], rates.beta[self.group]
        decay = Decay(rates.r + self.frequency, alpha, beta, rates.s)
        log_a, log_b = np.log1p(self.tenure / alpha), np.log1p(self.tenure / beta)
        at_end = [log_a, self.tenure / (alpha + self.tenure)] if means else []
        at_end += [log_b, self.tenure / (beta + self.tenure)] if means else []
        return _Parts(
            log_start=-decay.shape * np.log1p(self.recency / alpha)
            - (rates.s + 1) * np.log1p(self.recency / beta),
            log_alive=-decay.shape * log_a - rates.s * log_b,
            at_end=np.array(at_end).reshape(-1, self.tenure.size),
            integral=decay.integrate(self.recency, self.tenure, means=means),
        )


class _Table:
    """Tail integrals on the distinct ages, one line per distinct (group, frequency).

    A row is then the difference of two entries. Nothing is lost by it: with A the first term and
    H the tail, A(T) ≥ (s/β) H(T), so that the sum is at least (s/β) H(t_x), whose rounding
    is all that the difference can bring.
    """

    def __init__(self, rows: Rows) -> None:
        self.ages, age = np.unique(np.concatenate((rows.recency, rows.tenure)), return_inverse=True)
        key = rows.group * (rows.frequency.max() + 1) + rows.frequency
        distinct, first, line = np.unique(key, return_index=True, return_inverse=True)
        self.frequency, self.group = rows.frequency[first], rows.group[first]
        start, end = age.ravel()[: line.size], age.ravel()[line.size :]
        self.start, self.end = start * distinct.size + line, end * distinct.size + line
        self._line, self._from = self._needed(start, end, line)

    @property
    def cells(self) -> int:
        return int(self._line.size)

    def _needed(self, start: Index, end: Index, line: Index) -> tuple[Index, Index]:
        """Line and age of each cell between the first recency and the last tenure of its line."""
        first = np.full(self.frequency.size, self.ages.size, dtype=np.intp)
        last = np.zeros(self.frequency.size, dtype=np.intp)
        np.minimum.at(first, line, start)
        np.maximum.at(last, line, end)
        cells = last - first
        lines = np.repeat(np.arange(first.size), cells)
        return lines, np.arange(cells.sum()) - np.repeat(cells.cumsum() - cells - first, cells)

    def parts(self, rates: Rates, *, means: bool) -> _Parts:
        shape = rates.r + self.frequency
        at_age = self._at_ages(rates)
        log_a, log_b = at_age[0][:, self.group], at_age[2][:, self.group]
        log_alive = -shape * log_a - rates.s * log_b
        log_f = log_alive - log_b
        tail = self._tails(rates, log_f=log_f, means=means)
        log_start = log_f.ravel()[self.start]
        share = np.exp(log_f.ravel()[self.end] - log_start)
        flat = tail.reshape(tail.shape[0], -1)
        integral = np.take(flat, self.start, axis=1)
        integral -= np.take(flat, self.end, axis=1) * share
        at_end = at_age[:, :, self.group].reshape(4, -1) if means else np.empty((0, log_f.size))
        return _Parts(
            log_start=log_start,
            log_alive=log_alive.ravel()[self.end],
            at_end=np.take(at_end, self.end, axis=1),
            integral=integral,
        )

    def _at_ages(self, rates: Rates) -> Floats:
        """(4, ages, groups): log(1 + t/α), t/(α + t), log(1 + t/β), t/(β + t)."""
        t = self.ages[:, None]
        return np.stack(
            (
                np.log1p(t / rates.alpha),
                t / (rates.alpha + t),
                np.log1p(t / rates.beta),
                t / (rates.beta + t),
            )
        )

    def _tails(self, rates: Rates, *, log_f: Floats, means: bool) -> Floats:
        """(1 or 5, ages, lines): ∫ f/f(age) from each age to the last."""
        alpha, beta = rates.alpha[self.group], rates.beta[self.group]
        decay = Decay(rates.r + self.frequency, alpha, beta, rates.s).take(self._line)
        lower, upper = self.ages[self._from], self.ages[self._from + 1]
        cell = decay.integrate(lower, upper, means=means)
        tail = np.zeros((self.ages.size, cell.shape[0], self.frequency.size))
        tail[self._from, :, self._line] = cell.T
        level = log_f - log_f.mean(axis=0)
        if np.abs(level).max() < SAFE:
            f = np.exp(level)[:, None, :]
            tail *= f
            sums: Floats = tail[::-1].cumsum(axis=0)[::-1] / f
            return sums.swapaxes(0, 1)
        share = np.exp(np.diff(log_f, axis=0))
        for here, beyond, kept in zip(tail[-2::-1], tail[:0:-1], share[::-1], strict=True):
            here += beyond * kept
        return tail.swapaxes(0, 1)
