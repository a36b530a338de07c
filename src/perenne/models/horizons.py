"""Horizons longer than the one that was judged: what is learnt at them, and what is stretched."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from perenne.core import PerenneError
from perenne.models.contenders.combined import FittedCombined
from perenne.models.forecast import Contender, FittedContender
from perenne.models.judging.recalibration import Adjustment, Recalibration
from perenne.models.judging.trials import numbers_that_hold, rehearsals
from perenne.models.ledger import Ledger

YEAR = 365
LEAP = 3
"""Days that leap years add to a horizon in months."""


@dataclass(frozen=True)
class Reach:
    """A fitted contender made fit for a horizon, and the days at which its level was learnt."""

    fitted: FittedContender
    learnt: int


def reaching(
    fitted: FittedContender,
    candidate: Contender,
    sample: Ledger,
    *,
    days: int,
    judged: int,
    rng: np.random.Generator,
) -> Reach:
    """The contender at `days`, fitted and recalibrated at `judged` days.

    Where the past of the shop holds a forecast of `days`, level and shape are learnt at that
    horizon, on `sample` (the shop, or a part of it). Elsewhere those of the longest horizon that it
    holds stand, and the error of the level grows with the root of the horizon (`stretched`).
    """
    if days <= judged + LEAP or not isinstance(fitted, FittedCombined):
        return Reach(fitted, judged)
    model, at = fitted, judged
    whole_years = range(YEAR * (days // YEAR), judged + LEAP, -YEAR)
    for longer in dict.fromkeys([days, *whole_years]):
        found = _learnt(candidate, sample, days=longer, rng=rng)
        if found is not None:
            model, at = fitted.taught(found), longer
            break
    if days > at + LEAP:
        learnt = stretched(model.recalibration, times=days / at)
        model = replace(model, recalibration=learnt)
    return Reach(model, at)


def _learnt(
    candidate: Contender, sample: Ledger, *, days: int, rng: np.random.Generator
) -> FittedCombined | None:
    """The candidate as past forecasts of `days` teach it; None when the history holds none."""
    if all(length != days for _origin, length in rehearsals(sample, days)):
        return None
    try:
        with numbers_that_hold(candidate.name):
            found = candidate.fit(sample, horizon=days, rng=rng)
    except PerenneError:
        return None
    told = isinstance(found, FittedCombined) and found.recalibration.origins
    return found if isinstance(found, FittedCombined) and told else None


def stretched(learnt: Recalibration, *, times: float) -> Recalibration:
    """The same level, less sure: its error over a horizon so many `times` longer.

    The spread grows with the root of the horizon. Of 22 forecasts of purchases on CDNOW and on an
    online grocery, errors of the level at two and three times a horizon were 1.45 and 1.78 times
    those at one; the roots are 1.41 and 1.73.
    """

    def wider(one: Adjustment) -> Adjustment:
        return replace(one, level_spread=one.level_spread * float(np.sqrt(times)))

    return replace(learnt, value=wider(learnt.value), orders=wider(learnt.orders))
