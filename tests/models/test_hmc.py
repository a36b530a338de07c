"""Draws by Hamiltonian Monte Carlo: a known posterior, and Laplace where it is exact enough."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

import perenne.models
from perenne.core import PerenneError
from perenne.models import (
    BetaDiscreteWeibull,
    BetaGeo,
    BetaGeoBetaBinomial,
    BetaGeoCNBD,
    ExponentialNBD,
    GammaGamma,
    ModifiedBetaGeo,
    ModifiedBetaGeoCNBD,
    ParetoNBD,
    ShiftedBetaGeometric,
    load_model,
)
from perenne.models.fitting import Optimum
from perenne.models.hmc import CHAINS, effective_draws, posterior_of, r_hat
from perenne.models.purchases.calendar import Calendar
from perenne.models.purchases.dynamic_pareto_nbd import DynamicParetoNBD
from perenne.models.purchases.nbd import NBD
from perenne.models.spend.first_order import with_first_order

from .test_bad_inputs import public_models


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
    [
        (BetaGeo, 0.4, 0.2),
        (ModifiedBetaGeo, 0.4, 0.2),
        (partial(BetaGeoCNBD, k=2), 0.4, 0.25),
        (partial(ModifiedBetaGeoCNBD, k=2), 0.4, 0.25),
        (NBD, 0.3, 0.2),
        (ParetoNBD, 0.7, 0.6),
        (ExponentialNBD, 0.4, 0.2),
    ],
)
def test_cdnow_agrees_with_laplace(shared_data, model, away, wider):
    """Dropout under Pareto/NBD is known to a third: there the posterior leans to long lives."""
    summary = pd.read_parquet(shared_data / "cdnow" / "lifetimes_cdnow_summary.parquet")
    rows = summary.rename(columns={"T": "tenure"})
    fitted, plain = model(hmc=400).fit(rows), model().fit(rows)
    assert fitted.parameters == plain.parameters
    agrees(fitted, away=away, wider=wider)
    # Chains agree, and each draw is worth a good part of an independent one.
    assert max(fitted.r_hat.values()) < 1.06
    assert min(fitted.effective_draws.values()) > 150


def agrees(fitted, *, away, wider):
    """Posterior means and spreads are those of Laplace, in standard errors and in shares of one."""
    drawn = fitted.parameter_draws(400, rng=np.random.default_rng(1))
    spread = np.sqrt(np.diag(fitted.covariance))
    for index, name in enumerate(drawn):
        logs = np.log(drawn[name]) if name in fitted.positive else drawn[name]
        centre = fitted.parameters[name]
        centre = np.log(centre) if name in fitted.positive else centre
        assert abs(logs.mean() - centre) < away * spread[index]
        assert logs.std() == pytest.approx(spread[index], rel=wider)


def opportunities(rng, customers, periods=8):
    """Customers of BG/BB: how often, when last, of how many opportunities."""
    buys, leaves = rng.beta(1.2, 0.75, customers), rng.beta(0.66, 2.8, customers)
    there = np.cumprod(rng.random((periods, customers)) >= leaves, axis=0)
    bought = (rng.random((periods, customers)) < buys) * there
    last = (bought * np.arange(1, periods + 1)[:, None]).max(axis=0)
    return {"frequency": bought.sum(axis=0), "recency": last, "periods": periods}


def test_buyers_at_opportunities_agree_with_laplace():
    history = opportunities(np.random.default_rng(3), 4000)
    fitted = BetaGeoBetaBinomial(hmc=400).fit(**history)
    assert fitted.parameters == BetaGeoBetaBinomial().fit(**history).parameters
    agrees(fitted, away=0.4, wider=0.25)
    assert max(fitted.r_hat.values()) < 1.06


@pytest.mark.parametrize(
    ("model", "away", "wider"), [(ShiftedBetaGeometric, 0.4, 0.25), (BetaDiscreteWeibull, 0.6, 0.4)]
)
def test_contracts_agree_with_laplace(model, away, wider):
    rng = np.random.default_rng(5)
    left = rng.geometric(rng.beta(0.9, 3.0, 3000))
    lives = {"tenure": np.minimum(left, 7), "churned": left <= 7}
    fitted = model(hmc=400).fit(**lives)
    assert fitted.parameters == model().fit(**lives).parameters
    agrees(fitted, away=away, wider=wider)
    # Lives are drawn with them, one vector for all customers of a future.
    drawn = fitted.parameter_draws(60, rng=np.random.default_rng(2))
    ahead = fitted.sample_remaining_life(tenure=[2, 5], rng=rng, draws=60, parameters=drawn)
    assert ahead.shape == (60, 2)


def test_few_contracts_have_a_skewed_posterior_that_laplace_does_not_see():
    rng = np.random.default_rng(8)
    left = rng.geometric(rng.beta(2.0, 6.0, 60))
    fitted = ShiftedBetaGeometric(hmc=2000).fit(tenure=np.minimum(left, 6), churned=left <= 6)
    logs = np.asarray(fitted.kept_draws)[:, 0]
    assert np.quantile(logs, 0.95) > -1.2 * np.quantile(logs, 0.05)


@pytest.mark.long
def test_a_calendar_agrees_with_laplace():
    rng = np.random.default_rng(6)
    season = np.sin(2 * np.pi * np.arange(120) / 52)
    rate, life = rng.gamma(0.9, 1 / 6, 250), rng.exponential(1 / rng.gamma(0.7, 1 / 20, 250))
    birth = rng.uniform(0, 40, 250)
    weeks = np.arange(104) + 0.5
    busy = rng.random((250, 104)) < 1 - np.exp(-rate[:, None] * np.exp(0.4 * season[:104]))
    busy &= (weeks > birth[:, None]) & (weeks < (birth + life)[:, None])
    who, week = np.nonzero(busy)
    calendar = Calendar(0.0, 1.0, season[:, None], ("season",))
    rows = {
        "customer": np.r_[np.arange(250), who],
        "time": np.r_[birth, weeks[week]],
        "until": 104.0,
    }
    model = DynamicParetoNBD(calendar, life=(), hmc=200)
    fitted = model.fit(**rows)
    assert len(fitted.effective_draws) == 5
    agrees(fitted, away=0.8, wider=0.6)
    assert max(fitted.r_hat.values()) < 1.1


def test_chains_that_agree_have_an_r_hat_of_one_and_others_more():
    rng = np.random.default_rng(7)
    alike = rng.standard_normal((CHAINS, 500, 2))
    assert r_hat(alike.reshape(-1, 2)) == pytest.approx(1, abs=0.01)
    # One chain sits elsewhere; one is as wide as two, at the same place.
    moved, wide = alike.copy(), alike.copy()
    moved[0, :, 0] += 1.5
    wide[1, :, 1] *= 4
    assert (r_hat(moved.reshape(-1, 2)) > 1.1).tolist() == [True, False]
    assert (r_hat(wide.reshape(-1, 2)) > 1.05).tolist() == [False, True]
    # A drift within each chain shows when its halves are compared.
    drift = alike + np.linspace(-1.5, 1.5, 500)[:, None]
    assert (r_hat(drift.reshape(-1, 2)) > 1.1).all()


@pytest.mark.parametrize("memory", [0.0, 0.6, 0.9])
def test_effective_draws_of_an_autoregression_are_known(memory):
    """Of AR(1) with coefficient φ: n (1 - φ) / (1 + φ)."""
    rng = np.random.default_rng(9)
    noise = rng.standard_normal((CHAINS, 4000, 3)) * np.sqrt(1 - memory**2)
    chains = np.empty_like(noise)
    chains[:, 0] = rng.standard_normal((CHAINS, 3))
    for index in range(1, 4000):
        chains[:, index] = memory * chains[:, index - 1] + noise[:, index]
    expected = CHAINS * 4000 * (1 - memory) / (1 + memory)
    assert effective_draws(chains.reshape(-1, 3)) == pytest.approx(expected, rel=0.25)


def test_two_tops_of_a_posterior_are_told():
    """Chains that start on either side stay there: R-hat sees it."""

    def objective(point):
        distance = np.array([point + 6.0, point - 6.0])
        logs = -0.5 * (distance**2).sum(axis=1)
        share = np.exp(logs - logs.max())
        share /= share.sum()
        value = float(logs.max() + np.log(np.exp(logs - logs.max()).sum()))
        return value, -(share @ distance)

    optimum = Optimum(np.zeros(1), 0.0, np.eye(1))
    with pytest.raises(PerenneError, match="chains of the sampler of parameters differ"):
        posterior_of(objective, optimum, draws=400)


def test_a_funnel_is_not_told_in_silence():
    """Neal's: as narrow as one likes at one end, where steps of any size go astray."""

    def objective(point):
        wide, rest = point[0], point[1:]
        pull = float((rest**2).sum()) * np.exp(-wide)
        value = -0.5 * wide**2 / 9 - 0.5 * pull - 0.5 * rest.size * wide
        slope = np.r_[-wide / 9 + 0.5 * pull - 0.5 * rest.size, -rest * np.exp(-wide)]
        return float(value), slope

    with pytest.raises(PerenneError, match="sampler of parameters"):
        posterior_of(objective, Optimum(np.zeros(10), 0.0, np.eye(10)), draws=1000)


@pytest.fixture(scope="module")
def spend():
    """Two hundred customers, whose posterior is skewed: (first order, frequency, mean value)."""
    rng = np.random.default_rng(3)
    frequency = rng.integers(1, 6, 200)
    own = 15 / rng.gamma(4, size=200)
    value = own * rng.gamma(6 * frequency) / frequency
    return own * rng.gamma(6, size=200), frequency, value


def test_every_model_with_a_fit_keeps_draws_where_it_is_asked_to():
    fitted = [name for name in public_models() if hasattr(getattr(perenne.models, name), "fit")]
    assert len(fitted) == 12
    for name in fitted:
        assert getattr(perenne.models, name).hmc == 0, name


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
