"""Which contender predicts a shop: judged on its own past, by horizon."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.contenders.births import NAME as LATE
from perenne.models.contenders.births import late_start
from perenne.models.contenders.combined import Combined
from perenne.models.contenders.occasions import NAME as OCCASIONS
from perenne.models.contenders.occasions import find_occasions
from perenne.models.contenders.outdone import left_behind
from perenne.models.contenders.probability import ALIKE, leave_alike
from perenne.models.contenders.roster import BASELINES, contender, contenders
from perenne.models.forecast import Contender
from perenne.models.judging.backtest import Backtest, Groups, Progress, backtest
from perenne.models.judging.champion import Champion, champion
from perenne.models.judging.trials import Rehearsal, first_day, origins
from perenne.models.ledger import Ledger, day_of
from perenne.models.purchases.truncation import Truncation
from perenne.models.settings import PredictionSettings

SegmentsAt = Callable[[date], Mapping[str, str | None]]
"""Segment by customer as of a day, by the rules of today on what was known then."""

UNKNOWN = "?"
TRIED = 100_000
"""Customers on whom it is tried whether all leave alike."""
SHORTEST = 28
"""Days below which a forecast is not judged."""


@dataclass(frozen=True)
class Judged:
    """The backtest of a shop, the champion of its horizon, and how to fit it anew.

    horizon: days judged, the longest up to the one asked for that leaves an origin. champion is
    None, and why says so, when nobody could be judged. outdone: contenders that know of no season
    where the shop has one beyond doubt; they are judged and do not predict.
    """

    backtest: Backtest
    horizon: int
    champion: Champion | None
    why: str
    late_start: Truncation
    field: Mapping[str, Contender]
    outdone: frozenset[str] = frozenset()

    @property
    def winner(self) -> Contender | None:
        return self.field[self.champion.name] if self.champion else None


def judge(
    ledger: Ledger,
    *,
    horizon: int,
    settings: PredictionSettings,
    rng: np.random.Generator,
    groups: Groups | None = None,
    progress: Progress | None = None,
) -> Judged:
    """Backtest every contender of the settings on (a sample of) the shop, and choose."""
    judged = sample(ledger, most=settings.judged_customers)
    days = judged_horizon(judged, horizon)
    memory = Rehearsal()
    field = competing(ledger, settings.contenders, memory=memory)
    found = backtest(
        judged,
        contenders=list(field.values()),
        horizons=[days],
        at=origins(judged, days, at_most=settings.origins),
        draws=min(settings.draws, 200),
        rng=rng,
        groups=groups,
        progress=progress,
    )
    singles = [one.members[0] for one in field.values() if isinstance(one, Combined)]
    outdone = left_behind(singles, judged, memory, horizon=days, rng=rng)
    chosen, why = choose(found, days, outdone=outdone)
    return Judged(found, days, chosen, why, late_start(ledger), field, outdone)


def competing(
    ledger: Ledger, names: Sequence[str] = (), *, memory: Rehearsal | None = None
) -> dict[str, Contender]:
    """Contenders by name, simplest first: baselines, models, all models combined.

    Where nobody is named, those for special shops join when `ledger` shows what they are for. Each
    model competes at the level that its own earlier forecasts should have had, and with the error
    that they had in its totals: nobody is told a total without the error of its model.
    """
    single = [*contenders(names), *(() if names else _called_for(ledger))]
    models = [one for one in single if one.name not in BASELINES]
    kept = memory or Rehearsal()
    ready = [
        one if one.name in BASELINES else Combined((one,), kept, name=one.name) for one in single
    ]
    combined = [Combined(models, kept)] if len(models) > 1 else []
    return {one.name: one for one in [*ready, *combined]}


def _called_for(ledger: Ledger) -> list[Contender]:
    signs = {
        LATE: late_start(ledger).found,
        OCCASIONS: find_occasions(ledger) is not None,
        ALIKE: leave_alike(sample(ledger, most=TRIED)),
    }
    return [contender(name) for name, shown in signs.items() if shown]


def judged_further(
    judged: Judged,
    ledger: Ledger,
    *,
    horizons: Sequence[int],
    settings: PredictionSettings,
    rng: np.random.Generator,
) -> Judged:
    """The same, with the champion and the simple rules judged at longer horizons as well.

    Only at those, in days, of which the history holds a past forecast with as much before it; the
    choice stays that of the first horizon.
    """
    if judged.winner is None:
        return judged
    shop = sample(ledger, most=settings.judged_customers)
    field = [one for name, one in judged.field.items() if name in BASELINES]
    field += [judged.winner] * (judged.winner.name not in BASELINES)
    found = judged.backtest
    for days in horizons:
        at = origins(shop, days, at_most=settings.origins)
        if not at:
            continue
        more = backtest(
            shop, contenders=field, horizons=[days], at=at, draws=min(settings.draws, 200), rng=rng
        )
        found = replace(
            found,
            trials=(*found.trials, *more.trials),
            refusals=(*found.refusals, *more.refusals),
        )
    return replace(judged, backtest=found)


def choose(
    found: Backtest, days: int, *, outdone: Collection[str] = ()
) -> tuple[Champion | None, str]:
    """The champion, and the reason of it or of there being none."""
    try:
        chosen = champion(found, horizon=days, outdone=outdone)
    except PerenneError as refusal:
        return None, str(refusal)
    return chosen, chosen.reason


def sample(ledger: Ledger, *, most: int) -> Ledger:
    """The ledger, or every k-th of its customers when they are more than `most`."""
    if ledger.customers <= most:
        return ledger
    chosen = np.zeros(ledger.customers, dtype=bool)
    chosen[:: -(-ledger.customers // most)] = True
    return ledger.of(chosen)


def judged_horizon(ledger: Ledger, horizon: int) -> int:
    """`horizon`, or as much of it as leaves two past days with as much history before each."""
    history = ledger.until - first_day(ledger)
    return max(SHORTEST, min(horizon, int(history / 2.5)))


def groups_of(channels: Sequence[str | None], segments_at: SegmentsAt | None = None) -> Groups:
    """Groups known on the last day of a past: channel, year of the first order, orders so far.

    channels: names of the codes of the attribute `channel`. segments_at: also the segment that
    each customer was in on that day.
    """
    names = np.array([*(name or UNKNOWN for name in channels), UNKNOWN], dtype=object)

    def groups(past: Ledger) -> Mapping[str, npt.NDArray[Any]]:
        years = past.day[past.starts[:-1]].astype("datetime64[D]").astype("datetime64[Y]")
        days = past.histories().frequency.astype(int)
        return {
            "channel": names[past.attributes["channel"]].astype(str),
            "cohort_year": years.astype(str),
            "orders": np.array(["1", "2", "3+"])[np.minimum(days, 2)],
            **segment(past),
        }

    def segment(past: Ledger) -> dict[str, npt.NDArray[Any]]:
        if segments_at is None:
            return {}
        found = segments_at(day_of(past.until))
        told = [found.get(customer) or UNKNOWN for customer in past.customer_ids.tolist()]
        return {"segment": np.array(told)}

    return groups
