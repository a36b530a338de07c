"""Where a shop has a season beyond doubt, who knows of none does not predict."""

from __future__ import annotations

import numpy as np
import pytest

from perenne.models.contenders.combined import Combined
from perenne.models.contenders.outdone import LEAVING, left_behind, outdone, unlikely
from perenne.models.contenders.pace import Pace
from perenne.models.contenders.probability import probability_contender
from perenne.models.contenders.roster import contender
from perenne.models.contenders.seasonal import Clock, FittedSeasonal, Seasonal
from perenne.models.judging.trials import Rehearsal
from perenne.models.ledger import Ledger
from tests.models.shops import START, seasonal_shop

NONE = np.zeros(0)


def pace(doubt: float) -> Pace:
    return Pace(0, (), NONE, NONE, NONE, NONE, NONE, NONE, doubt)


@pytest.fixture(scope="module")
def shop() -> Ledger:
    """Customers leave at any moment, as Pareto/NBD has it."""
    return seasonal_shop(customers=1_500, days=800)


def test_a_model_is_left_behind_by_any_of_its_kind_that_knows_the_season() -> None:
    told = ["nbd", "bg_nbd", "pareto_nbd", "exponential_nbd", "mbg_nbd_season", "stack", "bg_cnbd"]
    assert outdone(told, pace(0.001)) == {"bg_nbd", "pareto_nbd", "exponential_nbd"}
    assert outdone([*told, "nbd_season"], pace(0.001)) == {
        "nbd",
        "bg_nbd",
        "pareto_nbd",
        "exponential_nbd",
    }
    assert outdone(["bg_nbd", "nbd", "nbd_season"], pace(0.001)) == {"nbd"}
    assert outdone(LEAVING, pace(0.001)) == set()


def test_while_there_is_doubt_nobody_is_left_behind() -> None:
    told = ["bg_nbd", "mbg_nbd_season"]
    assert outdone(told, pace(0.02)) == outdone(told, None) == set()


def test_the_shop_tells_who_is_left_behind(shop: Ledger) -> None:
    rng = np.random.default_rng(1)
    field = [contender(name) for name in ("bg_nbd", "nbd", "mbg_nbd_season", "stack")]
    found = left_behind(field, shop, Rehearsal(), horizon=365, rng=rng)
    assert found == {"bg_nbd"}
    steady = seasonal_shop(customers=600, days=800, height=0.0)
    assert not left_behind(field, steady, Rehearsal(), horizon=365, rng=rng)


def test_likelihood_is_that_of_the_same_time_whatever_the_clock(shop: Ledger) -> None:
    # A clock that runs twice as fast all along changes the unit of time and nothing else.
    plain = probability_contender("pareto_nbd").fit(shop, horizon=91, rng=np.random.default_rng(1))
    twice = Clock(int(shop.day.min()) - 1, 0, (), (), level=2.0)
    model = probability_contender("pareto_nbd").purchases.fit(**shop.ages(twice.times))
    fast = FittedSeasonal("pareto_nbd_season", model, plain.spend, plain.returns, twice)
    assert model.log_likelihood != pytest.approx(plain.purchases.log_likelihood, abs=100)
    assert fast.log_likelihood(shop) == pytest.approx(plain.purchases.log_likelihood, abs=1e-3)


def test_the_season_makes_the_past_likelier(shop: Ledger) -> None:
    rng = np.random.default_rng(1)
    plain = probability_contender("pareto_nbd").fit(shop, horizon=91, rng=rng)
    season = Seasonal("pareto_nbd").fit(shop, horizon=91, rng=rng)
    assert season.log_likelihood(shop) > plain.purchases.log_likelihood + 100


def test_few_past_forecasts_leave_it_to_the_likelihood(shop: Ledger) -> None:
    rng = np.random.default_rng(1)
    models = [Seasonal(name).fit(shop, horizon=365, rng=rng) for name in LEAVING]
    names = [one.name for one in models]
    told = {name: [None, None] for name in names}
    assert unlikely(models, shop, told=told) == {"bg_nbd_season", "mbg_nbd_season"}
    answered = {name: [object(), object()] for name in names}
    assert unlikely(models, shop, told=answered) == set()  # type: ignore[arg-type]  # counted only
    # Who knows no leaving is among them, and stays where it is alone.
    steady = Seasonal("nbd").fit(shop, horizon=365, rng=rng)
    told["nbd_season"] = [None, None]
    assert "nbd_season" in unlikely([*models, steady], shop, told=told)
    assert unlikely([steady], shop, told=told) == set()
    # Without a rival nobody is unlikely.
    assert unlikely(models[:1], shop, told=told) == set()


def test_the_mixture_of_a_seasonal_shop_knows_its_season(shop: Ledger) -> None:
    past = shop.as_of(START + 600)
    names = ("bg_nbd", "pareto_nbd", "mbg_nbd_season", "pareto_nbd_season")
    mixed = Combined([contender(name) for name in names])
    found = mixed.fit(past, horizon=91, rng=np.random.default_rng(1))
    assert {one.name for one in found.members} <= {"mbg_nbd_season", "pareto_nbd_season"}
    assert found.pace is not None
    assert found.pace.doubt < 0.01
    told = found.forecast(past, horizon=91, draws=0, rng=np.random.default_rng(1))
    actual = shop.outcome(past, horizon=91).value.sum()
    assert told.mean_value.sum() == pytest.approx(actual, rel=0.2)
