"""Who is still there and who orders next: on occasions by BG/BB, else in continuous time."""

import numpy as np
import pytest

from perenne.models.contenders.occasions import BetaGeoBetaBinomialContender, find_occasions
from perenne.models.contenders.probability import probability_contender
from perenne.models.staying import staying
from tests.models.shops import shop
from tests.models.test_occasions import boxes


@pytest.fixture(scope="module")
def monthly():
    return boxes(customers=1_500)


@pytest.fixture(scope="module")
def on_occasions(monthly):
    model = BetaGeoBetaBinomialContender().fit(monthly, horizon=365, rng=np.random.default_rng(1))
    return model, staying(model, monthly)


def test_alive_is_that_of_bg_bb_at_the_next_occasion(monthly, on_occasions):
    model, found = on_occasions
    history = model.history(monthly)
    np.testing.assert_allclose(found.alive, model.purchases.probability_alive(**history))
    assert found.alive.max() < 1
    faithful = history["frequency"] == history["periods"]
    silent = (history["periods"] - history["recency"] >= 6) & (history["frequency"] >= 6)
    silent &= history["frequency"] >= 0.8 * history["recency"]
    assert found.alive[faithful].min() > 0.8 > 0.2 > found.alive[silent].max()


def test_the_day_is_that_of_the_first_occasion_with_even_odds(monthly, on_occasions):
    model, found = on_occasions
    history, occasions = model.history(monthly), find_occasions(monthly)
    told = np.flatnonzero(np.isfinite(found.days))
    day = monthly.until + found.days[told]
    number = np.rint((day - occasions.first) / occasions.step)
    np.testing.assert_allclose(day, occasions.first + occasions.step * number, atol=0.5)
    ahead = (number - occasions.passed(monthly.until)).astype(int)
    for wanted in np.unique(ahead):
        rows = {name: column[told[ahead == wanted]] for name, column in history.items()}
        until, before = (
            model.purchases.probability_of_purchase(int(one), **rows)
            for one in (wanted, wanted - 1)
        )
        assert (until >= 0.5 - 1e-12).all()
        assert (before < 0.5).all()
    rest = {name: column[np.isnan(found.days)] for name, column in history.items()}
    assert (model.purchases.probability_of_purchase(1_000, **rest) < 0.5).all()


@pytest.mark.parametrize("name", ["pareto_nbd", "mbg_nbd", "bg_nbd", "nbd"])
def test_who_ordered_on_the_last_day_is_not_alive_for_certain(name):
    ledger = shop(np.random.default_rng(2), customers=800)
    ledger = ledger.as_of(int(np.unique(ledger.day)[-30]))
    history = ledger.histories()
    just = (history.recency == history.tenure) & (history.frequency > 0)
    assert just.any()
    model = probability_contender(name).fit(ledger, horizon=90, rng=np.random.default_rng(3))
    found = staying(model, ledger)
    if name == "nbd":
        assert np.isnan(found.alive).all()
        return
    assert np.nanmax(found.alive) < 1
    assert (found.alive[just] > (0.9 if name == "pareto_nbd" else 0.5)).all()
    assert np.isnan(found.alive[history.frequency == 0]).all() == (name == "bg_nbd")
