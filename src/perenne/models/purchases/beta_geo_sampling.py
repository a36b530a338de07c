"""Possible futures: exact draws from the individual posteriors, one per parameter draw."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats, Histories, Ints
from perenne.models.purchases.beta_geo_likelihood import (
    Family,
    Population,
    stage_terms,
)

Counts = npt.NDArray[np.int32]
# Threads of a call; NumPy's generators leave the interpreter free to run another one.
THREADS = min(4, os.cpu_count() or 1)
# Counts stop here; the largest float32 below 2^31.
LONGEST = np.float32(2**31 - 128)


@dataclass(frozen=True)
class Standing:
    """Where each distinct history stands under given parameters. Arrays (rows,).

    alive: P(alive); shape, rate: of the Gamma of λ before stages; a, b: of the Beta of p.
    stages: (k, rows) probability of the stages passed, (1, 1) when there is one.
    """

    alive: Floats
    shape: Floats
    rate: Floats
    a: Floats
    b: Floats
    stages: Floats


def standing(family: Family, histories: Histories, at: Population) -> Standing:
    """P(alive) and the posterior of λ and p given alive, for each distinct history."""
    group = histories.group
    alpha, a, b = (_each(values, group) for values in (at.alpha, at.a, at.b))
    n = family.survived(histories.frequency)
    shape = at.r + family.k * histories.frequency
    rate, last = alpha + histories.tenure, alpha + histories.recency
    stages = np.ones((1, 1))
    if family.k > 1:
        stages = stage_terms(shape, (rate - last) / rate, family.k)
    total = stages.sum(axis=0)
    # a / (b+n-1), and 0 where there was no occasion to drop out yet
    dropped = np.divide(a, b + n - 1.0, out=np.zeros(n.size), where=n > 0)
    with np.errstate(over="ignore", invalid="ignore"):
        odds = dropped * np.exp(shape * np.log(rate / last))
        if family.k > 1:
            odds /= total
    alive = np.where(dropped > 0, 1.0 / (1.0 + odds), 1.0)
    return Standing(alive, shape, rate, a, b + n, stages / total)


def _each(values: Floats, group: Ints) -> Floats:
    return np.broadcast_to(values, group.shape) if values.size == 1 else values[group]


@dataclass(frozen=True)
class Sampler:
    """Draws of cumulated purchases within each of the increasing `horizons`."""

    family: Family
    histories: Histories
    horizons: Floats

    def draw(self, parameters: Sequence[Population], seeds: Sequence[int]) -> Counts:
        """(draws, horizons, customers), one draw per parameters and seed, in threads."""
        out = np.zeros((len(seeds), self.horizons.size, self.histories.row.size), dtype=np.int32)

        def fill(index: int) -> None:
            rng = np.random.Generator(np.random.SFC64(seeds[index]))
            self._one(standing(self.family, self.histories, parameters[index]), rng, out[index])

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(fill, range(len(seeds))))
        return out

    def _one(self, at: Standing, rng: np.random.Generator, out: Counts) -> None:
        row = self.histories.row
        alive = np.flatnonzero(
            rng.random(row.size, dtype=np.float32) < at.alive.astype(np.float32)[row]
        )
        who = row[alive]
        stage = _stages(at.stages, who, rng)
        passed = self._passed(at, who, stage, rng)
        bought = (stage + passed) // self.family.k if self.family.k > 1 else passed
        # The first further purchase always counts; only then can there be a dropout.
        many = np.flatnonzero(bought[-1] > 1)
        bought[:, many] = np.minimum(bought[:, many], _until_dropout(at, who[many], rng))
        some = np.flatnonzero(bought[-1])
        out[:, alive[some]] = bought[:, some]

    def _passed(
        self, at: Standing, who: npt.NDArray[np.intp], stage: Counts, rng: np.random.Generator
    ) -> Counts:
        """Stages passed by the end of each horizon, as if nobody dropped out."""
        shape = at.shape.astype(np.float32)[who] + stage
        rate = rng.standard_gamma(shape, dtype=np.float32) * (1.0 / at.rate).astype(np.float32)[who]
        passed = np.zeros((self.horizons.size, who.size), dtype=np.int32)
        # At the last horizon first: those who pass none by then pass none before.
        passed[-1] = rng.poisson(rate * self.horizons[-1])
        busy = np.flatnonzero(passed[-1])
        left = passed[-1, busy]
        for index in range(self.horizons.size - 2, -1, -1):
            left = rng.binomial(left, self.horizons[index] / self.horizons[index + 1])
            passed[index, busy] = left
        return passed


def _stages(stages: Floats, who: npt.NDArray[np.intp], rng: np.random.Generator) -> Counts:
    if stages.shape[0] == 1:
        return np.zeros(1, dtype=np.int32)
    limits = np.cumsum(stages[:-1], axis=0)[:, who]
    drawn: Counts = (rng.random(who.size) > limits).sum(axis=0).astype(np.int32)
    return drawn


def _until_dropout(at: Standing, who: npt.NDArray[np.intp], rng: np.random.Generator) -> Counts:
    """Purchases up to and with the one that dropout follows: geometric, p ~ Beta(a, b)."""
    lost = rng.standard_gamma(at.a.astype(np.float32)[who], dtype=np.float32)
    kept = rng.standard_gamma(at.b.astype(np.float32)[who], dtype=np.float32)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # -log(1-p) = log1p(X/Y) for p = X/(X+Y)
        waits = rng.standard_exponential(who.size, dtype=np.float32)
        count = np.ceil(waits / np.log1p(lost / kept))
    return np.asarray(np.fmin(np.fmax(count, 1.0), LONGEST).astype(np.int32))
