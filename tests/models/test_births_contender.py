"""Shops whose records begin late: told, and forecast without the overshoot."""

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.contenders.births import Births, late_start
from perenne.models.contenders.probability import probability_contender
from perenne.models.ledger import Ledger

YEARS = 7


def shop(*, cut: int, seed: int = 4, people: int = 9_000) -> Ledger:
    """Pareto/NBD customers born evenly over seven years; records before day `cut` are lost."""
    rng = np.random.default_rng(seed)
    born = rng.uniform(0, YEARS * 365, people)
    rate = rng.gamma(1.2, 1 / 90, people)
    life = rng.exponential(rng.gamma(1.5, 300, people))
    rows = []
    for person in range(people):
        end = min(born[person] + life[person], YEARS * 365)
        count = rng.poisson(rate[person] * (end - born[person]))
        days = np.concatenate(([born[person]], rng.uniform(born[person], end, count)))
        days = np.unique(days.astype(int))
        rows += [(person, day) for day in days[days >= cut]]
    who, day = np.array(rows).T
    names, customer = np.unique(who, return_inverse=True)
    net = rng.gamma(5.0, 8.0, who.size)
    return Ledger(
        customer=customer.astype(np.int32),
        day=day.astype(np.int32),
        orders=np.ones(who.size, dtype=np.int32),
        net=net,
        returned=np.zeros(who.size),
        margin=net * 0.5,
        until=YEARS * 365,
        customer_ids=names.astype(str),
    )


def bias(contender: object, ledger: Ledger, *, horizon: int = 365) -> float:
    past = ledger.as_of(ledger.until - horizon)
    rng = np.random.default_rng(1)
    fitted = contender.fit(past, horizon=horizon, rng=rng)  # type: ignore[attr-defined] # any contender
    told = fitted.forecast(past, horizon=horizon, draws=20, rng=rng)
    actual = ledger.outcome(past, horizon=horizon).orders.sum()
    assert told.orders.shape == (20, past.customers)
    return float(told.mean_orders.sum() / actual - 1)


def test_older_customers_have_a_model_of_their_own() -> None:
    ledger = shop(cut=4 * 365)
    assert late_start(ledger).found
    plain, births = bias(probability_contender("pareto_nbd"), ledger), bias(Births(), ledger)
    assert abs(births) < min(0.12, abs(plain))


def test_a_shop_seen_from_its_birth_needs_none_and_is_told_so() -> None:
    with pytest.raises(PerenneError, match="Nothing"):
        Births().fit(shop(cut=0), horizon=365, rng=np.random.default_rng(1))
