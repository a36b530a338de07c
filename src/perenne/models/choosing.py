"""Which contender predicts a shop: judged on its own past, by horizon."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.contenders.combined import Combined, recalibrated
from perenne.models.contenders.roster import BASELINES, contenders
from perenne.models.forecast import Contender
from perenne.models.judging.backtest import Backtest, Groups, Progress, backtest
from perenne.models.judging.champion import Champion, champion
from perenne.models.judging.trials import Rehearsal, first_day, origins
from perenne.models.ledger import Ledger
from perenne.models.settings import PredictionSettings

SHORTEST = 28
"""Days below which a forecast is not judged."""


@dataclass(frozen=True)
class Judged:
    """The backtest of a shop, the champion of its horizon, and how to fit it anew.

    horizon: days judged, the longest up to the one asked for that leaves an origin. champion is
    None, and why says so, when nobody could be judged.
    """

    backtest: Backtest
    horizon: int
    champion: Champion | None
    why: str
    field: Mapping[str, Contender]

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
    rehearsal = Rehearsal()
    field = _field(settings.contenders, rehearsal)
    found = backtest(
        judged,
        contenders=list(field.values()),
        horizons=[days],
        at=origins(judged, days, at_most=settings.origins),
        draws=min(settings.draws, 200),
        rng=rng,
        groups=groups,
        rehearsal=rehearsal,
        progress=progress,
    )
    chosen, why = _champion(found, days)
    return Judged(found, days, chosen, why, field)


def _champion(found: Backtest, days: int) -> tuple[Champion | None, str]:
    try:
        chosen = champion(found, horizon=days)
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
    """`horizon`, or as much of it as leaves half the history to learn from."""
    return max(SHORTEST, min(horizon, (ledger.until - first_day(ledger)) // 2))


def _field(names: Sequence[str], rehearsal: Rehearsal) -> dict[str, Contender]:
    """Contenders in order of simplicity: baselines, models, models put right, all combined."""
    single = contenders(names)
    models = [one for one in single if one.name not in BASELINES]
    better = [recalibrated(one, rehearsal) for one in models]
    combined = [Combined(models, rehearsal)] if len(models) > 1 else []
    return {one.name: one for one in [*single, *better, *combined]}


def attribute_groups(
    names: Mapping[str, Sequence[str | None]],
) -> Callable[[Ledger], Mapping[str, npt.NDArray[Any]]]:
    """Groups by what the first order told (channel, country …); `names`: labels of the codes."""

    def groups(past: Ledger) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        for kind, labels in names.items():
            words = np.array([label or "" for label in labels] + [""], dtype=object)
            yield kind, words[past.attributes[kind]].astype(str)

    return lambda past: dict(groups(past))
