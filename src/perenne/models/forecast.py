"""What a contender says: a mean and draws of orders and value, for every customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from perenne.models.chance import Chance
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger

# The season that a forecast is made of, told by the attribute `holds` of who is fitted: its own, or
# that of the last horizon; that of the whole past where nothing is told.
HOLDS_OWN, HOLDS_RECENT, HOLDS_PAST = "own", "recent", "past"


@dataclass(frozen=True)
class Forecast:
    """Purchase days and value of each customer of a ledger in the horizon after its last day.

    mean_orders, mean_value: (customers,), undiscounted. orders (int32), value (float32):
    (draws, customers), draws of the joint predictive distribution: one draw is one possible future
    of the whole shop, so that row sums are draws of totals. None where a contender has only a
    mean. probability_alive: (customers,) or None where the idea does not apply.
    """

    mean_orders: Floats
    mean_value: Floats
    orders: npt.NDArray[np.int32] | None = None
    value: npt.NDArray[np.float32] | None = None
    probability_alive: Floats | None = None


class FittedContender(Protocol):
    """A contender that has learnt from the past of a shop."""

    @property
    def name(self) -> str: ...

    def forecast(
        self, ledger: Ledger, *, horizon: int, draws: int, rng: np.random.Generator
    ) -> Forecast:
        """The next `horizon` days after `ledger.until`, for each customer in `ledger`.

        draws: 0 for means alone. Of `rng` itself only what all customers of a future share is
        drawn, as often whatever the customers; what is their own comes from `chance.own` of it. The
        ledger may be part of a shop: what only the shop can tell is read from `ledger.shop`.
        """


@runtime_checkable
class Settles(Protocol):
    """A fitted contender that looks at the whole shop once, before it is asked for its parts."""

    def settled(
        self, ledger: Ledger, *, horizon: int, draws: int, chance: Chance
    ) -> FittedContender:
        """As fitted, with what the forecast of the shop of `ledger` decides for each part of it."""


class Contender(Protocol):
    """One way to predict. `fit` sees nothing after `ledger.until`; PerenneError when it cannot."""

    @property
    def name(self) -> str: ...

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> FittedContender: ...
