"""Shifted beta-geometric: how long contracts last when the chance to leave differs by customer.

Fader & Hardie (2007), "How to Project Customer Retention", Journal of Interactive Marketing 21(1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from perenne.models.arguments import require_count
from perenne.models.contracts.fitted_contract import FittedContract
from perenne.models.contracts.likelihood import log_likelihood
from perenne.models.contracts.lives import read_lives, refuse_untold
from perenne.models.fitting import maximise
from perenne.models.hmc import posterior_of

NAMES = ("alpha", "beta")
STARTS = ((0.0, 0.0), (0.0, 2.0), (1.5, 3.0), (-1.0, 0.0))


@dataclass(frozen=True)
class FittedShiftedBetaGeometric(FittedContract):
    """Fitted sBG; churn at renewal t is alpha / (alpha + beta + t - 1), eq. 8 of the paper."""

    model: ClassVar[str] = "ShiftedBetaGeometric"
    positive: ClassVar[tuple[str, ...]] = NAMES


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """Constant chance to leave for each customer, beta-distributed over customers.

    hmc: how many draws of the parameters to keep by Hamiltonian Monte Carlo, for some dozens of
    contracts; 0 leaves their uncertainty to the Laplace approximation.
    """

    hmc: int = 0

    def __post_init__(self) -> None:
        require_count("hmc", self.hmc)

    def fit(
        self,
        data: Any = None,
        *,
        tenure: Any = None,
        churned: Any = None,
        weights: Any = None,
        entered: Any = None,
    ) -> FittedShiftedBetaGeometric:
        """Exact maximum likelihood.

        tenure (n,): whole periods. churned (n,): 1 where the customer left in period `tenure`, 0
        where the customer is still there after `tenure` renewals (censored; ages may differ).
        entered (n,): renewals survived before the records begin (left truncation), 0 by default.
        Raises PerenneError for unusable rows, without churn, or when the fit runs off.
        """
        lives = read_lives(data, tenure=tenure, churned=churned, weights=weights, entered=entered)
        refuse_untold(lives)
        likelihood = log_likelihood(lives, size=2)
        best = maximise(likelihood, starts=STARTS, names=NAMES)
        return FittedShiftedBetaGeometric(
            parameters=dict(zip(NAMES, np.exp(best.point).tolist(), strict=True)),
            log_likelihood=best.log_likelihood,
            covariance=tuple(map(tuple, best.covariance.tolist())),
            customers=float(lives.weights.sum()),
            kept_draws=posterior_of(likelihood, best, draws=self.hmc),
        )
