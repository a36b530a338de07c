"""The Gamma-Gamma log-likelihood and its gradient, special functions on distinct frequencies."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, psi

from perenne.models.histories import Floats


class SpendLikelihood:
    """Equation (1a) of Fader & Hardie (2013), summed over customers sorted by frequency.

    Free parameters: log p, log q, log γ, then one coefficient per column of `matrix`, by whose
    linear form γ grows: γᵢ = γ exp(βzᵢ). Values should be near 1 (divide by their mean), for the
    sake of the optimiser only.
    """

    def __init__(
        self,
        frequency: Floats,
        value: Floats,
        weights: Floats,
        *,
        matrix: Floats | None = None,
    ) -> None:
        order = np.argsort(frequency.astype(np.float32), kind="stable")
        x = frequency[order]
        self.starts = np.flatnonzero(np.concatenate(([True], x[1:] != x[:-1])))
        self.x_distinct = x[self.starts]
        self.x = x
        self.spend = x * value[order]
        self.weights = None if np.all(weights == 1) else weights[order]
        self.matrix = None if matrix is None else matrix[order]
        self.customers = self._by_frequency(np.ones_like(x))
        log_value = np.log(value[order])
        self.log_value = self._total(log_value)
        self.log_spend = self._by_frequency(log_value + np.log(x))

    def __call__(self, free: Floats) -> tuple[float, Floats]:
        """Log-likelihood and its gradient in the free parameters."""
        p, q, gamma = np.exp(free[:3])
        beta = free[3:]
        scale = gamma if self.matrix is None else gamma * np.exp(self.matrix @ beta)
        sums = scale + self.spend
        ratio = scale / sums
        log_sums = self._by_frequency(np.log(sums, out=sums))
        log_scales = self._log_scales(free[2], beta)

        x, count, px = self.x_distinct, self.customers, p * self.x_distinct
        total = count.sum()
        constants = gammaln(px + q) - gammaln(px) - gammaln(q)
        value = (
            np.sum(count * constants + px * self.log_spend - (px + q) * log_sums)
            + q * log_scales
            - self.log_value
        )
        d_p = np.sum(x * (count * (psi(px + q) - psi(px)) + self.log_spend - log_sums))
        d_q = np.sum(count * psi(px + q) - log_sums) - total * psi(q) + log_scales
        d_gamma = q * total - np.sum((px + q) * self._by_frequency(ratio))
        in_logs = np.array([p * d_p, q * d_q, d_gamma])
        return float(value), np.concatenate((in_logs, self._d_beta(ratio, p, q)))

    def _d_beta(self, ratio: Floats, p: float, q: float) -> Floats:
        if self.matrix is None:
            return np.zeros(0)
        pull = q - (p * self.x + q) * ratio
        slope: Floats = self.matrix.T @ (pull if self.weights is None else pull * self.weights)
        return slope

    def _log_scales(self, log_gamma: float, beta: Floats) -> float:
        total = float(log_gamma * self.customers.sum())
        return total if self.matrix is None else total + self._total(self.matrix @ beta)

    def _by_frequency(self, values: Floats) -> Floats:
        weighted = values if self.weights is None else values * self.weights
        sums: Floats = np.add.reduceat(weighted, self.starts)
        return sums

    def _total(self, values: Floats) -> float:
        return float(values.sum() if self.weights is None else values @ self.weights)
