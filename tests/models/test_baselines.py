"""Baselines: hand-computed answers, refusals, and the empirical draws of RFM cells."""

from dataclasses import replace

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.contenders.baselines import (
    AllZero,
    Klaviyo,
    LastPeriod,
    RfmCell,
    SimpleClv,
    baselines,
)
from tests.models.shops import ledger_of, shop

RNG = np.random.default_rng(0)


def run(contender, ledger, horizon, draws=50):
    fitted = contender.fit(ledger, horizon=horizon, rng=RNG)
    return fitted.forecast(ledger, horizon=horizon, draws=draws, rng=RNG)


def small():
    rows = [(1, 0, 10.0), (1, 60, 20.0), (1, 80, 30.0), (2, 70, 50.0), (2, 75, 0.0)]
    return ledger_of(rows, until=100, returned=[0, 0, 5.0, 0, 8.0])


def test_all_zero():
    forecast = run(AllZero(), small(), 50)
    assert forecast.mean_value.tolist() == [0, 0]


def test_last_period_counts_repeat_purchases_net_of_returns():
    forecast = run(LastPeriod(), small(), 50)
    assert forecast.mean_orders.tolist() == [2, 0]
    assert forecast.mean_value.tolist() == [45, -8]  # the first-ever purchase of 2 is not repeated
    assert forecast.value is None


def test_last_period_refuses_a_short_history():
    with pytest.raises(PerenneError, match=r"101 days\) is shorter than the horizon \(365 days"):
        run(LastPeriod(), small(), 365)


def test_simple_clv_is_the_formula():
    fitted = SimpleClv().fit(small(), horizon=25, rng=RNG)
    assert (fitted.window, fitted.retention) == (50, 0.0)  # nobody bought on days 1 to 50
    rows = [(1, 0, 10.0), (1, 30, 20.0), (1, 80, 30.0), (2, 40, 50.0), (3, 90, 8.0)]
    ledger = ledger_of(rows, until=100)
    fitted = SimpleClv().fit(ledger, horizon=25, rng=RNG)
    assert fitted.retention == 0.5
    forecast = fitted.forecast(ledger, horizon=25, draws=1, rng=RNG)
    # one purchase in 50 days, half a window, half retained, 20 a purchase
    assert forecast.mean_value == pytest.approx([0.25 * 20, 0, 0.25 * 8])


def test_rfm_cell_gives_means_of_the_same_cell_one_horizon_earlier():
    ledger = shop(np.random.default_rng(1), customers=600)
    forecast = run(RfmCell(), ledger, 200, draws=300)
    past = ledger.as_of(ledger.until - 200)
    seen = ledger.outcome(past, horizon=200)
    assert forecast.value.shape == (300, ledger.customers)
    assert forecast.value.mean(axis=0) == pytest.approx(
        forecast.mean_value, abs=6 * seen.value.std() / np.sqrt(300)
    )
    assert set(np.unique(forecast.orders)) <= set(np.unique(seen.orders))
    assert np.unique(forecast.mean_value).size > 5


def test_rfm_cell_of_alike_customers_is_one_cell():
    rows = [(who, day, 10.0) for who in range(60) for day in (0, 50)]
    forecast = run(RfmCell(), ledger_of(rows, until=60), 20)
    assert forecast.mean_value == pytest.approx(np.full(60, 10.0))
    assert (forecast.orders == 1).all()


def test_rfm_cell_refuses_when_nobody_was_there():
    with pytest.raises(PerenneError, match="Only 1 customers had bought one horizon earlier"):
        run(RfmCell(), small(), 50)


def test_klaviyo_scales_what_was_imported_and_refuses_else():
    with pytest.raises(PerenneError, match="No Klaviyo predictions were imported"):
        run(Klaviyo(), small(), 73)
    fields = {
        "klaviyo_predicted_value": np.array([100.0, np.nan]),
        "klaviyo_predicted_orders": np.array([5.0, np.nan]),
        "klaviyo_predicted_on": np.array([100.0, np.nan]),
    }
    forecast = run(Klaviyo(), replace(small(), attributes=fields), 73)
    assert forecast.mean_value.tolist() == [20, 0]
    late = {**fields, "klaviyo_predicted_on": np.array([101.0, np.nan])}
    with pytest.raises(PerenneError, match="made after the day"):
        run(Klaviyo(), replace(small(), attributes=late), 73)


def test_every_baseline_has_its_own_name():
    assert [one.name for one in baselines()] == [
        "all_zero",
        "last_period",
        "simple_clv",
        "rfm_cell",
        "klaviyo",
    ]
