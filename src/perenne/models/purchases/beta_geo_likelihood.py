"""The likelihood that BG/NBD, MBG/NBD and their Erlang-k forms share, with its gradient.

While active a customer buys at Erlang-k intervals of rate λ ~ Gamma(r, α) and drops out after each
purchase with probability p ~ Beta(a, b). Fader, Hardie & Lee (2005): k = 1, no dropout at the first
purchase; Batislam, Denizel & Filiztekin (2007): k = 1, dropout there too; Reutterer, Platzer &
Schröder (2021): any k. With R = r + kx and n = x, or x + 1 when the first purchase counts:

  L = Γ(R)/Γ(r) α^r / (α+T)^R · B(a, b+n)/B(a, b) · [S + D],
  S = Σ_{j<k} (R)_j/j! u^j with u = (T-t_x)/(α+T), D = δ_{n>0} a/(b+n-1) ((α+T)/(α+t_x))^R,

times Π(interval)^{k-1}/Γ(k)^x, which does not depend on the parameters. P(alive) = S / (S + D).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, digamma, gammaln

from perenne.models.histories import Floats, Histories, Ints, Rows, distinct_rows


@dataclass(frozen=True)
class Family:
    """Which member: Erlang shape `k`, and whether customers may drop out at the first purchase."""

    k: int = 1
    dropout_at_zero: bool = False

    def survived(self, frequency: Floats) -> Floats:
        """n: how many times a customer who is active has not dropped out."""
        return frequency + 1.0 if self.dropout_at_zero else frequency


@dataclass(frozen=True)
class Population:
    """Parameters of each group of customers: scalar r, arrays (groups,) of α, a and b."""

    r: float
    alpha: Floats
    a: Floats
    b: Floats


def stage_terms(shape: Floats, waited: Floats, k: int) -> Floats:
    """(k, n): (R)_j/j! u^j for j < k. How likely j of the k stages to the next purchase passed."""
    terms = np.ones((k, *np.broadcast_shapes(shape.shape, waited.shape)))
    for j in range(1, k):
        terms[j] = terms[j - 1] * (shape + (j - 1)) / j * waited
    return terms


def log_dropped(a: Floats, n: Floats, b: Floats) -> Floats:
    """Log of a/(b+n-1); minus infinity where nobody can have dropped out (n = 0)."""
    possible = n > 0
    with np.errstate(divide="ignore"):  # b = 0 at the edge of a search
        logged: Floats = np.log(a) - np.log(np.where(possible, b + n - 1.0, 1.0))
    return np.where(possible, logged, -np.inf)


def _sums(index: Rows | Ints, values: Floats, size: int) -> Floats:
    return np.bincount(index, weights=values, minlength=size).astype(np.float64, copy=False)


def _dot(left: Floats, right: Floats) -> float:
    """Without BLAS, whose threads cost more than they save on vectors."""
    return float((left * right).sum())


@dataclass(frozen=True)
class Cells:
    """Distinct (value, group) pairs of the rows: logarithms and Γ are taken once for each."""

    value: Floats
    group: Ints
    row: Rows
    weight: Floats

    @classmethod
    def of(cls, values: Floats, histories: Histories) -> Cells:
        row, first = distinct_rows(values, histories.group)
        weight: Floats = np.bincount(row, weights=histories.weights).astype(np.float64)
        return cls(values[first], histories.group[first], row, weight)

    def total(self, rows: Floats) -> Floats:
        return _sums(self.row, rows, self.value.size)

    def per_group(self, cells: Floats, groups: int) -> Floats:
        return _sums(self.group, cells, groups)


class Likelihood:
    """Log-likelihood of compressed histories and its derivatives in each group's parameters."""

    def __init__(self, family: Family, histories: Histories) -> None:
        self.family = family
        self.groups = int(histories.group.max()) + 1
        self.weights = histories.weights
        self.waited = histories.tenure - histories.recency
        self.x = Cells.of(histories.frequency, histories)
        self.tenure = Cells.of(histories.tenure, histories)
        self.recency = Cells.of(histories.recency, histories)
        self.customers = self.x.per_group(self.x.weight, self.groups)
        self.bought = self.tenure.total(histories.weights * histories.frequency)

    def __call__(self, at: Population) -> tuple[float, Population]:
        """(log-likelihood, its derivatives in r, α, a and b of each group)."""
        counts, counts_slope = self._counts(at)
        times, times_slope = self._times(at)
        ends, ends_slope = self._ends(at)
        slopes = (counts_slope, times_slope, ends_slope)
        return counts + times + ends, Population(
            sum(s.r for s in slopes),
            np.sum([s.alpha for s in slopes], axis=0),
            np.sum([s.a for s in slopes], axis=0),
            np.sum([s.b for s in slopes], axis=0),
        )

    def _counts(self, at: Population) -> tuple[float, Population]:
        """Γ(R)/Γ(r) · B(a, b+n)/B(a, b)."""
        w, g = self.x.weight, self.x.group
        a, b, n = at.a[g], at.b[g], self.family.survived(self.x.value)
        shape = at.r + self.family.k * self.x.value
        value = gammaln(shape) - gammaln(at.r) + betaln(a, b + n) - betaln(a, b)
        both = digamma(a + b) - digamma(a + b + n)
        slope_b = digamma(b + n) - digamma(b) + both
        return float(w @ value), Population(
            float(w @ (digamma(shape) - digamma(at.r))),
            np.zeros(self.groups),
            self.x.per_group(w * both, self.groups),
            self.x.per_group(w * slope_b, self.groups),
        )

    def _times(self, at: Population) -> tuple[float, Population]:
        """α^r / (α+T)^R."""
        level = at.alpha[self.tenure.group] + self.tenure.value
        shapes = at.r * self.tenure.weight + self.family.k * self.bought
        logs, start = np.log(level), np.log(at.alpha)
        value = at.r * float(self.customers @ start) - float(shapes @ logs)
        slope_r = float(self.customers @ start) - float(self.tenure.weight @ logs)
        slope = at.r * self.customers / at.alpha
        slope -= self.tenure.per_group(shapes / level, self.groups)
        none = np.zeros(self.groups)
        return value, Population(slope_r, slope, none, none)

    def _ends(self, at: Population) -> tuple[float, Population]:
        """S + D, the only part that needs every row."""
        until = at.alpha[self.tenure.group] + self.tenure.value
        last = at.alpha[self.recency.group] + self.recency.value
        a, b = at.a[self.x.group], at.b[self.x.group]
        n = self.family.survived(self.x.value)
        shape = (at.r + self.family.k * self.x.value)[self.x.row]
        gap = np.log(until)[self.tenure.row] - np.log(last)[self.recency.row]
        odds = log_dropped(a, n, b)[self.x.row] + shape * gap
        logged, slope_shape, slope_until = self._alive(shape, until)
        odds -= logged
        value, dead = _softplus(odds)
        dead *= self.weights
        pull = dead * shape
        by_x = self.x.total(dead)
        alpha = self.tenure.per_group(self.tenure.total(pull) / until, self.groups)
        alpha -= self.recency.per_group(self.recency.total(pull) / last, self.groups)
        slope_r = _dot(dead, gap)
        total = _dot(self.weights, value)
        if self.family.k > 1:
            alive = self.weights - dead
            total += _dot(self.weights, logged)
            alpha += self.tenure.per_group(self.tenure.total(alive * slope_until), self.groups)
            slope_r += _dot(alive, slope_shape)
        slope_b = np.where(n > 0, -by_x / np.where(n > 0, b + n - 1.0, 1.0), 0.0)
        return total, Population(
            slope_r,
            alpha,
            self.x.per_group(by_x / a, self.groups),
            self.x.per_group(slope_b, self.groups),
        )

    def _alive(self, shape: Floats, until: Floats) -> tuple[Floats, Floats, Floats]:
        """log S of each row and its derivatives in R and in α."""
        if self.family.k == 1:
            zero = np.zeros(1)
            return zero, zero, zero
        inverse = (1.0 / until)[self.tenure.row]
        terms = stage_terms(shape, self.waited * inverse, self.family.k)
        total = terms.sum(axis=0)
        stages = np.arange(self.family.k)
        slope_until = -inverse * (stages @ terms) / total
        grown, slope_shape = np.zeros_like(shape), np.zeros_like(shape)
        for j in range(1, self.family.k):
            grown += 1.0 / (shape + (j - 1))
            slope_shape += terms[j] * grown
        return np.log(total), slope_shape / total, slope_until


