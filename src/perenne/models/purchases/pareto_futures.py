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
        left = rates.beta[group] + self.histories.tenure
        life = left[who] * np.expm1(rng.standard_exponential(who.size) / rates.s)
        shape = rates.r + self.histories.frequency
        scale = 1.0 / (rates.alpha[group] + self.histories.tenure)
        speed = rng.standard_gamma(shape[who]) * scale[who]
        self._count(alive, speed, life, rng, out)

    def _count(
        self, alive: Any, speed: Floats, life: Floats, rng: np.random.Generator, out: Counts
    ) -> None:
        """All purchases until the last horizon, then how many of them came before each other."""
        active = np.minimum(life, self.horizons[-1])
        bought = rng.poisson(speed * active)
        some = np.flatnonzero(bought)
        alive, active, bought = alive[some], active[some], bought[some]
        out[-1, alive] = bought
        for index in range(self.horizons.size - 2, -1, -1):
            earlier = np.minimum(active, self.horizons[index])
            share = np.divide(earlier, active, out=np.zeros_like(active), where=active > 0)
            bought = rng.binomial(bought, share)
            out[index, alive], active = bought, earlier
