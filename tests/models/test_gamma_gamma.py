"""Gamma-Gamma: published figures, a peer, recovery, slow oracles, and what it refuses."""

import dataclasses
import json
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.special import gammaln

from perenne.core import PerenneError
from perenne.models.spend.gamma_gamma import FREQUENCY_EFFECT, FittedGammaGamma, GammaGamma
from perenne.models.spend.likelihood import SpendLikelihood
from tests.models.spending import CDNOW, cdnow, fitted, simulate


def test_fader_hardie_2013_cdnow_parameters_and_likelihood(shared_data):
    x, value = cdnow(shared_data)
    model = GammaGamma().fit(frequency=x, monetary_value=value)
    assert model.parameters == pytest.approx(CDNOW, rel=1e-3, abs=0.005)  # printed so
    assert model.log_likelihood == pytest.approx(-4055.92, abs=0.006)
    assert model.customers == 946
    assert model.left_out == {"no_repeat_order": 1411, "value_not_positive": 0}


def test_lifetimes_agrees_on_fit_and_expectation(shared_data):
    lifetimes = pytest.importorskip("lifetimes", reason="the peer is a development dependency")
    x, value = cdnow(shared_data)
    repeat = x > 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = lifetimes.GammaGammaFitter().fit(x[repeat], value[repeat])
        theirs = dict(zip(("p", "q", "gamma"), peer.params_, strict=True))
        expected = peer.conditional_expected_average_profit(x, value)
    ours = GammaGamma().fit(frequency=x, monetary_value=value)
    assert ours.parameters == pytest.approx(theirs, rel=1e-3)
    equal = fitted(**theirs).expected_value(frequency=x, monetary_value=value)
    np.testing.assert_allclose(equal, expected, rtol=1e-6)
    slow = slow_log_likelihood(theirs, x[repeat], value[repeat])
    assert ours.log_likelihood >= slow - 1e-4


def slow_log_likelihood(parameters, x, value):
    """Equation (1a), customer by customer."""
    p, q, gamma = parameters["p"], parameters["q"], parameters["gamma"]
    return sum(
        gammaln(p * k + q) - gammaln(p * k) - gammaln(q) + q * np.log(gamma)
        + (p * k - 1) * np.log(z) + p * k * np.log(k) - (p * k + q) * np.log(gamma + k * z)
        for k, z in zip(x, value, strict=True)
    )  # fmt: skip


def test_likelihood_equals_the_sum_over_customers():
    x, value = simulate(np.random.default_rng(1), 400)
    x, value = x[x > 0], value[x > 0]
    free = np.log([5.0, 3.0, 12.0])
    fast = SpendLikelihood(x, value, np.ones_like(x))(free)[0]
    assert fast == pytest.approx(
        slow_log_likelihood({"p": 5.0, "q": 3.0, "gamma": 12.0}, x, value), rel=1e-12
    )


