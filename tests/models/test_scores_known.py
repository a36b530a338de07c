"""Figures known for CDNOW master, 39 weeks then 39 weeks: the harness must give them."""

import numpy as np
import pytest

from benchmarks.accuracy_data import cdnow
from benchmarks.accuracy_peers import Lifetimes
from perenne.models.contenders.baselines import LastPeriod
from perenne.models.judging.scores import score


def scored(contender, split):
    past, rng = split.ledger.as_of(split.origin), np.random.default_rng(0)
    fitted = contender.fit(past, horizon=split.horizon, rng=rng)
    told = fitted.forecast(past, horizon=split.horizon, draws=0, rng=rng)
    return score(told, split.ledger.outcome(past, horizon=split.horizon), rng=rng)


def test_last_period_on_cdnow_master(shared_data):
    found = scored(LastPeriod(), cdnow(shared_data))
    assert found.customers == 23570
    assert found.bias == pytest.approx(0.208, abs=0.0006)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "bias", "gini"),
    [("lifetimes_bg_nbd", -0.173, 0.672), ("lifetimes_pareto_nbd", -0.158, 0.684)],
)
def test_lifetimes_on_cdnow_master(shared_data, name, bias, gini):
    pytest.importorskip("lifetimes", reason="the peer is not installed")
    found = scored(Lifetimes(name), cdnow(shared_data))
    assert found.bias == pytest.approx(bias, abs=0.0006)
    assert found.gini == pytest.approx(gini, abs=0.0006)
    assert found.top10 == pytest.approx(0.516, abs=0.0006)
