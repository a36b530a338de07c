"""Expected purchases of a customer who is active, for any Erlang shape and any horizon.

For given λ and p the stages passed in a time t are Poisson(λt), and m purchases are reached with
probability (1-p)^{m-1}; λ ~ Gamma(R+j, A) and p ~ Beta(a, b) given the history, A = α+T, b already
counting the times survived, j the stages passed since the last purchase.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaln, hyp2f1

from perenne.models.histories import Floats, Rows

Flags = npt.NDArray[np.bool_]

# Nodes of one pass, to bound memory.
CELLS = 1 << 21
# 1 - p below which the sum over stages loses digits and the sum over purchases is short.
ALMOST_GONE = 3e-3


@dataclass(frozen=True)
class Active:
    """Posterior of active customers: R, A = α+T, a, b+n; and the horizon t. Arrays (n,)."""

    shape: Floats
    rate: Floats
    a: Floats
    b: Floats
    horizon: Floats

    def __getitem__(self, rows: slice | Flags | Rows) -> Active:
        return Active(
            self.shape[rows], self.rate[rows], self.a[rows], self.b[rows], self.horizon[rows]
        )


def expected_while_active(active: Active, k: int) -> Floats:
    """(k, n): expected purchases in the horizon for each number of stages already passed."""
    if k > 1:
        return _by_quadrature(active, k)
    expected = _closed_form(active)
    hard = ~np.isfinite(expected) | _is_hard(active)
    if hard.any():
        expected[hard] = _by_quadrature(active[hard], 1)[0]
    return expected[None, :]


def _closed_form(active: Active) -> Floats:
    """Fader, Hardie & Lee (2005), equation 10, the part for an active customer."""
    c = active.a + active.b - 1.0
    total = active.rate + active.horizon
    with np.errstate(all="ignore"):
        share = np.exp(-active.shape * np.log1p(active.horizon / active.rate))
        series = hyp2f1(active.shape, active.b, c, active.horizon / total)
        expected: Floats = c / (active.a - 1.0) * (1.0 - share * series)
    return expected


def _is_hard(active: Active) -> Flags:
    """Where the closed form divides nearly nothing by nearly nothing."""
    purchases = active.shape * active.horizon / active.rate
    return np.asarray((np.abs(active.a - 1.0) < 1e-4) | (purchases < 1e-6))


def _by_quadrature(active: Active, k: int) -> Floats:
    """Trapezium rule over log(p/(1-p)), which converges exponentially for these integrands."""
    below, above, nodes = _range(active)
    size = max(1, CELLS // nodes)
    out = np.empty((k, active.shape.size))
    for first in range(0, active.shape.size, size):
        rows = slice(first, first + size)
        out[:, rows] = _integrate(active[rows], k, grid=(below[rows], above[rows], nodes))
    return out


def _range(active: Active) -> tuple[Floats, Floats, int]:
    """Limits of log(p/(1-p)) beyond which nothing is left, and the number of nodes between."""
    centre = np.log(active.a / active.b)
    spread = np.sqrt(1.0 / active.a + 1.0 / active.b)
    below = centre - np.minimum(np.maximum(9 * spread, 40.0 / active.a), 600.0)
    above = centre + np.minimum(np.maximum(9 * spread, 40.0 / active.b), 600.0)
    step = np.minimum(0.6, 0.8 * spread)
    return below, above, int(np.ceil(((above - below) / step).max())) + 1


def _integrate(active: Active, k: int, *, grid: tuple[Floats, Floats, int]) -> Floats:
    below, above, nodes = grid
    logit = below[:, None] + (above - below)[:, None] * np.linspace(0.0, 1.0, nodes)
    log_p, log_q = -np.logaddexp(0.0, -logit), -np.logaddexp(0.0, logit)
    a, b = active.a[:, None], active.b[:, None]
    weight = np.exp(a * log_p + b * log_q - betaln(a, b))
    weight *= ((above - below) / (nodes - 1))[:, None]
    # The ends carry half a step and all the mass beyond them, where the integrand is constant.
    weight[:, 0] = weight[:, 0] / 2 + betainc(active.a, active.b, np.exp(log_p[:, 0]))
    weight[:, -1] = weight[:, -1] / 2 + betainc(active.b, active.a, np.exp(log_q[:, -1]))
    values = [_given_p(active, log_p, log_q, stage=j, k=k) for j in range(k)]
    # Rounding may leave a hair less than nothing at a tiny horizon, or more at none.
    found = np.maximum([(weight * value).sum(axis=1) for value in values], 0.0)
    return np.where(active.horizon > 0, found, 0.0)


def _given_p(active: Active, log_p: Floats, log_q: Floats, *, stage: int, k: int) -> Floats:
    """(1 - E[q^⌊(j+N)/k⌋]) / p, N stages in the horizon, by the k-th roots of unity of q."""
    shape = (active.shape + stage)[:, None]
    ratio = (active.horizon / active.rate)[:, None]
    p = np.exp(log_p)
    lost = -log_q / k
    mean = sum(np.expm1(s * lost) for s in range(1, k)) / k if k > 1 else 0.0
    with np.errstate(all="ignore"):
        log_first = np.log1p(mean) - stage * lost - shape * np.log1p(-ratio * np.expm1(-lost))
        value = -np.expm1(log_first) / p
        for turn in range(1, k):
            value += _turned(np.exp(-lost), shape, ratio, stage=stage, turn=turn / k, k=k)
    if k > 1:
        few = np.exp(log_q) < ALMOST_GONE
        value[few] = _few_purchases(active, np.exp(log_q), few, stage=stage, k=k)
    return value


def _turned(y: Floats, shape: Floats, ratio: Floats, *, stage: int, turn: float, k: int) -> Floats:
    """The share of one complex root z = y e^{2πi·turn}; roots come in conjugate pairs."""
    z = y * np.exp(2j * np.pi * turn)
    value: Floats = np.real(z ** (stage + 1) * (1 + ratio * (1 - z)) ** -shape / (z - 1))
    return value / (k * y**k)


def _few_purchases(active: Active, q: Floats, few: Flags, *, stage: int, k: int) -> Floats:
    """The same as Σ_m q^{m-1} P(at least m purchases) where q is small."""
    row, _column = np.nonzero(few)
    passed = active.horizon / (active.rate + active.horizon)
    reached = [
        betainc(m * k - stage, active.shape + stage, passed)[row] * q[few] ** (m - 1)
        for m in range(1, 7)
    ]
    total: Floats = np.sum(reached, axis=0)
    return total
