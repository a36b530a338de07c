"""What present subscribers will still bring: recurring revenue times the renewals to come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from perenne.core import PerenneError
from perenne.models.arguments import require_number
from perenne.models.contracts.fitted_contract import FittedContract
from perenne.models.histories import Floats, read_columns, refuse_where
from perenne.models.judging.recalibration import Adjustment
from perenne.text import gettext as _

# Periods after which a discounted infinite horizon counts as over, by the share still to come.
NEGLIGIBLE = 1e-9
_AT_ONCE = 10_000
_LONGEST = 200_000


@dataclass(frozen=True)
class ResidualValue:
    """Discounted margin still to come, in the currency of `mrr`.

    mean (n,); low, high: level → (n,), quantiles of the predictive distribution of each customer.
    total_draws (draws,): totals of joint futures; `total_interval` reads their quantiles.
    """

    mean: Floats
    low: Mapping[float, Floats]
    high: Mapping[float, Floats]
    total_draws: Floats

    @property
    def total(self) -> float:
        return float(self.mean.sum())

    def total_interval(self, level: float) -> tuple[float, float]:
        low, high = np.quantile(self.total_draws, ((1 - level) / 2, (1 + level) / 2))
        return float(low), float(high)


@dataclass(frozen=True)
class SubscriptionValue:
    """Residual value of subscribers under a fitted `contract`.

    margin: share of revenue kept. growth: assumed change of a staying customer's revenue per year
    (expansion less contraction), the same for all and certain; 0 by default. The next renewal is
    one period away and pays one period's `mrr`. pace: of leaving, by what past forecasts missed;
    its error is common to all customers.
    """

    contract: FittedContract
    periods_per_year: float = 12.0
    margin: float = 1.0
    growth: float = 0.0
    pace: Adjustment | None = None

    def __post_init__(self) -> None:
        require_number("periods_per_year", self.periods_per_year, above=0.0)

    def predict(
        self,
        horizon: float = np.inf,
        *,
        tenure: Any,
        mrr: Any,
        discount_rate: float = 0.10,
        interval: tuple[float, ...] = (0.5, 0.9),
        draws: int = 400,
        rng: np.random.Generator,
    ) -> ResidualValue:
        """Value of the next `horizon` periods (infinity: for ever) of customers still there.

        tenure (n,): renewals survived; mrr (n,): revenue per period. discount_rate: per year.
        Parameters are drawn anew for each future, customers leave one by one. Raises PerenneError
        for unusable rows or where growth outruns discount for ever.
        """
        columns = read_columns(None, ("tenure", "mrr"), {"tenure": tenure, "mrr": mrr})
        t, amount = columns["tenure"], columns["mrr"] * self.margin
        _check(t, columns["mrr"])
        factor = self._factor(discount_rate)
        periods = _periods(horizon, factor)
        paid = _annuity(factor, periods)
        drawn = self.contract.parameter_draws(draws, rng=rng)
        pace = np.ones(draws) if self.pace is None else self.pace.drawn(draws, rng=rng)
        ages, row = np.unique(t, return_inverse=True)
        row = row.ravel()
        mean, quantiles = self._by_age(ages, paid, drawn, pace=pace, levels=interval)
        # The lower end of a customer who costs (a negative amount) is that of staying longest.
        bounds = {
            level: (low[row] * amount, high[row] * amount)
            for level, (low, high) in quantiles.items()
        }
        return ResidualValue(
            mean=mean[row] * amount,
            low={level: np.minimum(*ends) for level, ends in bounds.items()},
            high={level: np.maximum(*ends) for level, ends in bounds.items()},
            total_draws=self._totals(t, amount, paid, drawn=drawn, pace=pace, rng=rng),
        )

    def _factor(self, discount_rate: float) -> float:
        if discount_rate <= -1 or self.growth <= -1:
            raise PerenneError(
                _("A yearly rate of −100 % or less leaves nothing to count."),
                given={"discount_rate": discount_rate, "growth": self.growth},
                next_step=_("Give the rate as a share: 0.10 for 10 % a year."),
            )
        return float(((1 + self.growth) / (1 + discount_rate)) ** (1 / self.periods_per_year))

    def _by_age(
        self,
        ages: Floats,
        paid: Floats,
        drawn: Mapping[str, Floats],
        *,
        pace: Floats,
        levels: tuple[float, ...],
    ) -> tuple[Floats, dict[float, tuple[Floats, Floats]]]:
        """Mean and quantiles of the paid annuity for each age, over drawn parameters: exact."""
        means = np.empty(ages.size)
        bounds = {level: (np.empty(ages.size), np.empty(ages.size)) for level in levels}
        for i, age in enumerate(ages):
            alive = self._alive(float(age), paid.size - 1, drawn, pace=pace)
            means[i] = float(np.diff(paid) @ alive)
            for level, (low, high) in bounds.items():
                low[i] = paid[_renewals(alive, (1 - level) / 2)]
                high[i] = paid[_renewals(alive, (1 + level) / 2)]
        return means, bounds

    def _alive(
        self, age: float, periods: int, drawn: Mapping[str, Floats], *, pace: Floats
    ) -> Floats:
        """P(alive after k = 1 … periods more renewals), the mean over drawn parameters."""
        columns = {name: values[:, None] for name, values in drawn.items()}
        curve = self.contract.curve(columns)
        total = np.empty(periods)
        step = max(1, 2_000_000 // pace.size)
        for first in range(0, periods, step):
            k = np.arange(first + 1, min(first + step, periods) + 1)
            stays = np.exp(curve.log_stays(age, k, pace[:, None]))
            total[first : first + step] = stays.mean(axis=0)
        return total

    def _totals(
        self,
        tenure: Floats,
        amount: Floats,
        paid: Floats,
        *,
        drawn: Mapping[str, Floats],
        pace: Floats,
        rng: np.random.Generator,
    ) -> Floats:
        draws = next(iter(drawn.values())).size
        total = np.zeros(draws)
        for first in range(0, tenure.size, _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            lives = self.contract.sample_remaining_life(
                tenure=tenure[part], rng=rng, draws=draws, parameters=drawn, pace=pace
            )
            total += paid[np.minimum(lives, paid.size - 1).astype(np.int64)] @ amount[part]
        return total


def _check(tenure: Floats, mrr: Floats) -> None:
    given = {"tenure": tenure, "mrr": mrr}
    refuse_where(
        ~np.isfinite(tenure) | ~np.isfinite(mrr),
        _("A value is missing or infinite."),
        given=given,
        next_step=_("Remove or repair these rows."),
    )
    refuse_where(
        (tenure < 0) | (tenure != np.floor(tenure)),
        _("A tenure is not a whole number of periods."),
        given=given,
        next_step=_("Count renewals faced: round months or years down before."),
    )


def _periods(horizon: float, factor: float) -> int:
    """Periods to sum: the horizon, or until the discount has eaten what follows."""
    if np.isfinite(horizon):
        if horizon < 0 or horizon != np.floor(horizon) or horizon > _LONGEST:
            raise PerenneError(
                _("The horizon is not a whole number of periods from 0 to {most}.").format(
                    most=_LONGEST
                ),
                given=horizon,
                next_step=_("Give 12, 24 or 36 for monthly subscriptions."),
            )
        return int(horizon)
    if factor >= 1:
        raise PerenneError(
            _("The growth is not below the discount rate: the value has no limit."),
            given=factor,
            next_step=_("Give a horizon, a higher discount rate or a lower growth."),
        )
    needed = np.log(NEGLIGIBLE) / np.log(factor)
    if needed > _LONGEST:
        raise PerenneError(
            _("Growth and discount nearly cancel: the sum takes more than {most} periods.").format(
                most=_LONGEST
            ),
            given=factor,
            next_step=_("Give a horizon, a higher discount rate or a lower growth."),
        )
    return int(np.ceil(needed))


def _annuity(factor: float, periods: int) -> Floats:
    """Discounted renewals paid when there are 0, 1, … `periods` of them."""
    paid: Floats = np.concatenate(([0.0], np.cumsum(factor ** np.arange(1.0, periods + 1))))
    return paid


def _renewals(alive: Floats, share: float) -> int:
    """Least k with P(further renewals ≤ k) ≥ share."""
    return int(np.searchsorted(-alive, -(1 - share) - 1e-12, side="right"))
