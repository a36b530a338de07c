"""What customers and groups may leave as margin: intervals from the draws of their value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.models.forecast import Forecast
from perenne.models.gammas import normals
from perenne.models.histories import Floats
from perenne.models.outlook import AT_ONCE, QUANTILES, GroupOutlook, quantiles_of

Singles = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class MarginRate:
    """Margin per unit of value of each customer, (customers,), NaN where unknown.

    unsure: variance of what that rate truly is. within: variance of the margin of a unit of value
    about it, as what a customer buys next has a margin of its own. shift: standard deviation of
    what all rates of a future have in common, as costs and prices of the shop move.
    """

    mean: Floats
    unsure: Floats
    within: float = 0.0
    shift: float = 0.0

    @classmethod
    def unknown(cls, customers: int) -> MarginRate:
        return cls(np.full(customers, np.nan), np.zeros(customers))

    @property
    def is_sure(self) -> bool:
        """Is the margin of a value known with it?"""
        return not (self.within or self.shift or self.unsure.any())

    def part(self, rows: slice) -> MarginRate:
        return MarginRate(self.mean[rows], self.unsure[rows], self.within, self.shift)

    def shifts(self, draws: int, *, rng: np.random.Generator) -> Singles:
        """(draws,): by how much all rates of each future are off."""
        return (self.shift * rng.standard_normal(draws)).astype(np.float32)


class MarginOutlook:
    """Margins of one horizon, told of customers part by part and of groups in the end.

    Both come from the draws of value: one draw is one future of the whole shop, in which a value V
    of a customer leaves (rate + shift) × V, give or take a normal of variance V² unsure +
    |V| within. The shift is that of the future, the rest is of each customer. Groups are sums of
    such draws, and not told as soon as a rate in them is unknown.
    """

    def __init__(self, counts: Sequence[int], *, shifts: Singles) -> None:
        self.shifts = shifts
        self.sums = [GroupOutlook(count) for count in counts]
        self.unknown = [np.zeros(count, dtype=np.int64) for count in counts]

    def add(
        self,
        forecast: Forecast,
        rate: MarginRate,
        codes: Sequence[Codes],
        *,
        factor: Floats,
        told: Mapping[str, Floats] | None,
        rng: np.random.Generator,
    ) -> dict[str, Floats]:
        """Add customers; their own quantiles by name, (customers,), NaN where nothing is known.

        codes: the group of each customer in each split, −1 for none. factor: (customers,), the
        discount of their value, of which `told` has the quantiles.
        """
        size = rate.mean.size
        found = {name: np.full(size, np.nan) for name in QUANTILES}
        for unknown, group in zip(self.unknown, codes, strict=True):
            lost = group[np.isnan(rate.mean) & (group >= 0)]
            unknown += np.bincount(lost, minlength=unknown.size)
        mean = forecast.mean_value * factor * rate.mean
        for rows, drawn in self._drawn(forecast, rate, factor=factor, rng=rng):
            part = Forecast(forecast.mean_orders[rows], mean[rows], value=drawn)
            for sums, group in zip(self.sums, codes, strict=True):
                sums.add(part, group[rows])
            if drawn is not None and not (rate.is_sure and told):
                for name, values in quantiles_of(drawn).items():
                    found[name][rows] = values
        return _of_one_rate(rate.mean, told) if rate.is_sure and told else found

    def rows(self, split: int) -> Iterator[dict[str, float | int]]:
        """Of each group of a split: `margin_mean`, its quantiles, and `margin_unknown`, customers
        without a known rate."""
        told, unknown = self.sums[split].told(), self.unknown[split]
        for place, lost in enumerate(unknown.tolist()):
            row: dict[str, float | int] = {"margin_mean": told.mean[place], "margin_unknown": lost}
            if told.quantiles is not None and not lost:
                row |= {f"margin_{name}": told.quantiles[name][place] for name in QUANTILES}
            yield row

    def _drawn(
        self, forecast: Forecast, rate: MarginRate, *, factor: Floats, rng: np.random.Generator
    ) -> Iterator[tuple[slice, Singles | None]]:
        """Some customers at a time, and the draws of their margins: (draws, customers)."""
        size = rate.mean.size
        if forecast.value is None or np.isnan(rate.mean).all():
            yield slice(0, size), None
            return
        for start in range(0, size, AT_ONCE):
            rows = slice(start, min(start + AT_ONCE, size))
            drawn = forecast.value[:, rows] * factor[rows].astype(np.float32)
            yield rows, self._margin(drawn, rate.part(rows), rng)

    def _margin(self, value: Singles, rate: MarginRate, rng: np.random.Generator) -> Singles:
        own = rate.mean.astype(np.float32) + self.shifts[:, None]
        if not (rate.within or rate.unsure.any()):
            return np.asarray(value * own, dtype=np.float32)
        wide = np.abs(value)
        wide *= rate.unsure.astype(np.float32) * wide + np.float32(rate.within)
        np.sqrt(wide, out=wide)
        wide *= normals(wide.size, rng).reshape(wide.shape)
        wide += value * own
        return np.asarray(wide, dtype=np.float32)


def _of_one_rate(rate: Floats, told: Mapping[str, Floats]) -> dict[str, Floats]:
    """Quantiles of the value times the rate; a rate below zero turns them round."""
    ends = np.sort(np.stack([told[name] * rate for name in QUANTILES]), axis=0)
    return dict(zip(QUANTILES, ends, strict=True))
