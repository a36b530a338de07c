"""P(0, 1, 2 … purchases): published formulas, slow integrals, simulation, and what adds up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import betaln, gammaln
from scipy.stats import nbinom

from perenne.core import PerenneError
from perenne.models import ParetoNBD
from perenne.models.purchases.beta_binomial_fitted import FittedBetaGeoBetaBinomial
from perenne.models.purchases.beta_geo import FittedBetaGeo, FittedModifiedBetaGeo
from perenne.models.purchases.beta_geo_cnbd import FittedBetaGeoCNBD, FittedModifiedBetaGeoCNBD
from perenne.models.purchases.pareto_nbd_fitted import FittedParetoNBD

from .buying import Truth, purchase_times
from .living import CDNOW, simulate
from .living import fitted as pareto

BG = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}  # Fader, Hardie & Lee (2005), CDNOW
ROWS = {
    "frequency": np.array([0.0, 1.0, 3.0, 12.0, 40.0, 0.0]),
    "recency": np.array([0.0, 5.0, 20.0, 37.0, 38.5, 0.0]),
    "tenure": np.array([39.0, 30.0, 39.0, 39.0, 39.0, 0.0]),
}
FAMILY: list[Any] = [
    FittedBetaGeo,
    FittedModifiedBetaGeo,
    FittedBetaGeoCNBD,
    FittedModifiedBetaGeoCNBD,
]


def family(kind: Any, k: int = 1) -> Any:
    values = BG | ({"k": float(k)} if "CNBD" in kind.__name__ else {})
    return kind(values, 0.0, tuple(map(tuple, np.zeros((4, 4)).tolist())), 1.0)


def models() -> list[Any]:
    return [
        pareto(**CDNOW),
        *(family(kind, k) for kind, k in zip(FAMILY, (1, 1, 3, 2), strict=True)),
    ]


def ids(model: Any) -> str:
    return str(model.model)


def test_fader_hardie_lee_2005_equation_8() -> None:
    """P(X(t) = x) of a new customer, as printed."""
    r, alpha, a, b = BG.values()
    for t in (4.0, 39.0):
        told = family(FittedBetaGeo).purchase_probabilities_new(t, up_to=12)
        for x in range(13):
            stays = np.exp(betaln(a, b + x) - betaln(a, b))
            times = np.exp(gammaln(r + x) - gammaln(r) - gammaln(x + 1))
            value = stays * times * (alpha / (alpha + t)) ** r * (t / (alpha + t)) ** x
            if x:
                j = np.arange(x)
                fewer = (
                    np.exp(gammaln(r + j) - gammaln(r) - gammaln(j + 1)) * (t / (alpha + t)) ** j
                )
                left = np.exp(betaln(a + 1, b + x - 1) - betaln(a, b))
                value += left * (1 - (alpha / (alpha + t)) ** r * fewer.sum())
            assert told[x] == pytest.approx(value, rel=1e-9)


def test_pareto_nbd_by_slow_integration_over_the_end_of_life() -> None:
    r, alpha, s, beta = CDNOW.values()
    model = pareto(**CDNOW)
    alive = model.probability_alive(**ROWS)
    told = model.purchase_probabilities(26.0, **ROWS, up_to=60)
    for row in range(6):
        shape, a, b = r + ROWS["frequency"][row], *(p + ROWS["tenure"][row] for p in (alpha, beta))
        for x in (0, 1, 2, 7, 25, 60):

            def count(t: float, x: int = x, shape: float = shape, a: float = a) -> float:
                return float(nbinom.pmf(x, shape, a / (a + t)))

            def gone(t: float, b: float = b) -> float:
                return s / b * (1 + t / b) ** -(s + 1) * count(t)

            value = (1 + 26 / b) ** -s * count(26.0) + quad(gone, 0, 26, epsabs=1e-14)[0]
            value = alive[row] * value + (1 - alive[row]) * (x == 0)
            assert told[row, x] == pytest.approx(value, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("model", models(), ids=ids)
def test_they_add_up_and_agree_with_the_other_answers(model: Any) -> None:
    for horizon in (4.0, 39.0):
        chance = model.purchase_probabilities(horizon, **ROWS, up_to=3000)
        assert (chance >= -1e-15).all()
        np.testing.assert_allclose(chance.sum(axis=1), 1.0, atol=1e-8)
        mean = chance @ np.arange(3001)
        np.testing.assert_allclose(mean, model.expected_purchases(horizon, **ROWS), rtol=1e-6)
        some = model.probability_of_purchase(horizon, **ROWS)
        np.testing.assert_allclose(1 - chance[:, 0], some, rtol=1e-8, atol=1e-12)
        new = model.purchase_probabilities_new(horizon, up_to=3000)
        assert new @ np.arange(3001) == pytest.approx(
            model.expected_purchases_new(horizon), rel=1e-6
        )
    each = model.purchase_probabilities_new([4.0, 39.0], up_to=5)
    np.testing.assert_allclose(each[1], model.purchase_probabilities_new(39.0, up_to=5))


@pytest.mark.parametrize("model", models(), ids=ids)
def test_a_horizon_of_nothing_brings_none_for_certain(model: Any) -> None:
    chance = model.purchase_probabilities(0.0, **ROWS, up_to=2)
    np.testing.assert_allclose(chance, np.tile([1.0, 0.0, 0.0], (6, 1)), atol=1e-12)


@pytest.mark.parametrize("model", models(), ids=ids)
def test_drawn_futures_have_these_frequencies(model: Any) -> None:
    many = {name: np.tile(column, 5000) for name, column in ROWS.items()}
    drawn = model.sample_purchases(20.0, **many, rng=np.random.default_rng(7), draws=4)
    draws = drawn.reshape(-1, 6)
    chance = model.purchase_probabilities(20.0, **ROWS, up_to=8)
    seen = np.stack([(draws == count).mean(axis=0) for count in range(9)], axis=1)
    error = np.sqrt(chance * (1 - chance) / 20_000)
    # Three draws of a count that hardly ever comes are no evidence.
    assert (np.abs(seen - chance) < 4.5 * error + 3 / 20_000).all()


def test_new_customers_simulated_purchase_by_purchase() -> None:
    """Continuous time, 150,000 each; shares of 0 to 6 repeat purchases in 39 weeks."""
    rng, size = np.random.default_rng(8), 150_000
    births = np.zeros(size)
    for model in models():
        if model.model == "ParetoNBD":
            x = simulate(rng, np.full(size, 39.0), truth=CDNOW)["frequency"]
        else:
            k, modified = model.family.k, model.family.dropout_at_zero
            truth = Truth(**BG, k=k, dropout_at_zero=modified)
            who, _when = purchase_times(truth, births, 39.0, rng=rng)
            x = np.bincount(who, minlength=size) - 1.0
        chance = model.purchase_probabilities_new(39.0, up_to=6)
        seen = np.array([(x == count).mean() for count in range(7)])
        error = np.sqrt(chance * (1 - chance) / size)
        assert (np.abs(seen - chance) < 4.5 * error).all(), model.model


def test_opportunities_add_up() -> None:
    values = {"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783}
    zeros = tuple(map(tuple, np.zeros((4, 4)).tolist()))
    model = FittedBetaGeoBetaBinomial(values, 0.0, zeros, 1.0)
    rows = {"frequency": [0, 2, 5], "recency": [0, 4, 6], "periods": 6}
    chance = model.purchase_probabilities(5, **rows, up_to=5)
    np.testing.assert_allclose(chance.sum(axis=1), 1.0)
    np.testing.assert_allclose(chance @ np.arange(6), model.expected_purchases(5, **rows))
    new = model.purchase_probabilities_new(5, up_to=5)
    assert new @ np.arange(6) == pytest.approx(model.expected_purchases_new(5))


def test_covariates_are_those_of_the_fit() -> None:
    rng = np.random.default_rng(2)
    channel = rng.choice(["web", "store"], 2000)
    faster = np.where(channel == "web", 0.5, -0.5)
    data = simulate(rng, np.full(2000, 60.0), truth=CDNOW, faster=faster)
    model: FittedParetoNBD = ParetoNBD(shrinkage=0).fit(data, covariates={"channel": channel})
    one = {name: column[:2] for name, column in data.items()}
    web, store = (
        model.purchase_probabilities_new(30.0, up_to=400, covariates={"channel": [name]})
        for name in ("web", "store")
    )
    assert web[0] < store[0]
    told = model.purchase_probabilities(30.0, one, up_to=400, covariates={"channel": channel[:2]})
    expected = model.expected_purchases(30.0, one, covariates={"channel": channel[:2]})
    np.testing.assert_allclose(told @ np.arange(401), expected, rtol=1e-6)


@pytest.mark.parametrize("wrong", [-1, 2.5, 20_000, "many"])
def test_a_count_that_cannot_be_is_refused(wrong: Any) -> None:
    for model in models():
        with pytest.raises(PerenneError, match="up_to is not a whole number from 0 to 10000"):
            model.purchase_probabilities(5.0, **ROWS, up_to=wrong)
        with pytest.raises(PerenneError, match="up_to is not a whole number"):
            model.purchase_probabilities_new(5.0, up_to=wrong)
