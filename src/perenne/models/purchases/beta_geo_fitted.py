"""What a fitted member of the BG/NBD family says of customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import betainc

from perenne.core import PerenneError
from perenne.models.arguments import read_numbers, require_drawing
from perenne.models.fitted import Fitted
from perenne.models.histories import (
    Floats,
    Histories,
    check_histories,
    distinct_rows,
    parts,
    read_columns,
    read_histories,
)
from perenne.models.purchases.beta_geo_expectation import Active, expected_while_active
from perenne.models.purchases.beta_geo_likelihood import Family, Population, population
from perenne.models.purchases.beta_geo_sampling import Counts, Sampler, standing
from perenne.models.purchases.counts import read_up_to, while_active
from perenne.models.purchases.design import Design, refuse_covariates
from perenne.text import gettext as _

NAMES = ("r", "alpha", "a", "b")
NO_ROWS = np.zeros(0, dtype=np.intp)


@dataclass(frozen=True)
class Asked:
    """Compressed customers with parameters (and the horizon) of each of their groups."""

    histories: Histories
    people: Population
    horizon: Floats

    @property
    def ahead(self) -> Floats:
        return self.horizon[self.histories.group]


@dataclass(frozen=True)
class FittedFamily(Fitted):
    """A fitted model of the family. Data are keywords: frequency, recency, tenure (customers,).

    Recency and tenure are ages in the time unit of the fit; a frame with such columns will do too.
    A model with covariates needs `covariates=` (a mapping or a frame) at each prediction.
    Raises PerenneError for rows that cannot be and for a horizon that is negative or infinite.
    """

    positive: ClassVar[tuple[str, ...]] = NAMES
    dropout_at_zero: ClassVar[bool] = False
    of_the_fit: ClassVar[tuple[str, ...]] = ()
    """Columns that the fit reads and predictions need not: they may be given all the same."""

    @property
    def family(self) -> Family:
        return Family(int(self.parameters.get("k", 1)), self.dropout_at_zero)

    def probability_alive(
        self, data: Any = None, *, covariates: Any = None, **given: Any
    ) -> Floats:
        """P(active at the end of observation), (customers,).

        Without dropout at the first purchase (BG/NBD, BG/CNBD-k) it is 1 for everyone without a
        repeat purchase, whatever the silence: in the paper only a repeat purchase can be the last.
        """
        x, last, age = self._read(data, given, covariates).values()
        check_histories(x, last, age)
        group, rows = self._rows(covariates, x.size)
        people = population(self._point(None, 0), rows)
        alive = np.empty(x.size)
        for part in parts(x.size):
            # One row per customer: to find out which are alike would cost more.
            alike = group[part]
            some = Histories(x[part], last[part], age[part], x[part], row=NO_ROWS, group=alike)
            alive[part] = standing(self.family, some, people).alive
        return alive

    def expected_purchases(
        self, horizon: Any, data: Any = None, *, covariates: Any = None, **given: Any
    ) -> Floats:
        """Expected purchases in the next `horizon` time units (scalar or one per customer)."""
        asked = self._ask(data, given, covariates=covariates, horizon=horizon)
        expected: Floats = self._expected(asked, [asked.ahead])[0]
        return expected

    def expected_purchases_by(
        self, times: Floats, data: Any = None, *, covariates: Any = None, **given: Any
    ) -> Floats:
        """As `expected_purchases` for several horizons at once, (times, customers): sooner."""
        asked = self._ask(data, given, covariates=covariates)
        size = asked.histories.frequency.size
        ages = [np.broadcast_to(time, size) for time in _ages(times, np.size(times))]
        return self._expected(asked, ages)

    def _expected(self, asked: Asked, ages: Sequence[Floats]) -> Floats:
        """(ages, customers); each of `ages` is (rows,)."""
        histories = asked.histories
        at = standing(self.family, histories, asked.people)
        # An active customer's recency no longer matters: far fewer distinct cases.
        pair, first = distinct_rows(histories.frequency, histories.tenure, histories.group)
        expected = np.empty((len(ages), histories.row.size))
        for out, ahead in zip(expected, ages, strict=True):
            active = Active(at.shape, at.rate, at.a, at.b, ahead)[first]
            each = expected_while_active(active, self.family.k)
            known = at.alive * (at.stages * each[:, pair]).sum(axis=0)
            np.take(known, histories.row, out=out)
        return expected

    def probability_of_purchase(
        self, horizon: Any, data: Any = None, *, covariates: Any = None, **given: Any
    ) -> Floats:
        """P(at least one purchase in the next `horizon` time units), (customers,)."""
        asked = self._ask(data, given, covariates=covariates, horizon=horizon)
        at = standing(self.family, asked.histories, asked.people)
        passed = asked.ahead / (at.rate + asked.ahead)
        k = self.family.k
        reached = [at.stages[j] * betainc(k - j, at.shape + j, passed) for j in range(k)]
        return np.asarray((at.alive * np.sum(reached, axis=0))[asked.histories.row])

    def purchase_probabilities(
        self, horizon: Any, data: Any = None, *, up_to: int, covariates: Any = None, **given: Any
    ) -> Floats:
        """P(0, 1 … `up_to` purchases in the next `horizon` time units), (customers, up_to + 1).

        What is missing to 1 is the chance of more.
        """
        counts = read_up_to(up_to)
        asked = self._ask(data, given, covariates=covariates, horizon=horizon)
        at = standing(self.family, asked.histories, asked.people)
        active = Active(at.shape, at.rate, at.a, at.b, asked.ahead)
        each = while_active(active, self.family.k, up_to=counts)
        chance = at.alive[:, None] * (at.stages[:, :, None] * each).sum(axis=0)
        chance[:, 0] += 1.0 - at.alive
        return np.asarray(chance[asked.histories.row])

    def purchase_probabilities_new(
        self, horizon: Any, *, up_to: int, covariates: Any = None
    ) -> Floats:
        """P(0, 1 … `up_to` repeat purchases of a customer acquired now), shape of horizon and
        (up_to + 1,); covariates as in `expected_purchases_new`.
        """
        return self.purchase_probabilities(
            *self._new(horizon), up_to=up_to, covariates=_or_average(covariates)
        ).reshape(*np.shape(horizon), -1)

    def expected_purchases_new(self, horizon: Any, *, covariates: Any = None) -> Any:
        """Expected repeat purchases of a customer acquired now, in (0, horizon]; shape of horizon.

        Of the average customer, or of `covariates` with one value for each horizon.
        """
        asked = _or_average(covariates)
        expected = self.expected_purchases(*self._new(horizon), covariates=asked)
        return float(expected[0]) if np.ndim(horizon) == 0 else expected

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
        ahead = _increasing(horizons)
        asked = self._ask(data, given, covariates=covariates)
        rows = self._rows(covariates, asked.histories.row.size)[1]
        people = [population(self._point(parameters, draw), rows) for draw in range(draws)]
        counts = Sampler(self.family, asked.histories, ahead).draw(people, rng)
        return counts[:, 0] if np.ndim(horizons) == 0 else counts

    @staticmethod
    def _new(horizon: Any) -> tuple[Floats, dict[str, Floats]]:
        """Horizons, and as many customers without any past."""
        ages = read_numbers("horizon", horizon)
        return ages, dict.fromkeys(("frequency", "recency", "tenure"), np.zeros(ages.size))

    def _ask(
        self,
        data: Any,
        given: Mapping[str, Any],
        *,
        covariates: Any,
        horizon: Any = 0.0,
    ) -> Asked:
        columns = self._read(data, given, covariates)
        size = columns["frequency"].size
        group, rows = self._rows(covariates, size)
        ages, code = np.unique(_ages(horizon, size), return_inverse=True)
        people = population(self._point(None, 0), rows)
        if ages.size > 1:
            both, group = np.unique(group * ages.size + code, return_inverse=True)
            kept, ages = both // ages.size, ages[both % ages.size]
            people = Population(people.r, people.alpha[kept], people.a[kept], people.b[kept])
        elif ages.size:
            ages = np.full(rows.shape[0], ages[0])
        return Asked(read_histories(group=group, **columns), people, ages)

    def _read(self, data: Any, given: Mapping[str, Any], covariates: Any) -> dict[str, Floats]:
        told = {name: value for name, value in given.items() if name not in self.of_the_fit}
        return read_columns(data, ("frequency", "recency", "tenure"), told, beside=covariates)

    def _rows(self, covariates: Any, size: int) -> tuple[Any, Floats]:
        """(group of each customer, design matrix of the groups)."""
        width = (len(self.covariance) - 4) // 3
        average = isinstance(covariates, str) and covariates == "average"
        if not width and not average:
            refuse_covariates(covariates)
        if not width or average:
            return np.broadcast_to(np.int64(0), size), np.zeros((1, width))
        if covariates is None:
            raise PerenneError(
                _("The model was fitted with covariates, and none are given."),
                next_step=_("Give covariates=… with the columns of the fit."),
            )
        return Design.from_settings(self.settings["design"]).encode(covariates, size=size)

    def _point(self, parameters: Mapping[str, Floats] | None, draw: int) -> Floats:
        """Free parameters: the estimates, or one draw of them."""
        names = list(self.parameters)[: len(self.covariance)]
        if parameters is None:
            values = np.array([self.parameters[name] for name in names])
        else:
            values = np.array([parameters[name][draw] for name in names])
        return np.concatenate([np.log(values[:4]), values[4:]])


def _or_average(covariates: Any) -> Any:
    return "average" if covariates is None else covariates


def _ages(horizon: Any, size: int) -> Floats:
    """A horizon as one value, or one per customer. Raises PerenneError for a bad one."""
    ages = read_numbers("horizon", horizon)
    if ages.size not in (1, size) or not np.all(np.isfinite(ages) & (ages >= 0)):
        raise PerenneError(
            _("A horizon is negative, infinite, or not one per customer."),
            given=repr(horizon)[:80],
            next_step=_("Give one horizon of 0 or more, in the time unit of the fit."),
        )
    return ages


def _increasing(horizons: Any) -> Floats:
    ages = _ages(horizons, np.size(horizons))
    if np.any(np.diff(ages) < 0):
        raise PerenneError(
            _("The horizons do not increase."),
            given=ages.tolist(),
            next_step=_("Sort them: the purchases drawn are cumulated."),
        )
    return ages
