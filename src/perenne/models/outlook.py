"""From possible futures to what is told: per customer, and per group from joint draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
_AT_ONCE = 20_000


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
        quantiles=None if value is None else _scaled(_quantiles(value), factor),
    )


def of_groups(
    forecast: Forecast, groups: npt.NDArray[np.int64], *, count: int, factor: Factor = 1.0
) -> Outlook:
    """The outlook of groups 0 … count − 1: sums over their customers, draw by draw.

    Quantiles are those of the summed draws, never sums of quantiles. Customers of no group are −1.
    """
    inside = groups >= 0
    of = groups[inside]

    def total(values: npt.NDArray[np.floating]) -> Floats:
        return np.bincount(of, weights=values[inside], minlength=count).astype(np.float64)

    value = forecast.value
    sums = None if value is None else np.array([total(draw * factor) for draw in value])
    bought = forecast.orders
    chance = None if bought is None else total((bought > 0).mean(axis=0))
    size = np.bincount(of, minlength=count)
    with np.errstate(invalid="ignore"):
        mean_chance = np.full(count, np.nan) if chance is None else chance / size
    return Outlook(
        mean=total(forecast.mean_value * factor),
        orders=total(forecast.mean_orders),
        chance=mean_chance,
        quantiles=None if sums is None else _quantiles(sums),
    )


def _quantiles(draws: npt.NDArray[np.floating]) -> dict[str, Floats]:
    levels = list(QUANTILES.values())
    parts = [
        np.quantile(draws[:, start : start + _AT_ONCE], levels, axis=0)
        for start in range(0, draws.shape[1], _AT_ONCE)
    ]
    found = np.concatenate(parts, axis=1) if parts else np.empty((len(levels), 0))
    return dict(zip(QUANTILES, found.astype(np.float64), strict=True))


def _scaled(quantiles: Mapping[str, Floats], factor: Factor) -> dict[str, Floats]:
    return {name: values * factor for name, values in quantiles.items()}


def mean_discount(months: int, *, rate: float) -> float:
    """Mean factor of value that comes evenly over `months`, at a yearly `rate`."""
    force = np.log1p(rate) * months / 12
    return float(-np.expm1(-force) / force) if force > 0 else 1.0
