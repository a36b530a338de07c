"""What sets each customer apart from a typical one, in money, by counterfactuals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.models.contenders.probability import FittedProbability, spend_evidence, weekly_history
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger

FACTORS = ("orders", "silence", "basket", "returns")
# A day, in weeks: the least age at which a typical customer can have come back.
DAY = 1 / 7
AGES = 20
"""Groups of customers of about the same age."""


@dataclass(frozen=True)
class Facts:
    """What is known of each customer, (customers,) each; ages in weeks, amounts in money.

    basket: mean of the repeat orders that the spend model reads, NaN without; return_share: of
    what the customer bought, NaN without sales; kept: 1 − the share that the model expects back.
    """

    frequency: Floats
    recency: Floats
    tenure: Floats
    basket: Floats
    return_share: Floats
    kept: Floats

    @property
    def once(self) -> npt.NDArray[np.bool_]:
        return self.frequency == 0


@dataclass(frozen=True)
class Typical:
    """Medians of the customers who came back; frequency and recency (customers,) by age."""

    frequency: Floats
    recency: Floats
    tenure: Floats
    basket: float
    return_share: float
    kept: float


@dataclass(frozen=True)
class Effects:
    """Expected value of each customer and of a typical one of that age; parts sum to the rest."""

    own: Floats
    typical: Floats
    parts: Mapping[str, Floats]


def facts_of(model: FittedProbability, ledger: Ledger) -> Facts:
    sold, returned = (
        np.maximum(np.bincount(ledger.customer, values, ledger.customers), 0.0)
        for values in (ledger.net, ledger.returned)
    )
    share = np.divide(returned, sold, out=np.full(sold.size, np.nan), where=sold > 0)
    basket = spend_evidence(ledger)[1]
    kept = 1 - model.returns.of(returned, sold)
    return Facts(**weekly_history(ledger), basket=basket, return_share=share, kept=kept)


def typical_of(facts: Facts) -> Typical:
    """Medians of customers with repeat orders: of all, and of those of about the same age."""
    back = ~facts.once
    tenure = facts.tenure[back]
    edges = np.unique(np.quantile(tenure, np.linspace(0, 1, AGES + 1)[1:-1]))
    age, ages = (np.searchsorted(edges, one, side="right") for one in (facts.tenure, tenure))
    orders = _medians(facts.frequency[back], ages, edges.size + 1)
    active = _medians(facts.recency[back] / tenure, ages, edges.size + 1)
    since = np.maximum(facts.tenure, DAY)
    return Typical(
        frequency=orders[age],
        recency=active[age] * since,
        tenure=since,
        basket=_median(facts.basket[back & (facts.basket > 0)]),
        return_share=_median(facts.return_share[back & np.isfinite(facts.return_share)]),
        kept=_median(facts.kept[back]),
    )


def effects(model: FittedProbability, facts: Facts, typical: Typical, *, weeks: float) -> Effects:
    """Shapley values of four things: how often, how long ago, how much, how much comes back.

    A customer with one order has no rhythm, silence or basket of their own: that single order is
    one thing, told as `orders`. Only orders need the model more than twice, since a value is
    orders × basket × kept.
    """
    count, each = _orders(model, facts, typical, weeks), _baskets(model, facts, typical)

    def worth(own: Sequence[int]) -> Floats:
        orders, silence, basket, returns = own
        mean = np.where(facts.once, each[orders], each[basket])
        value: Floats = count[orders, silence] * mean * (facts.kept if returns else typical.kept)
        return value

    worths = {own: worth(own) for own in product((0, 1), repeat=len(FACTORS))}
    parts = {name: _shapley(worths, place) for place, name in enumerate(FACTORS)}
    return Effects(own=worths[1, 1, 1, 1], typical=worths[0, 0, 0, 0], parts=parts)


def _orders(
    model: FittedProbability, facts: Facts, typical: Typical, weeks: float
) -> dict[tuple[int, int], Floats]:
    """Expected orders by (own frequency?, own silence?)."""

    def expected(frequency: Floats, recency: Floats, tenure: Floats) -> Floats:
        found: Floats = model.purchases.expected_purchases(
            weeks, frequency=frequency, recency=recency, tenure=tenure
        )
        return found

    usual = expected(typical.frequency, typical.recency, typical.tenure)
    own = expected(facts.frequency, facts.recency, facts.tenure)
    mixed = {(1, 0): own.copy(), (0, 1): usual.copy()}
    back = ~facts.once
    tenure = facts.tenure[back]
    mixed[1, 0][back] = expected(facts.frequency[back], typical.recency[back], tenure)
    mixed[0, 1][back] = expected(typical.frequency[back], facts.recency[back], tenure)
    return {(0, 0): usual, (1, 1): own, **mixed}


def _baskets(model: FittedProbability, facts: Facts, typical: Typical) -> tuple[Floats, Floats]:
    """Expected value of an order: of the typical customer of that age, and of each one."""
    usual = np.full(facts.basket.size, typical.basket)
    seen = np.where(np.isnan(facts.basket), 0.0, facts.frequency)
    return (
        model.spend.expected_value(frequency=typical.frequency, monetary_value=usual),
        model.spend.expected_value(frequency=seen, monetary_value=facts.basket),
    )


def _shapley(worths: Mapping[tuple[int, ...], Floats], place: int) -> Floats:
    """Mean, over all orders of replacing, of what replacing one thing changes (Shapley 1953)."""
    size = len(FACTORS)
    total: Any = 0.0
    for own, value in worths.items():
        if own[place]:
            before = sum(own) - 1
            weight = factorial(before) * factorial(size - before - 1) / factorial(size)
            total = total + weight * (value - worths[own[:place] + (0,) + own[place + 1 :]])
    found: Floats = total
    return found


def _medians(values: Floats, group: npt.NDArray[np.intp], count: int) -> Floats:
    """The median of each group; of all where a group is empty."""
    members = [values[group == one] for one in range(count)]
    return np.array([_median(some if some.size else values) for some in members])


def _median(values: Floats) -> float:
    """The lower of two middle values, so that it is one that a customer has; NaN for none."""
    return float(np.quantile(values, 0.5, method="lower")) if values.size else float("nan")
