"""Spend of customers who are alike: the limit of Gamma-Gamma, and when it is refused."""

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.spend.alike import alike_spend, spend_model


def orders(rng, *, spread, customers=3000, p=4.0):
    x = rng.geometric(0.3, customers).astype(float)
    mean = 50 * np.exp(spread * rng.standard_normal(customers))
    return x, rng.gamma(p * x, mean / (p * x))


def test_alike_customers_all_get_the_mean_of_the_shop():
    x, value = orders(np.random.default_rng(1), spread=0.0)
    found = alike_spend(frequency=x, monetary_value=value)
    assert found.parameters["p"] == pytest.approx(4, rel=0.1)
    assert found.population_mean == pytest.approx(50, rel=0.02)
    expected = found.expected_value(frequency=x, monetary_value=value)
    assert expected == pytest.approx(np.full(x.size, found.population_mean), rel=1e-3)
    counts = np.full((200, 3), 2, dtype=np.int32)
    drawn = found.sample_totals(
        counts, frequency=x[:3], monetary_value=value[:3], rng=np.random.default_rng(0)
    )
    assert drawn.mean() == pytest.approx(100, rel=0.05)
    assert drawn.std() == pytest.approx(100 / np.sqrt(8), rel=0.15)


def test_orders_that_all_cost_the_same():
    found = spend_model(frequency=np.full(20, 2.0), monetary_value=np.full(20, 7.0))
    assert found.population_mean == pytest.approx(7)


def test_customers_who_differ_have_gamma_gamma():
    x, value = orders(np.random.default_rng(2), spread=0.6)
    assert alike_spend(frequency=x, monetary_value=value) is None
    assert spend_model(frequency=x, monetary_value=value).parameters["q"] < 100


def test_too_few_customers_stay_a_refusal():
    with pytest.raises(PerenneError, match="repeat purchases"):
        spend_model(frequency=np.ones(2), monetary_value=np.ones(2))
