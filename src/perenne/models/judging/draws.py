"""How good draws are: CRPS, randomised PIT, intervals. `draws` is (draws, customers) throughout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats

Draws = npt.NDArray[Any]

# Numbers held at once while sorting draws.
CHUNK = 2_000_000


def _chunks(draws: Draws) -> Iterator[slice]:
    width = max(1, CHUNK // draws.shape[0])
    return (slice(start, start + width) for start in range(0, draws.shape[1], width))


def crps(actual: Floats, draws: Draws) -> Floats:
    """Continuous ranked probability score of each customer, from draws; lower is better.

    The fair estimator, unbiased in the number of draws: mean |x - y| - mean |x - x'| / 2 over
    pairs of different draws (Gneiting & Raftery 2007, eq. 21; Ferro 2014). With one draw, |x - y|.
    """
    scores = np.empty(actual.size)
    for part in _chunks(draws):
        ordered = np.sort(draws[:, part], axis=0).astype(float)
        scores[part] = np.abs(ordered - actual[part]).mean(axis=0) - half_spread(ordered)
    return scores


def half_spread(ordered: Floats) -> Floats:
    """Half the mean distance of two different draws, of draws sorted along the first axis."""
    m = ordered.shape[0]
    if m < 2:
        return np.zeros(ordered.shape[1])
    spread: Floats = (2 * np.arange(1, m + 1) - m - 1) @ ordered / (m * (m - 1))
    return spread


def pit(actual: Floats, draws: Draws, *, rng: np.random.Generator) -> Floats:
    """Randomised probability integral transform: uniform on (0, 1) when the draws are right.

    Where an outcome ties with draws (counts, zero spend) its place among them is drawn at random:
    Czado, Gneiting & Held (2009), eq. 1, with the rank among draws and outcome for the cdf.
    """
    below, equal = (
        np.concatenate([np.count_nonzero(test(draws[:, p], actual[p]), axis=0) for p in parts])
        for test, parts in ((np.less, list(_chunks(draws))), (np.equal, list(_chunks(draws))))
    )
    places: Floats = (below + rng.random(actual.size) * (equal + 1)) / (draws.shape[0] + 1)
    return places


def central_share(places: Floats, level: float) -> float:
    """Share of PIT values in the central `level` of (0, 1); `level` itself when calibrated."""
    return float(np.mean(np.abs(places - 0.5) <= level / 2))


def interval(draws: Draws, level: float) -> tuple[Floats, Floats]:
    """Equal-tailed interval of each column: the smallest draws that reach each tail."""
    tails = ((1 - level) / 2, (1 + level) / 2)
    found = [np.quantile(draws[:, p], tails, axis=0, method="inverted_cdf") for p in _chunks(draws)]
    low, high = np.concatenate(found, axis=1).astype(float)
    return low, high


def median(draws: Draws) -> Floats:
    """Median of each column: the smallest draw that half of them do not exceed."""
    return interval(draws, 0.0)[0]


def total_interval(draws: Draws, level: float) -> tuple[float, float]:
    """Equal-tailed interval of the total: each draw is one future of the whole shop."""
    low, high = np.quantile(draws.sum(axis=1, dtype=float), ((1 - level) / 2, (1 + level) / 2))
    return float(low), float(high)
