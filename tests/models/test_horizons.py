"""Horizons that are longer than the judged one."""

from dataclasses import replace

import numpy as np
import pytest

from perenne.models.choosing import judge, judged_further
from perenne.models.contenders.combined import FittedCombined, recalibrated
from perenne.models.contenders.probability import probability_contender
from perenne.models.horizons import reaching, stretched
from perenne.models.judging.recalibration import Adjustment, Recalibration
from perenne.models.judging.trials import Rehearsal
from perenne.models.settings import PredictionSettings
from tests.models.shops import shop

LONG = shop(np.random.default_rng(3), customers=500, days=1500, life=700.0)
SHORT = shop(np.random.default_rng(3), customers=500, days=760, life=700.0)


def fitted(ledger):
    candidate = recalibrated(probability_contender("mbg_nbd"), Rehearsal())
    found = candidate.fit(ledger, horizon=365, rng=np.random.default_rng(1))
    return candidate, found


def reach(ledger, days):
    candidate, found = fitted(ledger)
    told = reaching(found, candidate, ledger, days=days, judged=365, rng=np.random.default_rng(2))
    return found, told


def test_a_judged_horizon_stays_as_it_is():
    found, told = reach(SHORT, 366)
    assert told.fitted is found
    assert told.learnt == 365


def test_without_past_forecasts_the_error_of_the_level_grows_with_the_root():
    found, told = reach(SHORT, 730)
    assert told.learnt == 365
    assert isinstance(told.fitted, FittedCombined)
    before, after = found.recalibration.value, told.fitted.recalibration.value
    assert after.level_spread == pytest.approx(np.sqrt(2) * before.level_spread)
    assert after.level == before.level
    assert told.fitted.members is found.members


def test_with_past_forecasts_the_level_is_learnt_at_the_horizon():
    found, told = reach(LONG, 730)
    assert told.learnt == 730
    assert isinstance(told.fitted, FittedCombined)
    assert told.fitted.recalibration != found.recalibration
    assert told.fitted.members is found.members


def test_beyond_them_the_longest_that_was_learnt_is_stretched():
    _found, two = reach(LONG, 730)
    _found, three = reach(LONG, 1460)
    assert three.learnt == 730
    spreads = [one.fitted.recalibration.value.level_spread for one in (two, three)]
    assert spreads[1] == pytest.approx(np.sqrt(2) * spreads[0])


def test_only_the_spread_is_stretched():
    learnt = Recalibration(Adjustment(0.9, 0.1, 1.1, (1.0, 2.0)), Adjustment(), 3)
    wider = stretched(learnt, times=4.0)
    assert wider == replace(
        learnt,
        value=replace(learnt.value, level_spread=0.2),
        orders=replace(learnt.orders, level_spread=0.24),
    )


def test_two_years_are_judged_where_the_history_allows():
    settings = PredictionSettings(contenders=("mbg_nbd",), origins=1, draws=100)
    judged = judge(LONG, horizon=365, settings=settings, rng=np.random.default_rng(1))
    asked = {"settings": settings, "rng": np.random.default_rng(2)}
    further = judged_further(judged, LONG, horizons=[730, 1095], **asked)
    assert further.champion == judged.champion
    assert further.backtest.horizons == (365, 730)
    at = {trial.origin for trial in further.backtest.trials if trial.horizon == 730}
    assert at == {LONG.until - 730}
    names = {trial.contender for trial in further.backtest.trials if trial.horizon == 730}
    assert {judged.champion.name, "simple_clv", "all_zero"} <= names
    assert judged_further(judged, SHORT, horizons=[730], **asked).backtest == judged.backtest
