"""Several contenders as one: pooled by weights, or one put right by its own earlier misses."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.chance import Chance
from perenne.models.contenders.outdone import outdone, unlikely
from perenne.models.contenders.pace import Pace, open_season, pace_of
from perenne.models.contenders.pooling import Trial, drawn_of, pool_weights, pruned
from perenne.models.forecast import (
    Contender,
    FittedContender,
    Forecast,
    Settles,
)
from perenne.models.histories import Floats
from perenne.models.judging.levels import Levels, learn_levels
from perenne.models.judging.recalibration import (
    PUT_RIGHT,
    Anchors,
    Recalibration,
    learn,
    widened,
)
from perenne.models.judging.trials import Evidence, Rehearsal, rehearsals
from perenne.models.ledger import Ledger
from perenne.text import gettext as _

# Of a shop told in parts: customers whose means are asked at once; samples, and customers in each,
# whose draws tell the level of the draws of all.
MEANS_AT_ONCE = 200_000
SAMPLES, SAMPLE = 8, 5_000
MEANS = ("mean_orders", "mean_value")
# Parts of this number and above are nobody's: samples have chance of their own.
OWN_CHANCE = 1 << 18


@dataclass(frozen=True)
class Combined:
    """A mixture of `members`: weights ≥ 0 that sum to 1, learnt on earlier origins.

    At earlier origins inside the ledger each member is fitted and asked. A member that knows no
    season is moved to that of the days it was asked for, as the shop is known today (`Pace`). The
    level of each is put right by its own misses: members answer at different origins, and where one
    is absent the others say nothing of what it would have missed. The weights minimise the mean
    CRPS of the value of the mixture (Hall & Mitchell 2007; Gneiting & Ranjan 2013) and are shrunk
    to equal ones; then slope, shape and the error of the level are learnt from the mixture on the
    same origins. Members that refuse are left out, and so are those that a season leaves behind
    (`outdone`, `unlikely`): the weeks of a shop tell more of it than a few forecasts can. All must
    give draws. PerenneError when none is left.
    """

    members: Sequence[Contender]
    rehearsal: Rehearsal = field(default_factory=Rehearsal, compare=False)
    name: str = "combined"

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> FittedCombined:
        willing = self._willing(ledger, horizon=horizon, rng=rng)
        pace = pace_of(ledger, self.rehearsal, horizon=horizon, rng=rng)
        beaten = outdone([one.name for _member, one in willing], pace)
        willing = [pair for pair in willing if pair[1].name not in beaten]
        past = rehearsals(ledger, horizon)
        told = {
            one.name: at_pace(
                self.rehearsal.evidence(member, ledger, horizon=horizon, rng=rng),
                past,
                pace=pace,
                member=one,
            )
            for member, one in willing
        }
        behind = unlikely([one for _member, one in willing], ledger, told=told)
        fitted = [one for _member, one in willing if one.name not in behind]
        evidence = [told[one.name] for one in fitted]
        levels = self._levels(evidence, horizon=horizon)
        levelled = [
            [None if one is None else level.seen(one) for one in told]
            for level, told in zip(levels, evidence, strict=True)
        ]
        trials = [trial for trial in zip(*levelled, strict=True) if any(trial)]
        weights = pruned(pool_weights(trials, members=len(fitted)))
        held = np.flatnonzero(weights).tolist()
        seen = [some for trial in trials if any(some := [trial[one] for one in held])]
        pools = [pooled_evidence(trial, weights[held], rng=rng) for trial in seen]
        answered = [at for at, *told in zip(past, *levelled, strict=True) if any(told)]
        learnt = learn(pools, horizon=horizon, rng=rng, levelled=len(fitted) > 1)
        return FittedCombined(
            self.name,
            tuple(fitted[one] for one in held),
            weights[held],
            widened(learnt, by=open_season(ledger, pace, horizon=horizon, learnt=answered)),
            tuple(levels[one] for one in held),
            pace,
        )

    def fit_on(
        self, ledger: Ledger, sample: Ledger, *, horizon: int, rng: np.random.Generator
    ) -> FittedCombined:
        """Members fitted on `ledger`; what is learnt from the past is learnt on a `sample` of it.

        Past forecasts of a part of a large shop teach as much, at the cost of that part.
        """
        if sample.customers == ledger.customers:
            return self.fit(ledger, horizon=horizon, rng=rng)
        taught = self.fit(sample, horizon=horizon, rng=rng)
        names = {one.name for one in taught.members}
        fitted, kept = [], []
        for member in (one for one in self.members if one.name in names):
            with suppress(PerenneError):
                fitted.append(self.rehearsal.fit(member, ledger, horizon=horizon, rng=rng))
                kept.append([one.name for one in taught.members].index(member.name))
        if not fitted:
            return self.fit(ledger, horizon=horizon, rng=rng)
        weights = taught.weights[kept]
        levels = tuple(taught.levels[place] for place in kept)
        return replace(
            taught, members=tuple(fitted), weights=weights / weights.sum(), levels=levels
        )

    def _levels(
        self, evidence: Sequence[Sequence[Evidence | None]], *, horizon: int
    ) -> tuple[Levels, ...]:
        """One for each member; a single one gets its own with all else that is put right."""
        if len(evidence) == 1:
            return (Levels(),)
        seen = ([one for one in told if one is not None] for told in evidence)
        return tuple(learn_levels(told, horizon=horizon) for told in seen)

    def _willing(
        self, ledger: Ledger, *, horizon: int, rng: np.random.Generator
    ) -> list[tuple[Contender, FittedContender]]:
        willing: list[tuple[Contender, FittedContender]] = []
        refusals = []
        for member in self.members:
            try:
                done = self.rehearsal.fit(member, ledger, horizon=horizon, rng=rng)
            except PerenneError as refusal:
                if len(self.members) == 1:
                    raise
                refusals.append(f"{member.name}: {refusal}")
                continue
            willing.append((member, done))
        if not willing:
            raise PerenneError(
                _("There is nothing to combine: every member refused."),
                given=_("; ").join(refusals),
                next_step=_("Wait for a longer history; until then the baselines stand in."),
            )
        return willing


def recalibrated(contender: Contender, rehearsal: Rehearsal) -> Combined:
    """One contender at the level and shape that its earlier forecasts should have had."""
    return Combined((contender,), rehearsal, name=contender.name + PUT_RIGHT)


@dataclass(frozen=True)
class FittedCombined:
    """Fitted members, the weight and the level of each, and what is put right afterwards.

    levels: none for members told as they are. pace: none where no season is known. anchors: of a
    shop that is told in parts, once `settled`.
    """

    name: str
    members: tuple[FittedContender, ...]
    weights: Floats
    recalibration: Recalibration
    levels: tuple[Levels, ...] = ()
    pace: Pace | None = None
    anchors: Anchors | None = None

    def forecast(
        self, ledger: Ledger, *, horizon: int, draws: int, rng: np.random.Generator
    ) -> Forecast:
        mixed = self._mixed(ledger, horizon=horizon, draws=draws, rng=rng)
        return self.recalibration.apply(mixed, rng=rng, anchors=self.anchors)

    def taught(self, other: FittedCombined) -> FittedCombined:
        """These members and weights, with what another fit of them learnt to put right."""
        learnt = dict(zip((one.name for one in other.members), other.levels, strict=False))
        levels = tuple(learnt.get(one.name, Levels()) for one in self.members)
        return replace(self, recalibration=other.recalibration, levels=levels)

    def settled(
        self, ledger: Ledger, *, horizon: int, draws: int, chance: Chance
    ) -> FittedCombined:
        """Anchored on the means of all customers and the draws of a sample of them."""
        members = tuple(
            one.settled(ledger, horizon=horizon, draws=draws, chance=chance)
            if isinstance(one, Settles)
            else one
            for one in self.members
        )
        ready = replace(self, members=members)

        def told(part: slice, count: int, number: int) -> Forecast:
            rng = chance.part(number)
            return ready._mixed(ledger.part(part), horizon=horizon, draws=count, rng=rng)

        size = ledger.customers
        steps = range(0, size, MEANS_AT_ONCE)
        parts = [told(slice(start, start + MEANS_AT_ONCE), 0, 0) for start in steps]
        means = (np.concatenate([getattr(part, name) for part in parts]) for name in MEANS)
        starts = np.linspace(0, max(size - SAMPLE, 0), SAMPLES, dtype=int).tolist()
        samples = [
            told(slice(start, start + SAMPLE), draws, OWN_CHANCE + number)
            for number, start in enumerate(starts)
        ]
        return replace(ready, anchors=self.recalibration.anchors(Forecast(*means), samples))

    def _mixed(
        self, ledger: Ledger, *, horizon: int, draws: int, rng: np.random.Generator
    ) -> Forecast:
        """The mixture of the members, not put right yet."""
        levels = self.levels or (Levels(),) * len(self.members)
        share = _shares(self.weights, draws, rng=rng) if draws else np.zeros(self.weights.size)
        told = [
            self._moved(level, member, until=ledger.until, horizon=horizon).of(
                member.forecast(
                    ledger, horizon=horizon, draws=max(int(count), 2) if draws else 0, rng=rng
                )
            )
            for member, level, count in zip(self.members, levels, share, strict=True)
        ]
        return _mixture(told, self.weights, share)

    def at_pace(self, *, until: int, horizon: int) -> Recalibration:
        """What a lone member is put right by after day `until`, its pace included."""
        if self.pace is None:
            return self.recalibration
        factor = self.pace.factor(self.members[0], until=until, horizon=horizon)
        value, orders = (
            replace(one, level=one.level * factor)
            for one in (self.recalibration.value, self.recalibration.orders)
        )
        return replace(self.recalibration, value=value, orders=orders)

    def _moved(self, level: Levels, member: FittedContender, *, until: int, horizon: int) -> Levels:
        """The level of a member at the pace of the days ahead."""
        if self.pace is None:
            return level
        return level.times(self.pace.factor(member, until=until, horizon=horizon))


def at_pace(
    told: Sequence[Evidence | None],
    past: Sequence[tuple[int, int]],
    *,
    pace: Pace | None,
    member: FittedContender,
) -> list[Evidence | None]:
    """Past forecasts, made at `past`, as they would have been had the pace been known."""
    if pace is None:
        return list(told)
    return [
        one and Levels().times(pace.factor(member, until=at, horizon=days)).seen(one)
        for one, (at, days) in zip(told, past, strict=True)
    ]


def _shares(weights: Floats, draws: int, *, rng: np.random.Generator) -> Floats:
    """How many draws come from each member: its part, the remainder by lot; `draws` in all."""
    share: Floats = np.floor(weights * draws)
    left = int(draws - share.sum())
    rest = np.maximum(weights * draws - share, 1e-12)
    share[rng.choice(weights.size, left, replace=False, p=rest / rest.sum())] += 1
    return share


def _mixture(told: Sequence[Forecast], weights: Floats, share: Floats) -> Forecast:
    """Weighted means, and the draws of each member one below the other."""
    counts = share.astype(int)
    alive = [f.probability_alive for f in told]
    return Forecast(
        mean_orders=_weighted([f.mean_orders for f in told], weights),
        mean_value=_weighted([f.mean_value for f in told], weights),
        orders=_stacked([f.orders for f in told], counts),
        value=_stacked([f.value for f in told], counts),
        probability_alive=_alive(alive, weights),
    )


def _stacked(
    draws: Sequence[npt.NDArray[Any] | None], counts: npt.NDArray[np.int_]
) -> npt.NDArray[Any] | None:
    """The first draws of each, as many as `counts` says; None when none is asked for."""
    if not counts.sum():
        return None
    kept = [drawn_of(drawn)[:count] for drawn, count in zip(draws, counts, strict=True)]
    return kept[0] if len(kept) == 1 else np.concatenate(kept)


def _weighted(parts: Sequence[Floats], weights: Floats) -> Floats:
    total: Floats = weights @ np.stack(parts)
    return total


def _alive(parts: Sequence[Floats | None], weights: Floats) -> Floats | None:
    """Weighted mean over the members that say it; None when none does."""
    said = [(part, w) for part, w in zip(parts, weights, strict=True) if part is not None and w]
    if not said:
        return None
    part = np.array([w for _part, w in said])
    return _weighted([told for told, _w in said], part / part.sum())


def pooled_evidence(trial: Trial, weights: Floats, *, rng: np.random.Generator) -> Evidence:
    """What the mixture of the members present in a trial would have said."""
    present = [(e, w) for e, w in zip(trial, weights, strict=True) if e is not None]
    told = [e for e, _w in present]
    part = np.array([w for _e, w in present])
    part = part / part.sum() if part.sum() > 0 else np.full(part.size, 1 / part.size)
    share = _shares(part, len(drawn_of(told[0].forecast.value)), rng=rng)
    predicted = part @ np.array([e.predicted for e in told])
    return replace(
        told[0],
        forecast=_mixture([e.forecast for e in told], part, share),
        predicted=(float(predicted[0]), float(predicted[1])),
    )
