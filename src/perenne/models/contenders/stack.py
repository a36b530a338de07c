"""A learner that also knows what a purchase model says, fitted on the same past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.contenders.beyond import CARRYING, PURCHASES, Beyond, purchase_model
from perenne.models.contenders.examples import Described, basket, learnt_horizon
from perenne.models.contenders.learners import FittedHurdle, learn
from perenne.models.contenders.probability import NEVER_LEAVE, WEEK, FittedProbability
from perenne.models.features import Facts, features
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger
from perenne.text import gettext as _

# What a model must expect at least, of its mean over customers, to be a scale to multiply.
FLOOR = 0.05
# Part of the model in the scale that ratios multiply, the rest being the plain guess: the most
# eager customers, of whom there are few to learn from, then do not run off.
TRUST = 0.75


@dataclass(frozen=True)
class Stack:
    """The hurdle, fed by a purchase model and a spend model of the same day.

    At each day that is learnt from, the models are fitted on what was known by then, and on nothing
    else. facts: as in `Hurdle`.
    """

    name: ClassVar[str] = "stack"
    facts: Facts | None = None

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> FittedHurdle:
        """PerenneError as of `Hurdle.fit`, and when no purchase model fits."""
        days = learnt_horizon(ledger, horizon)
        latest = _model(ledger, PURCHASES, horizon=days, rng=rng)

        # What so simple a model expects is a poorer scale than the mean basket.
        trust = 0.0 if latest.name in NEVER_LEAVE else TRUST

        def now(asked: Ledger) -> Described:
            return described(asked, latest, horizon=days, trust=trust, facts=self.facts)

        # What does not fit today seldom fitted before.
        names = PURCHASES[PURCHASES.index(latest.name) :]
        then = AsOf(days, names, trust, rng, self.facts)
        found = learn(self.name, ledger, horizon=days, describe=then, now=now, rng=rng)
        carries = latest
        if latest.name in NEVER_LEAVE:
            carries = _model(ledger, CARRYING, horizon=days, rng=rng)
        return replace(found, beyond=Beyond(carries))


@dataclass(frozen=True)
class AsOf:
    """Describes a past with the first of `names` that fits it, and knows of no other past."""

    horizon: int
    names: Sequence[str]
    trust: float
    rng: np.random.Generator
    facts: Facts | None = None

    def __call__(self, past: Ledger) -> Described:
        model = _model(past, self.names, horizon=self.horizon, rng=self.rng)
        return described(past, model, horizon=self.horizon, trust=self.trust, facts=self.facts)


def described(
    ledger: Ledger,
    model: FittedProbability,
    *,
    horizon: int,
    trust: float = TRUST,
    facts: Facts | None = None,
) -> Described:
    """Features with what `model` expects of each customer in the next `horizon` days.

    trust: the model's part in the scales, which is to be the same on all days learnt from.
    """
    told = expectations(model, ledger, horizon=horizon)

    def known(past: Ledger) -> Mapping[str, npt.ArrayLike]:
        return {**(facts(past) if facts else {}), **told}

    seen = features(ledger, horizon=horizon, facts=known)
    chance = np.maximum(told["model_chance"], 1e-9)
    return Described(
        seen,
        _scale(told["model_orders"] / chance - 1, np.ones(ledger.customers), trust=trust),
        _scale(told["model_value"] / chance, basket(ledger), trust=trust),
    )


def expectations(model: FittedProbability, ledger: Ledger, *, horizon: int) -> dict[str, Floats]:
    """By name: chance of an order, orders, P(alive), value of an order kept, and of all orders."""
    history, weeks = model.history(ledger), horizon / WEEK
    orders = model.purchases.expected_purchases(weeks, **history)
    each = model.spend.expected_value(**model.spending(ledger)) * model.kept(ledger)
    return {
        "model_chance": model.purchases.probability_of_purchase(weeks, **history),
        "model_orders": orders,
        "model_alive": model.purchases.probability_alive(**history),
        "model_order_value": each,
        "model_value": orders * each,
    }


def _model(
    ledger: Ledger, names: Sequence[str], *, horizon: int, rng: np.random.Generator
) -> FittedProbability:
    found = purchase_model(ledger, horizon=horizon, rng=rng, names=names)
    if found is None:
        raise PerenneError(
            _("No purchase model fits on one of the days to learn from."),
            next_step=_("Use the learner without models, “hurdle”."),
        )
    return found


def _scale(expected: Floats, plain: Floats, *, trust: float) -> Floats:
    """Between what a model expects and a plain guess brought to its level; positive."""
    if trust == 0:
        return plain
    usual = max(float(np.nanmean(expected)), 1e-9)
    own = np.maximum(np.nan_to_num(expected), FLOOR * usual)
    blended: Floats = own**trust * (plain * usual / plain.mean()) ** (1 - trust)
    return blended
