"""Pareto/NBD with calendar covariates (Bachmann, Meierer & Näf 2021)."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from perenne.core import PerenneError
from perenne.models.purchases.calendar import Calendar
from perenne.models.purchases.dynamic_clock import Clock
from perenne.models.purchases.dynamic_fitted import FittedDynamicParetoNBD
from perenne.models.purchases.dynamic_histories import read_purchases
from perenne.models.purchases.dynamic_pareto_nbd import DynamicParetoNBD, Likelihood
from perenne.models.purchases.dynamic_season import shop_calendar
from perenne.models.purchases.pareto_nbd import ParetoNBD
from perenne.models.purchases.pareto_nbd_fitted import FittedParetoNBD

BASE = {"r": 0.7, "alpha": 8.0, "s": 0.6, "beta": 10.0}
EFFECTS = {"sin": 0.4, "cos": -0.3, "sale": 0.6}
LEAVING = {"sin": 0.2, "cos": 0.1, "sale": -0.3}
PAST, WEEKS = 168.0, 210


def year_calendar(weeks: int = WEEKS) -> Calendar:
    week = np.arange(weeks)
    angle = 2 * np.pi * week / 52.18
    sale = (week % 52 >= 47) & (week % 52 <= 50)
    return Calendar(0.0, 1.0, np.column_stack((np.sin(angle), np.cos(angle), sale)), tuple(EFFECTS))


def simulate(customers, *, rng, last=PAST, leaving=LEAVING):
    """Rows (customer, time) of the past, and everyone's purchases in the 12 weeks after it."""
    calendar = year_calendar()
    buying = Clock.of(calendar, calendar.values, np.array(list(EFFECTS.values())))
    going = Clock.of(calendar, calendar.values, np.array(list(leaving.values())))
    birth = np.ceil(rng.uniform(0, last - 4, customers) * 7) / 7  # days
    rate = rng.gamma(BASE["r"], 1 / BASE["alpha"], customers)
    dropout = rng.gamma(BASE["s"], 1 / BASE["beta"], customers)
    gone = going.when(going.at(birth) + rng.exponential(size=customers) / dropout)
    start = buying.at(birth)
    length = buying.at(np.minimum(gone, last + 12)) - start
    who = np.repeat(np.arange(customers), rng.poisson(rate * length))
    time = buying.when(start[who] + rng.random(who.size) * length[who])
    past = time <= last
    customer = np.concatenate((np.arange(customers), who[past]))
    return customer, np.concatenate((birth, time[past])), int((~past).sum())


def fitted(effects=EFFECTS, leaving=LEAVING, until=100.0) -> FittedDynamicParetoNBD:
    parameters = {
        **BASE,
        **{f"life.{name}": value for name, value in leaving.items()},
        **{f"trans.{name}": value for name, value in effects.items()},
    }
    size = len(parameters)
    settings = {"calendar": year_calendar().to_values(), "until": until, "ridge": 0.0}
    covariance = tuple(tuple(row) for row in (np.eye(size) * 1e-4).tolist())
    return FittedDynamicParetoNBD(parameters, -1.0, covariance, 10.0, settings)


ROWS = {
    "frequency": np.array([0.0, 3.0, 26.0, 80.0, 1.0, 0.0, 400.0]),
    "recency": np.array([0.0, 20.5, 60.25, 55.0, 0.5, 0.0, 80.0]),
    "tenure": np.array([40.0, 33.3, 70.0, 95.5, 90.0, 0.4, 82.0]),
}


def plain() -> FittedParetoNBD:
    return FittedParetoNBD(BASE, -1.0, tuple(map(tuple, np.eye(4).tolist())), 10.0, {})


def no_effects() -> FittedDynamicParetoNBD:
    nothing = dict.fromkeys(EFFECTS, 0.0)
    return fitted(nothing, nothing)


