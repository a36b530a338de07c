"""Draws by Hamiltonian Monte Carlo: a known posterior, and Laplace where it is exact enough."""

import numpy as np
import pandas as pd
import pytest

from perenne.core import PerenneError
from perenne.models.histories import read_histories
from perenne.models.hmc import hmc_draws
from perenne.models.purchases.beta_geo import BetaGeo, FittedBetaGeo
from perenne.models.purchases.beta_geo_likelihood import Likelihood, objective_of


def _fitted(covariance):
    return FittedBetaGeo(
        parameters={"r": 1.0, "alpha": 2.0, "a": 1.0, "b": 1.0},
        log_likelihood=0.0,
        covariance=tuple(map(tuple, covariance.tolist())),
        customers=1.0,
    )


def test_a_skewed_posterior_has_its_exact_mean():
    """log-posterior 6θ - 6e^θ of each logarithm: e^θ ~ Gamma(6, 6), up to the weak prior."""
    fitted = _fitted(np.eye(4) / 6)
    centre = np.log([1.0, 2.0, 1.0, 1.0])

    def objective(point):
        theta = point - centre
        return float((6 * theta - 6 * np.exp(theta)).sum()), 6 - 6 * np.exp(theta)

    drawn = hmc_draws(fitted, objective, draws=3000, rng=np.random.default_rng(0))
    assert list(drawn) == ["r", "alpha", "a", "b"]
    scaled = np.column_stack([drawn["r"], drawn["alpha"] / 2, drawn["a"], drawn["b"]])
    np.testing.assert_allclose(scaled.mean(axis=0), 1.0, atol=0.04)
    np.testing.assert_allclose(scaled.var(axis=0), 1 / 6, rtol=0.15)


def test_cdnow_agrees_with_laplace(shared_data):
    summary = pd.read_parquet(shared_data / "cdnow" / "lifetimes_cdnow_summary.parquet")
    rows = summary.rename(columns={"T": "tenure"})
    fitted = BetaGeo().fit(rows)
    objective = objective_of(Likelihood(fitted.family, read_histories(rows)), np.zeros((1, 0)))
    drawn = hmc_draws(fitted, objective, draws=800, rng=np.random.default_rng(1))
    spread = np.sqrt(np.diag(fitted.covariance))
    for index, name in enumerate(fitted.parameters):
        logs = np.log(drawn[name])
        assert abs(logs.mean() - np.log(fitted.parameters[name])) < 0.35 * spread[index]
        assert logs.std() == pytest.approx(spread[index], rel=0.15)


def test_a_covariance_of_another_posterior_is_told():
    def cliff(point):
        return (0.0, np.zeros(4)) if np.all(point == 0) else (-np.inf, np.zeros(4))

    fitted = FittedBetaGeo(
        parameters=dict.fromkeys(("r", "alpha", "a", "b"), 1.0),
        log_likelihood=0.0,
        covariance=tuple(map(tuple, np.eye(4).tolist())),
        customers=1.0,
    )
    with pytest.raises(PerenneError, match="stuck"):
        hmc_draws(fitted, cliff, draws=50, rng=np.random.default_rng(2))
