"""Backtests: every contender on rolling origins and horizons, against what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.forecast import Contender, Forecast
from perenne.models.histories import Floats
from perenne.models.judging.points import Calibration, calibration
from perenne.models.judging.scores import (
    QUANTITIES,
    Quantity,
    Scores,
    by_group,
    pit_histogram,
    read,
    score,
)
from perenne.models.judging.trials import Rehearsal, ask, origins
from perenne.models.ledger import Ledger, Outcome
from perenne.text import gettext as _
from perenne.text import spoken

EVERYONE = "all"

Groups = Callable[[Ledger], Mapping[str, npt.NDArray[Any]]]
"""The customers' groups as known on the last day of a ledger: kind (segment, cohort …) → group."""

Progress = Callable[[str, int, int], None]
"""Called before each fit: the contender's name, how many fits are done, how many there are."""


@dataclass(frozen=True)
class Row:
    """One measure of one forecast. group is "all", or "kind: group"."""

    origin: int
    horizon: int
    contender: str
    quantity: Quantity
    group: str
    measure: str
    value: float


@dataclass(frozen=True)
class Refusal:
    """A contender that could not be fitted, with its reason; `spoken` has it by language."""

    origin: int
    horizon: int
    contender: str
    reason: str
    spoken: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """One contender at one origin: its scores, deciles and PIT histogram by quantity."""

    origin: int
    horizon: int
    contender: str
    scores: Mapping[Quantity, Scores]
    calibration: Mapping[Quantity, Calibration]
    pit: Mapping[Quantity, Floats]
    groups: Mapping[tuple[Quantity, str], Scores]

    def rows(self) -> Iterator[Row]:
        told = {(quantity, EVERYONE): scores for quantity, scores in self.scores.items()}
        for (quantity, group), scores in {**told, **self.groups}.items():
            for measure, value in asdict(scores).items():
                yield Row(
                    self.origin, self.horizon, self.contender, quantity, group, measure, value
                )


@dataclass(frozen=True)
class Backtest:
    """All trials and all refusals, in the order of horizons, origins and contenders."""

    trials: tuple[Trial, ...]
    refusals: tuple[Refusal, ...]
    skipped: Mapping[int, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[Row]:
        """One row per origin, horizon, contender, quantity, group and measure."""
        return [row for trial in self.trials for row in trial.rows()]

    @property
    def horizons(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(trial.horizon for trial in self.trials))

    def of(self, contender: str, *, horizon: int) -> list[Trial]:
        """The trials of one contender at one horizon, earliest first."""
        return [t for t in self.trials if t.contender == contender and t.horizon == horizon]

    def contenders(self, horizon: int) -> tuple[str, ...]:
        return tuple(dict.fromkeys(t.contender for t in self.trials if t.horizon == horizon))

    def measured(
        self, contender: str, measure: str, *, horizon: int, quantity: Quantity = "value"
    ) -> dict[int, float]:
        """One measure by origin."""
        found = self.of(contender, horizon=horizon)
        return {t.origin: float(getattr(t.scores[quantity], measure)) for t in found}


def backtest(
    ledger: Ledger,
    *,
    contenders: Sequence[Contender],
    horizons: Sequence[int],
    rng: np.random.Generator,
    at: Sequence[int] | None = None,
    draws: int = 200,
    groups: Groups | None = None,
    rehearsal: Rehearsal | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Fit each contender on the past of each origin only, and score what it says.

    horizons: days. at: origins as day numbers; by the rule of `origins` when not given. groups:
    kinds of groups, asked of the past at each origin. A contender that cannot be fitted is recorded
    with its reason; a horizon for which no origin fits stands in `skipped` with the reason.
    """
    plan = [
        (horizon, origin)
        for horizon in horizons
        for origin in (origins(ledger, horizon) if at is None else at)
        if origin + horizon <= ledger.until
    ]
    memory = rehearsal or Rehearsal()
    trials: list[Trial] = []
    refusals: list[Refusal] = []
    for step, (horizon, origin) in enumerate(plan):
        judged = _Judged(ledger, origin, horizon, groups)
        for place, contender in enumerate(contenders):
            if progress is not None:
                progress(
                    contender.name, step * len(contenders) + place, len(plan) * len(contenders)
                )
            try:
                trials.append(judged.trial(contender, memory, draws=draws, rng=rng))
            except PerenneError as refusal:
                said = spoken(refusal.what, refusal.next_step)
                refusals.append(Refusal(origin, horizon, contender.name, str(refusal), said))
    held = {horizon for horizon, _origin in plan}
    return Backtest(
        tuple(trials), tuple(refusals), {h: _short(h) for h in horizons if h not in held}
    )


def _short(horizon: int) -> str:
    return _("The history is too short to judge forecasts of {days} days.").format(days=horizon)


class _Judged:
    """One origin: the past, what came after, the groups of the past."""

    def __init__(self, ledger: Ledger, origin: int, horizon: int, groups: Groups | None) -> None:
        self.origin, self.horizon = origin, horizon
        self.past = ledger.as_of(origin)
        self.outcome: Outcome = ledger.outcome(self.past, horizon=horizon)
        self.groups = groups(self.past) if groups else {}

    def trial(
        self, contender: Contender, memory: Rehearsal, *, draws: int, rng: np.random.Generator
    ) -> Trial:
        if self.past.customers == 0:
            raise PerenneError(
                _("Nobody had bought by this day."), next_step=_("Judge from a later day.")
            )
        fitted = memory.fit(contender, self.past, horizon=self.horizon, rng=rng)
        told = ask(fitted, self.past, horizon=self.horizon, draws=draws, rng=rng)
        histograms = {q: pit_histogram(told, self.outcome, rng=rng, quantity=q) for q in QUANTITIES}
        return Trial(
            origin=self.origin,
            horizon=self.horizon,
            contender=contender.name,
            scores={q: score(told, self.outcome, rng=rng, quantity=q) for q in QUANTITIES},
            calibration={
                q: calibration(getattr(self.outcome, q), read(told, q)[0]) for q in QUANTITIES
            },
            pit={q: counts for q, counts in histograms.items() if counts is not None},
            groups=self._by_group(told, rng=rng),
        )

    def _by_group(
        self, told: Forecast, *, rng: np.random.Generator
    ) -> dict[tuple[Quantity, str], Scores]:
        return {
            (quantity, f"{kind}: {group}"): scores
            for kind, groups in self.groups.items()
            for quantity in QUANTITIES
            for group, scores in by_group(
                told, self.outcome, groups=groups, rng=rng, quantity=quantity
            ).items()
        }
