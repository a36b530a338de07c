"""Gamma-Gamma by moments: alike customers, orders of one price, what the likelihood cannot fit."""

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.spend.gamma_gamma import FREQUENCY_EFFECT
from perenne.models.spend.moments import spend_by_moments, spend_model, variation_within
from tests.models.shops import ledger_of


def orders(rng, *, spread, customers=4000, p=4.0, effect=0.0):
    x = rng.geometric(0.15, customers).astype(float)
    mean = 50 * np.exp(spread * rng.standard_normal(customers)) * (1 + x) ** effect
    return x, rng.gamma(p * x, mean / (p * x)), mean


def test_alike_customers_all_get_the_mean_of_the_shop():
    x, value, _mean = orders(np.random.default_rng(1), spread=0.0)
    found = spend_by_moments(x, value, within=1 / 4)
    expected = found.expected_value(frequency=x, monetary_value=value)
    assert expected == pytest.approx(np.full(x.size, 50), rel=0.06)
    counts = np.full((200, 3), 2, dtype=np.int32)
    drawn = found.sample_totals(
        counts, frequency=x[:3], monetary_value=value[:3], rng=np.random.default_rng(0)
    )
    assert drawn.mean() == pytest.approx(100, rel=0.1)
    assert drawn.std() == pytest.approx(100 / np.sqrt(8), rel=0.2)


def test_recovers_what_customers_differ_by_and_how_value_follows_frequency():
    x, value, mean = orders(np.random.default_rng(2), spread=0.3, effect=0.1)
    found = spend_by_moments(x, value, within=1 / 4)
    assert 1 / (found.parameters["q"] - 2) == pytest.approx(np.exp(0.09) - 1, rel=0.2)
    assert found.parameters[FREQUENCY_EFFECT] == pytest.approx(0.1, abs=0.04)
    expected = found.expected_value(frequency=x, monetary_value=value)
    assert expected.mean() == pytest.approx(mean.mean(), rel=0.03)
    assert np.corrcoef(expected, mean)[0, 1] > 0.75


def test_orders_that_all_cost_the_same():
    found = spend_model(frequency=np.full(20, 2.0), monetary_value=np.full(20, 7.0), within=0.0)
    expected = found.expected_value(frequency=np.zeros(1), monetary_value=np.full(1, np.nan))
    assert expected == pytest.approx(7, rel=1e-3)


def test_gamma_gamma_is_kept_where_it_fits():
    x, value, _mean = orders(np.random.default_rng(3), spread=0.6)
    assert np.isfinite(spend_model(frequency=x, monetary_value=value, within=1 / 4).log_likelihood)


def test_variation_within_by_hand():
    rows = [(1, 0, 99.0), (1, 1, 5.0), (1, 2, 15.0), (2, 0, 1.0), (2, 5, 8.0)]
    assert variation_within(ledger_of(rows, until=9)) == pytest.approx(0.5)  # (.25 + .25) / 1
    assert variation_within(ledger_of(rows[3:], until=9)) is None


def test_too_few_customers_stay_a_refusal():
    with pytest.raises(PerenneError, match="repeat purchases"):
        spend_model(frequency=np.ones(2), monetary_value=np.ones(2), within=None)