@pytest.mark.parametrize("with_effect", [False, True])
def test_gradient_is_that_of_the_likelihood(with_effect):
    rng = np.random.default_rng(2)
    x, value = simulate(rng, 300)
    x, value = x[x > 0], value[x > 0]
    matrix = np.log1p(x)[:, None] if with_effect else None
    likelihood = SpendLikelihood(x, value, rng.integers(1, 4, x.size).astype(float), matrix=matrix)
    free = np.array([1.2, 0.9, 2.0, 0.3][: 3 + with_effect])
    numeric = approx_fprime(free, lambda point: likelihood(point)[0], 1e-6)
    np.testing.assert_allclose(likelihood(free)[1], numeric, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("effect", [0.0, 0.25])
def test_recovers_within_three_standard_errors(effect):
    truth = {"p": 6.0, "q": 4.0, "gamma": 15.0} | ({FREQUENCY_EFFECT: effect} if effect else {})
    x, value = simulate(np.random.default_rng(3), 8_000, effect=effect)
    model = GammaGamma(follows_frequency=effect != 0).fit(frequency=x, monetary_value=value)
    for name, error in model.standard_errors.items():
        assert abs(model.parameters[name] - truth[name]) < 3 * error


def test_weights_stand_for_repeated_rows():
    rng = np.random.default_rng(4)
    x, value = simulate(rng, 500)
    times = rng.integers(0, 4, x.size)
    weighted = GammaGamma().fit(frequency=x, monetary_value=value, weights=times)
    repeated = GammaGamma().fit(
        frequency=np.repeat(x, times), monetary_value=np.repeat(value, times)
    )
    assert weighted.parameters == pytest.approx(repeated.parameters, rel=1e-6)
    assert weighted.left_out == repeated.left_out


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_fit_does_not_depend_on_the_currency(unit):
    x, value = simulate(np.random.default_rng(5), 500)
    one = GammaGamma().fit(frequency=x, monetary_value=value)
    other = GammaGamma().fit(frequency=x, monetary_value=value * unit)
    assert other.parameters["p"] == pytest.approx(one.parameters["p"], rel=1e-6)
    assert other.parameters["gamma"] == pytest.approx(one.parameters["gamma"] * unit, rel=1e-6)


def test_subsample_of_a_large_shop_only_starts_the_fit():
    x, value = simulate(np.random.default_rng(6), 150_000)
    model = GammaGamma().fit(frequency=x, monetary_value=value)
    kept = x > 0
    rows = SpendLikelihood(x[kept], value[kept], np.ones(kept.sum()))
    gradient = rows(np.log(list(model.parameters.values())))[1]
    assert np.abs(gradient).max() < 1e-5 * abs(model.log_likelihood)


def test_expected_value_is_the_population_mean_without_repeat_order():
    model = fitted()
    expected = model.expected_value(frequency=[0, 0, 2], monetary_value=[np.nan, 0, 50])
    mean = 6.25 * 15.44 / 2.74
    assert expected[:2] == pytest.approx([mean, mean])
    assert mean < expected[2] < 50
    assert model.population_mean == pytest.approx(mean)


@given(
    p=st.floats(0.1, 50),
    q=st.floats(1.05, 50),
    gamma=st.floats(0.01, 1e4),
    x=st.integers(1, 500),
    value=st.floats(0.01, 1e6),
)
def test_expected_value_lies_between_the_customer_and_the_shop(p, q, gamma, x, value):
    model = fitted(p=p, q=q, gamma=gamma)
    expected = model.expected_value(frequency=[x], monetary_value=[value]).item()
    low, high = sorted((value, model.population_mean))
    assert low * (1 - 1e-9) <= expected <= high * (1 + 1e-9)


@pytest.mark.slow
def test_totals_have_the_moments_of_the_posterior():
    rng = np.random.default_rng(7)
    model = fitted()
    x, value = np.array([0.0, 1.0, 10.0]), np.array([np.nan, 20.0, 60.0])
    counts = np.broadcast_to(np.array([[2], [5]]) * np.ones(3, dtype=np.int32), (40_000, 2, 3))
    totals = model.sample_totals(counts, frequency=x, monetary_value=value, rng=rng)
    mean = model.expected_value(frequency=x, monetary_value=value)
    np.testing.assert_allclose(totals[:, 0].mean(axis=0), 2 * mean, rtol=0.02)
    np.testing.assert_allclose(totals[:, 1].mean(axis=0), 5 * mean, rtol=0.02)
    assert totals.dtype == np.float32
    assert (np.diff(totals, axis=1) >= 0).all()


def test_totals_agree_with_drawing_order_by_order():
    rng = np.random.default_rng(8)
    model, draws = fitted(), 30_000
    counts = rng.poisson(1.5, (draws, 1)).astype(np.int32)
    totals = model.sample_totals(counts, frequency=[3], monetary_value=[30], rng=rng)[:, 0]
    nu = rng.gamma(CDNOW["q"] + 3 * CDNOW["p"], 1 / (CDNOW["gamma"] + 90), draws)
    slow = [rng.gamma(CDNOW["p"], 1 / v, n).sum() for v, n in zip(nu, counts[:, 0], strict=True)]
    levels = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
    np.testing.assert_allclose(
        np.quantile(totals, levels), np.quantile(slow, levels), rtol=0.03, atol=0.5
    )


def test_totals_use_one_parameter_vector_per_draw():
    model = fitted()
    parameters = {"p": np.array([6.0, 6.0]), "q": np.full(2, 1e6), "gamma": np.array([1e6, 2e6])}
    counts = np.full((2, 2000), 3, dtype=np.int32)
    totals = model.sample_totals(
        counts, frequency=np.zeros(2000), monetary_value=np.full(2000, np.nan),
        rng=np.random.default_rng(9), parameters=parameters,
    )  # fmt: skip
    np.testing.assert_allclose(totals.mean(axis=1), [18, 36], rtol=0.03)


def channels(rng, customers, **effects):
    """A shop whose channels multiply γ, and the channel of each customer."""
    channel = rng.choice(list(effects), customers)
    factor = np.exp([effects[name] for name in channel])
    return *simulate(rng, customers, factor=factor), {"channel": channel}


def test_covariates_recover_what_a_channel_multiplies():
    x, value, known = channels(np.random.default_rng(13), 12_000, web=0.0, shop=0.4, app=-0.2)
    model = GammaGamma().fit(frequency=x, monetary_value=value, covariates=known)
    effect = {name: model.parameters[f"gamma[channel={name}]"] for name in ("web", "shop", "app")}
    assert effect["shop"] - effect["web"] == pytest.approx(0.4, abs=0.1)
    assert effect["app"] - effect["web"] == pytest.approx(-0.2, abs=0.1)
    new = model.expected_value(
        frequency=[0, 0], monetary_value=[np.nan] * 2, covariates={"channel": ["shop", "web"]}
    )
    assert new[0] / new[1] == pytest.approx(np.exp(effect["shop"] - effect["web"]))


def test_thin_segments_are_shrunk_to_the_whole():
    rng = np.random.default_rng(14)
    x, value = simulate(rng, 400)
    known = {"country": rng.integers(0, 40, 400).astype(str)}
    loose = GammaGamma(shrinkage=0.01).fit(frequency=x, monetary_value=value, covariates=known)
    shrunk = GammaGamma().fit(frequency=x, monetary_value=value, covariates=known)

    def size(model):
        return np.std([v for name, v in model.parameters.items() if "[" in name])

    assert size(shrunk) < 0.5 * size(loose)


def test_totals_follow_covariates_and_their_draws():
    x, value, known = channels(np.random.default_rng(15), 4000, web=0.0, shop=0.5)
    model = GammaGamma().fit(frequency=x, monetary_value=value, covariates=known)
    rng, asked = np.random.default_rng(16), {"channel": ["web", "shop"]}
    none = {"frequency": np.zeros(2), "monetary_value": np.zeros(2), "covariates": asked}
    totals = model.sample_totals(
        np.ones((20_000, 2), dtype=np.int32), rng=rng,
        parameters=model.parameter_draws(20_000, rng=rng), **none,
    )  # fmt: skip
    np.testing.assert_allclose(totals.mean(axis=0), model.expected_value(**none), rtol=0.03)
    with pytest.raises(PerenneError, match="none are given"):
        model.expected_value(frequency=[1], monetary_value=[10])


def test_saved_model_is_the_model():
    x, value = simulate(np.random.default_rng(10), 300)
    model = GammaGamma().fit(frequency=x, monetary_value=value)
    assert FittedGammaGamma.from_values(json.loads(model.to_json())) == model
    other = json.loads(model.to_json()) | {"format": 99}
    with pytest.raises(PerenneError, match="not a saved GammaGamma"):
        FittedGammaGamma.from_values(other)


X, VALUE = simulate(np.random.default_rng(11), 300)


@pytest.mark.parametrize(
    ("frequency", "value", "message"),
    [
        ([], [], "no customers"),
        ([2, -1], [10, 10], "frequency is negative"),
        ([2, np.nan], [10, 10], "frequency is negative, missing"),
        ([2, 3], [10, np.nan], "no monetary value"),
        ([3], [10], "Only 1 customers"),
        ([0, 0, 0], [np.nan] * 3, "Only 0 customers"),
        ([1, 2, 3, 4, 5], [20] * 5, "spend the same, 20"),
        ([1, 2, 3, 4, 5], [-20, 10, 10, 20, 30], "1 of 5 customers"),
        ([1, 2], [10, 20, 30], "differ in length"),
        (["often"], [10], "not a number"),
    ],
)
def test_refuses_what_cannot_be_fitted(frequency, value, message):
    with pytest.raises(PerenneError, match=message) as refusal:
        GammaGamma().fit(frequency=frequency, monetary_value=value)
    assert refusal.value.next_step or "length" in message


def test_few_values_of_zero_or_less_are_left_out_and_counted():
    x, value = np.append(X, [2.0, 1.0]), np.append(VALUE, [0.0, -5.0])
    model = GammaGamma().fit(frequency=x, monetary_value=value)
    without = GammaGamma().fit(frequency=X, monetary_value=VALUE)
    assert model.left_out["value_not_positive"] == 2
    assert model.parameters == pytest.approx(without.parameters)


def test_heavy_tail_without_mean_is_refused():
    x, value = simulate(np.random.default_rng(12), 3000, p=2.0, q=0.7)
    with pytest.raises(PerenneError, match="have no mean") as refusal:
        GammaGamma().fit(frequency=x, monetary_value=value)
    assert "wholesale" in refusal.value.next_step
    with pytest.raises(PerenneError, match="have no mean"):
        fitted(q=0.9).expected_value(frequency=[1], monetary_value=[10])


def test_negative_value_is_refused_when_predicting():
    with pytest.raises(PerenneError, match="negative") as refusal:
        fitted().expected_value(frequency=[1, 2], monetary_value=[10, -3])
    assert "return share" in refusal.value.next_step


def test_draws_of_parameters_that_allow_no_mean_are_drawn_anew():
    wide = dataclasses.replace(fitted(q=1.3), covariance=tuple(map(tuple, np.eye(3) * 4.0)))
    drawn = wide.parameter_draws(500, rng=np.random.default_rng(1))
    assert drawn["q"].min() > 1
    assert np.unique(drawn["q"]).size == 500
    totals = wide.sample_totals(
        np.ones((500, 40), dtype=np.int32), frequency=np.zeros(40), monetary_value=np.zeros(40),
        rng=np.random.default_rng(2), parameters=drawn,
    )  # fmt: skip
    assert np.isfinite(totals).all()
