"""From a mean to possible futures: how far buyers fell from what was expected of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats, Ints

# Buyers per bin: enough for the far quantiles of a 90% interval.
PER_BIN = 150
MOST_BINS = 24


@dataclass(frozen=True)
class Spread:
    """Pairs (orders, value) relative to their expectation, held out, in bins of expected orders.

    Drawn as pairs, so that who orders more often than expected also spends more.
    """

    edges: Floats
    orders: Sequence[Floats]
    value: Sequence[Floats]

    def draw(
        self, expected_orders: Floats, expected_value: Floats, *, rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Orders (at least 1) and value of each customer, given that there is an order."""
        bins = np.searchsorted(self.edges, expected_orders)
        sizes = np.array([pairs.size for pairs in self.orders])
        starts = np.concatenate(([0], np.cumsum(sizes[:-1])))
        pick = starts[bins] + (rng.random(bins.size) * sizes[bins]).astype(np.intp)
        count = np.concatenate(self.orders)[pick] * expected_orders
        # Rounded up or down by chance, so that the mean stays.
        whole = np.floor(count + rng.random(bins.size))
        money = np.concatenate(self.value)[pick] * expected_value
        return np.maximum(whole, 1).astype(np.int32), money.astype(np.float32)


def spread_of(
    orders: Floats, value: Floats, *, expected_orders: Floats, expected_value: Floats
) -> Spread:
    """Learn from buyers: (n,) actual and held-out expected orders and value."""
    count = int(np.clip(orders.size // PER_BIN, 1, MOST_BINS))
    edges = np.quantile(expected_orders, np.arange(1, count) / count)
    bins = np.searchsorted(edges, expected_orders)
    ratios = [_ratios(orders, expected_orders, bins == one) for one in range(count)]
    values = [_ratios(value, expected_value, bins == one) for one in range(count)]
    kept = [one for one in range(count) if ratios[one].size]
    return Spread(
        edges[kept[:-1]] if len(kept) > 1 else np.empty(0),
        [ratios[one] for one in kept],
        [values[one] for one in kept],
    )


def _ratios(actual: Floats, expected: Floats, inside: npt.NDArray[np.bool_]) -> Floats:
    """Actual over expected, scaled so that the bin's total is what was expected of it."""
    if not inside.any():
        return np.empty(0)
    ratio = actual[inside] / expected[inside]
    level = float((ratio * expected[inside]).sum() / expected[inside].sum())
    scaled: Floats = ratio / level if level > 0 else ratio
    return scaled


def level_spread(actual: Floats, expected: Floats, groups: Ints) -> float:
    """Standard deviation of log(actual / expected) of the totals of `groups`; 0 for one group."""
    logs = [
        np.log(actual[groups == one].sum() / expected[groups == one].sum())
        for one in np.unique(groups)
        if actual[groups == one].sum() > 0
    ]
    return float(np.std(logs, ddof=1)) if len(logs) > 1 else 0.0
