"""Simulated shops for the learners: rates that differ, customers who leave, first-order signs."""

from __future__ import annotations

import numpy as np

from perenne.models.ledger import Ledger

START = 18_000


def shop(
    customers: int, *, rng: np.random.Generator, days: int = 900, effect: float = 1.0
) -> Ledger:
    """A shop of `days`; customers of channel 1 buy more often and larger baskets by `effect`."""
    channel = rng.integers(0, 2, customers)
    discounted = rng.random(customers) < 0.3
    joined = rng.integers(0, days - 30, customers)
    pull = np.exp(effect * channel - 0.5 * effect * discounted)
    rate = rng.gamma(1.2, 1 / 140, customers) * pull
    left = joined + rng.exponential(700, customers)
    size = np.exp(rng.normal(3.4, 0.4, customers)) * pull**0.5
    wanted = rng.poisson(rate * np.clip(np.minimum(left, days) - joined, 0, None))
    who = np.repeat(np.arange(customers), wanted)
    span = (np.minimum(left, days) - joined)[who]
    later = joined[who] + np.ceil(rng.random(who.size) * span)
    who = np.concatenate((np.arange(customers), who))
    day = np.concatenate((joined, np.minimum(later, days))).astype(int)
    key = np.unique(who * 10_000 + day)
    who, day = key // 10_000, key % 10_000
    net = size[who] * rng.gamma(4, 0.25, who.size)
    whole = Ledger(
        customer=who.astype(np.int32),
        day=(START + day).astype(np.int32),
        orders=np.ones(who.size, dtype=np.int32),
        net=net,
        returned=np.where(rng.random(who.size) < 0.05, 0.5 * net, 0.0),
        margin=0.4 * net,
        until=START + days,
        customer_ids=np.arange(customers),
        columns={"category": rng.integers(0, 5, who.size), "discount": 0.1 * net},
        attributes={"channel": channel, "first_discounted": discounted.astype(int)},
    )
    return whole.as_of(whole.until)
