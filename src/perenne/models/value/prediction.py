"""The value that a prediction is: per customer, and in total with intervals of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats
from perenne.text import gettext as _

Singles = npt.NDArray[np.float32]

EVEN_ODDS_NEVER = 1
"""Reason code: the chance that any order follows, ever, is below one half."""


@dataclass(frozen=True)
class Totals:
    """Of sums over customers, each (horizons, groups), or (months,) in a forecast of the shop.

    median, lower, upper: from joint draws; lower, upper by coverage, as 0.9. Empty, and median
    NaN, without draws.
    """

    mean: Floats
    median: Floats
    lower: Mapping[float, Floats]
    upper: Mapping[float, Floats]


@dataclass(frozen=True)
class PredictedValue:
    """What each customer will bring until each horizon.

    expected_value, expected_purchases, probability_of_purchase: (horizons, customers); the value is
    discounted, the others are not. median, lower[c], upper[c]: of the value that will be realised,
    None and empty without draws. probability_alive: (customers,), not to be shown bare where
    `alive_by_construction`: there the model has no way to say otherwise, and
    probability_of_purchase speaks. even_odds_horizon: by when a further order is as likely as not,
    NaN where `even_odds_reason` is not 0. totals: "all" and each group.
    """

    horizons: Floats
    time_unit: str
    discount_rate: float
    expected_value: Floats
    expected_purchases: Floats
    probability_of_purchase: Floats
    probability_alive: Floats
    alive_by_construction: npt.NDArray[np.bool_]
    even_odds_horizon: Floats
    even_odds_reason: npt.NDArray[np.int8]
    totals: Mapping[str, Totals]
    median: Singles | None = None
    lower: Mapping[float, Singles] = field(default_factory=dict)
    upper: Mapping[float, Singles] = field(default_factory=dict)

    @property
    def customers(self) -> int:
        return int(self.probability_alive.size)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know before using a column, in words."""
        found = []
        if count := int(self.alive_by_construction.sum()):
            found.append(
                _(
                    "For {count} customers with one order the model takes them as active, because "
                    "it knows no other case: read the probability of a further order instead."
                ).format(count=count)
            )
        if count := int((self.even_odds_reason == EVEN_ODDS_NEVER).sum()):
            found.append(
                _(
                    "For {count} customers a further order is never as likely as not, however "
                    "long one waits."
                ).format(count=count)
            )
        return tuple(found)

    def to_columns(self) -> dict[str, npt.NDArray[Any]]:
        """One array per column; names end in the horizon, as expected_value_52."""
        columns: dict[str, npt.NDArray[Any]] = {}
        for row, horizon in enumerate(self.horizons):
            for name, values in self._by_horizon().items():
                columns[f"{name}_{horizon:.6g}"] = values[row]
        for name in (
            "probability_alive",
            "alive_by_construction",
            "even_odds_horizon",
            "even_odds_reason",
        ):
            columns[name] = getattr(self, name)
        return columns

    def to_arrow(self) -> Any:
        """A pyarrow Table of `to_columns`."""
        import pyarrow

        return pyarrow.table(self.to_columns())

    def _by_horizon(self) -> dict[str, npt.NDArray[Any]]:
        columns: dict[str, npt.NDArray[Any]] = {
            "expected_value": self.expected_value,
            "expected_purchases": self.expected_purchases,
            "probability_of_purchase": self.probability_of_purchase,
        }
        if self.median is not None:
            columns["median"] = self.median
        for coverage in self.lower:
            columns[f"lower_{coverage * 100:.4g}"] = self.lower[coverage]
            columns[f"upper_{coverage * 100:.4g}"] = self.upper[coverage]
        return columns

    def __str__(self) -> str:
        lines = [
            _("{customers} customers, discounted at {rate:.1%} a year").format(
                customers=self.customers, rate=self.discount_rate
            )
        ]
        total = self.totals["all"]
        for row, horizon in enumerate(self.horizons):
            ranges = "".join(
                f" · {c:.0%} {total.lower[c][row, 0]:,.0f} – {total.upper[c][row, 0]:,.0f}"
                for c in total.lower
            )
            lines.append(f"{horizon:g} {self.time_unit}: {total.mean[row, 0]:,.0f}{ranges}")
        return "\n".join([*lines, *self.notes])
