"""NBD: steady buyers who never stop, at gamma rates (Ehrenberg 1959)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, gammaln

from perenne.core import PerenneError
from perenne.models.arguments import require_count, require_drawing
from perenne.models.fitted import Fitted
from perenne.models.fitting import maximise
from perenne.models.histories import Floats, Histories, read_columns, read_histories
from perenne.models.hmc import posterior_of
from perenne.text import gettext as _

# r where rates are alike: as large as the limit needs to be.
ALIKE = 1e6


@dataclass(frozen=True)
class NBD:
    """Purchases at Poisson rates that are gamma distributed over customers, without dropout.

    The limit of BG/NBD and Pareto/NBD where no customer leaves, which both cannot fit. r, alpha as
    there. Conditional expectation: Schmittlein, Bemmaor & Morrison (1985), "Why does the NBD model
    work?". hmc: as in BetaGeo; none are kept where rates are alike, and Laplace is exact enough.
    """

    hmc: int = 0

    def __post_init__(self) -> None:
        require_count("hmc", self.hmc)

    def fit(
        self,
        data: Any = None,
        *,
        frequency: Any = None,
        recency: Any = None,
        tenure: Any = None,
        weights: Any = None,
    ) -> FittedNBD:
        """Exact maximum likelihood; rates that are alike have r = 10⁶, the Poisson limit.

        Raises PerenneError for bad rows and when nobody has bought again.
        """
        rows = read_histories(
            data, frequency=frequency, recency=recency, tenure=tenure, weights=weights
        )
        if not rows.frequency.any():
            raise PerenneError(
                _("Nobody has bought a second time."),
                next_step=_("Wait until customers had the time to come back."),
            )
        unit = float(np.average(rows.tenure, weights=rows.weights)) or 1.0
        likelihood = _Likelihood(rows, unit)
        try:
            found = maximise(likelihood, starts=[(0.0, 0.0), (2.0, 2.0)], names=("r", "alpha"))
        except PerenneError:
            alike = _alike(rows, likelihood, unit)
            if alike is None:
                raise
            return alike
        r, alpha = np.exp(found.point)
        return FittedNBD(
            parameters={"r": float(r), "alpha": float(alpha) * unit},
            log_likelihood=found.log_likelihood,
            covariance=tuple(map(tuple, found.covariance.tolist())),
            customers=rows.customers,
            kept_draws=posterior_of(likelihood, found, draws=self.hmc),
        )


class _Likelihood:
    """Log-likelihood of the times of x purchases in (0, T], and its gradient; T / `unit`."""

    def __init__(self, rows: Histories, unit: float) -> None:
        self.x, self.w, self.big_t = rows.frequency, rows.weights, rows.tenure / unit
        self.constant = -float(self.w @ (self.x * np.log(unit)))

    def __call__(self, point: Floats) -> tuple[float, Floats]:
        r, alpha = np.exp(point)
        grown = np.log(alpha + self.big_t)
        rows = gammaln(r + self.x) - gammaln(r) + r * np.log(alpha) - (r + self.x) * grown
        by_r = digamma(r + self.x) - digamma(r) + np.log(alpha) - grown
        by_alpha = r / alpha - (r + self.x) / (alpha + self.big_t)
        gradient: Floats = np.array([r * (self.w @ by_r), alpha * (self.w @ by_alpha)])
        return float(self.w @ rows) + self.constant, gradient


def _alike(rows: Histories, likelihood: _Likelihood, unit: float) -> FittedNBD | None:
    """The Poisson limit, when counts vary no more than chance; else None."""
    bought, time = float(rows.weights @ rows.frequency), float(rows.weights @ rows.tenure)
    alpha = ALIKE * time / bought
    expected = rows.tenure * bought / time
    excess = rows.weights @ ((rows.frequency - expected) ** 2 - expected)
    if excess > 0.02 * (rows.weights @ expected**2):
        return None
    return FittedNBD(
        parameters={"r": ALIKE, "alpha": alpha},
        log_likelihood=likelihood(np.log([ALIKE, alpha / unit]))[0],
        covariance=((0.0, 0.0), (0.0, 1 / bought)),
        customers=rows.customers,
    )


@dataclass(frozen=True)
class FittedNBD(Fitted):
    """Parameters r and alpha (in the time unit of the data). Nobody leaves: P(alive) is 1."""

    model: ClassVar[str] = "NBD"
    positive: ClassVar[tuple[str, ...]] = ("r", "alpha")

    def expected_purchases(self, horizon: Any, **history: Any) -> Floats:
        """E of purchases in the next `horizon` (scalar or (customers,)): (r + x) t / (α + T)."""
        x, big_t = _read(history)
        r, alpha = self.parameters["r"], self.parameters["alpha"]
        expected: Floats = np.asarray(horizon) * (r + x) / (alpha + big_t)
        return expected

    def probability_alive(self, **history: Any) -> Floats:
        """1 for each customer, by assumption of the model."""
        return np.ones_like(_read(history)[0])

    def probability_of_purchase(self, horizon: Any, **history: Any) -> Floats:
        """P of at least one further purchase: 1 - ((α + T) / (α + T + t))^(r + x)."""
        x, big_t = _read(history)
        r, alpha = self.parameters["r"], self.parameters["alpha"]
        none: Floats = (r + x) * -np.log1p(np.asarray(horizon) / (alpha + big_t))
        return -np.expm1(none)

    def expected_purchases_new(self, horizon: Any) -> Any:
        """Repeat purchases of a just-acquired customer in (0, horizon]."""
        return np.asarray(horizon) * self.parameters["r"] / self.parameters["alpha"]

    def sample_purchases(
        self,
        horizons: Any,
        *,
        rng: np.random.Generator,
        draws: int = 1,
        parameters: Mapping[str, Floats] | None = None,
        **history: Any,
    ) -> npt.NDArray[np.int32]:
        """(draws, customers), or (draws, horizons, customers) cumulated for a sequence."""
        require_drawing(rng, draws, parameters)
        x, big_t = _read(history)
        values = self.parameters if parameters is None else parameters
        r, alpha = (np.broadcast_to(values[n], (draws,)) for n in ("r", "alpha"))
        ends = np.atleast_1d(np.asarray(horizons, dtype=float))
        futures = np.empty((draws, ends.size, x.size), dtype=np.int32)
        for draw, counts in enumerate(futures):
            shape = (r[draw] + x).astype(np.float32)
            rates = rng.standard_gamma(shape, dtype=np.float32) / (alpha[draw] + big_t)
            for row, step in enumerate(np.diff(ends, prepend=0.0)):
                counts[row] = rng.poisson(rates * step)
            np.cumsum(counts, axis=0, out=counts)
        return futures if np.ndim(horizons) else futures[:, 0]


def _read(history: Mapping[str, Any]) -> tuple[Floats, Floats]:
    columns = read_columns(None, ("frequency", "recency?", "tenure"), history)
    return columns["frequency"], columns["tenure"]
