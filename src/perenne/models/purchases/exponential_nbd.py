"""Exponential/NBD: as Pareto/NBD, but all customers leave at one rate.

The limit of Pareto/NBD (Schmittlein, D. C., Morrison, D. G. & Colombo, R. 1987, Counting Your
Customers) for s, beta → ∞ with s / beta = mu: there lifetimes are exponential, and a fit of
Pareto/NBD runs off. With λ integrated out, a history has the likelihood, t from t_x to T,

    Γ(r + x) / Γ(r) · α^r · [e^(-μT) (α + T)^-(r+x) + μ ∫ e^(-μt) (α + t)^-(r+x) dt].

The integral is an incomplete gamma function of order 1 - r - x, which loses all digits for
frequent buyers and has no cheap derivatives: it is taken by the nodes of Pareto/NBD, so near the
limit that rounding hides the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from perenne.models.alive import ALIKE
from perenne.models.arguments import require_count
from perenne.models.fitting import maximise, refuse_unknown
from perenne.models.histories import Floats, Histories, read_histories
from perenne.models.hmc import posterior_of
from perenne.models.purchases.pareto_likelihood import ParetoLikelihood
from perenne.models.purchases.pareto_nbd import refuse_too_little
from perenne.models.purchases.pareto_nbd_fitted import FittedParetoNBD

PARAMETERS = ("r", "alpha", "mu")
# r, and mu in mean tenures; alpha follows from r and the mean frequency.
STARTS = ((0.5, 1.0), (1.0, 0.2))
# Distinct histories on which the starts are climbed.
COARSE = 3000


@dataclass(frozen=True)
class ExponentialNBD:
    """Settings. λ ~ Gamma(r, alpha) purchases per time unit, lifetime ~ Exp(mu), mu one for all.

    hmc: as in BetaGeo.
    """

    hmc: int = 0

    def __post_init__(self) -> None:
        require_count("hmc", self.hmc)

    def fit(self, data: Any = None, **given: Any) -> FittedExponentialNBD:
        """Maximum likelihood. Data, as keywords or columns of a frame, (customers,) each:
        frequency (repeat purchases), recency (age at the last), tenure (age at the end), weights.

        Raises PerenneError for bad rows, one customer, one-time buyers only, no time observed, no
        convergence, or a parameter at its limit (nobody leaves, or all buy at one rate), with the
        reason and the next step.
        """
        histories = read_histories(data, **given)
        refuse_too_little(histories)
        unit = float(histories.weights @ histories.tenure) / histories.customers
        every = histories.frequency.size // COARSE
        objective = _Likelihood(histories, unit)
        often = float(histories.weights @ histories.frequency) / histories.customers
        optimum = maximise(
            objective,
            starts=[np.log([r, r / often, mu]).tolist() for r, mu in STARTS],
            names=PARAMETERS,
            coarse=_Likelihood(histories, unit, every=every) if every > 1 else None,
        )
        refuse_unknown(optimum, names=PARAMETERS, objective=objective)
        r, alpha, mu = np.exp(optimum.point).tolist()
        purchases = often * histories.customers
        return FittedExponentialNBD(
            parameters={"r": r, "alpha": alpha * unit, "mu": mu / unit},
            log_likelihood=optimum.log_likelihood - purchases * float(np.log(unit)),
            covariance=tuple(map(tuple, optimum.covariance.tolist())),
            customers=histories.customers,
            kept_draws=posterior_of(objective, optimum, draws=self.hmc),
        )


class _Likelihood:
    """(log r, log alpha, log mu) → (log-likelihood, gradient), ages counted in `unit`."""

    def __init__(self, histories: Histories, unit: float, *, every: int = 1) -> None:
        self.pareto = ParetoLikelihood(histories, unit=unit, matrix=np.zeros((1, 0)), every=every)

    def __call__(self, point: Floats) -> tuple[float, Floats]:
        value, (by_r, by_alpha, _by_s, by_beta) = self.pareto(_as_pareto(point))
        return value, np.array([by_r, by_alpha, -by_beta])


def _as_pareto(point: Floats) -> Floats:
    """Logarithms of r, alpha, s and beta, from those of r, alpha and mu."""
    s = float(np.log(ALIKE))
    return np.array([point[0], point[1], s, s - point[2]])


@dataclass(frozen=True)
class FittedExponentialNBD(FittedParetoNBD):
    """Parameters r, alpha (in time units) and mu (per time unit); asked as Pareto/NBD is.

    It knows no covariates.
    """

    model: ClassVar[str] = "ExponentialNBD"
    positive: ClassVar[tuple[str, ...]] = PARAMETERS

    @property
    def _width(self) -> int:
        return 0

    def _point(self, parameters: Mapping[str, Floats] | None, draw: int) -> Floats:
        if parameters is None:
            return _as_pareto(np.log([self.parameters[name] for name in PARAMETERS]))
        return _as_pareto(np.log([parameters[name][draw] for name in PARAMETERS]))
