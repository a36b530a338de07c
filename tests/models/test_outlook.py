"""What is told of customers and groups, against sums by hand."""

import numpy as np
import pytest

from perenne.models.forecast import Forecast
from perenne.models.outlook import mean_discount, of_customers, of_groups


@pytest.fixture
def forecast() -> Forecast:
    rng = np.random.default_rng(3)
    orders = rng.poisson(0.7, size=(4001, 6)).astype(np.int32)
    value = (orders * rng.gamma(4.0, 10.0, size=orders.shape)).astype(np.float32)
    return Forecast(orders.mean(axis=0), value.mean(axis=0).astype(float), orders, value)


def test_a_customer_is_told_by_its_own_draws(forecast: Forecast) -> None:
    told = of_customers(forecast, factor=0.5)
    assert forecast.value is not None
    assert told.quantiles is not None
    assert told.quantiles["hi90"] == pytest.approx(0.5 * np.quantile(forecast.value, 0.95, axis=0))
    assert told.mean == pytest.approx(0.5 * forecast.mean_value)
    assert told.chance == pytest.approx(1 - np.exp(-0.7), abs=0.03)


def test_a_total_has_the_interval_of_summed_draws_and_not_summed_intervals(
    forecast: Forecast,
) -> None:
    groups = np.array([0, 0, 0, 0, 1, -1])
    told, alone = of_groups(forecast, groups, count=2), of_customers(forecast)
    assert forecast.value is not None
    assert told.quantiles is not None
    assert alone.quantiles is not None
    by_hand = np.quantile(forecast.value[:, :4].sum(axis=1), 0.95)
    assert told.quantiles["hi90"][0] == pytest.approx(by_hand, rel=1e-6)
    assert told.quantiles["hi90"][0] < 0.9 * alone.quantiles["hi90"][:4].sum()
    assert told.quantiles["hi90"][1] == pytest.approx(alone.quantiles["hi90"][4], rel=1e-6)
    assert told.mean.sum() == pytest.approx(forecast.mean_value[:5].sum())


def test_without_draws_there_is_a_mean_and_no_interval() -> None:
    told = of_customers(Forecast(np.ones(3), np.full(3, 20.0)))
    assert told.quantiles is None
    assert np.isnan(told.chance).all()
    assert told.mean.tolist() == [20.0] * 3


def test_value_that_comes_evenly_is_worth_the_mean_of_its_discounts() -> None:
    days = (np.arange(365 * 3) + 0.5) / 365
    assert mean_discount(36, rate=0.10) == pytest.approx(np.mean(1.1**-days), rel=1e-6)
    assert mean_discount(12, rate=0.0) == 1.0
