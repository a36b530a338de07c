"""The purchase model beside the champion: it tells what a champion may have no idea of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perenne.core import PerenneError
from perenne.models.choosing import Judged
from perenne.models.contenders.combined import Combined, FittedCombined, recalibrated
from perenne.models.contenders.occasions import NAME as OCCASIONS
from perenne.models.contenders.probability import SOURCES, FittedProbability
from perenne.models.contenders.roster import SEASONAL, contender
from perenne.models.judging.champion import ranked
from perenne.models.judging.recalibration import Recalibration
from perenne.models.judging.trials import Rehearsal, numbers_that_hold
from perenne.models.ledger import Ledger

YEAR = 365


@dataclass(frozen=True)
class Companion:
    """The best purchase model of the shop: it tells what the champion may have no idea of."""

    name: str
    model: FittedProbability
    recalibration: Recalibration


def purchase_models(judged: Judged) -> list[str]:
    """The purchase models of a backtest, best first; those that a season leaves behind last.

    Also those that refused at some past day, be it the last: today they may well be fitted.
    """
    known = (*SOURCES, *SEASONAL, OCCASIONS)
    names = ranked(judged.backtest, horizon=judged.horizon) if judged.champion else ()
    found = [name for name in names if name in known]
    return sorted(found, key=judged.outdone.__contains__)


def best_companion(
    judged: Judged, ledger: Ledger, sample: Ledger, *, rng: np.random.Generator
) -> Companion | None:
    """The purchase model with the lowest error in the backtest, fitted on the whole past.

    Its level is that of past forecasts of `sample`, most of which the backtest has made already.
    """
    # Pareto/GGG is too slow for questions by the dozen, and BG/BB knows no days.
    names = [name for name in purchase_models(judged) if name not in ("pareto_ggg", OCCASIONS)]
    for name in dict.fromkeys([*names, "mbg_nbd"]):
        try:
            with numbers_that_hold(name):
                known = judged.field.get(name)
                put_right = (
                    known
                    if isinstance(known, Combined)
                    else recalibrated(contender(name), Rehearsal())
                )
                fitted = put_right.fit_on(ledger, sample, horizon=YEAR, rng=rng)
        except PerenneError:
            continue
        return _companion(name, fitted, ledger)
    return None


def _companion(name: str, fitted: FittedCombined, ledger: Ledger) -> Companion | None:
    (model,) = fitted.members
    if not isinstance(model, FittedProbability):
        return None
    return Companion(name, model, fitted.at_pace(until=ledger.until, horizon=YEAR))
