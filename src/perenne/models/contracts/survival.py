"""Survival when each customer's chance to leave is drawn from a beta distribution.

S(t) = B(alpha, beta + t^c) / B(alpha, beta), t whole periods. c = 1 is the shifted beta-geometric
(Fader & Hardie 2007, eq. 6); c free is the beta-discrete-Weibull (Fader et al. 2018, eq. 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.special import betaln, digamma

from perenne.models.histories import Floats

# Terms summed one by one before the Euler-Maclaurin formula takes the tail.
EXACT_TERMS = 2000


@dataclass(frozen=True)
class Curve:
    """The survival curve of one cohort; parameters may be arrays, one value per draw."""

    alpha: Any
    beta: Any
    c: Any = 1.0

    def log_survival(self, periods: Any) -> Floats:
        """log S(t); `periods` broadcasts against the parameters."""
        return np.asarray(
            betaln(self.alpha, self.beta + np.power(periods, self.c))
            - betaln(self.alpha, self.beta)
        )

    def log_stays(self, tenure: Any, ahead: Any, pace: Any = 1.0) -> Floats:
        """log P(there after `ahead` more renewals | survived `tenure`).

        pace: factor on what makes each customer leave from now on (the logarithm of their chance to
        stay).
        """
        now = np.power(tenure, self.c)
        more = pace * (np.power(np.add(tenure, ahead), self.c) - now)
        return np.asarray(
            betaln(self.alpha, self.beta + now + more) - betaln(self.alpha, self.beta + now)
        )

    def log_gradient(self, periods: Floats) -> Floats:
        """Derivatives of log S(t) in alpha, beta and c: (3, periods)."""
        z = periods**self.c
        alpha, beta = self.alpha, self.beta
        common = digamma(alpha + beta) - digamma(alpha + beta + z)
        by_z = digamma(beta + z) - digamma(alpha + beta + z)
        growth = z * np.log(np.maximum(periods, 1.0))
        return np.stack((common, common + digamma(beta + z) - digamma(beta), by_z * growth))

    @property
    def is_finite(self) -> bool:
        """Whether the expected life is finite: S(t) falls as t^(-c alpha)."""
        return bool(self.c * self.alpha > 1)

    def remaining(self, tenure: float, *, factor: float = 1.0, horizon: float = np.inf) -> float:
        """Sum over k = 1 … horizon of factor^k S(tenure + k) / S(tenure). Infinity if it diverges.

        The first 2,000 terms one by one, the rest by Euler-Maclaurin (relative error < 1e-8).
        """
        if horizon > EXACT_TERMS and factor >= 1 and not self.is_finite and np.isinf(horizon):
            return float(np.inf)
        start = self.log_survival(tenure)
        k = np.arange(1, min(horizon, EXACT_TERMS) + 1)
        total = float(np.exp(self.log_survival(tenure + k) - start + k * np.log(factor)).sum())
        if horizon <= EXACT_TERMS:
            return total
        return total + self._tail(tenure, np.log(factor), horizon)

    def _tail(self, tenure: float, log_factor: float, horizon: float) -> float:
        base = float(self.log_survival(tenure))

        def term(k: float) -> float:
            return float(np.exp(self.log_survival(tenure + k) - base + k * log_factor))

        # k = EXACT_TERMS · e^(w / decay) turns a power-law tail into e^-w.
        decay = abs(self.c * self.alpha - 1) or 1.0
        decay = max(decay, 1e-3)
        last = 500.0 if np.isinf(horizon) else np.log(horizon / EXACT_TERMS)
        if log_factor < 0:
            last = min(last, np.log1p(60 / -log_factor / EXACT_TERMS))

        def stretched(w: float) -> float:
            k = EXACT_TERMS * float(np.exp(w / decay))
            return term(k) * k / decay

        area, _error = quad(stretched, 0.0, last * decay, limit=400, epsabs=0, epsrel=1e-10)
        first, final = float(EXACT_TERMS), float(min(horizon, EXACT_TERMS * np.exp(last)))
        slope = (term(first + 1) - term(first - 1)) / 2
        return float(area) - term(first) / 2 - slope / 12 + term(final) / 2
