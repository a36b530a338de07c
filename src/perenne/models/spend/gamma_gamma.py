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
from perenne.models.arguments import require_count, require_shrinkage
from perenne.models.fitted import Fitted
from perenne.models.fitting import Objective, Optimum, maximise
from perenne.models.gammas import gammas
from perenne.models.histories import Floats, Rows
from perenne.models.hmc import posterior_of
from perenne.models.purchases.design import Design, refuse_covariates, shrink, shrunk
from perenne.models.spend.likelihood import SpendLikelihood
from perenne.models.spend.orders import (
    SpendRows,
    fitting_rows,
    read_counts,
    read_spend,
    refuse_negative,
)
from perenne.text import gettext as _

FREQUENCY_EFFECT = "frequency_effect"
FIRST = ("first_shape", "first_ratio")
"""p₀ and κ of the first order, where `with_first_order` found them."""
STARTS = ((0.5, 1.0, 0.5), (1.8, 1.4, 0.8), (-0.5, 0.7, 1.0))
"""log p, log q, log γ of values divided by their mean."""
COARSE_ROWS = 20_000
"""The starts are climbed on so many rows when there are more than three times as many."""
REDRAWN = 20
"""How often draws of parameters that allow no mean are drawn anew."""


@dataclass(frozen=True)
class GammaGamma:
    """Settings. The value of an order is Gamma(p, ν); ν ~ Gamma(q, γ) over customers.

    follows_frequency: γ grows as (1 + frequency) to an estimated power, for shops whose frequent
    buyers spend more, or less, per order (`choose_spend` decides by a test). shrinkage: how
    strongly effects of covariates are pulled to zero, a prior precision; 0 is exact maximum
    likelihood, None lets the data say (empirical Bayes). max_left_out: the share of repeat
    customers with a mean value of zero or less above which the fit is refused. hmc: as in BetaGeo.
    """

    follows_frequency: bool = False
    shrinkage: float | None = None
    max_left_out: float = 0.05
    hmc: int = 0

    def __post_init__(self) -> None:
        require_count("hmc", self.hmc)
        require_shrinkage(self.shrinkage)

    def fit(
        self,
        data: Any = None,
        *,
        frequency: Any = None,
        monetary_value: Any = None,
        weights: Any = None,
        covariates: Any = None,
    ) -> FittedGammaGamma:
        """Maximum likelihood on customers with frequency > 0 and monetary_value > 0.

        frequency, monetary_value: (customers,), repeat orders and their mean value; NaN is allowed
        where frequency is 0. weights: how many customers each row stands for. covariates: a mapping
        or frame, one value per customer: γ exp(βz), so that `gamma[channel=web]` is the logarithm
        of what the channel multiplies the mean value by. Raises PerenneError for values that cannot
        be read, too few or equal values, no convergence, and q ≤ 1, where a mean does not exist.
        """
        columns = read_spend(
            data, frequency=frequency, monetary_value=monetary_value, weights=weights
        )
        rows = fitting_rows(columns, max_left_out=self.max_left_out)
        design, effects = None, np.zeros((rows.value.size, 0))
        if covariates is not None:
            design = Design.learn(covariates, reference=self.shrinkage == 0)
            group, coded = design.encode(covariates, size=columns["frequency"].size)
            effects = coded[group[rows.kept]]
        unit = float(np.average(rows.value, weights=rows.weights))
        optimum, objective, log_likelihood = self._best(rows, effects, design, unit=unit)
        p, q, gamma = np.exp(optimum.point[:3])
        _refuse_without_mean(float(q))
        values = (p, q, gamma * unit, *optimum.point[3:])
        customers = float(rows.weights.sum())
        return FittedGammaGamma(
            parameters=dict(zip(self._names(design), map(float, values), strict=True)),
            log_likelihood=log_likelihood - customers * float(np.log(unit)),
            covariance=tuple(map(tuple, optimum.covariance.tolist())),
            customers=customers,
            settings={} if design is None else {"design": design.to_settings()},
            left_out=rows.left_out,
            kept_draws=posterior_of(objective, optimum, draws=self.hmc),
        )

    def _names(self, design: Design | None) -> tuple[str, ...]:
        own = (FREQUENCY_EFFECT,) if self.follows_frequency else ()
        coded = () if design is None else tuple(f"gamma[{name}]" for name in design.names)
        return ("p", "q", "gamma", *own, *coded)

    def _best(
        self, rows: SpendRows, effects: Floats, design: Design | None, *, unit: float
    ) -> tuple[Optimum, Objective, float]:
        """For values in `unit`: the optimum, what it is of, log-likelihood without shrinkage."""
        names = self._names(design)
        every = rows.value.size // COARSE_ROWS
        whole = self._likelihood(rows, effects, unit=unit)
        part = self._likelihood(rows, effects, unit=unit, every=every) if every > 3 else None

        def climb(precision: Floats, start: Floats | None) -> Optimum:
            free = (0.0,) * (len(names) - 3)
            return maximise(
                shrunk(whole, precision),
                starts=[(*s, *free) for s in STARTS] if start is None else [start.tolist()],
                names=names,
                coarse=None if part is None or start is not None else shrunk(part, precision),
            )

        ahead = 3 + self.follows_frequency
        blocks = [] if design is None else design.blocks
        optimum, precision = shrink(
            climb,
            blocks=[slice(ahead + block.start, ahead + block.stop) for block in blocks],
            size=len(names),
            shrinkage=self.shrinkage if blocks else 0.0,
        )
        return optimum, shrunk(whole, precision), whole(optimum.point)[0]

    def _likelihood(
        self, rows: SpendRows, effects: Floats, *, unit: float, every: int = 1
    ) -> SpendLikelihood:
        """Of values divided by `unit`, on each `every`-th customer."""
        x = rows.frequency[::every]
        own = np.log1p(x)[:, None] if self.follows_frequency else np.zeros((x.size, 0))
        matrix = np.column_stack((own, effects[::every]))
        return SpendLikelihood(
            x,
            rows.value[::every] / unit,
            rows.weights[::every],
            matrix=matrix if matrix.shape[1] else None,
        )


