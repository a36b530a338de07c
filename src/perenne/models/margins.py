"""What customers may leave as margin: intervals from the draws of their value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.models.gammas import normals
from perenne.models.histories import Floats
from perenne.models.outlook import AT_ONCE, QUANTILES, quantiles_of


@dataclass(frozen=True)
class MarginRate:
    """Margin per unit of value of each customer, (customers,), NaN where unknown.

    unsure: variance of what that rate truly is. within: variance of the margin of a unit of value
    about it, as what a customer buys next has a margin of its own.
    """

    mean: Floats
    unsure: Floats
    within: float = 0.0

    @classmethod
    def unknown(cls, customers: int) -> MarginRate:
        return cls(np.full(customers, np.nan), np.zeros(customers))

    def part(self, rows: slice) -> MarginRate:
        return MarginRate(self.mean[rows], self.unsure[rows], self.within)

    def quantiles(
        self,
        value: npt.NDArray[np.floating],
        told: Mapping[str, Floats],
        *,
        rng: np.random.Generator,
    ) -> dict[str, Floats]:
        """By name, (customers,): of the margin of each customer, NaN where the rate is unknown.

        value: (draws, customers), of which `told` has the quantiles. Each draw of a customer's
        value V leaves rate × V, give or take a normal of variance V² unsure + |V| within.
        """
        if not self.within and not self.unsure.any():
            return self._of_one_rate(told)
        found = {name: np.full(self.mean.size, np.nan) for name in QUANTILES}
        known = np.flatnonzero(np.isfinite(self.mean))
        for start in range(0, known.size, AT_ONCE):
            who = known[start : start + AT_ONCE]
            for name, values in quantiles_of(self._drawn(value[:, who], who, rng)).items():
                found[name][who] = values
        return found

    def _of_one_rate(self, told: Mapping[str, Floats]) -> dict[str, Floats]:
        """Those of the value times the rate; a rate below zero turns them round."""
        names = list(QUANTILES)
        ends = np.sort(np.stack([told[name] * self.mean for name in names]), axis=0)
        return dict(zip(names, ends, strict=True))

    def _drawn(
        self, value: npt.NDArray[np.floating], who: npt.NDArray[np.intp], rng: np.random.Generator
    ) -> npt.NDArray[np.float32]:
        drawn = value.astype(np.float32)
        wide = np.abs(drawn)
        wide *= self.unsure[who].astype(np.float32) * wide + np.float32(self.within)
        np.sqrt(wide, out=wide)
        wide *= normals(wide.size, rng).reshape(wide.shape)
        drawn *= self.mean[who].astype(np.float32)
        drawn += wide
        return drawn
