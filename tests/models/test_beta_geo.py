"""BG/NBD and MBG/NBD: printed figures, recovery, agreement with a peer, and bad input."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest

from perenne.core import PerenneError
from perenne.models.histories import read_histories
from perenne.models.purchases.beta_geo import BetaGeo, FittedBetaGeo, ModifiedBetaGeo
from perenne.models.purchases.beta_geo_likelihood import Likelihood, Population
from perenne.models.saved import load_model

from .buying import Truth, by_day, histories, purchase_times

FAMILIES = pytest.mark.parametrize("model", [BetaGeo(), ModifiedBetaGeo()])


@pytest.fixture(scope="module")
def cdnow(shared_data):
    summary = pd.read_parquet(shared_data / "cdnow" / "lifetimes_cdnow_summary.parquet")
    return {
        "frequency": summary["frequency"].to_numpy(float),
        "recency": summary["recency"].to_numpy(float),
        "tenure": summary["T"].to_numpy(float),
    }


@pytest.fixture(scope="module")
def shop():
    """3,000 customers of a known BG/NBD, weeks."""
    rng = np.random.default_rng(3)
    who, when = purchase_times(Truth(0.6, 8, 0.8, 3), rng.uniform(0, 26, 3000), 78, rng=rng)
    rows = histories(who, when, 78)
    rows.pop("log_intervals")
    return rows


def test_fader_hardie_lee_2005_cdnow(cdnow):
    model = BetaGeo().fit(**cdnow)
    printed = {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259}
    assert model.parameters == pytest.approx(printed, rel=1e-3)
    assert model.log_likelihood == pytest.approx(-9582.43, abs=0.01)
    errors = {"r": 0.0126, "alpha": 0.378, "a": 0.186, "b": 0.705}
    assert model.standard_errors == pytest.approx(errors, rel=5e-3)


def test_fader_hardie_lee_2005_conditional_expectations(cdnow):
    model = BetaGeo().fit(**cdnow)
    one = {"frequency": 2, "recency": 30.43, "tenure": 38.86}
    assert model.expected_purchases(39, **one)[0] == pytest.approx(1.226, abs=5e-4)
    assert model.probability_alive(**one)[0] == pytest.approx(0.727, abs=5e-4)
    other = {"frequency": 26, "recency": 30.86, "tenure": 31}
    assert model.expected_purchases(52, **other)[0] == pytest.approx(25.76, abs=5e-3)
    assert model.probability_alive(**other)[0] == pytest.approx(0.969, abs=5e-4)
    assert model.expected_purchases_new(52) == pytest.approx(1.444, abs=5e-4)


def test_batislam_et_al_2007_cdnow(cdnow):
    model = ModifiedBetaGeo().fit(**cdnow)
    known = {"r": 0.5248, "alpha": 6.1831, "a": 0.8914, "b": 1.6140}
    assert model.parameters == pytest.approx(known, rel=1e-3)


@pytest.mark.parametrize(
    ("ours", "fitter"), [(BetaGeo(), "BetaGeoFitter"), (ModifiedBetaGeo(), "ModifiedBetaGeoFitter")]
)
def test_lifetimes_agrees(cdnow, ours, fitter):
    lifetimes = pytest.importorskip("lifetimes", reason="the peer lifetimes is not installed")
    data = (cdnow["frequency"], cdnow["recency"], cdnow["tenure"])
    model = ours.fit(**cdnow)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = getattr(lifetimes, fitter)().fit(*data)
        theirs = {name: np.array([value]) for name, value in peer.params_.items()}
        theirs["r"] = theirs["r"][0]
        likelihood = Likelihood(model.family, read_histories(**cdnow))
        assert model.log_likelihood >= likelihood(Population(**theirs))[0] - 1e-4
        assert model.parameters == pytest.approx(dict(peer.params_), rel=1e-3)
        # the same parameters on both sides
        peer.params_ = pd.Series(dict(model.parameters))
        expected = np.asarray(peer.conditional_expected_number_of_purchases_up_to_time(39, *data))
        alive = np.asarray(peer.conditional_probability_alive(*data)).ravel()
    np.testing.assert_allclose(model.expected_purchases(39, **cdnow), expected, atol=1e-6)
    np.testing.assert_allclose(model.probability_alive(**cdnow), alive, atol=1e-6)


@pytest.mark.parametrize("model", [BetaGeo(), ModifiedBetaGeo()])
def test_recovers_what_simulated_it(model):
    """Continuous time: each parameter within 3 standard errors."""
    rng = np.random.default_rng(11)
    truth = {"r": 0.6, "alpha": 8.0, "a": 0.8, "b": 3.0}
    births = rng.uniform(0, 26, 20_000)
    modified = isinstance(model, ModifiedBetaGeo)
    who, when = purchase_times(Truth(**truth, dropout_at_zero=modified), births, 78, rng=rng)
    rows = histories(who, when, 78)
    rows.pop("log_intervals")
    fitted = model.fit(**rows)
    for name, value in truth.items():
        assert abs(fitted.parameters[name] - value) < 3 * fitted.standard_errors[name], name


@pytest.mark.parametrize(
    ("alpha", "larger", "fewer"), [(8.0, (0.013, 0.037), 0.009), (2.0, (0.028, 0.111), 0.033)]
)
def test_bias_of_days(alpha, larger, fewer):
    """Merging purchases of one day, r=.6 a=.8 b=3, 40,000 customers, weeks, 52 weeks ahead.

    | mean interval | r     | α      | a, b | expected purchases |
    | 13 weeks      | +1.3% | +3.7%  | < 1% | -0.9%              |
    | 3.3 weeks     | +2.8% | +11.1% | < 2% | -3.3%              |
    """
    rng = np.random.default_rng(0)
    births = rng.uniform(0, 26, 40_000)
    purchases = purchase_times(Truth(0.6, alpha, 0.8, 3.0), births, 78, rng=rng)
    found, ahead = [], []
    for who, when in (purchases, by_day(*purchases)):
        rows = histories(who, when, 78)
        rows.pop("log_intervals")
        fitted = BetaGeo().fit(**rows)
        found.append(list(fitted.parameters.values()))
        ahead.append(fitted.expected_purchases(52, **rows).sum())
    bias = np.array(found[1]) / np.array(found[0]) - 1
    np.testing.assert_allclose(bias[:2], larger, atol=0.006)
    assert np.all(np.abs(bias[2:]) < 0.02)
    assert 1 - ahead[1] / ahead[0] == pytest.approx(fewer, abs=0.004)


def test_the_time_unit_does_not_matter(shop):
    weeks = BetaGeo().fit(**shop)
    for unit in (7e-6, 7.0, 6.048e8):
        other = BetaGeo().fit(
            frequency=shop["frequency"],
            recency=shop["recency"] * unit,
            tenure=shop["tenure"] * unit,
        )
        assert other.parameters["alpha"] / unit == pytest.approx(
            weeks.parameters["alpha"], rel=1e-5
        )
        assert other.parameters["b"] == pytest.approx(weeks.parameters["b"], rel=1e-5)
        scaled = {"frequency": 3, "recency": 20 * unit, "tenure": 40 * unit}
        expected = weeks.expected_purchases(52, frequency=3, recency=20, tenure=40)
        assert other.expected_purchases(52 * unit, **scaled) == pytest.approx(expected, rel=1e-4)


def test_weights_stand_for_customers(shop):
    twice = BetaGeo().fit(**shop, weights=np.full(3000, 2.0))
    once = BetaGeo().fit(**shop)
    assert twice.parameters == pytest.approx(once.parameters, rel=1e-6)
    assert twice.log_likelihood == pytest.approx(2 * once.log_likelihood)
    assert twice.customers == 6000


def test_a_frame_will_do(shop):
    frame = pd.DataFrame(shop)
    assert BetaGeo().fit(frame) == BetaGeo().fit(**shop)


def test_covariates_recover_their_effects():
    """Channels that differ in rate: exp(0.8) times the purchases; Fader & Hardie (2007)."""
    rng = np.random.default_rng(5)
    parts = [
        histories(
            *purchase_times(Truth(0.8, alpha, 0.8, 3), rng.uniform(0, 26, 4000), 78, rng=rng), 78
        )
        for alpha in (8.0, 8.0 / np.exp(0.8))
    ]
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rows.pop("log_intervals")
    channel = np.repeat(["shop", "web"], 4000)
    exact = BetaGeo(shrinkage=0).fit(**rows, covariates={"channel": channel})
    name = next(name for name in exact.parameters if name.startswith("alpha["))
    sign = 1 if name.endswith("web]") else -1
    assert abs(sign * exact.parameters[name] - 0.8) < 3 * exact.standard_errors[name]
    pulled = BetaGeo().fit(**rows, covariates={"channel": channel})
    assert pulled.log_likelihood <= exact.log_likelihood
    gap = pulled.parameters["alpha[channel=web]"] - pulled.parameters["alpha[channel=shop]"]
    assert gap == pytest.approx(0.8, abs=0.15)
    one = {"frequency": [0] * 3, "recency": [0] * 3, "tenure": [0] * 3}
    given = {"channel": ["shop", "fax", "web"]}
    shop, other, web = pulled.expected_purchases(26, **one, covariates=given)
    assert shop < other < web
    frame = pd.DataFrame(given)
    newcomers = pulled.expected_purchases_new([26, 26, 26], covariates=frame)
    np.testing.assert_allclose(newcomers, [shop, other, web])
    assert pulled.expected_purchases_new(26) == pytest.approx(other)
    again = load_model(pulled.to_json())
    np.testing.assert_allclose(again.expected_purchases(26, **one, covariates=given)[2], web)
    with pytest.raises(PerenneError, match="none are given"):
        pulled.expected_purchases(26, **one)
    drawn = pulled.sample_purchases(26, **one, covariates=given, rng=rng, draws=4000).mean(axis=0)
    np.testing.assert_allclose(drawn, [shop, other, web], rtol=0.15)


def test_a_channel_of_few_customers_is_pulled_to_the_whole(shop):
    channel = np.array(["web"] * 2900 + ["fair"] * 100)
    exact = BetaGeo(shrinkage=0).fit(**shop, covariates={"channel": channel})
    pulled = BetaGeo(shrinkage=25).fit(**shop, covariates={"channel": channel})
    name = "alpha[channel=fair]"
    assert abs(pulled.parameters[name]) < abs(exact.parameters[name])


@FAMILIES
@pytest.mark.parametrize("horizon", [0.0, 1e-9, 1.0, 52.0, 52_000.0])
def test_any_horizon_has_an_answer(shop, model, horizon):
    fitted = model.fit(**shop)
    expected = fitted.expected_purchases(horizon, **shop)
    chance = fitted.probability_of_purchase(horizon, **shop)
    assert np.all(np.isfinite(expected) & (expected >= 0))
    assert np.all((chance >= 0) & (chance <= np.minimum(1, expected + 1e-12)))
    if horizon == 0:
        assert not np.any([expected, chance])


def test_one_horizon_for_each_customer(shop):
    fitted = BetaGeo().fit(**shop)
    ages = np.where(shop["frequency"] > 1, 26.0, 52.0)
    both = np.where(
        shop["frequency"] > 1,
        fitted.expected_purchases(26, **shop),
        fitted.expected_purchases(52, **shop),
    )
    np.testing.assert_allclose(fitted.expected_purchases(ages, **shop), both)
    np.testing.assert_allclose(
        fitted.expected_purchases_new([26, 52]),
        [fitted.expected_purchases_new(26), fitted.expected_purchases_new(52)],
    )


def test_one_time_buyers_are_alive_under_bg_and_not_under_mbg(shop):
    alone = {"frequency": 0, "recency": 0, "tenure": 500}
    assert BetaGeo().fit(**shop).probability_alive(**alone)[0] == 1.0
    assert ModifiedBetaGeo().fit(**shop).probability_alive(**alone)[0] < 0.9


@FAMILIES
def test_saved_and_read_back(shop, model, tmp_path):
    fitted = model.fit(**shop)
    fitted.save(tmp_path / "model.json")
    again = load_model(tmp_path / "model.json")
    assert type(again) is type(fitted)
    np.testing.assert_array_equal(
        again.expected_purchases(52, **shop), fitted.expected_purchases(52, **shop)
    )
    assert again.standard_errors == fitted.standard_errors


@FAMILIES
@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"frequency": [2], "recency": [0], "tenure": [9]}, "zero recency"),
        ({"frequency": [2], "recency": [10], "tenure": [9]}, "beyond the tenure"),
        ({"frequency": [2], "recency": [np.nan], "tenure": [9]}, "missing or infinite"),
        ({"frequency": [-1], "recency": [0], "tenure": [9]}, "negative"),
        ({"frequency": [1.5], "recency": [3], "tenure": [9]}, "whole number"),
        ({"frequency": [], "recency": [], "tenure": []}, "no customers"),
        ({"frequency": [2], "recency": [4], "tenure": [9]}, "One customer"),
        ({"frequency": [0, 0, 0], "recency": [0, 0, 0], "tenure": [9, 8, 7]}, "repeat purchase"),
        ({"frequency": [0, 0, 0], "recency": [0, 0, 0], "tenure": [0, 0, 0]}, "single day"),
        ({"frequency": [1, 2], "recency": [4], "tenure": [9, 9]}, "differ in length"),
        ({"frequency": [1, 2], "recency": [4, 5]}, "tenure is missing"),
        ({"frequency": ["x"], "recency": [4], "tenure": [9]}, "not a number"),
    ],
)
def test_bad_rows_are_refused_with_the_reason(model, rows, said):
    with pytest.raises(PerenneError, match=said) as error:
        model.fit(**rows)
    assert error.value.next_step


def test_a_parameter_that_runs_away_is_named():
    """Nobody ever drops out: a/(a+b) goes to zero."""
    rng = np.random.default_rng(8)
    who, when = purchase_times(Truth(2, 4, 1e-9, 1e3), np.zeros(800), 60, rng=rng)
    rows = histories(who, when, 60)
    rows.pop("log_intervals")
    with pytest.raises(PerenneError, match=r"limit of the parameter|apart|did not converge"):
        BetaGeo().fit(**rows)


@pytest.mark.parametrize("horizon", [-1, np.inf, np.nan, [1, 2]])
def test_bad_horizons_are_refused(shop, horizon):
    with pytest.raises(PerenneError, match="horizon"):
        BetaGeo().fit(**shop).expected_purchases(horizon, **shop)


def test_parameter_draws_spread_as_the_standard_errors(shop):
    fitted = BetaGeo().fit(**shop)
    drawn = fitted.parameter_draws(4000, rng=np.random.default_rng(1))
    for name, error in fitted.standard_errors.items():
        assert drawn[name].std() == pytest.approx(error, rel=0.25)


def test_another_kind_of_model_is_refused(shop):
    values = json.loads(ModifiedBetaGeo().fit(**shop).to_json())
    with pytest.raises(PerenneError, match="not a saved BetaGeo"):
        FittedBetaGeo.from_values(values)


def test_several_horizons_at_once_are_those_one_by_one(shop):
    model, times = BetaGeo().fit(**shop), np.array([0.0, 4.0, 52.0])
    each = [model.expected_purchases(time, **shop) for time in times]
    np.testing.assert_array_equal(model.expected_purchases_by(times, **shop), each)
