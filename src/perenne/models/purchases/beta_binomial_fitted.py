"""What a fitted BG/BB says of customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, gammaln, hyp2f1

from perenne.core import PerenneError
from perenne.models.arguments import require_drawing
from perenne.models.fitted import Fitted
from perenne.models.histories import (
    Floats,
    Histories,
    check_histories,
    compress,
    read_columns,
    refuse_weights,
    refuse_where,
)
from perenne.models.purchases.beta_binomial_likelihood import Mixtures, Opportunities
from perenne.models.purchases.counts import read_up_to
from perenne.models.purchases.horizons import read_horizon, read_horizons
from perenne.text import gettext as _

PARAMETERS = ("alpha", "beta", "gamma", "delta")

Counts = npt.NDArray[np.int32]


@dataclass(frozen=True)
class FittedBetaGeoBetaBinomial(Fitted):
    """Parameters alpha, beta, gamma, delta. Horizons count opportunities, whole numbers.

    Data are keywords or columns of a frame, (customers,) each: frequency, recency, periods (one
    number when it is the same for all). Raises PerenneError for rows that cannot be and for a
    horizon that is not a whole number.
    """

    model: ClassVar[str] = "BetaGeoBetaBinomial"
    positive: ClassVar[tuple[str, ...]] = PARAMETERS

    def probability_alive(self, data: Any = None, *, ahead: int = 1, **given: Any) -> Floats:
        """P(still there at the opportunity `ahead` of the last one), (customers,).

        Equation (11) of the paper for ahead = 1, the next opportunity; 0 is the last one.
        """
        histories = read_opportunities(data, given)
        later = _whole(ahead)[0]
        last = histories.tenure
        gamma, delta = self.parameters["gamma"], self.parameters["delta"]
        stays = np.exp(betaln(gamma, delta + last + later) - betaln(gamma, delta + last))
        return np.asarray((self._alive(histories) * stays)[histories.row])

    def expected_purchases(self, horizon: Any, data: Any = None, **given: Any) -> Floats:
        """Expected purchases at the next `horizon` opportunities, (customers,); equation (13)."""
        histories = read_opportunities(data, given)
        after = self._after(histories)
        life = _life(after, histories.tenure, _whole(horizon, histories.row.size), histories.row)
        return (self._alive(histories) * _chance(after))[histories.row] * life

    def probability_of_purchase(self, horizon: Any, data: Any = None, **given: Any) -> Floats:
        """P(at least one purchase at the next `horizon` opportunities), (customers,)."""
        return 1.0 - self.probability_of_purchases(0, horizon, data, **given)

    def probability_of_purchases(
        self, count: int, horizon: int, data: Any = None, **given: Any
    ) -> Floats:
        """P(`count` purchases at the next `horizon` opportunities), (customers,); equation (12)."""
        histories = read_opportunities(data, given)
        alive = self._alive(histories)
        ahead = int(_whole(horizon)[0])
        chance = alive * _mass(self._after(histories), count=count, periods=ahead)
        return (chance + (1.0 - alive if count == 0 else 0.0))[histories.row]

    def purchase_probabilities(
        self, horizon: int, data: Any = None, *, up_to: int, **given: Any
    ) -> Floats:
        """P(0 … `up_to` purchases at the next `horizon` opportunities), (customers, up_to + 1)."""
        counts = range(read_up_to(up_to) + 1)
        told = [self.probability_of_purchases(count, horizon, data, **given) for count in counts]
        return np.column_stack(told)

    def purchase_probabilities_new(self, horizon: int, *, up_to: int) -> Floats:
        """P(0 … `up_to` purchases at the first `horizon` opportunities), (up_to + 1,)."""
        counts = range(read_up_to(up_to) + 1)
        return np.array([self.probability_of_purchases_new(count, horizon) for count in counts])

    def next_purchase_probabilities(self, data: Any = None, *, up_to: int, **given: Any) -> Floats:
        """P(the next purchase falls at the opportunity 1 … `up_to` ahead), (customers, up_to).

        Who is still there meets the i-th with probability B(gamma, delta + n + i) / B(gamma,
        delta + n), and has let all before it pass with B(alpha + x, beta + n - x + i - 1) /
        B(alpha + x, beta + n - x). Rows sum to `probability_of_purchase` at `up_to`.
        """
        histories = read_opportunities(data, given)
        after = self._after(histories)
        there = self._alive(histories)
        chances = np.empty((there.size, read_up_to(up_to)))
        for step, column in enumerate(chances.T):
            there = there * (after.delta + step) / (after.gamma + after.delta + step)
            column[:] = there * after.alpha / (after.alpha + after.beta + step)
            there = there * (after.beta + step) / (after.alpha + after.beta + step)
        return chances[histories.row]

    def probability_of_purchases_new(self, count: int, horizon: int) -> float:
        """P(`count` purchases at the first `horizon` opportunities) of a new customer; (7)."""
        mass = _mass(self._at(None, 0), count=count, periods=int(_whole(horizon)[0]))
        return float(mass.item())

    def expected_purchases_new(self, horizon: Any) -> Any:
        """Expected purchases of a new customer at the first `horizon` opportunities; (8)."""
        none = np.zeros(np.size(horizon))
        expected = self.expected_purchases(horizon, frequency=none, recency=none, periods=none)
        return float(expected[0]) if np.ndim(horizon) == 0 else expected

    def discounted_expected_residual_transactions(
        self, rate: float, data: Any = None, **given: Any
    ) -> Floats:
        """All further purchases, (customers,), that at the i-th opportunity divided by (1+rate)^i.

        Equation (14). Raises PerenneError unless rate > 0.
        """
        if not (np.isfinite(rate) and rate > 0):
            raise PerenneError(
                _("The discount rate is not above zero."),
                given=rate,
                next_step=_("Give a rate per opportunity, such as 0.10 for a yearly one."),
            )
        histories = read_opportunities(data, given)
        after = self._after(histories)
        ends = np.asarray(after.gamma + after.delta)
        life = (after.delta / ends / (1 + rate)) * hyp2f1(
            1.0, after.delta + 1.0, ends + 1.0, 1.0 / (1.0 + rate)
        )
        return np.asarray((self._alive(histories) * _chance(after) * life)[histories.row])

    def sample_purchases(
        self,
        horizons: int | Sequence[int],
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
        """
        require_drawing(rng, draws, parameters)
        ahead = _whole(horizons, np.size(horizons))
        read_horizons(ahead)
        histories = read_opportunities(data, given)
        ways = Opportunities(histories)
        counts = np.zeros((draws, ahead.size, histories.row.size), dtype=np.int32)
        for draw, out in enumerate(counts):
            at = self._at(parameters, draw)
            alive = np.flatnonzero(rng.random(histories.row.size) < ways.alive(at)[histories.row])
            after = _after(at, histories)
            _fill(out, alive, after, row=histories.row[alive], ahead=ahead, rng=rng)
        return counts[:, 0] if np.ndim(horizons) == 0 else counts

    def _at(self, parameters: Mapping[str, Floats] | None, draw: int) -> Mixtures:
        if parameters is None:
            return Mixtures(*(self.parameters[name] for name in PARAMETERS))
        return Mixtures(*(float(parameters[name][draw]) for name in PARAMETERS))

    def _alive(self, histories: Histories) -> Floats:
        return Opportunities(histories).alive(self._at(None, 0))

    def _after(self, histories: Histories) -> Mixtures:
        return _after(self._at(None, 0), histories)


