"""Customers of the BG/NBD family, simulated purchase by purchase in continuous time."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Truth:
    r: float
    alpha: float
    a: float
    b: float
    k: int = 1
    dropout_at_zero: bool = False


def purchase_times(truth, births, until, *, rng):
    """(customer, calendar time) of every purchase to `until`, each first one at its birth."""
    n = births.size
    rate = rng.gamma(truth.r, 1 / truth.alpha, n)
    p = rng.beta(truth.a, truth.b, n)
    active = rng.random(n) >= p if truth.dropout_at_zero else np.ones(n, dtype=bool)
    who, now = np.arange(n)[active], births[active]
    customers, times = [np.arange(n)], [births]
    while who.size:
        now = now + rng.gamma(truth.k, 1 / rate[who])
        inside = now <= until
        who, now = who[inside], now[inside]
        customers.append(who)
        times.append(now)
        stays = rng.random(who.size) >= p[who]
        who, now = who[stays], now[stays]
    return np.concatenate(customers), np.concatenate(times)


def histories(customer, time, until):
    """Frequency, recency, tenure and log_intervals of everyone who bought by `until`."""
    order = np.lexsort((time, customer))
    customer, time = customer[order], time[order]
    starts = np.flatnonzero(np.r_[True, np.diff(customer) > 0])
    ends = np.r_[starts[1:], customer.size] - 1
    gaps = np.diff(time, prepend=0.0)
    gaps[starts] = 1.0
    first = time[starts]
    return {
        "frequency": (ends - starts).astype(float),
        "recency": time[ends] - first,
        "tenure": until - first,
        "log_intervals": np.add.reduceat(np.log(gaps), starts),
    }


def by_day(customer, time):
    """One purchase per customer and day, as shops are read (time in weeks)."""
    days = np.unique(customer * 100_000 + np.floor(time * 7).astype(np.int64))
    return days // 100_000, (days % 100_000) / 7
