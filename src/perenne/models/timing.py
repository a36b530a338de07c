"""When what is expected of each customer comes: what it is worth today, and how long they stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.models.contenders.probability import FittedProbability
from perenne.models.histories import Floats, compress
from perenne.models.ledger import Ledger
from perenne.models.outlook import mean_discount
from perenne.models.value.discounting import (
    discount_force,
    discounted_purchases,
    expected_by,
    units_per_year,
)

DAYS = 365.25 / 12
# Weeks over which the pace of today is taken.
JUST_AHEAD = 0.1
Purchases = Callable[[float], Floats]


@dataclass(frozen=True)
class Timing:
    """One horizon. discount: mean factor on the value of each customer until then, (customers,).
    stay: years that each is expected to stay a customer until then, later ones counting for less.
    """

    discount: Floats
    stay: Floats


def even_timing(customers: int, horizon: int, *, rate: float) -> Timing:
    """Without a model: value comes evenly over `horizon` months, and everybody stays."""
    factor = np.full(customers, mean_discount(horizon, rate=rate))
    return Timing(factor, factor * horizon / 12)


def timings(
    ledger: Ledger, model: FittedProbability, horizons: Sequence[int], *, rate: float
) -> dict[int, Timing]:
    """By the purchase model: each expected order counts at its own time. horizons: in months.

    Who leaves early orders early, so that their value is discounted less than if it came evenly.
    The pace of orders falls as customers leave: the orders of a horizon over those at today's pace
    are the part of it that a customer of today stays, times the chance of being one today.
    """
    history = model.history(ledger)
    rows = compress(*history.values())
    distinct = {name: getattr(rows, name) for name in history}
    ends = np.array([model.ahead(ledger, round(DAYS * months)) for months in sorted(horizons)])
    owed, plain = discounted_purchases(
        lambda times: expected_by(model.purchases, times, **distinct),
        ends,
        force=discount_force(rate, time_unit="week"),
    )
    pace = model.purchases.expected_purchases(JUST_AHEAD, **distinct) / JUST_AHEAD
    alive = np.asarray(model.purchases.probability_alive(**distinct), dtype=float)
    found = {}
    for place, horizon in enumerate(sorted(horizons)):
        even = mean_discount(horizon, rate=rate)
        factor = _share(owed[place], plain[place], other=even)
        stay = alive * np.minimum(
            _share(owed[place], pace, other=0.0) / units_per_year("week"), even * horizon / 12
        )
        found[horizon] = Timing(factor[rows.row], stay[rows.row])
    return found


def cost_of_keeping(spent: float, timing: Timing, alive: Floats) -> Floats:
    """What keeping each customer until the horizon will cost, (customers,).

    spent: in the last year, on those who were customers. It is shared among those expected to be
    customers today (`alive`, chances): one who has left costs nothing, one who stays a year costs
    what a customer cost last year.
    """
    there = float(np.nansum(alive))
    return timing.stay * (spent / there if there > 0 else 0.0)


def _share(part: npt.NDArray[np.floating], whole: Floats, *, other: float) -> Floats:
    found = np.full(whole.size, other)
    np.divide(part, whole, out=found, where=whole > 1e-12)
    return found
