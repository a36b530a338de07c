"""What every fitted model of contract lives can say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from perenne.core import PerenneError
from perenne.models.arguments import is_number, require_drawing, require_number, shown
from perenne.models.contracts.survival import Curve
from perenne.models.fitted import Fitted
from perenne.models.histories import Floats, refuse_where
from perenne.text import gettext as _


def rate_per_period(rate_per_year: float, periods_per_year: float) -> float:
    """The rate of one period that compounds to `rate_per_year` in a year; PerenneError below 0."""
    require_number("periods_per_year", periods_per_year, above=0.0)
    if not (is_number(rate_per_year) and rate_per_year >= 0):
        raise PerenneError(
            _("A discount rate of {rate} per year cannot be used.").format(
                rate=shown(rate_per_year)
            ),
            given=rate_per_year,
            next_step=_("Give the rate as a share: 0.10 for 10 % a year."),
        )
    return float((1.0 + rate_per_year) ** (1.0 / periods_per_year) - 1.0)


@dataclass(frozen=True)
class FittedContract(Fitted):
    """Survival, churn and remaining life in whole periods; `tenure` counts renewals survived.

    Every method raises PerenneError for a tenure, period or horizon that is negative or no number;
    a horizon may be infinite.
    """

    def curve(self, parameters: Mapping[str, Any] | None = None) -> Curve:
        """The survival curve at the estimate, or at other parameters."""
        values = dict(parameters or self.parameters)
        return Curve(values["alpha"], values["beta"], values.get("c", 1.0))

    def survival(self, periods: Any) -> Floats:
        """P(still a customer after `periods` renewals), for a new customer."""
        t = _counted("periods", periods)
        return np.asarray(np.exp(self.curve().log_survival(t)))

    def churn_hazard(self, period: Any) -> Floats:
        """P(leaves at renewal `period` | survived the one before); `period` from 1."""
        t = _counted("period", period, first=1)
        log_s = self.curve().log_survival
        return np.asarray(-np.expm1(log_s(t) - log_s(t - 1)))

    def retention(self, period: Any) -> Floats:
        """P(renews at renewal `period` | survived the one before); `period` from 1."""
        return np.asarray(1.0 - self.churn_hazard(period))

    def probability_alive(self, horizon: Any, *, tenure: Any, pace: Any = 1.0) -> Floats:
        """P(still a customer `horizon` periods from now | survived `tenure`).

        pace: of leaving from now on, a factor learnt on past forecasts.
        """
        t, ahead = _counted("tenure", tenure), _counted("horizon", horizon)
        return np.asarray(np.exp(self.curve().log_stays(t, ahead, pace)))

    def posterior(self, *, tenure: Any) -> tuple[Floats, Floats]:
        """Beta parameters of the churn propensity of customers who survived `tenure` renewals."""
        curve, t = self.curve(), _counted("tenure", tenure)
        return np.full(t.shape, curve.alpha), np.asarray(curve.beta + t**curve.c)

    def expected_remaining_life(self, *, tenure: Any, horizon: float = np.inf) -> Floats:
        """Expected number of further renewals within `horizon` periods, (n,).

        Infinity when the sum diverges; `why_infinite` says why.
        """
        return self._remaining(tenure, factor=1.0, horizon=horizon)

    def discounted_remaining_life(
        self,
        rate: float,
        *,
        tenure: Any,
        periods_per_year: float = 1.0,
        horizon: float = np.inf,
        due_now: bool = False,
    ) -> Floats:
        """Expected discounted number of further renewals, (n,). `rate` is per year.

        `due_now`: the next renewal is due at once (DERL of Fader & Hardie 2010, eq. 6); else one
        period from now.
        """
        factor = 1.0 / (1.0 + rate_per_period(rate, periods_per_year))
        ahead = 1.0 / factor if due_now else 1.0
        return self._remaining(tenure, factor=factor, horizon=horizon) * ahead

    def discounted_life(self, rate: float, *, periods_per_year: float = 1.0) -> float:
        """DEL: expected discounted periods of a new customer, the one just paid included."""
        rest = self.discounted_remaining_life(rate, tenure=0, periods_per_year=periods_per_year)
        return 1.0 + float(rest[0])

    @property
    def why_infinite(self) -> str:
        """Why the expected life has no finite value; empty when it has one."""
        if self.curve().is_finite:
            return ""
        return _(
            "So many customers hardly ever leave that the mean life has no limit: give a horizon "
            "or a discount rate."
        )

    def sample_remaining_life(
        self,
        *,
        tenure: Any,
        rng: np.random.Generator,
        draws: int = 1,
        parameters: Mapping[str, Floats] | None = None,
        pace: Any = 1.0,
    ) -> Floats:
        """Further renewals of each customer before leaving, (draws, n), may be huge.

        One draw uses one parameter vector for all customers (joint predictive distribution). pace:
        of leaving, as in `probability_alive`; one number, or one for each draw.
        """
        require_drawing(rng, draws)
        t = np.atleast_1d(_counted("tenure", tenure))
        used = {name: np.reshape(v, (-1, 1)) for name, v in (parameters or self.parameters).items()}
        curve = self.curve(used)
        c, z = np.asarray(curve.c), t ** np.asarray(curve.c)
        shape = (draws, t.size)
        theta = rng.beta(
            np.broadcast_to(curve.alpha, shape), np.broadcast_to(curve.beta + z, shape)
        )
        with np.errstate(divide="ignore", over="ignore"):
            steps = np.log(rng.random(shape)) / np.log1p(-theta)
            reached = z + steps / np.reshape(pace, (-1, 1))
            last = np.ceil(np.minimum(reached ** (1.0 / c), 1e15))
        return np.asarray(np.maximum(last - 1.0 - t, 0.0))

    def _remaining(self, tenure: Any, *, factor: float, horizon: float) -> Floats:
        t = np.atleast_1d(_counted("tenure", tenure))
        ahead = float(_counted("horizon", horizon))
        distinct, row = np.unique(t, return_inverse=True)
        curve = self.curve()
        each = [curve.remaining(age, factor=factor, horizon=ahead) for age in distinct]
        return np.array(each, dtype=np.float64)[row.ravel()]


def _counted(name: str, value: Any, *, first: int = 0) -> Floats:
    """Numbers of periods, in the shape given. PerenneError below `first` and for no number."""
    counted = np.asarray(value, dtype=float)
    flat = np.atleast_1d(counted).ravel()
    refuse_where(
        ~(flat >= first),
        _("A number of periods is below {first}, or missing.").format(first=first),
        given={name: flat},
        next_step=_("Count renewals from {first}.").format(first=first),
    )
    return counted
