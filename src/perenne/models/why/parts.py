"""What sets a customer's expected value apart from that of the mean customer, in money.

The difference is split by asking the fitted models, and the customer's own orders, what they
would say otherwise: had the customer been silent no longer than their own mean gap (silence), had
they the shop's mean number of orders ahead (rhythm), its mean basket at full price, its mean
discount, its mean share of returns. The last four multiply each other and share their product
equally (Shapley), so that the parts add up to the whole difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.contenders.probability import (
    FittedProbability,
)
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger
from perenne.models.spend.returns import fit_return_share

AHEAD = 52.0
"""Weeks over which reasons are weighed."""
Mask = npt.NDArray[np.bool_]
FACTORS = ("orders", "basket", "discount", "returns")


@dataclass(frozen=True)
class Parts:
    """Money that each thing adds to or takes from the mean customer's value, (customers,) each.

    value − mean = silence + rhythm + basket + discount + returns, by the purchase and spend models
    and over 12 months. usual: shares of the shop, `discount` and `returns`.
    """

    silence: Floats
    rhythm: Floats
    basket: Floats
    discount: Floats
    returns: Floats
    value: Floats
    mean: float
    usual: Mapping[str, float]


def parts(ledger: Ledger, model: FittedProbability) -> Parts:
    """The difference of each customer from the mean one, by counterfactuals of the models."""
    spending = model.spending(ledger)
    each = model.spend.expected_value(**spending)
    told = (spending["frequency"] > 0) | model.spend.reads_first_order
    paid, usual_paid = _paid(ledger, told=told)
    kept, usual_kept = model.kept(ledger), 1 - model.returns.shop
    orders, unsilent = _orders(ledger, model)
    own = {"orders": orders, "basket": each / paid, "discount": paid, "returns": kept}
    worth = each * kept
    usual_orders = float(orders.mean())
    usual_worth = float(np.average(worth, weights=orders + 1e-12))
    usual = {
        "orders": usual_orders,
        "basket": usual_worth / (usual_paid * usual_kept),
        "discount": usual_paid,
        "returns": usual_kept,
    }
    weight = {name: _weight(own, usual, name) for name in FACTORS}
    return Parts(
        silence=(orders - unsilent) * weight["orders"],
        rhythm=(unsilent - usual_orders) * weight["orders"],
        **{name: (own[name] - usual[name]) * weight[name] for name in FACTORS[1:]},
        value=orders * worth,
        mean=usual_orders * usual_worth,
        usual={"discount": 1 - usual_paid, "returns": 1 - usual_kept},
    )


def _orders(ledger: Ledger, model: FittedProbability) -> tuple[Floats, Floats]:
    """Purchase days ahead, and those ahead of the same customer without an unusual silence."""
    history = model.history(ledger)
    orders = model.purchases.expected_purchases(AHEAD, **history)
    heard = history["frequency"] > 0
    gap = history["recency"] / np.maximum(history["frequency"], 1)
    in_rhythm = np.minimum(history["tenure"], history["recency"] + gap)
    just_now = {**history, "tenure": np.where(heard, in_rhythm, history["tenure"])}
    unsilent = orders.copy()
    if heard.any():
        unsilent[heard] = model.purchases.expected_purchases(
            AHEAD, **{name: column[heard] for name, column in just_now.items()}
        )
    return orders, unsilent


def _weight(own: Mapping[str, Floats], usual: Mapping[str, float], name: str) -> Floats | float:
    """Mean product of the other factors, over the orders in which they may turn into the usual."""
    others = [other for other in FACTORS if other != name]
    total: Floats | float = 0.0
    for size in range(len(others) + 1):
        for turned in combinations(others, size):
            product: Floats | float = 1 / (len(FACTORS) * comb(len(others), size))
            for other in others:
                product = product * (usual[other] if other in turned else own[other])
            total = total + product
    return total


def _paid(ledger: Ledger, *, told: Mask) -> tuple[Floats, float]:
    """What is paid of the price before discount: by customer, (customers,), and by the shop.

    A customer's own share counts as far as their purchases go; the shop's stands for those of
    whose basket the spend model knows nothing (`told` is false), and throughout when no discount
    is known.
    """
    full, off = discounts(ledger)
    try:
        rate = fit_return_share(sold=full, returned=off)
    except PerenneError:
        return np.ones(ledger.customers), 1.0
    paid = np.where(told, 1 - rate.of(off, full), 1 - rate.shop)
    return np.clip(paid, 0.01, None), max(1 - rate.shop, 0.01)


def discounts(ledger: Ledger) -> tuple[Floats, Floats]:
    """Price before discount of all that each customer bought, and the discount on it."""
    nothing = np.zeros(ledger.day.size)
    full, off = (ledger.columns.get(name, nothing) for name in ("gross", "discount"))
    return _total(ledger, np.nan_to_num(full)), _total(ledger, np.nan_to_num(off))


def _total(ledger: Ledger, values: Floats) -> Floats:
    """Sum by customer; a negative one (corrections) counts as none."""
    sums = np.bincount(ledger.customer, weights=values, minlength=ledger.customers)
    return np.maximum(sums.astype(np.float64), 0.0)
