"""From possible futures to what is told: per customer, and per group from joint draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.models.forecast import Forecast
from perenne.models.histories import Floats

Factor = float | Floats
QUANTILES: Mapping[str, float] = {
    "lo90": 0.05,
    "lo50": 0.25,
    "median": 0.50,
    "hi50": 0.75,
    "hi90": 0.95,
}
# Customers whose draws are sorted at a time.
AT_ONCE = 4_096


@dataclass(frozen=True)
class Outlook:
    """What is expected of each of some customers, or of each of some groups.

    mean, orders: (n,). chance: of a further order, NaN without draws. quantiles: name → (n,), of
    the value; None without draws.
    """

    mean: Floats
    orders: Floats
    chance: Floats
    quantiles: Mapping[str, Floats] | None


def of_customers(forecast: Forecast, *, factor: Factor = 1.0) -> Outlook:
    """Each customer's own outlook; values times `factor` (a discount, one or (customers,))."""
    none = np.full(forecast.mean_orders.size, np.nan)
    bought = forecast.orders
    value = forecast.value
    return Outlook(
        mean=forecast.mean_value * factor,
        orders=forecast.mean_orders,
        chance=none if bought is None else (bought > 0).mean(axis=0),
        quantiles=None if value is None else _scaled(quantiles_of(value), factor),
    )


class GroupOutlook:
    """The outlook of groups 0 … count − 1, from the forecasts of parts of the customers.

    Draw by draw the values of a group's customers are added up: quantiles are those of the summed
    draws, never sums of quantiles. Customers of no group are −1.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.size, self.mean, self.orders, self.chance = np.zeros((4, count))
        self.draws: Floats | None = None

    def add(
        self, forecast: Forecast, groups: npt.NDArray[np.int64], *, factor: Factor = 1.0
    ) -> None:
        """Add customers, each in its group; values times `factor`."""
        inside = groups >= 0
        of = groups[inside]

        def total(values: npt.NDArray[Any]) -> Floats:
            sums = np.bincount(of, weights=values[inside], minlength=self.count)
            return sums.astype(np.float64)

        self.size += np.bincount(of, minlength=self.count)
        self.mean += total(forecast.mean_value * factor)
        self.orders += total(forecast.mean_orders)
        bought = forecast.orders
        self.chance += np.nan if bought is None else total((bought > 0).mean(axis=0))
        if forecast.value is not None:
            sums = _sums(forecast.value, groups, self.count, factor=factor)
            self.draws = sums if self.draws is None else self.draws + sums

    def told(self) -> Outlook:
        """What all that were added make together."""
        with np.errstate(invalid="ignore"):
            chance = self.chance / self.size
        draws = self.draws
        return Outlook(
            mean=self.mean,
            orders=self.orders,
            chance=chance,
            quantiles=None if draws is None else quantiles_of(draws),
        )


def of_groups(
    forecast: Forecast, groups: npt.NDArray[np.int64], *, count: int, factor: Factor = 1.0
) -> Outlook:
    """The outlook of groups 0 … count − 1 from one forecast of all customers."""
    found = GroupOutlook(count)
    found.add(forecast, groups, factor=factor)
    return found.told()


def _sums(
    value: npt.NDArray[np.floating], groups: npt.NDArray[np.int64], count: int, *, factor: Factor
) -> Floats:
    """(draws, count): sums over the customers of each group, in double precision."""
    scale = np.broadcast_to(np.asarray(factor, dtype=np.float32), groups.shape)
    order = np.argsort(groups, kind="stable")
    order = order[np.searchsorted(groups[order], 0) :]
    codes, owed = groups[order], scale[order]
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    sums = np.zeros((len(value), count))
    if order.size:
        for out, draw in zip(sums, value, strict=True):
            out[codes[starts]] = np.add.reduceat(draw.take(order) * owed, starts, dtype=np.float64)
    return sums


def quantiles_of(draws: npt.NDArray[np.floating]) -> dict[str, Floats]:
    """Linear between sorted draws, as NumPy's; sorted along rows that lie together."""
    levels = np.array(list(QUANTILES.values()))
    found = np.empty((levels.size, draws.shape[1]))
    place = levels * (len(draws) - 1)
    below = np.floor(place).astype(int)
    above, share = np.minimum(below + 1, len(draws) - 1), place - below
    for start in range(0, draws.shape[1], AT_ONCE):
        part = slice(start, start + AT_ONCE)
        ordered = np.ascontiguousarray(draws[:, part].T)
        ordered.sort(axis=1)
        found[:, part] = (ordered[:, below] * (1 - share) + ordered[:, above] * share).T
    return dict(zip(QUANTILES, found, strict=True))


def _scaled(quantiles: Mapping[str, Floats], factor: Factor) -> dict[str, Floats]:
    return {name: values * factor for name, values in quantiles.items()}


def mean_discount(months: int, *, rate: float) -> float:
    """Mean factor of value that comes evenly over `months`, at a yearly `rate`."""
    force = np.log1p(rate) * months / 12
    return float(-np.expm1(-force) / force) if force > 0 else 1.0
