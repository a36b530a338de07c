"""BG/NBD in its plainest form (Fader, Hardie & Lee 2005), for tests of what is built upon it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import hyp2f1

from perenne.models.fitted import Fitted

SMALL = np.diag([0.02, 0.02, 0.05, 0.05]) ** 2


@dataclass(frozen=True)
class TinyBetaGeo(Fitted):
    """Given parameters; nothing is fitted."""

    model: ClassVar[str] = "TinyBetaGeo"
    positive: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")

    def expected_purchases(self, horizon, *, frequency, recency, tenure):
        r, alpha, a, b = self.parameters.values()
        z = horizon / (alpha + tenure + horizon)
        series = hyp2f1(r + frequency, b + frequency, a + b + frequency - 1, z)
        grown = 1 - ((alpha + tenure) / (alpha + tenure + horizon)) ** (r + frequency) * series
        alive = self.probability_alive(frequency=frequency, recency=recency, tenure=tenure)
        return (a + b + frequency - 1) / (a - 1) * grown * alive

    def probability_alive(self, *, frequency, recency, tenure):
        r, alpha, a, b = self.parameters.values()
        odds = (a / (b + np.maximum(frequency, 1) - 1)) * (
            (alpha + tenure) / (alpha + recency)
        ) ** (r + frequency)
        return np.where(frequency == 0, 1.0, 1 / (1 + odds))

    def probability_of_purchase(self, horizon, *, frequency, recency, tenure):
        r, alpha, _a, _b = self.parameters.values()
        none = ((alpha + tenure) / (alpha + tenure + horizon)) ** (r + frequency)
        alive = self.probability_alive(frequency=frequency, recency=recency, tenure=tenure)
        return alive * (1 - none)

    def expected_purchases_new(self, horizon):
        zero = np.zeros_like(np.asarray(horizon, dtype=float))
        return self.expected_purchases(
            np.asarray(horizon, dtype=float), frequency=zero, recency=zero, tenure=zero
        )

    def sample_purchases(
        self, horizons, *, frequency, recency, tenure, rng, draws=1, parameters=None
    ):
        ends = np.atleast_1d(np.asarray(horizons, dtype=float))
        counts = np.zeros((draws, ends.size, frequency.size), dtype=np.int32)
        chosen: Mapping[str, Any] = parameters or {
            name: np.full(draws, value) for name, value in self.parameters.items()
        }
        for draw in range(draws):
            one = TinyBetaGeo({k: v[draw] for k, v in chosen.items()}, 0.0, (), 0)
            times = one.times(ends[-1], frequency, recency, tenure, rng=rng)
            for row, end in enumerate(ends):
                counts[draw, row] = (times <= end).sum(axis=0)
        return counts if np.ndim(horizons) else counts[:, 0]

    def times(self, end, frequency, recency, tenure, *, rng):
        """Purchase times after now, (most, customers), infinite beyond the last; one future."""
        r, alpha, a, b = self.parameters.values()
        alive = self.probability_alive(frequency=frequency, recency=recency, tenure=tenure)
        active = rng.random(frequency.size) < alive
        rate = rng.gamma(r + frequency) / (alpha + tenure)
        drop = rng.beta(a, b + frequency)
        now, rows = np.zeros(frequency.size), []
        while active.any():
            now = np.where(active, now + rng.exponential(size=now.size) / rate, np.inf)
            active = active & (now <= end)
            rows.append(np.where(active, now, np.inf))
            active = active & (rng.random(now.size) >= drop)
        return np.array(rows)


def tiny(*, spread=True, **values):
    """With CDNOW's parameters unless told otherwise."""
    parameters = {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259, **values}
    covariance = SMALL if spread else np.zeros((4, 4))
    return TinyBetaGeo(parameters, 0.0, tuple(map(tuple, covariance)), 2357)
