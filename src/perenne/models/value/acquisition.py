"""How many new customers come each month: level, damped trend and season, with their errors.

Simple on purpose: few months are known, and what matters is an interval wide enough. The spread
of errors is measured by forecasting each earlier month from the months before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.text import gettext as _

FEWEST_MONTHS = 6
DAMPING = 0.85
"""Of the trend, per month: after a year little of it is still believed."""
HALF_LIFE = 6.0
SEASON_MONTHS = 24
LEAST_SPREAD = 0.05
"""Of monthly errors, in logarithms: no shop's acquisition is steadier than that."""
MOST_SPREAD, MOST_DRIFT = 0.7, 0.2
"""Of a month's own error and of what each month adds: a month without anybody is no error of a
hundredfold. A log-normal as wide as that would put its mean above all its quantiles."""


@dataclass(frozen=True)
class Acquisition:
    """In logarithms: level of the last month, slope per month, season of the next 12 months.

    noise: variance of a month's own error; drift: variance that each month adds for good.
    """

    level: float
    slope: float
    season: tuple[float, ...]
    noise: float
    drift: float

    def median(self, months: int) -> Floats:
        """Median count of each of the next `months`, (months,)."""
        ahead = np.arange(1, months + 1)
        trend = self.slope * np.cumsum(DAMPING**ahead)
        return np.asarray(np.exp(self.level + trend + np.resize(self.season, months)))

    def sample(self, months: int, *, draws: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Counts of the next months, (draws, months): Poisson around a log-normal path."""
        own = np.sqrt(self.noise) * rng.standard_normal((draws, months))
        path = np.cumsum(np.sqrt(self.drift) * rng.standard_normal((draws, months)), axis=1)
        return np.asarray(rng.poisson(self.median(months) * np.exp(own + path)))


def fit_acquisition(counts: Any) -> Acquisition:
    """From new customers of past whole months, the oldest first; at least 6, else PerenneError.

    From 24 months on, a season is learnt, as far as years agree on it.
    """
    past = np.asarray(counts, dtype=float)
    if past.ndim != 1 or past.size < FEWEST_MONTHS or not np.all(past >= 0):
        raise PerenneError(
            _("New customers are known for {count} months, or a count is not one.").format(
                count=past.size
            ),
            given=past.size,
            next_step=_("Give the counts of at least {fewest} whole months, from 0.").format(
                fewest=FEWEST_MONTHS
            ),
        )
    season = _season(np.log(np.maximum(past, 0.5)))
    noise, drift = _errors(past)
    level, slope = _trend(past, season)
    return Acquisition(level, slope, tuple(_rolled(season, past.size)), noise, drift)


def _rolled(season: Floats, months: int) -> list[float]:
    return [float(season[(months + i) % 12]) for i in range(12)]


def _season(logs: Floats) -> Floats:
    """Effect of each place in the year, from the first month on; 0 with less than two years.

    Shrunk as far as years disagree with each other: a shop that is closed in winter is closed, one
    whose years differ by chance has no season."""
    if logs.size < SEASON_MONTHS:
        return np.zeros(12)
    place = np.arange(logs.size)
    counts = np.bincount(place % 12, minlength=12)
    # Slope and months together: a history that ends in low months does not fall.
    design = np.column_stack((place - place.mean(), np.eye(12)[place % 12]))
    told = np.linalg.lstsq(design, logs)[0]
    effect = told[1:] - told[1:].mean()
    rest = logs - design @ told
    own = max(float(rest @ rest) / (logs.size - 13), LEAST_SPREAD**2) / counts
    between = max(float(np.mean(effect**2 - own)), 0.0)
    shrunk: Floats = effect * between / (between + own)
    return shrunk


def _trend(past: Floats, season: Floats) -> tuple[float, float]:
    """Level and slope by weighted least squares; a slope within its noise is shrunk to nothing."""
    place = np.arange(past.size)
    logs = np.log(np.maximum(past, 0.5)) - season[place % 12]
    weights = 0.5 ** ((past.size - 1 - place) / HALF_LIFE)
    middle, level = np.average(place, weights=weights), np.average(logs, weights=weights)
    across = weights @ (place - middle) ** 2
    slope = weights @ ((place - middle) * logs) / across
    rest = logs - level - slope * (place - middle)
    variance = max(np.average(rest**2, weights=weights), LEAST_SPREAD**2)
    error = variance * (weights**2 @ (place - middle) ** 2) / across**2
    trust = max(0.0, 1 - float(error / slope**2)) if slope else 0.0
    return float(level + trust * slope * (place[-1] - middle)), float(trust * slope)


def _errors(past: Floats) -> tuple[float, float]:
    """Variance of a month's own and of drifting errors, beyond that of counting."""
    ahead, squares = [], []
    for origin in range(FEWEST_MONTHS, past.size):
        known = past[:origin]
        season = _season(np.log(np.maximum(known, 0.5)))
        level, slope = _trend(known, season)
        model = Acquisition(level, slope, tuple(_rolled(season, origin)), 0.0, 0.0)
        later = past[origin : origin + 12]
        forecast = model.median(later.size)
        gap = np.log(np.maximum(later, 0.5) / forecast)
        ahead += list(range(1, later.size + 1))
        squares += list(gap**2 - 1 / np.maximum(forecast, 1))
    least = LEAST_SPREAD**2
    if len(squares) < 12:
        spread = max(float(np.mean(squares)) if squares else 0.0, 4 * least)
        return min(spread, MOST_SPREAD**2), min(spread / 6, MOST_DRIFT**2)
    table = np.column_stack((np.ones(len(ahead)), ahead))
    (noise, drift), _rest = nnls(table, np.maximum(squares, 0.0))
    own = min(max(float(noise), least), MOST_SPREAD**2)
    return own, min(max(float(drift), least / 12), MOST_DRIFT**2)
