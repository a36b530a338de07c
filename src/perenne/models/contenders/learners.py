"""A hurdle of gradient boosting: will there be an order, and what are the orders then worth?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.chance import own
from perenne.models.contenders.beyond import CARRYING, Beyond, purchase_model
from perenne.models.contenders.boosting import Bins, Boosted, Target, boost
from perenne.models.contenders.examples import (
    Describe,
    Described,
    Examples,
    basket,
    gather,
    learnt_horizon,
)
from perenne.models.contenders.spread import Spread, level_spread, spread_of
from perenne.models.features import Facts, features
from perenne.models.forecast import HOLDS_RECENT, Forecast
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger
from perenne.text import gettext as _

LEAST = 1e-6
CHUNK = 20_000
"""Customers drawn at a time, each chunk from a random stream of its own."""


@dataclass(frozen=True)
class Hurdle:
    """Learns from customers as they stood on earlier days of the shop, and what they then did.

    facts: further numbers of each customer on the last day of a ledger, such as visits and e-mails
    opened until then.
    """

    name: ClassVar[str] = "hurdle"
    facts: Facts | None = None

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> FittedHurdle:
        """Raises PerenneError when the history is too short or too few customers (re)order."""
        days = learnt_horizon(ledger, horizon)

        def describe(past: Ledger) -> Described:
            told = features(past, horizon=days, facts=self.facts)
            return Described(told, np.ones(past.customers), basket(past))

        found = learn(self.name, ledger, horizon=days, describe=describe, now=describe, rng=rng)
        model = purchase_model(ledger, horizon=days, rng=rng, names=CARRYING)
        return replace(found, beyond=None if model is None else Beyond(model))


@dataclass(frozen=True)
class FittedHurdle:
    """P(order) × value given an order, each boosted, then brought to the level seen.

    horizon: days that were learnt; `beyond` tells what comes after them. chance, further, ratio:
    the boosted parts. scale: (intercept, slope) on the logit of the chance. level: what the product
    is multiplied with. shock: standard deviation of the logarithm of that level from origin to
    origin.
    """

    holds: ClassVar[str] = HOLDS_RECENT
    name: str
    horizon: int
    describe: Describe
    bins: Bins
    chance: Boosted
    further: Boosted
    ratio: Boosted
    scale: tuple[float, float]
    spread: Spread
    level: float
    shock: float
    beyond: Beyond | None = None

    def forecast(
        self, ledger: Ledger, *, horizon: int, draws: int, rng: np.random.Generator
    ) -> Forecast:
        """Raises PerenneError for a shorter horizon than the one learnt, and for a longer one when
        no purchase model tells what comes after it."""
        if horizon < self.horizon or (horizon > self.horizon and self.beyond is None):
            raise _another_horizon(self.horizon, horizon)
        near = self.predict(self.describe(ledger), draws=draws, rng=rng)
        if self.beyond is None or horizon == self.horizon:
            return near
        return self.beyond.extend(near, ledger, days=(self.horizon, horizon), rng=rng)

    def predict(self, told: Described, *, draws: int, rng: np.random.Generator) -> Forecast:
        """The forecast of the days learnt for customers described so."""
        values = self.bins.place(told.features.values)
        chance = _calibrated(self.chance.predict(values), self.scale)
        orders = 1 + told.further * self.further.predict(values)
        value = self.level * told.value * self.ratio.predict(values)
        mean = chance * orders, chance * value
        if not draws:
            return Forecast(*mean)
        # A good or a bad time for the whole shop: one factor for all customers of a draw.
        lift = np.exp(self.shock * rng.standard_normal(draws) - self.shock**2 / 2)
        counts = np.zeros((draws, chance.size), dtype=np.int32)
        money = np.zeros((draws, chance.size), dtype=np.float32)
        starts = range(0, chance.size, CHUNK)
        for start, stream in zip(starts, own(rng).spawn(len(starts)), strict=True):
            part = slice(start, start + CHUNK)
            buys = stream.random((draws, chance[part].size)) < np.outer(lift, chance[part])
            draw, who = np.nonzero(buys)
            who += start
            counts[draw, who], money[draw, who] = self.spread.draw(
                orders[who], value[who], rng=stream
            )
        return Forecast(*mean, counts, money)


def learn(
    name: str,
    ledger: Ledger,
    *,
    horizon: int,
    describe: Describe,
    now: Describe,
    rng: np.random.Generator,
) -> FittedHurdle:
    """Fit the hurdle on examples of `ledger`; `now` describes the customers to predict."""
    told = gather(ledger, horizon=horizon, describe=describe, rng=rng)
    bins = Bins.of(told.values, told.categorical)
    parts = _Parts(told, bins.place(told.values), seed=int(rng.integers(2**31)))
    buyers = told.bought
    chance = parts.boosted("chance", buyers.astype(float))
    further = parts.boosted(
        "ratio", (told.orders - 1) / told.usual_further, exposure=told.usual_further
    )
    ratio = parts.boosted(
        "ratio", np.maximum(told.value, 0) / told.usual_value, exposure=told.usual_value
    )
    held = parts.held_out(chance)
    scale = _logit_scale(held, buyers.astype(float), told.weight)
    expected_value = told.usual_value * np.maximum(parts.held_out(ratio), LEAST)
    product = _calibrated(held, scale) * expected_value
    level = float((told.weight * told.value).sum() / (told.weight * product).sum())
    return FittedHurdle(
        name,
        horizon,
        now,
        bins,
        chance,
        further,
        ratio,
        scale,
        spread_of(
            told.orders[buyers],
            told.value[buyers],
            expected_orders=(1 + told.usual_further * parts.held_out(further))[buyers],
            expected_value=expected_value[buyers],
        ),
        max(level, LEAST),
        level_spread(told.value, product, told.origin),
    )


@dataclass(frozen=True)
class _Parts:
    """The examples, their binned features, and how a part of the hurdle is boosted on them."""

    told: Examples
    placed: npt.NDArray[np.float32]
    seed: int

    def boosted(self, target: Target, wanted: Floats, *, exposure: Floats | None = None) -> Boosted:
        """Chance: of all examples. A ratio: of those who bought, each as large as its exposure."""
        told = self.told
        among = np.ones(wanted.size, dtype=bool) if exposure is None else told.bought
        weight = told.weight if exposure is None else told.weight * exposure
        return boost(
            target,
            self.placed[among],
            wanted[among],
            weight=weight[among] / weight[among].mean(),
            fold=told.fold[among],
            categorical=told.categorical,
            seed=self.seed,
        )

    def held_out(self, model: Boosted) -> Floats:
        return model.held_out(self.placed, self.told.fold)


def _another_horizon(learnt: int, asked: int) -> PerenneError:
    return PerenneError(
        _("This learner knows what happens in {learnt} days, not in {asked}.").format(
            learnt=learnt, asked=asked
        ),
        given=asked,
        allowed=(learnt,),
        next_step=_("Fit it again for the other horizon."),
    )


def _logit(chance: Floats) -> Floats:
    kept = np.clip(chance, 1e-6, 1 - 1e-6)
    odds: Floats = np.log(kept / (1 - kept))
    return odds


def _logit_scale(held: Floats, bought: Floats, weight: Floats) -> tuple[float, float]:
    """Platt's scaling: intercept and slope of bought on the logit held out."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6).fit(_logit(held)[:, None], bought, sample_weight=weight)
    return float(model.intercept_[0]), float(model.coef_[0, 0])


def _calibrated(chance: Floats, scale: tuple[float, float]) -> Floats:
    intercept, slope = scale
    moved: Floats = 1 / (1 + np.exp(-(intercept + slope * _logit(chance))))
    return moved