def test_without_effects_it_is_pareto_nbd() -> None:
    model, known = no_effects(), plain()
    close = {"rtol": 1e-7, "atol": 1e-12}
    np.testing.assert_allclose(
        model.probability_alive(**ROWS), known.probability_alive(**ROWS), **close
    )
    for horizon in (0.3, 12.0, 52.0):
        np.testing.assert_allclose(
            model.expected_purchases(horizon, **ROWS),
            known.expected_purchases(horizon, **ROWS),
            **close,
        )
        np.testing.assert_allclose(
            model.probability_of_purchase(horizon, **ROWS),
            known.probability_of_purchase(horizon, **ROWS),
            rtol=1e-6,
        )
    assert model.expected_purchases_new(52.0) == pytest.approx(known.expected_purchases_new(52.0))


def test_without_effects_the_likelihood_is_that_of_pareto_nbd() -> None:
    customer, time, _later = simulate(400, rng=np.random.default_rng(4))
    rows = read_purchases(customer=customer, time=time, until=PAST)
    frequency, recency, tenure = rows.histories()
    known = ParetoNBD().fit(frequency=frequency, recency=recency, tenure=tenure)
    model = DynamicParetoNBD(year_calendar(), trans=(), life=()).fit_rows(rows)
    assert model.log_likelihood == pytest.approx(known.log_likelihood, abs=1e-5)
    assert dict(model.parameters) == pytest.approx(dict(known.parameters), rel=1e-3)


def likelihood_by_quad(at, birth, x, since, until) -> float:
    """Slow oracle: the integral over the time of dropout, by adaptive quadrature."""

    def alive(t: float) -> float:
        a = at.buying.at(np.array([t]))[0] - at.buying.at(np.array([birth]))[0]
        b = at.leaving.at(np.array([t]))[0] - at.leaving.at(np.array([birth]))[0]
        return float(-(at.r + x) * np.log1p(a / at.alpha) - at.s * np.log1p(b / at.beta))

    def dropped(t: float) -> float:
        piece = int(np.floor(t))
        b = at.leaving.at(np.array([t]))[0] - at.leaving.at(np.array([birth]))[0]
        return at.s * at.leaving.rates[piece] / (at.beta + b) * float(np.exp(alive(t)))

    edges = np.unique(np.clip(np.arange(np.floor(since), until + 1), since, until))
    gone = sum(quad(dropped, a, b, epsabs=0, epsrel=1e-11)[0] for a, b in pairwise(edges))
    return float(np.exp(alive(until))) / (np.exp(alive(until)) + gone)


def test_probability_alive_by_slow_quadrature() -> None:
    model = fitted()
    rows = {name: column[:6] for name, column in ROWS.items()}
    birth = 100.0 - rows["tenure"]
    slow = [
        likelihood_by_quad(model._point(), b, x, b + t_x, 100.0)
        for b, x, t_x in zip(birth, rows["frequency"], rows["recency"], strict=True)
    ]
    np.testing.assert_allclose(model.probability_alive(**rows), slow, rtol=1e-7)


def test_gradient_is_that_of_finite_differences() -> None:
    customer, time, _later = simulate(300, rng=np.random.default_rng(5))
    model = DynamicParetoNBD(year_calendar(), ridge=0.5)
    rows = read_purchases(customer=customer, time=time, until=PAST)
    likelihood: Likelihood = model._likelihood(rows, model.calendar.names, model.calendar.names)
    free = np.concatenate((np.log(list(BASE.values())), [*LEAVING.values(), *EFFECTS.values()]))
    _value, gradient = likelihood(free)
    for index in range(free.size):
        step = np.zeros(free.size)
        step[index] = 1e-5
        slope = (likelihood(free + step)[0] - likelihood(free - step)[0]) / 2e-5
        assert gradient[index] == pytest.approx(slope, rel=1e-5, abs=1e-4)


@pytest.mark.slow
def test_recovers_a_seasonal_shop_and_its_next_twelve_weeks() -> None:
    customer, time, later = simulate(3000, rng=np.random.default_rng(1))
    rows = read_purchases(customer=customer, time=time, until=PAST)
    model = DynamicParetoNBD(year_calendar()).fit_rows(rows)
    truth = {**BASE}
    truth.update({f"life.{name}": value for name, value in LEAVING.items()})
    truth.update({f"trans.{name}": value for name, value in EFFECTS.items()})
    for name, value in truth.items():
        assert abs(model.parameters[name] - value) < 3 * model.standard_errors[name], name
    frequency, recency, tenure = rows.histories()
    data = {"frequency": frequency, "recency": recency, "tenure": tenure}
    bias = model.expected_purchases(12.0, **data).sum() / later - 1
    known = ParetoNBD().fit(**data)
    plain_bias = known.expected_purchases(12.0, **data).sum() / later - 1
    assert abs(bias) < 0.05 < abs(plain_bias)
    assert model.likelihood_ratio(known).p_value < 1e-6


