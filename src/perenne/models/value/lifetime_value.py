"""Customer lifetime value: a purchase model times a spend model, with predictive intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.arguments import (
    read_each,
    read_numbers,
    require_count,
    require_fitted,
    require_number,
    require_rng,
)
from perenne.models.histories import Floats
from perenne.models.value.discounting import (
    LONGEST_YEARS,
    discount_force,
    discounted_purchases,
    expected_by,
    read_horizons,
    units_per_year,
)
from perenne.models.value.even_odds import even_odds
from perenne.models.value.futures import Customers, Futures, Group, Sampler, draw_futures
from perenne.models.value.known import Known, Reads, read_known
from perenne.models.value.prediction import PredictedValue, Totals
from perenne.text import gettext as _


@dataclass(frozen=True)
class CustomerLifetimeValue:
    """Fitted models of purchases and of spend, joined. time_unit: that of the purchase model."""

    purchases: Any
    spend: Any
    time_unit: str = "week"

    def __post_init__(self) -> None:
        require_fitted("purchases", self.purchases, says="expected_purchases")
        require_fitted("spend", self.spend, says="expected_value")
        units_per_year(self.time_unit)

    def expected_value(
        self,
        horizon: Any,
        *,
        data: Any = None,
        frequency: Any = None,
        recency: Any = None,
        tenure: Any = None,
        monetary_value: Any = None,
        first_value: Any = None,
        log_intervals: Any = None,
        covariates: Any = None,
        discount_rate: float = 0.10,
        kept: Any = None,
    ) -> Floats:
        """Discounted mean value until each horizon, (horizons, customers); no intervals.

        Arguments and errors as in `predict`.
        """
        given = (frequency, recency, tenure, monetary_value, first_value)
        known = self._known(data, given, covariates=covariates, intervals=log_intervals)
        value, _discounted, _plain = self._means(
            known, self._times(horizon, discount_rate), kept=kept
        )
        return value

    def predict(
        self,
        horizon: Any,
        *,
        data: Any = None,
        frequency: Any = None,
        recency: Any = None,
        tenure: Any = None,
        monetary_value: Any = None,
        first_value: Any = None,
        log_intervals: Any = None,
        covariates: Any = None,
        discount_rate: float = 0.10,
        interval: Sequence[float] = (0.5, 0.9),
        rng: np.random.Generator | None = None,
        draws: int = 150,
        groups: Mapping[str, Any] | None = None,
        kept: Any = None,
        level: float = 1.0,
        level_spread: float = 0.0,
        threads: int = 2,
    ) -> PredictedValue:
        """Value of each customer until `horizon`, a number or several that increase.

        frequency, recency, tenure, monetary_value: (customers,), arrays or columns of `data`; so is
        first_value, what the first order was worth, which a spend model may read, and
        log_intervals, which Pareto/GGG reads.
        covariates: a mapping or frame with those of either model's fit. interval: coverages of the
        predictive intervals, which hold parameter uncertainty (Laplace), that of the customer and
        that of the orders; `draws` futures, none for 0. groups: name → code of each customer, 0, 1,
        …. kept: (customers,), what of a unit sold counts: 1 − return share, margin rate, or their
        product. level: factor from recalibration on all value; level_spread: standard deviation of
        the logarithm of a model error common to all. Raises PerenneError for what cannot be.
        """
        given = (frequency, recency, tenure, monetary_value, first_value)
        known = self._known(data, given, covariates=covariates, intervals=log_intervals)
        horizons, _force = times = self._times(horizon, discount_rate)
        _require_futures(draws, threads, level=level, level_spread=level_spread)
        coverages = _coverages(interval) if draws else ()
        codes = _groups(groups or {}, size=known.size)
        value, discounted, plain = self._means(known, times, kept=kept)
        value *= level
        futures = None
        if draws:
            futures = draw_futures(
                self.sampler(horizons, draws, rng=_given(rng), level=(level, level_spread)),
                _customers(known, _factor(discounted, plain, known, kept=kept)),
                probabilities=_probabilities(coverages),
                groups=codes,
                rng=_given(rng),
                threads=threads,
                order=np.argsort(known.rows.row, kind="stable"),
            )
        return PredictedValue(
            horizons=horizons,
            time_unit=self.time_unit,
            discount_rate=discount_rate,
            expected_value=value,
            expected_purchases=np.take(plain, known.rows.row, axis=1),
            totals=_totals(value, futures, codes, coverages=coverages),
            **self._chances(horizons, known),
            **({} if futures is None else _bounds(futures.quantiles, coverages)),
        )

    def _known(self, data: Any, given: Sequence[Any], **more: Any) -> Known:
        return read_known(data, given, reads=Reads.of(self.purchases, self.spend), **more)

    def _times(self, horizon: Any, discount_rate: float) -> tuple[Floats, float]:
        return (
            read_horizons(horizon, time_unit=self.time_unit),
            discount_force(discount_rate, time_unit=self.time_unit),
        )

    def expected_orders(self, times: Floats, known: Known) -> Floats:
        """Orders expected until each of `times` of each distinct history, (times, histories)."""
        return expected_by(self.purchases, times, **known.history())

    def _means(
        self, known: Known, times: tuple[Floats, float], *, kept: Any
    ) -> tuple[Floats, Floats, Floats]:
        """Value of customers; discounted and plain purchases of distinct rows."""
        discounted, plain = discounted_purchases(
            lambda ages: self.expected_orders(ages, known), times[0], force=times[1]
        )
        each = self.spend.expected_value(**known.spending())
        if kept is not None:
            each = each * read_each("kept", kept, size=known.size)
        value = np.take(discounted, known.rows.row, axis=1)
        value *= each
        return value, discounted, plain

    def sampler(
        self, horizons: Floats, draws: int, *, rng: np.random.Generator, level: tuple[float, float]
    ) -> Sampler:
        """`draws` parameter vectors and level errors; level: factor, spread of its logarithm."""
        factor, spread = level
        errors = spread * rng.standard_normal(draws) - spread**2 / 2
        return Sampler(
            purchases=self.purchases,
            spend=self.spend,
            horizons=horizons,
            purchase_draws=self.purchases.parameter_draws(draws, rng=rng),
            spend_draws=self.spend.parameter_draws(draws, rng=rng),
            levels=(factor * np.exp(errors)).astype(np.float32),
        )

    def _chances(self, horizons: Floats, known: Known) -> dict[str, Any]:
        """Probabilities of an order and of activity, and when an order has even odds."""
        model, row = self.purchases, known.rows.row
        chance = [model.probability_of_purchase(float(h), **known.history()) for h in horizons]
        alive = model.probability_alive(**known.history())
        date, reason = even_odds(
            lambda time, who: model.probability_of_purchase(time, **known.history(who)),
            size=alive.size,
            longest=LONGEST_YEARS * units_per_year(self.time_unit),
        )
        return {
            "probability_of_purchase": np.take(np.array(chance), row, axis=1),
            "probability_alive": alive[row],
            "alive_by_construction": ((known.rows.frequency == 0) & (alive >= 1))[row],
            "even_odds_horizon": date[row],
            "even_odds_reason": reason[row],
        }


def _given(rng: np.random.Generator | None) -> np.random.Generator:
    if rng is not None:
        return require_rng(rng)
    raise PerenneError(
        _("Intervals are drawn at random, and no generator was given."),
        next_step=_("Give rng=numpy.random.default_rng(1), or draws=0 for means alone."),
    )


def _require_futures(draws: Any, threads: Any, *, level: Any, level_spread: Any) -> None:
    require_count("draws", draws)
    require_count("threads", threads, least=1)
    require_number("level", level, above=0.0)
    require_number("level_spread", level_spread, least=0.0)


def _coverages(interval: Sequence[float]) -> tuple[float, ...]:
    found = tuple(read_numbers("interval", interval).tolist()) if np.size(interval) else ()
    if all(0 < c < 1 for c in found):
        return found
    raise PerenneError(
        _("The coverage of an interval lies between 0 and 1."),
        given=interval,
        next_step=_("For example interval=(0.5, 0.9)."),
    )


MOST_EMPTY = 100_000
"""Codes of groups may run so far beyond the number of customers; further ones are ids."""


def _probabilities(coverages: Sequence[float]) -> Floats:
    """One half, then lower and upper of each coverage."""
    ends = [end for c in coverages for end in ((1 - c) / 2, (1 + c) / 2)]
    return np.array([0.5, *ends])


def _bounds(quantiles: npt.NDArray[Any], coverages: Sequence[float]) -> dict[str, Any]:
    """median, lower and upper from quantiles whose first axis is that of `_probabilities`."""
    return {
        "median": quantiles[0],
        "lower": {c: quantiles[1 + 2 * i] for i, c in enumerate(coverages)},
        "upper": {c: quantiles[2 + 2 * i] for i, c in enumerate(coverages)},
    }


def _customers(known: Known, factor: Floats) -> Customers:
    return Customers(**known.columns, covariates=known.covariates, factor=factor)


def _factor(discounted: Floats, plain: Floats, known: Known, *, kept: Any) -> npt.NDArray[Any]:
    """Mean discount of a purchase between two horizons, times what is kept of its value."""
    owed, orders = np.diff(discounted, axis=0, prepend=0), np.diff(plain, axis=0, prepend=0)
    share = np.divide(owed, orders, out=np.ones_like(owed), where=orders > 0)
    factor = np.take(share.astype(np.float32), known.rows.row, axis=1)
    if kept is not None:
        factor *= read_each("kept", kept, size=known.size).astype(np.float32)
    return np.asarray(factor)


def _groups(groups: Mapping[str, Any], *, size: int) -> dict[str, Group]:
    found: dict[str, Group] = {"all": (np.zeros(size, dtype=np.intp), 1)}
    for name, given in groups.items():
        if name in found:
            raise PerenneError(
                _("No group can be called {name}: that is the total of all customers.").format(
                    name=name
                ),
                given=name,
                next_step=_("Give it another name."),
            )
        codes = np.asarray(given)
        if (
            codes.shape != (size,)
            or codes.dtype.kind not in "iu"
            or not (0 <= codes.min() <= codes.max() < size + MOST_EMPTY)
        ):
            raise PerenneError(
                _("The group {name} does not give each customer a code 0, 1, ….").format(name=name),
                next_step=_("Give one whole number per customer, from 0."),
            )
        found[name] = (codes.astype(np.intp), int(codes.max()) + 1)
    return found


def _totals(
    value: Floats,
    futures: Futures | None,
    codes: Mapping[str, Group],
    *,
    coverages: Sequence[float],
) -> dict[str, Totals]:
    totals = {}
    for name, (code, count) in codes.items():
        mean = np.array([np.bincount(code, weights=row, minlength=count) for row in value])
        if futures is None:
            totals[name] = Totals(mean, np.full_like(mean, np.nan), {}, {})
            continue
        ends = _probabilities(coverages)
        spread = np.quantile(futures.sums[name], ends, axis=0, method="weibull")
        totals[name] = Totals(mean, **_bounds(spread, coverages))
    return totals
