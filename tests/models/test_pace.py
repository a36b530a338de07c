"""The pace of a shop: what its weeks tell of a season, and what is left open."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from perenne.models.contenders.combined import Combined
from perenne.models.contenders.pace import (
    MEMORY,
    Pace,
    _averaged,
    _exposed,
    _Told,
    _Weeks,
    learn_pace,
    pace_of,
)
from perenne.models.contenders.probability import probability_contender
from perenne.models.forecast import HOLDS_OWN, HOLDS_PAST, HOLDS_RECENT
from perenne.models.judging.trials import Rehearsal
from perenne.models.ledger import Ledger
from perenne.models.purchases.dynamic_season import shop_calendar
from tests.models.shops import HEIGHT, START, ledger_of, seasonal_shop


def pace(ledger: Ledger) -> Pace:
    found = pace_of(ledger, Rehearsal(), horizon=91, rng=np.random.default_rng(1))
    assert found is not None
    return found


def wave(first: int, last: int) -> float:
    """Logarithm of the true mean pace of `seasonal_shop` from one day to another."""
    days = np.arange(first, last + 1)
    return float(np.log(np.exp(HEIGHT * np.sin(2 * np.pi * days / 365.2425)).mean()))


def test_effects_are_those_of_one_joint_normal_distribution():
    # The oracle: level and trend with a prior so wide that it is none, and one conditional normal.
    rng = np.random.default_rng(1)
    place = np.array([0, 1, 2, 4, 5, 7, 8, 9, 10, 13])
    table, expected = rng.normal(size=(10, 3)), rng.uniform(5, 40, 10)
    actual, swings, wander = rng.poisson(expected).astype(float), np.array([0.3, 0.2, 0.1]), 0.15
    weeks = _Weeks.of(actual, expected, place=place, table=table)
    told = weeks.told(swings, wander)
    design = np.column_stack((np.ones(10), np.linspace(-1, 1, 10)))
    near = wander**2 * np.exp(-np.abs(place[:, None] - place) / MEMORY)
    whole = 1e6 * design @ design.T + table @ np.diag(swings**2) @ table.T + near
    whole += np.diag(weeks.chance)
    beside = np.diag(swings**2) @ table.T
    gain = beside @ np.linalg.inv(whole)
    assert told.effects == pytest.approx(gain @ weeks.target, abs=1e-4)
    assert told.covariance == pytest.approx(np.diag(swings**2) - gain @ beside.T, abs=1e-4)


def test_evidence_is_that_of_the_same_distribution_up_to_what_is_common():
    rng = np.random.default_rng(2)
    expected = np.full(12, 30.0)
    table = rng.normal(size=(12, 2))
    weeks = _Weeks.of(
        rng.poisson(expected).astype(float), expected, place=np.arange(12), table=table
    )
    design = np.column_stack((np.ones(12), np.linspace(-1, 1, 12)))

    def density(swing: float) -> float:
        whole = 1e6 * design @ design.T + swing**2 * table @ table.T + np.diag(weeks.chance)
        squares = weeks.target @ np.linalg.solve(whole, weeks.target)
        return -float(squares + np.linalg.slogdet(whole)[1]) / 2

    apart = weeks.told(np.full(2, 0.3), 0.0).evidence - weeks.told(np.zeros(2), 0.0).evidence
    assert apart == pytest.approx(density(0.3) - density(0.0), abs=1e-3)


def test_sizes_that_cannot_be_told_apart_are_averaged_with_their_distance():
    told = [_Told(0.0, np.array([0.2]), np.array([[0.01]])), _Told(0.0, np.zeros(1), np.eye(1) * 0)]
    weight, effects, covariance = _averaged(told)
    assert weight == pytest.approx([0.5, 0.5])
    assert effects == pytest.approx([0.1])
    assert covariance == pytest.approx(np.array([[0.005 + 0.01]]))
    _weight, surely, _covariance = _averaged([told[0], _Told(-50.0, np.zeros(1), np.zeros((1, 1)))])
    assert surely == pytest.approx([0.2])


def test_a_forecast_is_moved_from_the_season_it_holds_to_that_of_its_days():
    begin, weeks = START, 104
    table = shop_calendar(begin + 1, begin + 7 * weeks, pairs=3).values
    effects = np.array([HEIGHT, 0, 0, 0, 0, 0])
    known = Pace(
        begin, (), table, np.ones(weeks), np.ones(weeks), np.ones(weeks), effects, np.zeros((6, 6))
    )
    until = begin + 7 * weeks
    ahead = wave(until + 1, until + 91)
    moved = {
        holds: known.shift(holds, until=until, horizon=91)
        for holds in (HOLDS_OWN, HOLDS_RECENT, HOLDS_PAST)
    }
    assert moved[HOLDS_OWN] == 0
    assert moved[HOLDS_RECENT] == pytest.approx(ahead - wave(until - 90, until), abs=0.01)
    held = 0.25 * wave(until - 90, until) + 0.75 * wave(begin + 1, until)
    assert moved[HOLDS_PAST] == pytest.approx(ahead - held, abs=0.01)
    assert known.error(until, 91, learnt=[]) == 0
    # Half a year in, the days ahead were never seen.
    assert known.shift(HOLDS_PAST, until=begin + 182, horizon=91) == 0


def test_a_level_learnt_in_the_other_half_of_the_year_misleads():
    begin, until = START, START + 7 * 104
    table = shop_calendar(begin + 1, until, pairs=3).values
    open_ = np.diag([0.04, 0.04, 0, 0, 0, 0])
    unsure = Pace(begin, (), table, np.ones(104), np.ones(104), np.ones(104), np.zeros(6), open_)
    alone = unsure.error(until, 91, learnt=[])
    same = unsure.error(until, 91, learnt=[(until - 365, 91)] * 3)
    other = unsure.error(until, 91, learnt=[(until - 182, 91)] * 3)
    assert alone == pytest.approx(0.2 * np.sinc(91 / 365.25), rel=0.05)
    assert same < 0.5 * alone
    assert other > 1.5 * alone


def test_two_years_tell_a_season_and_half_a_year_leaves_it_open():
    shop = seasonal_shop(customers=1_500, days=930)
    until = START + 800
    known = pace(shop.as_of(until))
    truth = wave(until + 1, until + 91) - wave(until - 90, until)
    assert known.shift(HOLDS_RECENT, until=until, horizon=91) == pytest.approx(truth, abs=0.15)
    early = START + 200
    short = pace(shop.as_of(early))
    assert known.doubt < 0.001
    assert known.error(until, 91, learnt=[]) < 0.08
    assert short.error(early, 91, learnt=[]) > 0.15


def test_a_steady_shop_is_left_where_it_is():
    steady = seasonal_shop(customers=1_500, days=800, height=0.0)
    found = pace(steady)
    assert abs(found.shift(HOLDS_PAST, until=steady.until, horizon=91)) < 0.03
    assert found.error(steady.until, 91, learnt=[]) < 0.05
    assert found.doubt > 0.1


def test_without_weeks_that_tell_it_is_what_was_believed():
    tiny = seasonal_shop(customers=4, days=200)
    fitted = probability_contender("nbd").fit(
        seasonal_shop(customers=300, days=200), horizon=91, rng=np.random.default_rng(1)
    )
    found = learn_pace(tiny, fitted.purchases)
    assert not found.effects.any()
    assert found.error(tiny.until, 91, learnt=[]) > 0.15


def test_a_model_without_a_season_is_told_on_the_season_of_the_shop():
    shop = seasonal_shop(customers=1_500, days=1_000)
    past = shop.as_of(START + 900)
    actual = shop.outcome(past, horizon=99).orders.sum()
    rng = np.random.default_rng(2)
    member = probability_contender("pareto_nbd")
    plain = member.fit(past, horizon=99, rng=rng).forecast(past, horizon=99, draws=0, rng=rng)
    moved = Combined((member,)).fit(past, horizon=99, rng=rng)
    told = moved.forecast(past, horizon=99, draws=60, rng=rng)
    assert plain.mean_orders.sum() / actual - 1 > 0.8
    assert abs(told.mean_orders.sum() / actual - 1) < 0.2
    assert told.orders.sum(axis=1).mean() == pytest.approx(told.mean_orders.sum(), rel=0.05)


def test_between_occasions_there_is_no_low_season():
    rng = np.random.default_rng(4)
    rows = [
        (who, START + 365 * year, 20.0)
        for who in range(200)
        for year in range(5)
        if year == 0 or rng.random() < 0.5
    ]
    yearly = ledger_of(rows, until=START + 5 * 365)
    assert pace_of(yearly, Rehearsal(), horizon=730, rng=rng) is None


def test_the_pace_of_late_beside_that_of_all_is_held_by_chance():
    table = np.zeros((104, 6))
    actual = np.r_[np.full(91, 10.0), np.full(13, 5.0)]
    ones = np.ones(104)
    flat = np.zeros(6), np.zeros((6, 6))
    known = Pace(START, (), table, actual, ones, ones, *flat)
    found, noise = np.log(5 / actual.mean()), 1 / 65
    moving = norm.pdf(found, scale=np.sqrt(0.09 + noise))
    still = norm.pdf(found, scale=np.sqrt(0.01 + noise))
    chance = 0.25 * moving / (0.25 * moving + 0.75 * still)
    told = known.drift(START + 728)
    assert told == pytest.approx(found * chance * 0.09 / (0.09 + noise))
    assert abs(told) > 0.7 * abs(found)
    slight = Pace(START, (), table, np.r_[np.full(91, 100.0), np.full(13, 92.0)], ones, ones, *flat)
    assert abs(slight.drift(START + 728)) < 0.25 * abs(np.log(92 / 100))
    # What had not happened yet is not known, and half a year says nothing of late and ever.
    assert known.drift(START + 91 * 7) == pytest.approx(0)
    assert known.drift(START + 25 * 7) == 0


def test_customers_are_exposed_from_the_day_they_came():
    shop = seasonal_shop(customers=40, days=300)
    first = shop.day[shop.starts[:-1]]
    begin = shop.first_sale - 1
    weeks = 20
    days = begin + 1 + np.arange(7 * weeks)
    known = (first[:, None] < days).sum(axis=0).reshape(weeks, 7).sum(axis=1)
    assert _exposed(shop, begin, weeks) == pytest.approx(known)


def test_who_knows_no_leaving_is_told_at_the_pace_of_late():
    # Customers of half a year, two years later: many of them have left.
    shop = seasonal_shop(customers=4_000, days=1_000, height=0.0)
    shop = shop.of(shop.day[shop.starts[:-1]] < START + 180)
    past = shop.as_of(START + 900)
    actual = shop.outcome(past, horizon=91).orders.sum()
    rng = np.random.default_rng(3)
    fitted = probability_contender("nbd").fit(past, horizon=91, rng=rng)
    told = fitted.forecast(past, horizon=91, draws=0, rng=rng).mean_orders.sum()
    known = pace(past)
    factor = known.factor(fitted, until=past.until, horizon=91)
    assert told / actual > 1.6
    assert told * factor / actual == pytest.approx(1, abs=0.3)
    leaving = probability_contender("pareto_nbd").fit(past, horizon=91, rng=rng)
    assert known.factor(leaving, until=past.until, horizon=91) == pytest.approx(1, abs=0.05)