def _softplus(odds: Floats) -> tuple[Floats, Floats]:
    """(log(1 + e^v), e^v / (1 + e^v))."""
    grown = np.exp(np.minimum(odds, 700.0))
    total = 1.0 + grown
    value = np.log(total)  # its absolute error is what matters; log1p takes thrice the time
    if odds.max() > 700.0:
        value = np.maximum(value, odds)
    return value, grown / total


def objective_of(
    likelihood: Likelihood, rows: Floats, *, unit: float = 1.0
) -> Callable[[Floats], tuple[float, Floats]]:
    """In free parameters: log r, log α, log a, log b, then the coefficients of α, a and b.

    rows: (groups, columns) design matrix z. Fader & Hardie (2007): α exp(-γ₁z), a exp(γ₂z) and
    b exp(γ₃z).
    """
    width = rows.shape[1]

    def objective(point: Floats) -> tuple[float, Floats]:
        at = population(point, rows, unit=unit)
        value, slope = likelihood(at)
        alpha, a, b = slope.alpha * at.alpha, slope.a * at.a, slope.b * at.b
        head = [slope.r * at.r, alpha.sum(), a.sum(), b.sum()]
        tail = [-(alpha @ rows), a @ rows, b @ rows] if width else []
        return value, np.concatenate([head, *tail])

    return objective


def population(point: Floats, rows: Floats, *, unit: float = 1.0) -> Population:
    """Parameters of each group of the design matrix `rows` at a point of free parameters.

    unit: the α that stands for 0 in log α.
    """
    gamma = point[4:].reshape(3, rows.shape[1])
    shift = gamma @ rows.T if rows.shape[1] else np.zeros((3, rows.shape[0]))
    return Population(
        float(np.exp(point[0])),
        unit * np.exp(point[1] - shift[0]),
        np.exp(point[2] + shift[1]),
        np.exp(point[3] + shift[2]),
    )