@dataclass(frozen=True)
class FittedGammaGamma(Fitted):
    """Parameters p, q, gamma (in the unit of the values), and coefficients of γ.

    left_out: why → how many customers did not inform the fit.
    """

    model: ClassVar[str] = "GammaGamma"
    positive: ClassVar[tuple[str, ...]] = ("p", "q", "gamma", *FIRST)

    left_out: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def needed(cls) -> tuple[str, ...]:
        """p, q, gamma: those of first orders only where they were read."""
        return cls.positive[:3]

    @property
    def population_mean(self) -> float:
        """Mean order value of a customer of whom no repeat order is known, pγ / (q − 1)."""
        p, q, gamma = (self.parameters[name] for name in ("p", "q", "gamma"))
        _refuse_without_mean(q)
        return p * gamma / (q - 1)

    def parameter_draws(self, draws: int, *, rng: np.random.Generator) -> dict[str, Floats]:
        """As of any fitted model, without draws of q ≤ 1, under which no order has a mean value.

        They are drawn anew; where that does not end, q stays at the estimate.
        """
        drawn = super().parameter_draws(draws, rng=rng)
        for _again in range(REDRAWN):
            wrong = drawn["q"] <= 1
            if not wrong.any():
                return drawn
            for name, values in super().parameter_draws(int(wrong.sum()), rng=rng).items():
                drawn[name][wrong] = values
        return {
            name: np.where(wrong, self.parameters[name], values) for name, values in drawn.items()
        }

    @property
    def reads_first_order(self) -> bool:
        """Whether the value of the first order counts as evidence."""
        return FIRST[0] in self.parameters

    def expected_value(
        self,
        data: Any = None,
        *,
        frequency: Any = None,
        monetary_value: Any = None,
        first_value: Any = None,
        covariates: Any = None,
    ) -> Floats:
        """Mean value of a further order of each customer, (customers,); equation (5) of the paper.

        frequency and monetary_value as in `fit`; with frequency 0 the population mean, or what
        first_value, the value of the first order, makes of it (a model of `with_first_order`; 0 and
        NaN say nothing). A mean value of 0 counts as seen. Raises PerenneError for negative values
        and for q ≤ 1.
        """
        x, spend = _evidence(data, frequency, monetary_value)
        p, q = self.parameters["p"], self.parameters["q"]
        _refuse_without_mean(q)
        gamma = self.scale_of(x, covariates=covariates)
        more, told = self._first(first_value, self.parameters, np.arange(x.size))
        mean: Floats = p * (gamma + spend + told) / (p * x + more + q - 1)
        return mean

    def scale_of(self, frequency: Floats, *, covariates: Any = None) -> Floats:
        """γ of each customer, (customers,): it may follow the frequency and the covariates."""
        gamma = self._frequency_scale(self.parameters, frequency)
        group, coded = self._coded(covariates, frequency.size)
        if coded is not None:
            beta = np.array([self.parameters[name] for name in self._effects])
            gamma = gamma * np.exp(coded @ beta)[group]
        return gamma

    def _first(self, value: Any, parameters: Mapping[str, Any], who: Rows) -> tuple[Any, Any]:
        """What the first orders of `who` add to the shape and to the rate of the posterior."""
        if value is None or FIRST[0] not in parameters:
            return 0.0, 0.0
        first = np.nan_to_num(np.asarray(value, dtype=float))[who]
        own, kappa = (parameters[name] for name in FIRST)
        seen = first > 0
        return np.where(seen, own, 0.0), np.where(
            seen, own / (kappa * parameters["p"]) * first, 0.0
        )

    def sample_totals(
        self,
        counts: npt.NDArray[np.integer[Any]],
        *,
        frequency: Any,
        monetary_value: Any,
        rng: np.random.Generator,
        first_value: Any = None,
        parameters: Mapping[str, Floats] | None = None,
        covariates: Any = None,
    ) -> npt.NDArray[np.float32]:
        """Values of `counts` further orders, drawn from the posterior of each customer.

        counts: (draws, customers), or (draws, horizons, customers) that grow along the horizons;
        the result has their shape. One ν per draw and customer. parameters: name → (draws,), from
        `parameter_draws`; without it the estimates serve every draw.
        """
        x, spend = _evidence(None, frequency, monetary_value)
        counts = read_counts(counts, customers=x.size, parameters=parameters)
        grown = counts if counts.ndim == 3 else counts[:, None, :]
        group, coded = self._coded(covariates, x.size)
        known = _Known(
            x.astype(np.float32),
            spend.astype(np.float32),
            np.log1p(x),
            first_value if self.reads_first_order else None,
            group,
            coded,
        )
        totals = np.zeros(grown.shape, dtype=np.float32)
        for draw, bought in enumerate(grown):
            chosen = {
                name: float(value if parameters is None else parameters[name][draw])
                for name, value in self.parameters.items()
            }
            self._one_future(bought, known, at=chosen, rng=rng, totals=totals[draw])
        return totals.reshape(counts.shape)

    def _one_future(
        self,
        bought: npt.NDArray[Any],
        known: _Known,
        *,
        at: Mapping[str, float],
        rng: np.random.Generator,
        totals: npt.NDArray[np.float32],
    ) -> None:
        """Values of cumulated orders, (horizons, customers), into `totals`; one ν per customer."""
        # Of truth values: places of those of other numbers take four times as long to find.
        who = np.flatnonzero(bought[-1] > 0)
        x = known.x.take(who)
        x *= np.float32(at["p"])
        x += np.float32(at["q"])
        rate = known.spend.take(who)
        rate += self._scales(known, who, at)
        if known.first is not None:
            more, told = self._first(known.first, at, who)
            x += np.asarray(more, dtype=np.float32)
            rate += np.asarray(told, dtype=np.float32)
        rate /= gammas(x, rng)
        value: Any = np.float32(0)
        before: Any = np.int32(0)
        for counts, total in zip(bought, totals, strict=True):
            now = counts.take(who)
            more = _gamma_sums(at["p"], now - before, rng)
            more *= rate
            more += value
            total[who] = more
            value, before = more, now

    def _scales(
        self, known: _Known, who: npt.NDArray[np.intp], at: Mapping[str, float]
    ) -> npt.NDArray[np.float32] | np.float32:
        """γ of each customer of `who`, as `_frequency_scale`, and by covariates; one of all."""
        scale: npt.NDArray[np.float32] | np.float32 = np.float32(at["gamma"])
        if FREQUENCY_EFFECT in at:
            scale = scale * np.exp(at[FREQUENCY_EFFECT] * known.log_x.take(who)).astype(np.float32)
        if known.coded is not None:
            by_group = np.exp(known.coded @ np.array([at[name] for name in self._effects]))
            scale = scale * by_group.astype(np.float32)[known.group.take(who)]
        return scale

    @property
    def _effects(self) -> list[str]:
        """Names of the coefficients of covariates."""
        return [name for name in self.parameters if name.startswith("gamma[")]

    def _coded(self, covariates: Any, size: int) -> tuple[npt.NDArray[np.int64], Floats | None]:
        """Group of each customer and the coded covariates of the groups; None without any."""
        if "design" not in self.settings:
            refuse_covariates(covariates)
            return np.zeros(size, dtype=np.int64), None
        if covariates is None:
            raise PerenneError(
                _("The model was fitted with covariates, and none are given."),
                next_step=_("Give covariates=… with the columns of the fit."),
            )
        return Design.from_settings(self.settings["design"]).encode(covariates, size=size)

    def _frequency_scale(self, parameters: Mapping[str, Any], frequency: Floats) -> Floats:
        """γ of each customer: that of the shop, times (1 + x) to the power of the effect."""
        effect = parameters.get(FREQUENCY_EFFECT)
        if effect is None:
            return np.broadcast_to(parameters["gamma"], frequency.shape)
        grown: Floats = parameters["gamma"] * (1 + frequency) ** effect
        return grown


@dataclass(frozen=True)
class _Known:
    """What draws read of customers: repeat orders, what they amount to, log(1 + x), the value of
    the first order where the model reads it, covariates."""

    x: npt.NDArray[np.float32]
    spend: npt.NDArray[np.float32]
    log_x: Floats
    first: Any
    group: npt.NDArray[np.int64]
    coded: Floats | None


def _evidence(data: Any, frequency: Any, monetary_value: Any) -> tuple[Floats, Floats]:
    """Repeat orders x and what they amount to, x z̄, 0 without repeat order."""
    columns = read_spend(data, frequency=frequency, monetary_value=monetary_value)
    refuse_negative(columns)
    x = columns["frequency"]
    return x, np.where(x > 0, x * columns["monetary_value"], 0.0)


def _gamma_sums(
    p: float, orders: npt.NDArray[Any], rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Draws of Gamma(p n, 1), the total of n orders in units of 1/ν; 0 for none."""
    shape = orders.astype(np.float32)
    shape *= np.float32(p)
    return gammas(shape, rng)


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
