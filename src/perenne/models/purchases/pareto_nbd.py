"""Pareto/NBD: purchases at random while a customer lives, a lifetime that nobody sees the end of.

Schmittlein, D. C., Morrison, D. G. & Colombo, R. (1987), Counting Your Customers; Fader, P. S. &
Hardie, B. G. S. (2005), A Note on Deriving the Pareto/NBD Model and Related Expressions; Fader &
Hardie (2007), Incorporating Time-Invariant Covariates into the Pareto/NBD and BG/NBD Models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from perenne.core import PerenneError
from perenne.models.arguments import require_count, require_shrinkage
from perenne.models.fitting import Objective, Optimum, maximise
from perenne.models.histories import Floats, Histories, read_columns, read_histories
from perenne.models.hmc import posterior_of
from perenne.models.purchases.design import Design, shrink, shrunk
from perenne.models.purchases.pareto_likelihood import PARAMETERS, ParetoLikelihood
from perenne.models.purchases.pareto_nbd_fitted import FittedParetoNBD
from perenne.text import gettext as _

# r, s, and beta in mean tenures; alpha follows from r and the mean frequency.
STARTS = ((0.5, 0.5, 0.5), (1.0, 2.0, 2.0))
# Distinct histories on which the starts are climbed.
COARSE = 3000


@dataclass(frozen=True)
class ParetoNBD:
    """Settings. λ ~ Gamma(r, alpha) purchases per time unit, lifetime ~ Exp(μ), μ ~ Gamma(s, beta).

    shrinkage: how strongly the effects of covariates are pulled to zero, a prior precision; 0 is
    exact maximum likelihood, None lets the data say (empirical Bayes). Without covariates it has
    no use. hmc: as in BetaGeo.
    """

    shrinkage: float | None = None
    hmc: int = 0

    def __post_init__(self) -> None:
        require_count("hmc", self.hmc)
        require_shrinkage(self.shrinkage)

    def fit(self, data: Any = None, *, covariates: Any = None, **given: Any) -> FittedParetoNBD:
        """Maximum likelihood. Data, as keywords or columns of a frame, (customers,) each:
        frequency (repeat purchases), recency (age at the last), tenure (age at the end), weights.

        covariates: a mapping or frame, constant per customer: alpha exp(-γ₁z), beta exp(-γ₂z);
        `alpha[channel=web]` > 0 means faster purchases, `beta[channel=web]` > 0 an earlier end.
        Raises PerenneError for bad rows, one customer, one-time buyers only, no time observed, no
        convergence, or a parameter at its limit, with the reason and the next step.
        """
        wanted = ("frequency", "recency", "tenure", "weights?")
        columns: dict[str, Any] = dict(read_columns(data, wanted, given, beside=covariates))
        group, matrix, design = None, np.zeros((1, 0)), None
        if covariates is not None:
            design = Design.learn(covariates, reference=self.shrinkage == 0)
            group, matrix = design.encode(covariates, size=columns["frequency"].size)
        histories = read_histories(group=group, **columns)
        refuse_too_little(histories)
        unit = float(histories.weights @ histories.tenure) / histories.customers
        search = _Search(histories, unit, matrix, design)
        optimum, precision = search.run(self.shrinkage)
        log_likelihood, _gradient = search.objective(optimum.point)
        purchases = float(histories.weights @ histories.frequency)
        return FittedParetoNBD(
            parameters=search.parameters(optimum.point),
            log_likelihood=log_likelihood - purchases * float(np.log(unit)),
            covariance=tuple(map(tuple, optimum.covariance.tolist())),
            customers=histories.customers,
            settings={}
            if design is None
            else {"design": design.to_settings(), "precision": precision[4:].tolist()},
            kept_draws=posterior_of(shrunk(search.objective, precision), optimum, draws=self.hmc),
        )


class _Search:
    """The maximum, with ages in `unit` so that the time unit of the data has no influence."""

    def __init__(
        self, histories: Histories, unit: float, matrix: Floats, design: Design | None
    ) -> None:
        self.histories, self.unit, self.design = histories, unit, design
        self.objective = ParetoLikelihood(histories, unit=unit, matrix=matrix)
        every = histories.frequency.size // COARSE
        self.coarse = (
            ParetoLikelihood(histories, unit=unit, matrix=matrix, every=every)
            if every > 1
            else None
        )
        self.columns = [] if design is None else design.names
        self.names = [
            *PARAMETERS,
            *(f"alpha[{name}]" for name in self.columns),
            *(f"beta[{name}]" for name in self.columns),
        ]

    def run(self, shrinkage: float | None) -> tuple[Optimum, Floats]:
        """The optimum and the prior precision of each free parameter (0: none)."""
        if self.design is None:
            none = np.zeros(len(PARAMETERS))
            return self._maximise(none, None), none
        width, blocks = len(self.columns), self.design.blocks
        return shrink(
            self._maximise,
            blocks=[
                slice(offset + block.start, offset + block.stop)
                for offset in (4, 4 + width)
                for block in blocks
            ],
            size=len(self.names),
            shrinkage=shrinkage,
        )

    def _maximise(self, precision: Floats, start: Floats | None) -> Optimum:
        if start is not None:
            return maximise(
                shrunk(self.objective, precision), starts=[start.tolist()], names=self.names
            )
        coarse: Objective | None = None
        if self.coarse is not None:
            share = self.coarse.weights.sum() / self.objective.weights.sum()
            coarse = shrunk(self.coarse, precision * share)
        objective = shrunk(self.objective, precision)
        return maximise(objective, starts=self._starts(), names=self.names, coarse=coarse)

    def _starts(self) -> list[list[float]]:
        often = float(self.histories.weights @ self.histories.frequency) / self.histories.customers
        none = [0.0] * (2 * len(self.columns))
        return [[*np.log([r, r / often, s, beta]), *none] for r, s, beta in STARTS]

    def parameters(self, point: Floats) -> dict[str, float]:
        """In the time unit of the data."""
        r, alpha, s, beta = np.exp(point[:4])
        values = (r, alpha * self.unit, s, beta * self.unit, *point[4:])
        return dict(zip(self.names, map(float, values), strict=True))


def refuse_too_little(histories: Histories) -> None:
    if histories.customers <= 1:
        raise PerenneError(
            _("One customer cannot tell how customers differ."),
            given=histories.customers,
            next_step=_("Fit on all customers of the shop, then predict for this one."),
        )
    if not np.any(histories.weights[histories.tenure > 0]):
        raise PerenneError(
            _("No time has passed since the first purchase of any customer."),
            next_step=_("Observe customers for longer than one day."),
        )
    if not np.any(histories.weights[histories.frequency > 0]):
        raise PerenneError(
            _("No customer bought a second time."),
            given=histories.customers,
            next_step=_("Wait for repeat purchases, or use the simple formula."),
        )
