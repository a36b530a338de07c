"""NBD: recovery, conditional expectation, the Poisson limit, draws."""

import json

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.purchases.nbd import NBD, FittedNBD


def steady(rng, *, r=0.8, alpha=12.0, customers=4000):
    tenure = rng.uniform(20, 100, customers)
    count = rng.poisson(rng.gamma(r, 1 / alpha, customers) * tenure).astype(float)
    recency = np.where(count > 0, tenure * rng.beta(np.maximum(count, 1), 1), 0.0)
    return {"frequency": count, "recency": recency, "tenure": tenure}


def test_recovers_what_was_simulated():
    fitted = NBD().fit(**steady(np.random.default_rng(1)))
    for name, truth in {"r": 0.8, "alpha": 12.0}.items():
        error = fitted.standard_errors[name]
        assert abs(fitted.parameters[name] - truth) < 3 * error
    assert FittedNBD.from_values(json.loads(fitted.to_json())) == fitted


def test_the_gradient_is_that_of_the_likelihood():
    from scipy.optimize import check_grad

    from perenne.models.histories import read_histories
    from perenne.models.purchases.nbd import _Likelihood

    likelihood = _Likelihood(read_histories(**steady(np.random.default_rng(2), customers=50)), 60.0)
    point = np.array([0.3, -0.8])
    assert check_grad(lambda p: likelihood(p)[0], lambda p: likelihood(p)[1], point) < 1e-3


def test_draws_have_the_mean_and_the_chance_of_none_of_the_formulas():
    fitted = NBD().fit(**steady(np.random.default_rng(3), customers=500))
    one = {"frequency": [0, 5], "recency": [0, 20], "tenure": [30, 30]}
    drawn = fitted.sample_purchases([10, 26], rng=np.random.default_rng(4), draws=40000, **one)
    assert drawn.shape == (40000, 2, 2)
    assert drawn[:, 1].mean(axis=0) == pytest.approx(fitted.expected_purchases(26, **one), rel=0.05)
    assert (drawn[:, 1] > 0).mean(axis=0) == pytest.approx(
        fitted.probability_of_purchase(26, **one), abs=0.01
    )
    assert (np.diff(drawn, axis=1) >= 0).all()
    assert fitted.probability_alive(**one).tolist() == [1, 1]
    new = fitted.expected_purchases(26, frequency=[0], recency=[0], tenure=[0])
    assert fitted.expected_purchases_new(26) == pytest.approx(new[0])


def test_alike_buyers_are_the_poisson_limit():
    rng = np.random.default_rng(5)
    tenure = rng.uniform(50, 100, 3000)
    count = rng.poisson(0.2 * tenure).astype(float)
    recency = np.where(count > 0, tenure * 0.9, 0.0)
    fitted = NBD().fit(frequency=count, recency=recency, tenure=tenure)
    assert fitted.parameters["r"] > 100
    expected = fitted.expected_purchases(10, frequency=count, recency=recency, tenure=tenure)
    assert expected == pytest.approx(np.full(3000, 2.0), rel=0.1)


def test_nobody_came_back():
    with pytest.raises(PerenneError, match="second time"):
        NBD().fit(frequency=np.zeros(30), recency=np.zeros(30), tenure=np.full(30, 9.0))
