"""Beta-discrete-Weibull: the sBG with a chance to leave that changes with each customer's tenure.

Fader, Hardie, Liu, Davin & Steenburgh (2018), "'How to Project Customer Retention' Revisited: The
Role of Duration Dependence", Journal of Interactive Marketing 43.
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

NAMES = ("alpha", "beta", "c")
STARTS = ((0.0, 0.0, 0.0), (0.0, 2.0, 0.0), (1.5, 3.0, 0.3), (-1.0, 0.0, 0.5), (0.0, 1.0, -0.5))


@dataclass(frozen=True)
class FittedBetaDiscreteWeibull(FittedContract):
    """Fitted BdW. c = 1 is the sBG; c > 1: a customer's own churn rises with tenure."""

    model: ClassVar[str] = "BetaDiscreteWeibull"
    positive: ClassVar[tuple[str, ...]] = NAMES


@dataclass(frozen=True)
class BetaDiscreteWeibull:
    """Discrete-Weibull lives, the chance to leave beta-distributed over customers.

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
    ) -> FittedBetaDiscreteWeibull:
        """Exact maximum likelihood; data and errors as `ShiftedBetaGeometric.fit`."""
        lives = read_lives(data, tenure=tenure, churned=churned, weights=weights, entered=entered)
        refuse_untold(lives)
        likelihood = log_likelihood(lives, size=3)
        best = maximise(likelihood, starts=STARTS, names=NAMES)
        return FittedBetaDiscreteWeibull(
            parameters=dict(zip(NAMES, np.exp(best.point).tolist(), strict=True)),
            log_likelihood=best.log_likelihood,
            covariance=tuple(map(tuple, best.covariance.tolist())),
            customers=float(lives.weights.sum()),
            kept_draws=posterior_of(likelihood, best, draws=self.hmc),
        )
