"""What comes after the days that a learner learnt: a purchase model carries its forecast on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.contenders.probability import (
    WEEK,
    FittedProbability,
    probability_contender,
)
from perenne.models.forecast import Forecast
from perenne.models.judging.trials import numbers_that_hold
from perenne.models.ledger import Ledger

# Tried in turn: the first that fits a shop speaks.
PURCHASES = ("pareto_nbd", "mbg_nbd", "nbd")
# Whoever carries a forecast on lets customers leave, if any model can: with NBD three years are
# three times one.
CARRYING = ("pareto_nbd", "mbg_nbd", "exponential_nbd", "bg_nbd", "nbd")


@dataclass(frozen=True)
class Beyond:
    """A purchase model that says by what factor orders grow from one horizon to a longer one."""

    model: FittedProbability

    def extend(
        self,
        near: Forecast,
        ledger: Ledger,
        *,
        days: tuple[int, int],
        rng: np.random.Generator,
    ) -> Forecast:
        """The forecast `near` of the first horizon of `days`, as one of the second.

        Further orders are Poisson about near mean × (growth − 1) × (1 + drawn) / (1 + near mean):
        a future in which a customer buys more than expected goes on so, as with a rate that is
        exponential about what is expected. Each is worth what the customer's orders are.
        """
        history = self.model.history(ledger)
        first, last = (
            self.model.purchases.expected_purchases(one / WEEK, **history) for one in days
        )
        growth = np.clip(last / np.maximum(first, 1e-12), 1.0, days[1] / days[0])
        mean = near.mean_orders * growth, near.mean_value * growth
        if near.orders is None or near.value is None:
            return Forecast(*mean)
        expected = near.mean_orders * (growth - 1) / (1 + near.mean_orders)
        more = rng.poisson(expected * (1 + near.orders)).astype(np.int32)
        return Forecast(
            *mean, near.orders + more, near.value + self._worth(more, near, ledger, rng=rng)
        )

    def _worth(
        self,
        more: npt.NDArray[np.int32],
        near: Forecast,
        ledger: Ledger,
        *,
        rng: np.random.Generator,
    ) -> npt.NDArray[Any]:
        """Value of further orders, drawn by the spend model at the learner's value of an order."""
        spending = self.model.spending(ledger)
        own = near.mean_value / np.maximum(near.mean_orders, 1e-12)
        scale = own / np.maximum(self.model.spend.expected_value(**spending), 1e-12)
        drawn = self.model.spend.sample_totals(more, **spending, rng=rng)
        return drawn * scale.astype(np.float32)


def purchase_model(
    ledger: Ledger,
    *,
    horizon: int,
    rng: np.random.Generator,
    names: Sequence[str] = PURCHASES,
) -> FittedProbability | None:
    """The first of `names` that fits; None when none does."""
    for name in names:
        try:
            with numbers_that_hold(name):
                return probability_contender(name).fit(ledger, horizon=horizon, rng=rng)
        except PerenneError:
            continue
    return None
