"""Draws by Hamiltonian Monte Carlo: a known posterior, and Laplace where it is exact enough."""

import numpy as np
import pandas as pd
import pytest

from perenne.core import PerenneError
from perenne.models import BetaGeo, GammaGamma, ModifiedBetaGeo, ParetoNBD, load_model
from perenne.models.fitting import Optimum
from perenne.models.hmc import posterior_of
from perenne.models.spend.first_order import with_first_order


def test_a_skewed_posterior_has_its_exact_mean():
    """log-posterior 6θ - 6e^θ of each logarithm: e^θ ~ Gamma(6, 6), up to the weak prior."""
    centre = np.log([1.0, 2.0, 1.0, 1.0])

    def objective(point):
        theta = point - centre
        return float((6 * theta - 6 * np.exp(theta)).sum()), 6 - 6 * np.exp(theta)

    optimum = Optimum(centre, 0.0, np.eye(4) / 6)
    scaled = np.exp(posterior_of(objective, optimum, draws=3000))
    np.testing.assert_allclose(scaled.mean(axis=0), 1.0, atol=0.04)
    np.testing.assert_allclose(scaled.var(axis=0), 1 / 6, rtol=0.15)
    assert posterior_of(objective, optimum, draws=0) == ()


@pytest.mark.parametrize(
    ("model", "away", "wider"),
    [(BetaGeo, 0.4, 0.2), (ModifiedBetaGeo, 0.4, 0.2), (ParetoNBD, 0.7, 0.6)],
)
def test_cdnow_agrees_with_laplace(shared_data, model, away, wider):
    """Dropout under Pareto/NBD is known to a third: there the posterior leans to long lives."""
    summary = pd.read_parquet(shared_data / "cdnow" / "lifetimes_cdnow_summary.parquet")
    rows = summary.rename(columns={"T": "tenure"})
    fitted, plain = model(hmc=400).fit(rows), model().fit(rows)
    assert fitted.parameters == plain.parameters
    drawn = fitted.parameter_draws(400, rng=np.random.default_rng(1))
    spread = np.sqrt(np.diag(fitted.covariance))
    for index, name in enumerate(fitted.parameters):
        logs = np.log(drawn[name])
        assert abs(logs.mean() - np.log(fitted.parameters[name])) < away * spread[index]
        assert logs.std() == pytest.approx(spread[index], rel=wider)


@pytest.fixture(scope="module")
def spend():
    """Two hundred customers, whose posterior is skewed: (first order, frequency, mean value)."""
    rng = np.random.default_rng(3)
    frequency = rng.integers(1, 6, 200)
    own = 15 / rng.gamma(4, size=200)
    value = own * rng.gamma(6 * frequency) / frequency
    return own * rng.gamma(6, size=200), frequency, value


def test_draws_are_those_of_the_fit_and_come_back_with_it(spend, tmp_path):
    _first, frequency, value = spend
    fitted = GammaGamma(hmc=500).fit(frequency=frequency, monetary_value=value)
    fitted.save(tmp_path / "spend.json")
    again = load_model(tmp_path / "spend.json")
    assert again == fitted
    kept = {tuple(row) for row in np.exp(np.asarray(fitted.kept_draws)).round(9).tolist()}
    for model in (fitted, again):
        drawn = model.parameter_draws(60, rng=np.random.default_rng(2))
        ratios = np.column_stack([drawn[n] / fitted.parameters[n] for n in ("p", "q", "gamma")])
        assert {tuple(row) for row in ratios.round(9).tolist()} <= kept
    assert len(fitted.parameter_draws(2_000, rng=np.random.default_rng(2))["q"]) == 2_000
    # q is bounded below by 1 and p, q and gamma trade off: the right tail is the longer one.
    logs = np.asarray(fitted.kept_draws)[:, 0]
    assert np.quantile(logs, 0.95) > -np.quantile(logs, 0.05)


def test_the_first_order_joins_them(spend):
    first, frequency, value = spend
    known = {"frequency": frequency, "monetary_value": value}
    model = with_first_order(GammaGamma(hmc=300).fit(**known), **known, first_value=first)
    drawn = model.parameter_draws(300, rng=np.random.default_rng(2))
    assert list(drawn) == list(model.parameters)
    assert np.std(np.log(drawn["first_ratio"])) == pytest.approx(
        model.standard_errors["first_ratio"] / model.parameters["first_ratio"], rel=0.2
    )


def test_a_covariance_of_another_posterior_is_told():
    def cliff(point):
        return (0.0, np.zeros(4)) if np.all(point == 0) else (-np.inf, np.zeros(4))

    with pytest.raises(PerenneError, match="stuck"):
        posterior_of(cliff, Optimum(np.zeros(4), 0.0, np.eye(4)), draws=50)
