"""The seasonal contender on a simulated shop."""

from __future__ import annotations

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.contenders.seasonal import SeasonalParetoNBD
from perenne.models.ledger import Ledger

START = 19_000


def ledger(rng, customers, *, days):
    """First orders all along, repeat orders twice as likely in the upper half of the year."""
    birth = rng.integers(0, days - 60, customers)
    rate = rng.gamma(0.8, 1 / 60, customers)
    gone = birth + rng.exponential(400, customers)
    day = np.arange(days)
    factor = np.exp(0.7 * np.sin(2 * np.pi * (START + day) / 365.2425))
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


@pytest.mark.slow
def test_a_simulated_shop_is_forecast_with_its_season():
    rng = np.random.default_rng(3)
    shop = ledger(rng, 1500, days=900)
    past = shop.as_of(START + 815)
    fitted = SeasonalParetoNBD().fit(past, horizon=84, rng=rng)
    forecast = fitted.forecast(past, horizon=84, draws=30, rng=rng)
    assert forecast.orders.shape == forecast.value.shape == (30, past.customers)
    assert (forecast.probability_alive <= 1).all()
    total = shop.outcome(past, horizon=84).orders.sum()
    assert forecast.mean_orders.sum() == pytest.approx(total, rel=0.25)
    assert forecast.orders.sum(axis=1).mean() == pytest.approx(forecast.mean_orders.sum(), rel=0.1)


def test_a_shop_younger_than_two_years_is_refused_with_the_reason():
    rng = np.random.default_rng(3)
    with pytest.raises(PerenneError, match="too short to tell the season"):
        SeasonalParetoNBD().fit(ledger(rng, 50, days=500), horizon=84, rng=rng)
