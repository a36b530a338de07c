"""What both dynamic fits share: the names of their effects, and a test of what these are worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from scipy.stats import chi2

from perenne.core import PerenneError
from perenne.models.fitted import Fitted
from perenne.text import gettext as _

BASE = ("r", "alpha", "s", "beta")


class LikelihoodRatio(NamedTuple):
    """Are the further covariates worth it? p_value: of no effect at all (chi-squared)."""

    statistic: float
    degrees: int
    p_value: float


@dataclass(frozen=True)
class DynamicFit(Fitted):
    """Parameters r, alpha, s, beta, `life.…` on dropout and `trans.…` on purchases."""

    positive: ClassVar[tuple[str, ...]] = BASE

    @property
    def until(self) -> float:
        return float(self.settings["until"])

    def likelihood_ratio(self, simpler: Fitted) -> LikelihoodRatio:
        """Test against a fit to the same customers with fewer covariates, or with none.

        Raises PerenneError for a penalised fit, for other customers, or without further covariates.
        """
        degrees = len(self.parameters) - len(simpler.parameters)
        ridge = self.settings["ridge"] or simpler.settings.get("ridge", 0.0)
        if degrees <= 0 or ridge or simpler.customers != self.customers:
            raise PerenneError(
                _("These two fits cannot be compared by a likelihood ratio."),
                given={"degrees": degrees, "ridge": ridge, "customers": simpler.customers},
                next_step=_(
                    "Fit both with ridge=0 to the same customers, the simpler one with a part of "
                    "the covariates."
                ),
            )
        statistic = max(0.0, 2 * (self.log_likelihood - simpler.log_likelihood))
        return LikelihoodRatio(statistic, degrees, float(chi2.sf(statistic, degrees)))

    def _names(self, prefix: str) -> tuple[str, ...]:
        return tuple(
            name.removeprefix(prefix) for name in self.parameters if name.startswith(prefix)
        )
