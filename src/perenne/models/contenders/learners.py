"""A hurdle of gradient boosting: will there be an order, and what are the orders then worth?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.chance import own
from perenne.models.contenders.boosting import Boosted, Target, boost
from perenne.models.contenders.examples import Describe, Examples, basket, gather
from perenne.models.contenders.spread import Spread, level_spread, spread_of
from perenne.models.features import Features, Matrix, features
from perenne.models.forecast import Forecast
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger
from perenne.text import gettext as _

LEAST = 1e-6


@dataclass(frozen=True)
class Hurdle:
    """Learns from customers as they stood on earlier days of the shop, and what they then did."""

    name: ClassVar[str] = "hurdle"

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> FittedHurdle:
        """Raises PerenneError when the history is too short or too few customers (re)order."""

        def describe(past: Ledger) -> Features:
            return features(past, horizon=horizon)

        return learn(
            self.name, ledger, horizon=horizon, describe=describe, describe_now=describe, rng=rng
        )


@dataclass(frozen=True)
class FittedHurdle:
    """P(order) × value given an order, each boosted, then brought to the level seen.

    chance, orders, ratio: the boosted parts (`ratio`: value given an order over the basket).
    scale: (intercept, slope) on the logit of the chance. level: what the product is multiplied
    with. shock: standard deviation of the logarithm of that level from origin to origin.
    """

    name: str
    horizon: int
    describe: Describe
    chance: Boosted
    orders: Boosted
    ratio: Boosted
    scale: tuple[float, float]
    spread: Spread
    level: float
    shock: float

    def forecast(
        self, ledger: Ledger, *, horizon: int, draws: int, rng: np.random.Generator
    ) -> Forecast:
        """Raises PerenneError for another horizon than the one learnt."""
        if horizon != self.horizon:
            raise PerenneError(
                _("This learner knows what happens in {learnt} days, not in {asked}.").format(
                    learnt=self.horizon, asked=horizon
                ),
                given=horizon,
                allowed=(self.horizon,),
                next_step=_("Fit it again for the other horizon."),
            )
        return self.predict(self.describe(ledger).values, basket(ledger), draws=draws, rng=rng)

    def predict(
        self, values: Matrix, baskets: Floats, *, draws: int, rng: np.random.Generator
    ) -> Forecast:
        """The forecast of customers with these features and baskets."""
        chance = _calibrated(self.chance.predict(values), self.scale)
        orders = 1 + self.orders.predict(values)
        value = self.level * baskets * self.ratio.predict(values)
        if not draws:
            return Forecast(chance * orders, chance * value)
        counts = np.zeros((draws, chance.size), dtype=np.int32)
        money = np.zeros((draws, chance.size), dtype=np.float32)
        alone = own(rng)
        for row in range(draws):
            # A good or a bad time for the whole shop: one factor for all customers of a draw.
            lift = np.exp(self.shock * rng.standard_normal() - self.shock**2 / 2)
            buys = np.flatnonzero(alone.random(chance.size) < chance * lift)
            counts[row, buys], money[row, buys] = self.spread.draw(
                orders[buys], value[buys], rng=alone
            )
        return Forecast(chance * orders, chance * value, counts, money)


def learn(
    name: str,
    ledger: Ledger,
    *,
    horizon: int,
    describe: Describe,
    describe_now: Describe,
    rng: np.random.Generator,
) -> FittedHurdle:
    """Fit the hurdle on examples of `ledger`; `describe_now` tells the customers to predict."""
    told = gather(ledger, horizon=horizon, describe=describe, rng=rng)
    seed = int(rng.integers(2**31))
    buyers = told.bought
    chance = _boost(told, "chance", told.bought.astype(float), seed=seed)
    orders = _boost(told, "ratio", told.orders - 1, seed=seed, among=buyers)
    ratio = _boost(
        told,
        "ratio",
        np.maximum(told.value, 0) / told.basket,
        seed=seed,
        among=buyers,
        exposure=told.basket,
    )
    held = chance.held_out(told.values, told.fold)
    scale = _logit_scale(held, told.bought.astype(float), told.weight)
    expected_value = told.basket * np.maximum(ratio.held_out(told.values, told.fold), LEAST)
    product = _calibrated(held, scale) * expected_value
    level = float((told.weight * told.value).sum() / (told.weight * product).sum())
    return FittedHurdle(
        name,
        horizon,
        describe_now,
        chance,
        orders,
        ratio,
        scale,
        spread_of(
            told.orders[buyers],
            told.value[buyers],
            expected_orders=1 + orders.held_out(told.values[buyers], told.fold[buyers]),
            expected_value=expected_value[buyers],
        ),
        max(level, LEAST),
        level_spread(told.value, product, told.origin),
    )


def _boost(
    told: Examples,
    target: Target,
    wanted: Floats,
    *,
    seed: int,
    among: npt.NDArray[np.bool_] | slice = slice(None),
    exposure: Floats | None = None,
) -> Boosted:
    weight = told.weight if exposure is None else told.weight * exposure / exposure[among].mean()
    return boost(
        target,
        told.values[among],
        wanted[among],
        weight=weight[among],
        fold=told.fold[among],
        categorical=told.categorical,
        seed=seed,
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
