"""The level of one contender, put right before it is mixed with others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from perenne.models.forecast import Forecast
from perenne.models.judging.recalibration import centre_of, misses_of
from perenne.models.judging.scores import QUANTITIES
from perenne.models.judging.trials import Evidence


@dataclass(frozen=True)
class Levels:
    """Factors on the value and the orders that one contender foresees."""

    value: float = 1.0
    orders: float = 1.0

    def times(self, factor: float) -> Levels:
        return Levels(self.value * factor, self.orders * factor)

    def of(self, forecast: Forecast) -> Forecast:
        """The forecast at this level; draws of orders are no longer whole."""
        if self == Levels():
            return forecast
        value, orders = forecast.value, forecast.orders
        return replace(
            forecast,
            mean_orders=forecast.mean_orders * self.orders,
            mean_value=forecast.mean_value * self.value,
            value=None if value is None else value * np.float32(self.value),
            orders=None if orders is None else orders * np.float32(self.orders),  # type: ignore[arg-type] # made whole once put right
        )

    def seen(self, evidence: Evidence) -> Evidence:
        """A past forecast as it would have been at this level."""
        value, orders = evidence.predicted
        return replace(
            evidence,
            forecast=self.of(evidence.forecast),
            predicted=(value * self.value, orders * self.orders),
        )


def learn_levels(evidence: Sequence[Evidence], *, horizon: int) -> Levels:
    """What `learn` finds of the level alone."""
    value, orders = (
        float(np.exp(centre_of(*misses_of(evidence, quantity=quantity, horizon=horizon)[1:])))
        for quantity in QUANTITIES
    )
    return Levels(value, orders)
