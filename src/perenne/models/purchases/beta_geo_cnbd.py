"""BG/CNBD-k and MBG/CNBD-k: the BG/NBD family for regular buyers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

import numpy as np
from scipy.special import gammaln

from perenne.core import PerenneError
from perenne.models.arguments import require_count
from perenne.models.histories import read_columns
from perenne.models.purchases.beta_geo import FitOptions, fit_family
from perenne.models.purchases.beta_geo_fitted import FittedFamily
from perenne.text import gettext as _

MOST_STAGES = 12

F = TypeVar("F", bound=FittedFamily)


class FittedBetaGeoCNBD(FittedFamily):
    model: ClassVar[str] = "BetaGeoCNBD"
    of_the_fit: ClassVar[tuple[str, ...]] = ("log_intervals",)


class FittedModifiedBetaGeoCNBD(FittedFamily):
    model: ClassVar[str] = "ModifiedBetaGeoCNBD"
    of_the_fit: ClassVar[tuple[str, ...]] = ("log_intervals",)
    dropout_at_zero: ClassVar[bool] = True


@dataclass(frozen=True)
class BetaGeoCNBD:
    """BG/CNBD-k (Reutterer, Platzer & Schröder 2021): Erlang-k intervals, for regular buyers.

    k: 1 is BG/NBD; the larger, the more regular. None chooses the k of the highest likelihood, for
    which the fit needs `log_intervals`. hmc: as in BetaGeo, given k.
    """

    k: int | None = None
    hmc: int = 0

    def __post_init__(self) -> None:
        require_count("hmc", self.hmc)
        if self.k is not None:
            require_count("k", self.k, least=1)

    def fit(self, data: Any = None, **given: Any) -> FittedBetaGeoCNBD:
        """As BetaGeo.fit, with the column log_intervals: sum of the logarithms of the intervals
        between a customer's purchases, 0 for none, in the time unit of recency.

        For a given k the parameters do not depend on log_intervals; without it `log_likelihood`
        lacks (k-1) Σ log_intervals and cannot be compared with that of another k.
        """
        return _fit_stages(FittedBetaGeoCNBD, self.k, data, given, hmc=self.hmc)


@dataclass(frozen=True)
class ModifiedBetaGeoCNBD:
    """MBG/CNBD-k (Reutterer, Platzer & Schröder 2021): dropout at the first purchase too.

    k, hmc: as in BetaGeoCNBD.
    """

    k: int | None = None
    hmc: int = 0

    def __post_init__(self) -> None:
        require_count("hmc", self.hmc)
        if self.k is not None:
            require_count("k", self.k, least=1)

    def fit(self, data: Any = None, **given: Any) -> FittedModifiedBetaGeoCNBD:
        """As BetaGeoCNBD.fit."""
        return _fit_stages(FittedModifiedBetaGeoCNBD, self.k, data, given, hmc=self.hmc)


def _fit_stages(
    kind: type[F], k: int | None, data: Any, given: Mapping[str, Any], *, hmc: int
) -> F:
    names = ("frequency", "recency", "tenure", "log_intervals?", "weights?")
    columns = read_columns(data, names, given)
    logs = columns.get("log_intervals")
    if k is None and logs is None:
        raise PerenneError(
            _("Without log_intervals no likelihood can choose k."),
            next_step=_(
                "Give log_intervals=…, each customer's sum of the logarithms of the intervals "
                "between purchases, or a k."
            ),
        )
    counted = {name: value for name, value in given.items() if name != "log_intervals"}
    weights = columns.get("weights", np.ones(columns["frequency"].size))
    purchases = float(weights @ columns["frequency"])
    total = None if logs is None else float(weights @ logs)

    def fitted(shape: int, draws: int = 0) -> F:
        one = fit_family(kind, data, counted, options=FitOptions(k=shape, hmc=draws))
        spread = (shape - 1) * (total or 0.0) - purchases * float(gammaln(shape))
        return replace(
            one,
            parameters={**one.parameters, "k": float(shape)},
            log_likelihood=one.log_likelihood + spread,
            settings={"log_intervals": logs is not None},
        )

    if k is not None:
        return fitted(int(k), hmc)
    best = _most_likely(fitted)
    return fitted(int(best.parameters["k"]), hmc) if hmc else best


def _most_likely(fitted: Callable[[int], F]) -> F:
    """The k after which the likelihood falls; it has one top."""
    best = fitted(1)
    for shape in range(2, MOST_STAGES + 1):
        another = fitted(shape)
        if another.log_likelihood < best.log_likelihood:
            break
        best = another
    return best
