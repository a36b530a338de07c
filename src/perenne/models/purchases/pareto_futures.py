"""Possible futures under the Pareto/NBD: exact draws from each customer's posterior."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats, Histories
from perenne.models.purchases.pareto_rows import Rates, Rows

Counts = npt.NDArray[np.int32]
Singles = npt.NDArray[np.float32]
# NumPy's generators leave the interpreter free to run another thread.
THREADS = min(4, os.cpu_count() or 1)


@dataclass(frozen=True)
class Futures:
    """Cumulated purchases within each of the increasing `horizons`.

    Given alive, λ ~ Gamma(r + x, α + T) and μ ~ Gamma(s, β + T) are independent; the life left is
    then Pareto (Lomax) with s and β + T, and nothing is drawn for those who are gone.
    """

    histories: Histories
    rows: Rows
    horizons: Floats

    def draw(self, rates: Sequence[Rates], seeds: Sequence[int]) -> Counts:
        """(draws, horizons, customers), one draw for each of the rates and seeds."""
        size = self.histories.row.size
        out = np.zeros((len(rates), self.horizons.size, size), dtype=np.int32)

        def fill(index: int) -> None:
            rng = np.random.Generator(np.random.SFC64(seeds[index]))
            self._one(rates[index], rng, out[index])

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(fill, range(len(rates))))
        return out

    def _one(self, rates: Rates, rng: np.random.Generator, out: Counts) -> None:
        row, group = self.histories.row, self.histories.group
        chance = self.rows.weigh(rates, means=False).alive.astype(np.float32)
        alive = np.flatnonzero(rng.random(row.size, dtype=np.float32) < chance[row])
        who = row[alive]
        left = _short(rates.beta[group] + self.histories.tenure)
        shape = _short(rates.r + self.histories.frequency)
        scale = _short(1.0 / (rates.alpha[group] + self.histories.tenure))
        with np.errstate(over="ignore"):  # a life of more than 1e38 lasts for ever
            lives = rng.standard_exponential(who.size, dtype=np.float32) / np.float32(rates.s)
            life = left[who] * np.expm1(lives)
        speed = rng.standard_gamma(shape[who], dtype=np.float32) * scale[who]
        self._count(alive, speed, life, rng, out)

    def _count(
        self, alive: Any, speed: Singles, life: Singles, rng: np.random.Generator, out: Counts
    ) -> None:
        """All purchases until the last horizon, then how many of them came before each other."""
        active = np.minimum(life, np.float32(self.horizons[-1]))
        bought = rng.poisson(speed * active)
        some = np.flatnonzero(bought)
        alive, active, bought = alive[some], active[some], bought[some]
        out[-1, alive] = bought
        for index in range(self.horizons.size - 2, -1, -1):
            earlier = np.minimum(active, np.float32(self.horizons[index]))
            share = np.divide(earlier, active, out=np.zeros_like(active), where=active > 0)
            bought = rng.binomial(bought, share)
            out[index, alive], active = bought, earlier


def _short(values: Floats) -> Singles:
    """Single precision: finer than any number of draws can tell, and half the memory to read."""
    return values.astype(np.float32)
