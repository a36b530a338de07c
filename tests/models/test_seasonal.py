"""The clock of a shop: what it counts, what it learns, and what a shop with a season gains."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from perenne.core import PerenneError
from perenne.models.contenders.probability import probability_contender
from perenne.models.contenders.seasonal import (
    Clock,
    FittedSeasonal,
    Seasonal,
    learn_clock,
)
from perenne.models.ledger import day_number
from perenne.models.purchases.nbd import FittedNBD
from tests.models.shops import HEIGHT, START, ledger_of, seasonal_shop


def test_a_clock_adds_up_the_weeks_that_it_counts():
    clock = Clock(START, 1, (), ()).learnt(np.array([0.5, -0.2]))
    days = START + np.array([0, 7, 40, 365, 366])
    told = clock.times(days)
    angle = 2 * np.pi / 365.2425

    def factor(day: float) -> float:
        return float(np.exp(0.5 * np.sin(angle * day) - 0.2 * np.cos(angle * day)))

    mean = quad(factor, 0, 365.2425, limit=200)[0] / 365.2425
    for day, weeks in zip(days, told, strict=True):
        plain = quad(factor, START, day, limit=200)[0] / mean / 7
        assert weeks == pytest.approx(plain, abs=0.05)
    assert told[3] == pytest.approx(365 / 7, rel=0.01)


def test_without_effects_it_is_any_clock():
    shop = ledger_of([(1, 0, 5.0), (1, 14, 5.0), (2, 21, 5.0)], until=35)
    told = shop.ages(Clock(-1, 1, (), (0.0, 0.0)).times)
    assert told["frequency"].tolist() == [1, 0]
    assert told["recency"].tolist() == pytest.approx([2, 0])
    assert told["tenure"].tolist() == pytest.approx([5, 2])


def test_a_season_is_recovered_from_twenty_months_and_shrunk_to_none_without_one():
    seen = Seasonal("mbg_nbd").fit(
        seasonal_shop(customers=3_000, days=600), horizon=90, rng=np.random.default_rng(1)
    )
    assert seen.clock.effects[0] == pytest.approx(HEIGHT, abs=0.1)
    assert np.abs(seen.clock.effects[1:6]).max() < 0.1
    flat = seasonal_shop(customers=1_500, days=600, height=0.0)
    with pytest.raises(PerenneError, match="No season shows"):
        Seasonal("mbg_nbd").fit(flat, horizon=90, rng=np.random.default_rng(1))


def test_growth_is_not_taken_for_a_season():
    # Twice as many orders of each customer at the end of fourteen months as at their start.
    rng = np.random.default_rng(5)
    rows = [(who, 0, 10.0) for who in range(1_500)]
    for who in range(1_500):
        days = np.sort(rng.uniform(1, 425, rng.poisson(9)))
        kept = days[rng.random(days.size) < (1 + days / 425) / 2]
        rows += [(who, int(day), 10.0) for day in np.unique(kept.astype(int)) if day > 0]
    shop = ledger_of(rows, until=425)
    nbd = FittedNBD({"r": 20.0, "alpha": 190.0}, 0.0, ((1e-4, 0.0), (0.0, 1e-4)), 1_500.0)
    learnt = learn_clock(shop, nbd, Clock(-1, 3, (), (0.0,) * 6))
    assert np.abs(learnt.effects).max() < 0.12


def test_a_quarter_of_low_season_is_forecast_where_the_plain_model_misses_it():
    shop = seasonal_shop(customers=3_000, days=1_000)
    past = shop.as_of(START + 900)
    total = shop.outcome(past, horizon=99).orders.sum()
    rng = np.random.default_rng(2)
    told = {
        name: contender.fit(past, horizon=99, rng=rng).forecast(past, horizon=99, draws=40, rng=rng)
        for name, contender in (
            ("plain", probability_contender("pareto_nbd")),
            ("season", Seasonal("pareto_nbd")),
        )
    }
    miss = {name: one.mean_orders.sum() / total - 1 for name, one in told.items()}
    assert abs(miss["season"]) < 0.08
    assert abs(miss["plain"]) > 0.2
    drawn = told["season"].orders.sum(axis=1)
    assert drawn.mean() == pytest.approx(told["season"].mean_orders.sum(), rel=0.02)


def test_a_shop_of_less_than_a_year_is_refused_with_the_reason():
    short = seasonal_shop(customers=60, days=390)
    with pytest.raises(PerenneError, match="history of 390 days is too short") as refusal:
        Seasonal("nbd").fit(short, horizon=90, rng=np.random.default_rng(1))
    assert refusal.value.next_step == "Wait until more than a year is there."


def test_the_day_of_a_time_is_that_on_which_the_clock_shows_it():
    clock = Clock(START, 1, (), ()).learnt(np.array([0.6, 0.0]))
    fitted = FittedSeasonal("any", None, None, None, clock)
    shop = ledger_of([(1, START + 1, 5.0)], until=START + 50)
    days = np.array([1, 30, 200, 3_000])
    ahead = np.array([fitted.ahead(shop, int(day)) for day in days])
    assert fitted.days_until(shop, ahead) == pytest.approx(days, abs=1e-6)
    assert fitted.days_until(shop, np.array([np.nan, 1e4]))[1] > 60_000


def test_christmas_is_an_event_once_it_was_seen_twice():
    first = day_number(np.datetime64("2021-06-01").item())
    rows = [(who, first + who % 40, 20.0) for who in range(400)]
    rng = np.random.default_rng(4)
    for who in range(400):
        for day in range(first + who % 40 + 1, first + 1_000):
            high = np.datetime64("1970-01-01") + day
            eve = high.astype(object).month == 12 and high.astype(object).day < 24
            if rng.random() < (0.03 if eve else 0.01):
                rows.append((who, day, 20.0))
    shop = ledger_of(rows, until=first + 999)
    fitted = Seasonal("nbd").fit(shop, horizon=90, rng=rng)
    assert "christmas" in fitted.clock.events
    december, spring = (day_number(np.datetime64(d).item()) for d in ("2024-12-01", "2025-04-01"))
    high, low = (
        np.diff(fitted.clock.times(np.array([start - 1, start + 20])))[0]
        for start in (december, spring)
    )
    assert 2.0 < high / low < 4.0
