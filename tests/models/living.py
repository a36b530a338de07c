"""Customers who buy while they live: simulated in continuous time from the Pareto/NBD."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from perenne.models.ledger import Ledger
from perenne.models.purchases.pareto_likelihood import PARAMETERS
from perenne.models.purchases.pareto_nbd import FittedParetoNBD

CDNOW = {"r": 0.5533, "alpha": 10.578, "s": 0.6062, "beta": 11.669}


def fitted(**parameters: float) -> FittedParetoNBD:
    """A model of given parameters, without uncertainty."""
    values = {name: parameters[name] for name in PARAMETERS}
    return FittedParetoNBD(values, 0.0, tuple(map(tuple, np.zeros((4, 4)).tolist())), 1.0)


def simulate(
    rng: np.random.Generator,
    tenure: np.ndarray,
    *,
    truth: Mapping[str, float],
    faster: np.ndarray | float = 0.0,
    shorter: np.ndarray | float = 0.0,
    day: float | None = None,
) -> dict[str, np.ndarray]:
    """frequency, recency, tenure; with `day`, purchases of one day (and the first day) are one."""
    size = tenure.size
    rate = rng.gamma(truth["r"], np.exp(faster) / truth["alpha"], size)
    death = rng.gamma(truth["s"], np.exp(shorter) / truth["beta"], size)
    active = np.minimum(rng.standard_exponential(size) / death, tenure)
    who = np.repeat(np.arange(size), rng.poisson(rate * active))
    when = rng.random(who.size) * active[who]
    if day is not None:
        days = np.unique(np.stack((who, np.floor(when / day))), axis=1)
        who, when = days[0].astype(int)[days[1] > 0], days[1][days[1] > 0] * day
    recency = np.zeros(size)
    np.maximum.at(recency, who, when)
    frequency = np.bincount(who, minlength=size).astype(float)
    return {"frequency": frequency, "recency": recency, "tenure": tenure}


def cdnow(shared_data) -> dict[str, np.ndarray]:
    """The 1/10 sample of CDNOW, 39 weeks."""
    frame = pd.read_parquet(shared_data / "cdnow" / "lifetimes_cdnow_summary.parquet")
    frame = frame[["frequency", "recency", "T"]].astype(float)
    return dict(zip(("frequency", "recency", "tenure"), frame.to_numpy().T, strict=True))


def simulate_ledger(rng: np.random.Generator, *, customers: int, days: int) -> Ledger:
    """A shop of a Pareto/NBD, Gamma-Gamma baskets, and margins that customers and orders vary in.

    Customers are born in the first half; one row per customer and day, in no season.
    """
    birth = rng.integers(0, days // 2, customers)
    left = (days - 1 - birth).astype(float)
    rate = rng.gamma(0.9, 1 / 45, customers)
    active = np.minimum(
        rng.standard_exponential(customers) / rng.gamma(0.6, 1 / 200, customers), left
    )
    who = np.repeat(np.arange(customers), rng.poisson(rate * active))
    when = birth[who] + np.ceil(rng.random(who.size) * active[who]).astype(int)
    everyone = np.arange(customers)
    pairs = np.unique(
        np.stack((np.r_[everyone, who], np.r_[birth, np.minimum(when, days - 1)])), axis=1
    )
    customer, day = pairs[0], pairs[1]
    net = rng.gamma(4.0, 1 / 4, day.size) * (30 * 5 / rng.gamma(6.0, size=customers))[customer]
    own = rng.normal(0.35, 0.08, customers)[customer]
    return Ledger(
        customer=customer.astype(np.int32),
        day=day.astype(np.int32),
        orders=np.ones(day.size, dtype=np.int32),
        net=net,
        returned=np.zeros(day.size),
        margin=rng.normal(own * net, 0.1 * np.sqrt(40 * net)),
        until=days - 1,
        customer_ids=everyone,
    )