def read_opportunities(data: Any, given: Mapping[str, Any], *, weighted: bool = False) -> Histories:
    """Checked, compressed rows; periods become the tenure. Raises PerenneError for bad rows."""
    wanted = ("frequency", "recency", "periods", *(("weights?",) if weighted else ()))
    periods = given.get("periods")
    if periods is not None and np.ndim(periods) == 0:  # the same for all
        size = read_columns(data, wanted[:1], {"frequency": given.get("frequency")})[
            "frequency"
        ].size
        given = {**given, "periods": np.full(size, periods)}
    columns = read_columns(data, wanted, given)
    x, t_x, n = columns["frequency"], columns["recency"], columns["periods"]
    refuse_where(
        (np.floor(t_x) < t_x) | (np.floor(n) < n) | (x > t_x) | (t_x > n),
        _("Opportunities are not whole numbers, or there are more purchases than opportunities."),
        given={"frequency": x, "recency": t_x, "periods": n},
        next_step=_("Count at most one purchase per opportunity: frequency ≤ recency ≤ periods."),
    )
    check_histories(x, t_x, n)
    weights = columns.get("weights")
    refuse_weights(weights)
    return compress(x, t_x, n, weights=weights)


def _whole(horizon: Any, size: int = 1) -> Floats:
    ahead = read_horizon(horizon, size=size)
    if np.any(ahead != np.floor(ahead)):
        raise PerenneError(
            _("A horizon is not a whole number of opportunities."),
            given=repr(horizon)[:80],
            next_step=_("Give the number of opportunities ahead."),
        )
    return ahead


