"""Log-likelihood and gradient of the Pareto/NBD on compressed histories."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import digamma, gammaln

from perenne.models.histories import Floats, Histories
from perenne.models.purchases.pareto_rows import Rates, Rows, Weighed

PARAMETERS = ("r", "alpha", "s", "beta")


class ParetoLikelihood:
    """Free parameters → (log-likelihood, gradient), ages counted in `unit`.

    The free parameters are log r, log alpha, log s, log beta, then with `matrix` (groups, columns)
    the coefficients of purchase and those of dropout: alpha_g = alpha exp(-matrix γ₁), beta_g =
    beta exp(-matrix γ₂) (Fader & Hardie 2007, Incorporating Time-Invariant Covariates).
    """

    def __init__(
        self, histories: Histories, *, unit: float, matrix: Floats, every: int = 1
    ) -> None:
        self.frequency = histories.frequency[::every]
        self.weights = histories.weights[::every]
        self.matrix = matrix
        self.group = histories.group[::every].astype(np.intp)
        self.rows = Rows(
            self.frequency,
            histories.recency[::every] / unit,
            histories.tenure[::every] / unit,
            group=self.group,
        )
        self._counts = np.bincount(self.frequency.astype(np.intp), weights=self.weights)
        self._counted = np.flatnonzero(self._counts)

    def __call__(self, point: Floats) -> tuple[float, Floats]:
        rates = rates_at(point, self.matrix)
        weighed = self.rows.weigh(rates)
        x, count = self._counted, self._counts[self._counted]
        value = count @ (gammaln(rates.r + x) - gammaln(rates.r))
        value += self.weights @ (weighed.log_kernel - self.frequency * self._log_alpha(rates))
        by_r = rates.r * (
            count @ (digamma(rates.r + x) - digamma(rates.r)) - self.weights @ weighed.means[0]
        )
        by_s = self.weights @ (weighed.gone - rates.s * weighed.means[2])
        by_alpha, by_beta = self._by_group(rates, weighed)
        core = (by_r, by_alpha.sum(), by_s, by_beta.sum())
        return float(value), np.concatenate((core, -by_alpha @ self.matrix, -by_beta @ self.matrix))

    def _log_alpha(self, rates: Rates) -> Floats:
        logarithm: Floats = np.log(rates.alpha)[self.group]
        return logarithm

    def _by_group(self, rates: Rates, weighed: Weighed) -> tuple[Floats, Floats]:
        """Derivatives with respect to log alpha and log beta of each group."""
        _, by_alpha, _, by_beta = weighed.means
        purchase = (rates.r + self.frequency) * by_alpha - self.frequency
        dropout = rates.s * by_beta + weighed.gone_beta - weighed.gone
        return self._total(purchase), self._total(dropout)

    def _total(self, values: Floats) -> Floats:
        weighted = self.weights * values
        return np.bincount(self.group, weighted, self.matrix.shape[0]).astype(np.float64)


def rates_at(point: Sequence[float] | Floats, matrix: Floats) -> Rates:
    """The rates that the free parameters mean, alpha and beta one per row of `matrix`."""
    free = np.asarray(point, dtype=float)
    r, alpha, s, beta = np.exp(free[:4])
    purchase, dropout = np.split(free[4:], 2)
    return Rates(
        float(r), alpha * np.exp(-matrix @ purchase), float(s), beta * np.exp(-matrix @ dropout)
    )
