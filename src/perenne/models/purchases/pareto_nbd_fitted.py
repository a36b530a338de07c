"""What a fitted Pareto/NBD says of customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import exprel

from perenne.core import PerenneError
from perenne.models.arguments import require_drawing
from perenne.models.fitted import Fitted
from perenne.models.histories import (
    Floats,
    Histories,
    compress,
    distinct_rows,
    read_columns,
    read_histories,
)
from perenne.models.purchases.counts import read_up_to, while_alive
from perenne.models.purchases.design import Design, refuse_covariates
from perenne.models.purchases.horizons import read_horizon, read_horizons
from perenne.models.purchases.pareto_futures import Counts, Futures
from perenne.models.purchases.pareto_integral import legendre
from perenne.models.purchases.pareto_likelihood import PARAMETERS, rates_at
from perenne.models.purchases.pareto_rows import Rates, Rows
from perenne.text import gettext as _


@dataclass(frozen=True)
class FittedParetoNBD(Fitted):
    """Parameters r, alpha, s, beta, and with covariates one `alpha[…]` and `beta[…]` per column.

    Data are keywords or columns of a frame: frequency, recency, tenure, (customers,) each, ages in
    the time unit of the fit. A model with covariates needs `covariates=` at each prediction.
    Raises PerenneError for rows that cannot be and for a horizon that is negative or infinite.
    """

    model: ClassVar[str] = "ParetoNBD"
    positive: ClassVar[tuple[str, ...]] = PARAMETERS

    def probability_alive(
        self, data: Any = None, *, covariates: Any = None, **given: Any
    ) -> Floats:
        """P(the lifetime exceeds the tenure), (customers,); equations (11) to (13) of 1987."""
        return self._alive(*self._ask(data, given, covariates))

    def expected_purchases(
        self, horizon: Any, data: Any = None, *, covariates: Any = None, **given: Any
    ) -> Floats:
        """Expected purchases in the next `horizon` time units (scalar or one per customer)."""
        histories, rates = self._ask(data, given, covariates)
        ahead = read_horizon(horizon, size=histories.row.size)
        row = histories.row
        tenure, group = histories.tenure[row], histories.group[row]
        speed = (rates.r + histories.frequency[row]) / (rates.alpha[group] + tenure)
        return self._alive(histories, rates) * speed * _life(rates, group, tenure, ahead)

    def probability_of_purchase(
        self, horizon: Any, data: Any = None, *, covariates: Any = None, **given: Any
    ) -> Floats:
        """P(at least one purchase in the next `horizon` time units), (customers,).

        Given alive at T, the silence until T + horizon has the probability of the likelihood's
        kernel with the last purchase at T.
        """
        histories, rates = self._ask(data, given, covariates)
        ahead = read_horizon(horizon, size=histories.row.size)
        tenure = histories.tenure[histories.row]
        silent = compress(
            histories.frequency[histories.row],
            tenure,
            tenure + ahead,
            group=histories.group[histories.row],
        )
        kernel = _rows(silent).weigh(rates, means=False).log_kernel
        kernel -= _log_alive(rates, silent)
        return self._alive(histories, rates) * -np.expm1(np.minimum(kernel, 0.0))[silent.row]

    def purchase_probabilities(
        self, horizon: Any, data: Any = None, *, up_to: int, covariates: Any = None, **given: Any
    ) -> Floats:
        """P(0, 1 … `up_to` purchases in the next `horizon` time units), (customers, up_to + 1).

        What is missing to 1 is the chance of more.
        """
        counts = read_up_to(up_to)
        histories, rates = self._ask(data, given, covariates)
        row, size = histories.row, histories.row.size
        ahead = np.broadcast_to(read_horizon(horizon, size=size), size)
        x, tenure, group = histories.frequency[row], histories.tenure[row], histories.group[row]
        which, first = distinct_rows(x, tenure, group, ahead)  # alive, recency no longer matters
        x, tenure, group = x[first], tenure[first], group[first]
        each = while_alive(
            rates.r + x,
            rates.alpha[group] + tenure,
            rates.beta[group] + tenure,
            s=rates.s,
            ahead=ahead[first],
            up_to=counts,
        )
        alive = self._alive(histories, rates)[:, None]
        chance = alive * each[which]
        chance[:, :1] += 1.0 - alive
        return chance

    def purchase_probabilities_new(
        self, horizon: Any, *, up_to: int, covariates: Any = None
    ) -> Floats:
        """P(0, 1 … `up_to` repeat purchases of a customer acquired now), shape of horizon and
        (up_to + 1,); covariates as in `expected_purchases_new`.
        """
        counts, size = read_up_to(up_to), np.size(horizon)
        group, rates = self._rates(covariates, size, average=True)
        chance = while_alive(
            np.full(size, rates.r),
            rates.alpha[group],
            rates.beta[group],
            s=rates.s,
            ahead=np.broadcast_to(read_horizon(horizon, size=size), size),
            up_to=counts,
        )
        return chance.reshape(*np.shape(horizon), -1)

    def expected_purchases_new(self, horizon: Any, *, covariates: Any = None) -> Any:
        """Expected repeat purchases of a customer acquired now, in (0, horizon]; shape of horizon.

        Of the average customer, or of `covariates` with one value for each horizon.
        """
        size = np.size(horizon)
        group, rates = self._rates(covariates, size, average=True)
        ahead = read_horizon(horizon, size=size)
        expected = rates.r / rates.alpha[group] * _life(rates, group, np.zeros(size), ahead)
        return float(expected[0]) if np.ndim(horizon) == 0 else expected

    def discounted_expected_residual_transactions(
        self, rate: float, data: Any = None, *, covariates: Any = None, **given: Any
    ) -> Floats:
        """All further purchases, discounted continuously at `rate` per time unit, (customers,).

        Fader, Hardie & Lee (2005), RFM and CLV, equation (4). Raises PerenneError unless rate > 0.
        """
        if not (np.isfinite(rate) and rate > 0):
            raise PerenneError(
                _("The discount rate is not above zero."),
                given=rate,
                next_step=_("Give a rate per time unit, such as log(1.10) / 52 for 10% a year."),
            )
        histories, rates = self._ask(data, given, covariates)
        beta = rates.beta[histories.group] + histories.tenure
        distinct, which = np.unique(beta, return_inverse=True)
        speed = (rates.r + histories.frequency) / (rates.alpha[histories.group] + histories.tenure)
        each = speed * _discounted_life(rates.s, distinct, rate)[which.ravel()]
        return self._alive(histories, rates) * each[histories.row]

    def sample_purchases(
        self,
        horizons: float | Sequence[float],
        data: Any = None,
        *,
        rng: np.random.Generator,
        draws: int = 1,
        parameters: Mapping[str, Floats] | None = None,
        covariates: Any = None,
        **given: Any,
    ) -> Counts:
        """Draws of the purchases ahead: (draws, customers) for one horizon, else cumulated
        (draws, horizons, customers), one future each.

        parameters: draws of them (of `parameter_draws`), one for each draw; None: the estimates.
        """
        require_drawing(rng, draws, parameters)
        ahead = read_horizons(horizons)
        columns, group, matrix = self._read(data, given, covariates)
        histories = read_histories(group=group, **columns)
        rates = [rates_at(self._point(parameters, draw), matrix) for draw in range(draws)]
        seeds = rng.integers(2**63, size=draws).tolist()
        counts = Futures(histories, _rows(histories), ahead).draw(rates, seeds)
        return counts[:, 0] if np.ndim(horizons) == 0 else counts

    def _alive(self, histories: Histories, rates: Rates) -> Floats:
        alive = _rows(histories).weigh(rates, means=False).alive
        return alive[histories.row]

    def _ask(self, data: Any, given: Mapping[str, Any], covariates: Any) -> tuple[Histories, Rates]:
        columns, group, matrix = self._read(data, given, covariates)
        return read_histories(group=group, **columns), rates_at(self._point(None, 0), matrix)

    def _read(
        self, data: Any, given: Mapping[str, Any], covariates: Any
    ) -> tuple[dict[str, Any], Any, Floats]:
        wanted = ("frequency", "recency", "tenure")
        columns: dict[str, Any] = dict(read_columns(data, wanted, given, beside=covariates))
        group, matrix = self._matrix(covariates, columns["frequency"].size)
        return columns, group, matrix

    def _rates(self, covariates: Any, size: int, *, average: bool) -> tuple[Any, Rates]:
        if covariates is None and average:
            group, matrix = np.zeros(size, dtype=np.int64), np.zeros((1, self._width))
        else:
            group, matrix = self._matrix(covariates, size)
        return group, rates_at(self._point(None, 0), matrix)

    @property
    def _width(self) -> int:
        return (len(self.parameters) - len(PARAMETERS)) // 2

    def _matrix(self, covariates: Any, size: int) -> tuple[Any, Floats]:
        """(group of each customer, design matrix of the groups)."""
        if not self._width:
            refuse_covariates(covariates)
            return np.zeros(size, dtype=np.int64), np.zeros((1, 0))
        if covariates is None:
            raise PerenneError(
                _("The model was fitted with covariates, and none are given."),
                next_step=_("Give covariates=… with the columns of the fit."),
            )
        return Design.from_settings(self.settings["design"]).encode(covariates, size=size)

    def _point(self, parameters: Mapping[str, Floats] | None, draw: int) -> Floats:
        """Free parameters: the estimates, or one draw of them."""
        if parameters is None:
            values = np.array(list(self.parameters.values()))
        else:
            values = np.array([parameters[name][draw] for name in self.parameters])
        return np.concatenate([np.log(values[:4]), values[4:]])


def _rows(histories: Histories) -> Rows:
    return Rows(
        histories.frequency,
        histories.recency,
        histories.tenure,
        group=histories.group.astype(np.intp),
    )


def _log_alive(rates: Rates, silent: Histories) -> Floats:
    """Log of the first term of the kernel at `silent.recency`."""
    alpha, beta = rates.alpha[silent.group], rates.beta[silent.group]
    log: Floats = -(rates.r + silent.frequency) * np.log1p(silent.recency / alpha)
    return log - rates.s * np.log1p(silent.recency / beta)


def _life(rates: Rates, group: Any, tenure: Floats, ahead: Floats) -> Floats:
    """Expected time that a customer alive at `tenure` lives within `ahead`."""
    beta = rates.beta[group] + tenure
    passed = np.log1p(ahead / beta)
    life: Floats = beta * passed * exprel(-(rates.s - 1) * passed)
    return life


def _discounted_life(s: float, beta: Floats, rate: float) -> Floats:
    """∫ exp(-rate·t) (1 + t/beta)^-s dt from 0: beta Ψ(1, 2 - s, rate·beta), Tricomi's function."""
    z = rate * beta
    point, weight = legendre(128)
    width = np.minimum(np.log1p(45.0 / z), 45.0 / max(s - 1, 1e-3))
    v = np.multiply.outer(point, width)
    life: Floats = beta * width * (weight @ np.exp((1 - s) * v - z * np.expm1(v)))
    return life