def test_draws_have_the_mean_and_accumulate() -> None:
    model = fitted()
    rng = np.random.default_rng(2)
    draws = model.sample_purchases([6.0, 12.0], **ROWS, rng=rng, draws=4000)
    assert draws.shape == (4000, 2, 7)
    assert draws.dtype == np.int32
    assert (np.diff(draws, axis=1) >= 0).all()
    mean = model.expected_purchases(12.0, **ROWS)
    error = draws[:, 1].std(axis=0) / np.sqrt(4000)
    assert (np.abs(draws[:, 1].mean(axis=0) - mean) < 4 * error + 1e-9).all()
    some = (draws[:, 1] > 0).mean(axis=0)
    np.testing.assert_allclose(some, model.probability_of_purchase(12.0, **ROWS), atol=0.035)


def test_a_saved_model_predicts_the_same() -> None:
    model = fitted()
    again = FittedDynamicParetoNBD.from_values(json.loads(model.to_json()))
    np.testing.assert_array_equal(
        again.expected_purchases(12.0, **ROWS), model.expected_purchases(12.0, **ROWS)
    )


def test_a_horizon_beyond_the_calendar_says_until_when_it_is_needed() -> None:
    with pytest.raises(PerenneError, match=r"covers the time 0 to 210.*until 52280"):
        fitted().expected_purchases(52180.0, **ROWS)
    with pytest.raises(PerenneError, match="until 300"):
        fitted().expected_purchases_new(200.0)


def test_a_horizon_of_zero_brings_nothing() -> None:
    assert not fitted().expected_purchases(0.0, **ROWS).any()
    assert not fitted().sample_purchases(0.0, **ROWS, rng=np.random.default_rng(0)).any()


def test_bad_purchases_are_refused() -> None:
    model = DynamicParetoNBD(year_calendar())
    with pytest.raises(PerenneError, match="lies after the end of observation"):
        model.fit(customer=[1, 2], time=[1.0, 60.0], until=50.0)
    with pytest.raises(PerenneError, match="no time"):
        model.fit(customer=[1, 2], time=[1.0, np.nan], until=50.0)
    with pytest.raises(PerenneError, match="a customer and a time each"):
        model.fit(customer=[1], time=[1.0, 2.0], until=50.0)
    with pytest.raises(PerenneError, match="covariates are needed from"):
        model.fit(customer=[1, 2], time=[-5.0, 2.0], until=50.0)


def test_a_covariate_that_never_changes_is_refused() -> None:
    calendar = Calendar(0.0, 1.0, np.ones((60, 1)), ("always",))
    with pytest.raises(PerenneError, match="always do not change"):
        DynamicParetoNBD(calendar).fit(customer=[1, 1, 2], time=[1.0, 3.0, 2.0], until=50.0)


def test_bad_calendars_are_refused() -> None:
    with pytest.raises(PerenneError, match="one row per piece"):
        Calendar(0.0, 1.0, np.ones((3, 2)), ("one",))
    with pytest.raises(PerenneError, match="missing or infinite"):
        Calendar(0.0, 1.0, np.array([[np.nan]]), ("one",))
    with pytest.raises(PerenneError, match="no covariate other"):
        DynamicParetoNBD(year_calendar(), trans=("other",)).fit(
            customer=[1, 1], time=[1.0, 2.0], until=9.0
        )


def test_a_purchase_at_an_edge_belongs_to_the_piece_that_ends() -> None:
    calendar = shop_calendar(1, 21, pairs=1)  # day 7 ends the first week
    pieces = calendar.piece_until(np.array([1.0, 7.0, 8.0, 14.0]) / 7)
    assert pieces.tolist() == [0, 0, 1, 1]
