"""Static covariates in the Pareto/NBD: recovery, shrinkage, prediction, refusals."""

import json

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models import load_model
from perenne.models.purchases.pareto_nbd import FittedParetoNBD, ParetoNBD
from tests.models.living import simulate

TRUTH = {"r": 0.9, "alpha": 8.0, "s": 0.9, "beta": 14.0}


def shop(rng, size, *, faster=0.6, shorter=-0.8):
    """Customers of two channels; the web buys faster and lives longer."""
    web = rng.random(size) < 0.5
    tenure = np.floor(rng.uniform(52, 78, size) * 7) / 7
    data = simulate(rng, tenure, truth=TRUTH, faster=faster * web, shorter=shorter * web)
    return data, {"channel": np.where(web, "web", "shop")}


def test_recovery_of_effects_by_exact_maximum_likelihood():
    data, covariates = shop(np.random.default_rng(1), 8000)
    model = ParetoNBD(shrinkage=0).fit(**data, covariates=covariates)
    (column,) = {name.split("[")[1] for name in model.parameters if "[" in name}
    sign = 1 if "web" in column else -1
    for name, effect in (("alpha", 0.6), ("beta", -0.8)):
        estimate = model.parameters[f"{name}[{column}"]
        assert abs(estimate - sign * effect) < 3 * model.standard_errors[f"{name}[{column}"]
    for name in ("r", "s"):
        assert abs(model.parameters[name] - TRUTH[name]) < 3 * model.standard_errors[name]


def test_a_number_on_its_own_scale_is_recovered():
    rng = np.random.default_rng(2)
    basket = rng.normal(60, 20, 4000).round()
    tenure = np.full(4000, 60.0)
    data = simulate(rng, tenure, truth=TRUTH, faster=0.02 * (basket - 60))
    model = ParetoNBD(shrinkage=0).fit(**data, covariates={"basket": basket})
    per_deviation = 0.02 * basket.std()
    error = model.standard_errors["alpha[basket]"]
    assert abs(model.parameters["alpha[basket]"] - per_deviation) < 3 * error


def test_levels_that_do_not_matter_are_shrunk_to_nothing():
    rng = np.random.default_rng(3)
    data, _channel = shop(rng, 1500, faster=0.0, shorter=0.0)
    noise = {"country": rng.choice(["at", "be", "ch", "fr"], 1500)}
    free = ParetoNBD(shrinkage=0).fit(**data, covariates=noise)
    pulled = ParetoNBD().fit(**data, covariates=noise)

    def size(model):
        return max(abs(v) for name, v in model.parameters.items() if name.startswith("alpha["))

    assert size(pulled) < 0.5 * size(free)


def test_predictions_differ_by_channel_and_the_model_reads_back():
    rng = np.random.default_rng(4)
    data, covariates = shop(rng, 3000)
    model = ParetoNBD().fit(**data, covariates=covariates)
    row = {"frequency": [2.0, 2.0], "recency": [20.0, 20.0], "tenure": [40.0, 40.0]}
    both = {"channel": ["shop", "web"]}
    shop_alive, web_alive = model.probability_alive(**row, covariates=both)
    assert web_alive > 0
    new = model.expected_purchases_new(np.array([52.0, 52.0]), covariates=both)
    assert new[1] > 1.5 * new[0]
    assert new[0] < model.expected_purchases_new(52.0) < new[1]
    again = FittedParetoNBD.from_values(json.loads(model.to_json()))
    np.testing.assert_array_equal(
        again.probability_alive(**row, covariates=both), [shop_alive, web_alive]
    )
    draws = model.parameter_draws(1000, rng=rng)
    drawn = model.sample_purchases(
        52, rng=rng, draws=1000, parameters=draws, covariates=both, **row
    )
    expected = model.expected_purchases(52, **row, covariates=both)
    np.testing.assert_allclose(drawn.mean(axis=0), expected, rtol=0.25)


def test_covariates_are_asked_for_again():
    data, covariates = shop(np.random.default_rng(5), 1500)
    model = ParetoNBD().fit(**data, covariates=covariates)
    with pytest.raises(PerenneError, match="none are given"):
        model.probability_alive(**data)


def test_a_model_with_covariates_is_the_same_after_a_round_through_json():
    rng = np.random.default_rng(3)
    x = rng.negative_binomial(0.6, 0.3, 400).astype(float)
    tenure = rng.uniform(20, 60, 400)
    recency = np.where(x > 0, tenure * rng.beta(np.maximum(x, 1), 1), 0.0)
    channel = np.where(rng.random(400) < 0.5, "web", "shop")
    model = ParetoNBD(shrinkage=5.0).fit(
        frequency=x, recency=recency, tenure=tenure, covariates={"channel": channel}
    )
    assert load_model(model.to_json()) == model
