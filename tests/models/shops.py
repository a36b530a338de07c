"""Ledgers for tests: simulated shops, and small ones typed by hand."""

from collections.abc import Sequence

import numpy as np

from perenne.models.ledger import Ledger

START = 19_000
HEIGHT = 0.7
"""First day, and height of the season, of `seasonal_shop`."""


def ledger_of(
    rows: Sequence[tuple[int, int, float]], *, until: int, returned: Sequence[float] = ()
) -> Ledger:
    """A ledger from (customer number, day, net) rows; net 0 with a return is a day of returns."""
    ordered = sorted(zip(rows, [*returned, *[0.0] * (len(rows) - len(returned))], strict=True))
    customer, day, net = (np.array(column) for column in zip(*(r for r, _ in ordered), strict=True))
    ids, number = np.unique(customer, return_inverse=True)
    back = np.array([b for _, b in ordered], dtype=float)
    return Ledger(
        customer=number.astype(np.int32),
        day=day.astype(np.int32),
        orders=(net > 0).astype(np.int32),
        net=net.astype(float),
        returned=back,
        margin=0.4 * (net - back),
        until=until,
        customer_ids=ids,
    )


def shop(
    rng: np.random.Generator,
    *,
    customers: int = 800,
    days: int = 1000,
    rate: float = 1.2,
    life: float = 500.0,
    season: float = 0.0,
) -> Ledger:
    """Customers born all along, who buy at gamma rates (a year) until an exponential end.

    life: mean days until the end. season: height of a yearly cosine in the rate, 0 to 1.
    """
    rates = rng.gamma(1.0, rate / 365, customers)
    birth = rng.integers(0, days, customers)
    end = np.minimum(birth + rng.exponential(life, customers), days)
    spend = 40 * rng.gamma(6.0, 1 / 6, customers)
    rows: list[tuple[int, int, float]] = []
    for who in range(customers):
        count = rng.poisson(rates[who] * max(end[who] - birth[who], 0) * (1 + season))
        when = rng.uniform(birth[who], max(end[who], birth[who]), count)
        keep = rng.random(count) * (1 + season) <= 1 + season * np.cos(2 * np.pi * when / 365)
        dates = {int(birth[who]), *when[keep].astype(int).tolist()}
        rows += [(who, day, float(spend[who] * rng.gamma(3.0, 1 / 3))) for day in sorted(dates)]
    return ledger_of(rows, until=days - 1)


def seasonal_shop(*, customers: int, days: int, height: float = HEIGHT, seed: int = 3) -> Ledger:
    """First orders all along, repeat orders at rates that follow the year, and silent ends."""
    rng = np.random.default_rng(seed)
    birth = rng.integers(0, days - 60, customers)
    rate = rng.gamma(0.8, 1 / 60, customers)
    gone = birth + rng.exponential(1 / rng.gamma(1.5, 1 / 600, customers))
    day = np.arange(days)
    factor = np.exp(height * np.sin(2 * np.pi * (START + day) / 365.2425))
    bought = rng.random((customers, days)) < 1 - np.exp(-rate[:, None] * factor)
    bought &= (day > birth[:, None]) & (day < gone[:, None])
    bought[np.arange(customers), birth] = True
    who, when = np.nonzero(bought)
    net = rng.gamma(6, 5 * rng.gamma(4, 0.25, customers)[who])
    return Ledger(
        customer=who.astype(np.int32),
        day=(START + when).astype(np.int32),
        orders=np.ones(who.size, dtype=np.int32),
        net=net,
        returned=np.zeros(who.size),
        margin=np.full(who.size, np.nan),
        until=START + days - 1,
        customer_ids=np.arange(customers),
    )
