"""BG/BB: purchases at discrete opportunities (a yearly appeal, an event), and a silent end.

Fader, P. S., Hardie, B. G. S. & Shang, J. (2010), Customer-Base Analysis in a Discrete-Time
Noncontractual Setting, Marketing Science 29(6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from perenne.core import PerenneError
from perenne.models.arguments import require_count
from perenne.models.fitting import maximise
from perenne.models.histories import Floats, Histories
from perenne.models.hmc import posterior_of
from perenne.models.purchases.beta_binomial_fitted import (
    PARAMETERS,
    FittedBetaGeoBetaBinomial,
    read_opportunities,
)
from perenne.models.purchases.beta_binomial_likelihood import BetaBinomialLikelihood
from perenne.text import gettext as _

# log alpha, log beta, log gamma, log delta.
STARTS = ((0.0, 0.0, 0.0, 0.0), (0.0, 0.7, -0.7, 1.0), (-0.7, 0.7, 1.0, 2.5))


@dataclass(frozen=True)
class BetaGeoBetaBinomial:
    """p ~ Beta(alpha, beta) buys at an opportunity while there; the customer leaves before each
    opportunity with probability theta ~ Beta(gamma, delta). hmc: as in BetaGeo."""

    hmc: int = 0

    def __post_init__(self) -> None:
        require_count("hmc", self.hmc)

    def fit(self, data: Any = None, **given: Any) -> FittedBetaGeoBetaBinomial:
        """Maximum likelihood. Data, as keywords or columns of a frame, (customers,) each:
        frequency (opportunities taken), recency (number of the last one taken, 0 for none), periods
        (opportunities so far, one number when all had as many), weights (customers that a row
        stands for).

        Raises PerenneError for bad rows, one customer, nobody or everybody buying, a single
        opportunity, no convergence, or a parameter at its limit, with the reason and what to do.
        """
        histories = read_opportunities(data, given, weighted=True)
        _refuse_too_little(histories)
        likelihood = BetaBinomialLikelihood(histories)
        optimum = maximise(likelihood, starts=STARTS, names=PARAMETERS)
        return FittedBetaGeoBetaBinomial(
            parameters=dict(zip(PARAMETERS, np.exp(optimum.point).tolist(), strict=True)),
            log_likelihood=optimum.log_likelihood,
            covariance=tuple(map(tuple, optimum.covariance.tolist())),
            customers=histories.customers,
            kept_draws=posterior_of(likelihood, optimum, draws=self.hmc),
        )


def _refuse_too_little(histories: Histories) -> None:
    if histories.customers <= 1:
        raise PerenneError(
            _("One customer cannot tell how customers differ."),
            given=histories.customers,
            next_step=_("Fit on all customers of the shop, then predict for this one."),
        )
    counted = histories.weights > 0
    _refuse_unless(
        histories.tenure[counted] >= 2,
        what=_("No customer had two opportunities to buy."),
        next_step=_("Observe customers for several opportunities."),
    )
    _refuse_unless(
        histories.frequency[counted] > 0,
        what=_("No customer bought at any opportunity."),
        next_step=_("Wait for purchases, or use the simple formula."),
    )
    _refuse_unless(
        histories.frequency[counted] < histories.tenure[counted],
        what=_("Every customer bought at every opportunity."),
        next_step=_("Nothing shows that customers differ or leave: use the simple formula."),
    )


def _refuse_unless(some: Floats | Any, *, what: str, next_step: str) -> None:
    if not np.any(some):
        raise PerenneError(what, next_step=next_step)
