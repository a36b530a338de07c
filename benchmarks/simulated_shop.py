"""The ledger of a simulated shop whose pace changes from day to day."""

from __future__ import annotations

import numpy as np

from perenne.models.histories import Floats
from perenne.models.ledger import Ledger


def orders_of(
    rng: np.random.Generator,
    factor: Floats,
    start: int,
    *,
    born: np.ndarray,
    rate: Floats,
    gone: Floats,
) -> Ledger:
    """Orders of customers who come on a day (`born`), buy at a `rate` per day and leave (`gone`).

    `factor`, (days,), is what each day counts for in the rates of all; `start` is its first day.
    Everybody orders on the day of coming; several orders of a day are one.
    """
    customers, days = born.size, factor.size
    passed = np.concatenate(([0.0], np.cumsum(factor)))
    end = np.minimum(gone, days)
    ahead = np.interp(end, np.arange(days + 1), passed) - passed[born + 1]
    count = rng.poisson(rate * np.maximum(ahead, 0.0))
    who = np.repeat(np.arange(customers), count)
    at = passed[born[who] + 1] + rng.random(who.size) * ahead[who]
    when = np.minimum(np.interp(at, passed, np.arange(days + 1)).astype(int), days - 1)
    key = np.unique(np.concatenate((who * days + when, np.arange(customers) * days + born)))
    customer, bought = key // days, key % days
    usual = 40 * rng.gamma(5.0, 1 / 5, customers)
    return Ledger(
        customer=customer.astype(np.int32),
        day=(start + bought).astype(np.int32),
        orders=np.ones(key.size, dtype=np.int32),
        net=usual[customer] * rng.gamma(4.0, 1 / 4, key.size),
        returned=np.zeros(key.size),
        margin=np.full(key.size, np.nan),
        until=start + days - 1,
        customer_ids=np.arange(customers),
    )
