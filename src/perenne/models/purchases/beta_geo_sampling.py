"""Possible futures: exact draws from the individual posteriors, one per parameter draw."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.models.gammas import gammas
from perenne.models.histories import Floats, Histories, Ints, Rows, distinct_rows
from perenne.models.purchases.beta_geo_likelihood import (
    Family,
    Population,
    stage_terms,
)
from perenne.models.purchases.beta_geo_tables import (
    MOST,
    Lines,
    Thinning,
    chance_of_any,
    counts_at,
    draw_dropouts,
    width_for,
)

Counts = npt.NDArray[np.int32]
Singles = npt.NDArray[np.float32]
# Threads of a call; NumPy's generators leave the interpreter free to run another one.
THREADS = min(4, os.cpu_count() or 1)
# Customers of a block: their draws fit the cache of a processor.
BLOCK = 16_384


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
    # a / (b+n-1) to have dropped out already, where there was an occasion to.
    risk = n > 0
    with np.errstate(over="ignore", invalid="ignore"):
        odds = np.log(rate / last)
        odds *= shape
        np.exp(odds, out=odds)
        odds *= a / np.where(risk, b + n - 1.0, np.inf)
        if family.k > 1:
            odds /= total
        odds += 1.0
    alive = np.where(risk, np.divide(1.0, odds, out=odds), 1.0)
    return Standing(alive, shape, rate, a, b + n, stages / total)


def _each(values: Floats, group: Ints) -> Floats:
    return np.broadcast_to(values, group.shape) if values.size == 1 else values[group]


class Strata:
    """Numbers in (0, 1], one per customer and draw, that each customer's draws cover evenly.

    Of `draws` numbers of a customer one lies in each of as many equal parts, in an order of the
    customer's own. Within one draw the numbers of customers are independent and uniform, so that
    sums over customers are what they would be; bounds of a customer need fewer draws.
    """

    def __init__(self, size: int, *, draws: int, rng: np.random.Generator) -> None:
        steps = np.arange(1, draws + 1)
        steps = steps[np.gcd(steps, draws) == 1].astype(np.int32)
        self.draws = draws
        self.step = steps[rng.integers(steps.size, size=size)]
        self.part = rng.integers(draws, size=size, dtype=np.int32)

    def next(self, rng: np.random.Generator) -> Singles:
        """Those of the next draw."""
        self.part += self.step
        self.part -= self.draws * (self.part >= self.draws).astype(np.int32)
        place = self.part.astype(np.float32)
        place += 1
        place -= rng.random(place.size, dtype=np.float32)
        place /= np.float32(self.draws)
        return place


@dataclass(frozen=True)
class Sampler:
    """Draws of cumulated purchases within each of the increasing `horizons`."""

    family: Family
    histories: Histories
    horizons: Floats

    def draw(self, parameters: Sequence[Population], rng: np.random.Generator) -> Counts:
        """(draws, horizons, customers), one draw for each of the parameters, in threads.

        Customers are taken in the order of their histories, block by block: those of a block share
        much, and each block has a random stream of its own.
        """
        size = self.histories.row.size
        out = np.zeros((len(parameters), self.horizons.size, size), dtype=np.int32)
        order = np.argsort(self.histories.row, kind="stable")
        blocks = [order[start : start + BLOCK] for start in range(0, size, BLOCK)]
        streams = rng.spawn(len(blocks))

        def fill(index: int) -> None:
            stream = np.random.Generator(np.random.SFC64(streams[index].integers(2**63)))
            block = _Block.of(self, blocks[index], parameters[0])
            strata = [
                Strata(some.who.size, draws=len(parameters), rng=stream)
                for some in (block.read, block.drawn)
            ]
            for at, counts in zip(parameters, out, strict=True):
                block.draw(at, stream, counts, strata=strata)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(fill, range(len(blocks))))
        return out


@dataclass(frozen=True)
class _Block:
    """Customers with similar histories: those read from tables, and those drawn one by one.

    pair, kind: of each distinct history, its (x, T) and its x, as lines of tables (any pair where
    it has no line); pairs, kinds: one history that has each. width: entries of a line.
    """

    family: Family
    histories: Histories
    horizons: Floats
    read: _Customers
    drawn: _Customers
    pair: Rows
    pairs: Rows
    kind: Rows
    kinds: Rows
    width: int
    thinning: Thinning

    @classmethod
    def of(cls, sampler: Sampler, customers: Rows, at: Population) -> _Block:
        """The block of `customers`, given in the order of their histories; tables fit `at`."""
        family, histories, horizons = sampler.family, sampler.histories, sampler.horizons
        distinct, row = np.unique(histories.row[customers], return_inverse=True)
        own = Histories(
            frequency=histories.frequency[distinct],
            recency=histories.recency[distinct],
            tenure=histories.tenure[distinct],
            weights=histories.weights[distinct],
            row=row,
            group=histories.group[distinct],
        )
        pair, pairs = distinct_rows(own.frequency, own.tenure, own.group)
        kind, kinds = distinct_rows(own.frequency, own.group)
        stands = standing(family, own, at)
        width, worth = width_for(
            stands.shape[pairs],
            stands.rate[pairs],
            float(horizons[-1]),
            customers=np.bincount(pair[row], minlength=pairs.size).astype(np.float64),
        )
        read = worth[pair[row]] & (family.k == 1)
        return cls(
            family,
            own,
            horizons,
            _Customers(customers[read], row[read]),
            _Customers(customers[~read], row[~read]),
            np.maximum(np.cumsum(worth) - 1, 0)[pair],
            pairs[worth],
            kind,
            kinds,
            width,
            Thinning(horizons, width),
        )

    def draw(
        self,
        parameters: Population,
        rng: np.random.Generator,
        out: Counts,
        *,
        strata: Sequence[Strata],
    ) -> None:
        """One future of the block's customers, into their places of `out` (horizons, …).

        strata: of those read from tables, and of those drawn.
        """
        at = standing(self.family, self.histories, parameters)
        if self.read.who.size:
            self._read(at, rng, out, place=strata[0].next(rng))
        if self.drawn.who.size:
            self._draw(at, rng, out, place=strata[1].next(rng))

    def _read(self, at: Standing, rng: np.random.Generator, out: Counts, *, place: Singles) -> None:
        """One number, `place`, says whether there are purchases and, if nobody left, how many."""
        last = float(self.horizons[-1])
        lines = Lines(at.shape[self.pairs], at.rate[self.pairs], at.a[self.kinds], at.b[self.kinds])
        chance = (at.alive * chance_of_any(lines, last)[self.pair]).astype(np.float32)
        row = self.read.row
        each = chance.take(row)
        some = np.flatnonzero(place < each)
        if not some.size:
            return
        place = place.take(some)
        place /= each.take(some)
        who, row = self.read.who.take(some), row.take(some)
        line, kind = self.pair.take(row), self.kind.take(row)
        bought = counts_at(lines, line, place, horizon=last, width=self.width)
        kept = draw_dropouts(lines, kind, bought, width=self.width, rng=rng)
        out[-1, who] = kept
        for index in range(self.horizons.size - 2, -1, -1):
            bought = self.thinning.before(index, bought, rng)
            out[index, who] = np.minimum(bought, kept)

    def _draw(self, at: Standing, rng: np.random.Generator, out: Counts, *, place: Singles) -> None:
        """As the model is told: active or not (`place`), rates, purchases, dropout."""
        row = self.drawn.row
        alive = np.flatnonzero(place <= at.alive.astype(np.float32)[row])
        who = row[alive]
        stage = _stages(at.stages, who, rng)
        passed = self._passed(at, who, stage, rng)
        bought = (stage + passed) // self.family.k if self.family.k > 1 else passed
        # The first further purchase always counts; only then can there be a dropout.
        many = np.flatnonzero(bought[-1] > 1)
        bought[:, many] = np.minimum(bought[:, many], _until_dropout(at, who[many], rng))
        some = np.flatnonzero(bought[-1] > 0)
        out[:, self.drawn.who[alive[some]]] = bought[:, some]

    def _passed(self, at: Standing, who: Rows, stage: Counts, rng: np.random.Generator) -> Counts:
        """Stages passed by the end of each horizon, as if nobody dropped out."""
        shape = at.shape.astype(np.float32)[who] + stage
        rate = gammas(shape, rng) * (1.0 / at.rate).astype(np.float32)[who]
        passed = np.zeros((self.horizons.size, who.size), dtype=np.int32)
        # At the last horizon first: those who pass none by then pass none before.
        passed[-1] = rng.poisson(rate * self.horizons[-1])
        busy = np.flatnonzero(passed[-1] > 0)
        left = passed[-1, busy]
        for index in range(self.horizons.size - 2, -1, -1):
            left = rng.binomial(left, self.horizons[index] / self.horizons[index + 1])
            passed[index, busy] = left
        return passed


@dataclass(frozen=True)
class _Customers:
    """who: their places among all customers; row: their histories within the block."""

    who: Rows
    row: Rows


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
    return np.asarray(np.fmin(np.fmax(count, 1.0), MOST).astype(np.int32))
