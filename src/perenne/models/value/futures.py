"""Possible futures of a shop, drawn chunk by chunk: quantiles per customer, sums per draw."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from perenne.models.histories import Floats
from perenne.models.value.known import Reads
from perenne.models.value.prediction import Singles

CHUNK = 16_368
"""Customers drawn at a time; part of the result, for each chunk has a random stream of its own.

No power of two: rows that lie such a number of bytes apart share the same few places of a
processor's cache.
"""

Group = tuple[npt.NDArray[np.intp], int]
"""Code of each customer, and how many codes there are."""


@dataclass(frozen=True)
class Customers:
    """What is known of customers, (customers,) each; factor: (horizons, customers).

    `factor` turns the value of an order between two horizons into what counts of it: discount,
    returns, margin.
    """

    frequency: Floats
    recency: Floats
    tenure: Floats
    monetary_value: Floats
    factor: Floats
    first_value: Floats | None = None
    log_intervals: Floats | None = None
    covariates: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)

    def part(self, rows: npt.NDArray[np.intp]) -> Customers:
        return Customers(
            self.frequency[rows],
            self.recency[rows],
            self.tenure[rows],
            self.monetary_value[rows],
            self.factor[:, rows],
            None if self.first_value is None else self.first_value[rows],
            None if self.log_intervals is None else self.log_intervals[rows],
            {name: values[rows] for name, values in self.covariates.items()},
        )


@dataclass(frozen=True)
class Sampler:
    """Parameter vectors and level errors fixed first, one per draw, for all customers alike.

    levels: (draws,), a factor on all value of a draw.
    """

    purchases: Any
    spend: Any
    horizons: Floats
    purchase_draws: Mapping[str, Floats]
    spend_draws: Mapping[str, Floats]
    levels: Singles

    def values(self, customers: Customers, *, rng: np.random.Generator) -> Singles:
        """Cumulated value, (draws, horizons, customers)."""
        reads, known = Reads.of(self.purchases, self.spend), customers.covariates
        of_purchases: dict[str, Any] = {"covariates": known} if known and reads.purchases else {}
        if customers.log_intervals is not None:
            of_purchases["log_intervals"] = customers.log_intervals
        of_spend: dict[str, Any] = {"covariates": known} if known and reads.spend else {}
        if customers.first_value is not None:
            of_spend["first_value"] = customers.first_value
        counts = self.purchases.sample_purchases(
            self.horizons,
            frequency=customers.frequency,
            recency=customers.recency,
            tenure=customers.tenure,
            rng=rng,
            draws=self.levels.size,
            parameters=self.purchase_draws,
            **of_purchases,
        )
        value: Singles = self.spend.sample_totals(
            counts,
            frequency=customers.frequency,
            monetary_value=customers.monetary_value,
            rng=rng,
            parameters=self.spend_draws,
            **of_spend,
        )
        factor = customers.factor.astype(np.float32)
        # Draw by draw, each of which fits the cache.
        for future, level in zip(value, self.levels, strict=True):
            for row in range(self.horizons.size - 1, 0, -1):
                future[row] -= future[row - 1]
            future *= factor
            future *= level
            for row in range(1, self.horizons.size):
                future[row] += future[row - 1]
        return value


@dataclass(frozen=True)
class Futures:
    """quantiles: (probabilities, horizons, customers). sums: name → (draws, horizons, groups)."""

    quantiles: Singles
    sums: Mapping[str, Floats]


def draw_futures(
    sampler: Sampler,
    customers: Customers,
    *,
    probabilities: Floats,
    groups: Mapping[str, Group],
    rng: np.random.Generator,
    threads: int,
    order: npt.NDArray[np.intp] | None = None,
) -> Futures:
    """Draw all customers by chunks; the result depends on `rng`, not on the order of threads.

    order: in which to take customers; those with like histories should follow each other, as they
    share work.
    """
    size = customers.frequency.size
    horizons, draws = sampler.horizons.size, sampler.levels.size
    quantiles = np.empty((probabilities.size, horizons, size), dtype=np.float32)
    sums = {name: np.zeros((draws, horizons, count)) for name, (_codes, count) in groups.items()}
    chunk = max(CHUNK * 3 // max(horizons, 3), 1)  # of like memory for any number of horizons
    ordered = np.arange(size) if order is None else order
    pieces = [ordered[start : start + chunk] for start in range(0, size, chunk)]
    streams = rng.spawn(len(pieces))

    def work(index: int) -> dict[str, Floats]:
        rows = pieces[index]
        value = sampler.values(customers.part(rows), rng=streams[index])
        found = {name: _sums(value, codes[rows], count) for name, (codes, count) in groups.items()}
        if probabilities.size:
            for row in range(horizons):
                by_customer = np.ascontiguousarray(value[:, row].T)
                by_customer.sort(axis=-1)
                quantiles[:, row, rows] = _at(by_customer, probabilities).T
        return found

    with ThreadPoolExecutor(max_workers=threads) as pool:
        for found in pool.map(work, range(len(pieces))):
            for name, part in found.items():
                sums[name] += part
    return Futures(quantiles, sums)


def _sums(value: Singles, codes: npt.NDArray[np.intp], count: int) -> Floats:
    """(draws, horizons, groups) from (draws, horizons, customers)."""
    draws, horizons, size = value.shape
    if count == 1:
        return np.asarray(value.sum(axis=2, dtype=np.float64)[:, :, None])
    ones = np.ones(size, dtype=np.float32)
    member = csr_matrix((ones, (codes, np.arange(size))), shape=(count, size))
    grouped = (member @ value.reshape(draws * horizons, size).T).T
    return np.asarray(grouped.reshape(draws, horizons, count), dtype=np.float64)


def _at(ordered: Singles, probabilities: Floats) -> Singles:
    """Quantiles along the last, sorted axis, linear between draws.

    At probability · (draws + 1), as of a further draw: an interval of few draws then covers as
    often as it says (Weibull's plotting position).
    """
    last = ordered.shape[-1] - 1
    place = np.clip(probabilities * (last + 2) - 1, 0, last)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, last)
    share = (place - below).astype(np.float32)
    between: Singles = ordered[..., below] * (1 - share) + ordered[..., above] * share
    return between
