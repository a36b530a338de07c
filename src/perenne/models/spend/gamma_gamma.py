"""Gamma-Gamma: how much a customer spends per order, given the mean of the orders seen.

Fader, P. S. & Hardie, B. G. S. (2013), The Gamma-Gamma Model of Monetary Value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.fitted import Fitted
from perenne.models.fitting import maximise
from perenne.models.histories import Floats
from perenne.models.spend.likelihood import SpendLikelihood
from perenne.models.spend.orders import (
    SpendRows,
    fitting_rows,
    read_spend,
    refuse_negative,
)
from perenne.text import gettext as _

FREQUENCY_EFFECT = "frequency_effect"
STARTS = ((0.5, 1.0, 0.5), (1.8, 1.4, 0.8), (-0.5, 0.7, 1.0))
"""log p, log q, log γ of values divided by their mean."""
COARSE_ROWS = 20_000
"""The starts are climbed on so many rows when there are more than three times as many."""


@dataclass(frozen=True)
class GammaGamma:
    """Settings. The value of an order is Gamma(p, ν); ν ~ Gamma(q, γ) over customers.

    follows_frequency: γ grows as (1 + frequency) to an estimated power, for shops whose frequent
    buyers spend more, or less, per order (`choose_spend` decides by a test). max_left_out: the
    share of repeat customers with a mean value of zero or less above which the fit is refused.
    """

    follows_frequency: bool = False
    max_left_out: float = 0.05

    def fit(
        self,
        data: Any = None,
        *,
        frequency: Any = None,
        monetary_value: Any = None,
        weights: Any = None,
    ) -> FittedGammaGamma:
        """Exact maximum likelihood on customers with frequency > 0 and monetary_value > 0.

        frequency, monetary_value: (customers,), repeat orders and their mean value; NaN is allowed
        where frequency is 0. weights: how many customers each row stands for. Raises PerenneError
        for values that cannot be read, too few or equal values, no convergence, and q ≤ 1, where
        a mean does not exist.
        """
        columns = read_spend(
            data, frequency=frequency, monetary_value=monetary_value, weights=weights
        )
        rows = fitting_rows(columns, max_left_out=self.max_left_out)
        names = ("p", "q", "gamma") + ((FREQUENCY_EFFECT,) if self.follows_frequency else ())
        unit = float(np.average(rows.value, weights=rows.weights))
        every = rows.value.size // COARSE_ROWS
        optimum = maximise(
            self._likelihood(rows, unit=unit),
            starts=[(*start, *[0.0] * (len(names) - 3)) for start in STARTS],
            names=names,
            coarse=self._likelihood(rows, unit=unit, every=every) if every > 3 else None,
        )
        p, q, gamma = np.exp(optimum.point[:3])
        _refuse_without_mean(float(q))
        values = (p, q, gamma * unit, *optimum.point[3:])
        customers = float(rows.weights.sum())
        return FittedGammaGamma(
            parameters=dict(zip(names, map(float, values), strict=True)),
            log_likelihood=optimum.log_likelihood - customers * float(np.log(unit)),
            covariance=tuple(map(tuple, optimum.covariance.tolist())),
            customers=customers,
            left_out=rows.left_out,
        )

    def _likelihood(self, rows: SpendRows, *, unit: float, every: int = 1) -> SpendLikelihood:
        """Of values divided by `unit`, on each `every`-th customer."""
        x = rows.frequency[::every]
        matrix = np.log1p(x)[:, None] if self.follows_frequency else None
        return SpendLikelihood(x, rows.value[::every] / unit, rows.weights[::every], matrix=matrix)


@dataclass(frozen=True)
class FittedGammaGamma(Fitted):
    """Parameters p, q, gamma (in the unit of the values), and coefficients of γ.

    left_out: why → how many customers did not inform the fit.
    """

    model: ClassVar[str] = "GammaGamma"
    positive: ClassVar[tuple[str, ...]] = ("p", "q", "gamma")

    left_out: Mapping[str, float] = field(default_factory=dict)

    @property
    def population_mean(self) -> float:
        """Mean order value of a customer of whom no repeat order is known, pγ / (q − 1)."""
        p, q, gamma = (self.parameters[name] for name in ("p", "q", "gamma"))
        _refuse_without_mean(q)
        return p * gamma / (q - 1)

    def expected_value(
        self, data: Any = None, *, frequency: Any = None, monetary_value: Any = None
    ) -> Floats:
        """Mean value of a further order of each customer, (customers,); equation (5) of the paper.

        frequency and monetary_value as in `fit`; with frequency 0 the population mean. A mean value
        of 0 counts as seen. Raises PerenneError for negative values and for q ≤ 1.
        """
        x, spend = _evidence(data, frequency, monetary_value)
        p, q = self.parameters["p"], self.parameters["q"]
        _refuse_without_mean(q)
        mean: Floats = p * (self._gamma(self.parameters, x) + spend) / (p * x + q - 1)
        return mean

    def sample_totals(
        self,
        counts: npt.NDArray[np.integer[Any]],
        *,
        frequency: Any,
        monetary_value: Any,
        rng: np.random.Generator,
        parameters: Mapping[str, Floats] | None = None,
    ) -> npt.NDArray[np.float32]:
        """Values of `counts` further orders, drawn from the posterior of each customer.

        counts: (draws, customers), or (draws, horizons, customers) that grow along the horizons;
        the result has their shape. One ν per draw and customer. parameters: name → (draws,), from
        `parameter_draws`; without it the estimates serve every draw.
        """
        x, spend = _evidence(None, frequency, monetary_value)
        grown = counts if counts.ndim == 3 else counts[:, None, :]
        _draws, horizons, customers = grown.shape
        totals = np.zeros(grown.shape, dtype=np.float32)
        draw, who = np.divmod(np.flatnonzero(grown[:, -1]), customers)
        chosen = {
            name: value if parameters is None else parameters[name][draw]
            for name, value in self.parameters.items()
        }
        p, rate = chosen["p"], self._gamma(chosen, x[who]) + spend[who]
        shape = np.asarray(chosen["q"] + p * x[who], dtype=np.float32)
        one_over_nu = rate.astype(np.float32) / rng.standard_gamma(shape, dtype=np.float32)
        before = np.zeros(draw.size, dtype=counts.dtype)
        value = np.zeros(draw.size, dtype=np.float32)
        for horizon in range(horizons):
            now = grown[draw, horizon, who]
            value += one_over_nu * _gamma_sums(p, now - before, rng)
            totals[draw, horizon, who] = value
            before = now
        return totals.reshape(counts.shape)

    def _gamma(self, parameters: Mapping[str, Any], frequency: Floats) -> Floats:
        """γ of each customer: that of the shop, times (1 + x) to the power of the effect."""
        effect = parameters.get(FREQUENCY_EFFECT)
        if effect is None:
            return np.broadcast_to(parameters["gamma"], frequency.shape)
        grown: Floats = parameters["gamma"] * (1 + frequency) ** effect
        return grown


def _evidence(data: Any, frequency: Any, monetary_value: Any) -> tuple[Floats, Floats]:
    """Repeat orders x and what they amount to, x z̄, 0 without repeat order."""
    columns = read_spend(data, frequency=frequency, monetary_value=monetary_value)
    refuse_negative(columns)
    x = columns["frequency"]
    return x, np.where(x > 0, x * columns["monetary_value"], 0.0)


def _gamma_sums(p: Any, orders: npt.NDArray[Any], rng: np.random.Generator) -> Any:
    """Draws of Gamma(p n, 1), the total of n orders in units of 1/ν; 0 for none."""
    if np.all(some := orders > 0):
        return rng.standard_gamma(np.asarray(p * orders, dtype=np.float32), dtype=np.float32)
    sums = np.zeros(orders.size, dtype=np.float32)
    shape = (p * orders)[some].astype(np.float32)
    sums[some] = rng.standard_gamma(shape, dtype=np.float32)
    return sums


def _refuse_without_mean(q: float) -> None:
    if q > 1:
        return
    raise PerenneError(
        _("Order values are spread so widely that they have no mean (q = {q:.3g} ≤ 1).").format(
            q=q
        ),
        given=q,
        next_step=_(
            "Look for mistyped or wholesale orders among the largest values and set them apart, "
            "or use a learner."
        ),
    )
