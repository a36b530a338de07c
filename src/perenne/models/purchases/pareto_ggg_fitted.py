"""What a fitted Pareto/GGG says of customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from perenne.models.arguments import require_drawing
from perenne.models.fitted import Fitted
from perenne.models.histories import (
    Floats,
    check_histories,
    distinct_rows,
    read_columns,
    read_histories,
    refuse_where,
)
from perenne.models.purchases.horizons import read_horizon, read_horizons
from perenne.models.purchases.pareto_ggg_nodes import PARAMETERS, TOLD, Nodes, Timings
from perenne.models.purchases.pareto_ggg_renewal import Renewals
from perenne.text import gettext as _

Counts = npt.NDArray[np.int32]

# P(alive) at a node below which it is left out of a prediction; there are 160.
UNSEEN = 1e-7


@dataclass(frozen=True)
class FittedParetoGGG(Fitted):
    """Parameters t, gamma, r, alpha, s, beta, ages in the time unit of the fit.

    Data are keywords or columns of a frame: frequency, recency, tenure, log_intervals, (customers,)
    each; log_intervals may be missing where nobody bought again. Raises PerenneError for rows that
    cannot be and for a horizon that is negative or infinite.
    """

    model: ClassVar[str] = "ParetoGGG"
    positive: ClassVar[tuple[str, ...]] = PARAMETERS
    reads_intervals: ClassVar[bool] = True
    """Predictions read `log_intervals` as well: two customers of one frequency, recency and tenure
    differ by their rhythm. Who predicts for any model asks for this flag and gives the column."""

    def probability_alive(self, data: Any = None, **given: Any) -> Floats:
        """P(the lifetime exceeds the tenure), (customers,)."""
        return self._over(read_timings(data, given), lambda renewals, ahead: np.ones(1))

    def expected_purchases(self, horizon: Any, data: Any = None, **given: Any) -> Floats:
        """Expected purchases in the next `horizon` time units (scalar or one per customer)."""
        timings = read_timings(data, given)
        return self._over(timings, Renewals.expected, horizon=horizon)

    def probability_of_purchase(self, horizon: Any, data: Any = None, **given: Any) -> Floats:
        """P(at least one purchase in the next `horizon` time units), (customers,)."""
        timings = read_timings(data, given)
        return self._over(timings, Renewals.at_least_one, horizon=horizon)

    def expected_purchases_new(self, horizon: Any) -> Any:
        """Expected repeat purchases of a customer acquired now, in (0, horizon]; its shape."""
        none = np.zeros(np.size(horizon))
        expected = self.expected_purchases(horizon, frequency=none, recency=none, tenure=none)
        return float(expected[0]) if np.ndim(horizon) == 0 else expected

    def sample_purchases(
        self,
        horizons: float | Sequence[float],
        data: Any = None,
        *,
        rng: np.random.Generator,
        draws: int = 1,
        parameters: Mapping[str, Floats] | None = None,
        **given: Any,
    ) -> Counts:
        """Draws of the purchases ahead: (draws, customers) for one horizon, else cumulated
        (draws, horizons, customers), one future each.

        parameters: draws of them (of `parameter_draws`), one for each draw; None: the estimates.
        They reweigh the nodes of the estimates.
        """
        require_drawing(rng, draws, parameters)
        ahead = read_horizons(horizons)
        timings = read_timings(data, given)
        counts = np.zeros((draws, ahead.size, timings.frequency.size), dtype=np.int32)
        for rows, part in timings.chunks():
            nodes = Nodes(part, self._values())
            for draw in range(draws):
                values = self._values(parameters, draw)
                counts[draw, :, rows] = _future(nodes, values, ahead, rng=rng)
        return counts[:, 0] if np.ndim(horizons) == 0 else counts

    def _values(self, parameters: Mapping[str, Floats] | None = None, draw: int = 0) -> Floats:
        if parameters is None:
            return np.array([self.parameters[name] for name in PARAMETERS])
        return np.array([parameters[name][draw] for name in PARAMETERS])

    def _over(
        self, timings: Timings, of: Callable[[Renewals, Floats], Floats], *, horizon: Any = 0.0
    ) -> Floats:
        """Σ over nodes of P(alive, at the node) × what is asked of it, (customers,).

        Customers with one past are told once; nodes where hardly anyone is alive are left out.
        """
        size = timings.frequency.size
        ahead = np.broadcast_to(read_horizon(horizon, size=size), size)
        columns = (timings.frequency, timings.recency, timings.tenure, timings.logs, ahead)
        row, member = distinct_rows(*columns)
        told, values = np.empty(member.size), self._values()
        asked = timings.take(member)
        for rows, part in asked.chunks():
            nodes = Nodes(part, values, moments=TOLD)
            alive = nodes.alive(np.log(values))
            who, shape, pace = np.nonzero(alive > UNSEEN)
            renewals = Renewals(
                nodes.k[who, shape, 0],
                nodes.pace[who, shape, pace],
                (part.tenure - part.recency)[who],
                values[5] + part.tenure[who],
                values[4],
            )
            each = alive[who, shape, pace] * of(renewals, ahead[member][rows][who])
            told[rows] = np.bincount(who, weights=each, minlength=part.tenure.size)
        return told[row]


def read_timings(data: Any, given: Mapping[str, Any]) -> Timings:
    """Checked rows; PerenneError where customers bought again and log_intervals are not known."""
    names = ("frequency", "recency", "tenure", "log_intervals?", "weights?")
    columns = read_columns(data, names, given)
    x, last, tenure = columns["frequency"], columns["recency"], columns["tenure"]
    check_histories(x, last, tenure)
    logs = columns.get("log_intervals")
    next_step = _(
        "Give log_intervals=…, each customer's sum of the logarithms of the intervals between "
        "purchases, 0 for none."
    )
    refuse_where(
        (x > 0) if logs is None else ~np.isfinite(logs),
        _("Without log_intervals nobody knows how regularly a customer buys."),
        given={"frequency": x},
        next_step=next_step,
    )
    logs = np.zeros(x.size) if logs is None else logs
    # Intervals that add up to the recency have the largest product when they are equal.
    most = x * np.log(np.maximum(last, 1e-300) / np.maximum(x, 1))
    refuse_where(
        np.where(x > 0, logs > most + 1e-6 * (1 + np.abs(most)), logs != 0),
        _("log_intervals do not fit the frequency and recency."),
        given={"frequency": x, "recency": last, "log_intervals": logs},
        next_step=next_step,
    )
    if "weights" in columns:
        read_histories(frequency=x, recency=last, tenure=tenure, weights=columns["weights"])
    return Timings(x, last, tenure, logs, columns.get("weights", np.ones(x.size)))


def _future(nodes: Nodes, values: Floats, ahead: Floats, *, rng: np.random.Generator) -> Counts:
    """Cumulated purchases (horizons, customers) in one future of each."""
    timings = nodes.timings
    counts = np.zeros((ahead.size, timings.frequency.size), dtype=np.int32)
    chance = nodes.alive(np.log(values)).reshape(timings.frequency.size, -1).cumsum(axis=1)
    drawn: Floats = np.asarray(rng.random(chance.shape[0]))
    who = np.flatnonzero(drawn < chance[:, -1])
    # One number draws both: alive, and at which node.
    node = (chance[who] <= drawn[who, None]).sum(axis=1)
    shape, pace = np.divmod(node, np.shape(nodes.pace)[2])
    k, speed = nodes.k[who, shape, 0], nodes.pace[who, shape, pace]
    left: Floats = values[5] + timings.tenure[who]
    life = left * np.expm1(np.minimum(rng.standard_exponential(who.size) / values[4], 600.0))
    since = timings.tenure[who] - timings.recency[who]
    now = Renewals(k, speed, since, left, values[4]).wait(rng.random(who.size))
    end = np.minimum(life, ahead[-1])
    while who.size:
        inside = now <= end
        who, now, end, k, speed = (part[inside] for part in (who, now, end, k, speed))
        counts[:, who] += now <= ahead[:, None]
        now = now + rng.standard_gamma(k) / (k * speed)
    return counts
