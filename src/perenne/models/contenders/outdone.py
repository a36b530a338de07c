"""Contenders that a season leaves behind: where a shop surely has one, who knows none is silent.

Which model is right about a season, few past forecasts cannot tell: models with a season answer
from 400 days of history on, and a refresh knows one or two forecasts of a year. The weeks of the
shop and the likelihood of its whole past tell more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import numpy as np

from perenne.core import PerenneError
from perenne.models.contenders.pace import Pace, pace_of
from perenne.models.contenders.probability import NEVER_LEAVE
from perenne.models.contenders.seasonal import SEASON, FittedSeasonal
from perenne.models.forecast import Contender, FittedContender
from perenne.models.judging.trials import Evidence, Rehearsal
from perenne.models.ledger import Ledger

# Purchase models of which customers leave, and which may have a season.
LEAVING = ("bg_nbd", "mbg_nbd", "pareto_nbd", "exponential_nbd")
SEASONED = (*LEAVING, *NEVER_LEAVE)
# Chance below which no doubt is left: of there being no season, of a model beside a likelier one.
DOUBT = 0.01
# Past forecasts that models with a season answered, below which likelihood tells them apart.
FEWEST = 2


def outdone(names: Iterable[str], pace: Pace | None) -> set[str]:
    """Purchase models without a season that one with a season leaves behind, of those that answer.

    Where no doubt is left of a season, they are those of which customers leave, as soon as any such
    model with the season is there, be it another: when customers leave is a small matter beside it.
    NBD, of which nobody leaves, is left behind by NBD with the season.
    """
    if pace is None or pace.doubt > DOUBT:
        return set()
    known = {*names}
    with_season = {name.removesuffix(SEASON) for name in known if name.endswith(SEASON)}
    beaten = {*LEAVING} if with_season - {*NEVER_LEAVE} else set()
    return (with_season | beaten) & known


def unlikely(
    fitted: Sequence[FittedContender],
    ledger: Ledger,
    *,
    told: Mapping[str, Sequence[Evidence | None]],
) -> set[str]:
    """Of purchase models with a season, those that the past makes unlikely.

    Log-likelihoods are compared less the number of parameters (Akaike 1974): NBD, of which nobody
    leaves, has two of the four. Only while they answered fewer than two past forecasts (`told`, by
    name): later these weigh them.
    """
    found = {
        one.name: one.log_likelihood(ledger) - len(one.purchases.parameters)
        for one in fitted
        if isinstance(one, FittedSeasonal)
        and one.name.removesuffix(SEASON) in SEASONED
        and sum(evidence is not None for evidence in told[one.name]) < FEWEST
    }
    highest = max(found.values(), default=0.0)
    return {name for name, likely in found.items() if likely < highest + np.log(DOUBT)}


def left_behind(
    singles: Iterable[Contender],
    ledger: Ledger,
    rehearsal: Rehearsal,
    *,
    horizon: int,
    rng: np.random.Generator,
) -> frozenset[str]:
    """Of contenders that compete alone, those that the season of the shop leaves behind.

    By the whole ledger, as the shop is known today; the fits are those that predict later.
    """
    pace = pace_of(ledger, rehearsal, horizon=horizon, rng=rng)
    if pace is None or pace.doubt > DOUBT:
        return frozenset()
    willing = []
    for one in (one for one in singles if one.name.removesuffix(SEASON) in SEASONED):
        with suppress(PerenneError):
            willing.append(rehearsal.fit(one, ledger, horizon=horizon, rng=rng).name)
    return frozenset(outdone(willing, pace))