def _after(at: Mixtures, histories: Histories) -> Mixtures:
    """The mixtures of those still there, after what they did."""
    x, n = histories.frequency, histories.tenure
    return Mixtures(at.alpha + x, at.beta + n - x, at.gamma + np.zeros_like(n), at.delta + n)


def _chance(after: Mixtures) -> Floats:
    """Mean probability of buying at an opportunity."""
    return np.asarray(after.alpha / (after.alpha + after.beta))


def _life(after: Mixtures, periods: Floats, ahead: Floats, row: npt.NDArray[np.intp]) -> Floats:
    """Expected opportunities still met among the next `ahead`, (customers,).

    A sum, not the closed form: that divides by gamma - 1.
    """
    distinct, which = np.unique(periods, return_inverse=True)
    first = np.zeros(distinct.size, dtype=np.intp)
    first[which.ravel()] = np.arange(periods.size)
    met = np.zeros((distinct.size, int(ahead.max()) + 1))
    gamma, delta = np.asarray(after.gamma)[first], np.asarray(after.delta)[first]
    stays = np.ones(distinct.size)
    for step in range(met.shape[1] - 1):
        stays = stays * (delta + step) / (gamma + delta + step)
        met[:, step + 1] = met[:, step] + stays
    life: Floats = met[which.ravel()[row], ahead.astype(np.intp)]
    return life


def _mass(at: Mixtures, *, count: int, periods: int) -> Floats:
    """P(`count` purchases at `periods` opportunities) of one who is there at the start."""
    if count > periods:
        return np.zeros(np.size(at.alpha))
    ended = np.arange(count, periods)[:, None]
    buys = betaln(at.alpha + count, at.beta + periods - count)
    whole = _log_choose(periods, count) + buys + betaln(at.gamma, at.delta + periods)
    buys_then = betaln(at.alpha + count, at.beta + ended - count)
    part = _log_choose(ended, count) + buys_then + betaln(at.gamma + 1.0, at.delta + ended)
    scale = betaln(at.alpha, at.beta) + betaln(at.gamma, at.delta)
    mass: Floats = np.exp(part - scale).sum(axis=0) + np.exp(whole - scale)
    return mass


def _log_choose(n: Any, k: int) -> Any:
    return gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)


def _fill(
    out: Counts,
    alive: npt.NDArray[np.intp],
    after: Mixtures,
    *,
    row: npt.NDArray[np.intp],
    ahead: Floats,
    rng: np.random.Generator,
) -> None:
    """Draws for those still there: how often they buy, when they leave, purchases until then."""
    chance = rng.beta(np.asarray(after.alpha)[row], np.asarray(after.beta)[row])
    lost = rng.standard_gamma(np.asarray(after.gamma)[row])
    kept = rng.standard_gamma(np.asarray(after.delta)[row])
    with np.errstate(divide="ignore"):
        life = np.floor(rng.standard_exponential(row.size) / np.log1p(lost / kept))
    before = np.zeros(row.size)
    bought = np.zeros(row.size, dtype=np.int32)
    for index, horizon in enumerate(ahead):
        met = np.minimum(life, horizon)
        bought += rng.binomial((met - before).astype(np.int64), chance).astype(np.int32)
        out[index, alive], before = bought, met
