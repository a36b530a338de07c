"""Draws of the future under the Pareto/NBD, against the expectation and against simulated lives."""

import numpy as np
import pytest

from perenne.core import PerenneError
from tests.models.living import CDNOW, fitted

SHOP = {
    "frequency": np.array([0.0, 1, 2, 7, 26]),
    "recency": np.array([0.0, 3, 30.43, 20, 30.86]),
    "tenure": np.array([39.0, 39, 38.86, 39, 31]),
}


def test_draws_have_the_mean_and_the_chance_that_the_formulas_give():
    model, draws = fitted(**CDNOW), 40_000
    alike = {name: np.tile(column, draws // 20) for name, column in SHOP.items()}
    counts = model.sample_purchases([13, 52], rng=np.random.default_rng(1), draws=20, **alike)
    assert counts.shape == (20, 2, draws // 4)
    assert counts.dtype == np.int32
    for index, horizon in enumerate((13, 52)):
        drawn = counts[:, index].reshape(draws, 5)
        error = drawn.std(axis=0) / np.sqrt(draws)
        off = drawn.mean(axis=0) - model.expected_purchases(horizon, **SHOP)
        assert np.all(np.abs(off) < 4 * error)
        chance = model.probability_of_purchase(horizon, **SHOP)
        spread = np.sqrt(chance * (1 - chance) / draws)
        assert np.all(np.abs((drawn > 0).mean(axis=0) - chance) < 4 * spread)


def test_draws_equal_lives_simulated_in_continuous_time_that_had_this_past():
    """Slow oracle: two million lives; those with x = 2, t_x in 20–22, T = 30 live on."""
    rng = np.random.default_rng(7)
    size, tenure = 2_000_000, 30.0
    rate = rng.gamma(CDNOW["r"], 1 / CDNOW["alpha"], size)
    life = rng.standard_exponential(size) / rng.gamma(CDNOW["s"], 1 / CDNOW["beta"], size)
    active = np.minimum(life, tenure)
    last = active * rng.random((2, size)).max(axis=0)
    alike = (rng.poisson(rate * active) == 2) & (last > 20) & (last < 22)
    assert alike.sum() > 5000
    left = np.maximum(life[alike] - tenure, 0.0)
    early = rng.poisson(rate[alike] * np.minimum(left, 13))
    late = early + rng.poisson(rate[alike] * (np.minimum(left, 52) - np.minimum(left, 13)))
    lived = np.stack((early, late), axis=1)
    row = {"frequency": 2.0, "recency": 21.0, "tenure": tenure}
    past = {name: np.full(len(lived), value) for name, value in row.items()}
    drawn = fitted(**CDNOW).sample_purchases([13, 52], rng=rng, **past)[0].T
    for statistic in (lambda n: n[:, 0], lambda n: n[:, 1], lambda n: n[:, 0] * n[:, 1]):
        ours, theirs = statistic(drawn), statistic(lived)
        error = np.sqrt((ours.var() + theirs.var()) / len(theirs))
        assert abs(ours.mean() - theirs.mean()) < 4 * error
    for most in range(4):
        shares = [(n[:, 1] <= most).mean() for n in (drawn, lived)]
        assert abs(shares[0] - shares[1]) < 4 * np.sqrt(0.5 / len(lived))


def test_one_future_only_grows_and_one_horizon_has_no_axis():
    model, rng = fitted(**CDNOW), np.random.default_rng(2)
    counts = model.sample_purchases([0, 0, 4, 4, 200], rng=rng, draws=500, **SHOP)
    assert np.all(np.diff(counts, axis=1) >= 0)
    assert np.all(counts[:, :2] == 0)
    assert np.array_equal(counts[:, 2], counts[:, 3])
    assert model.sample_purchases(4, rng=rng, draws=3, **SHOP).shape == (3, 5)


def test_each_draw_takes_its_own_parameters_and_the_rng_decides():
    model = fitted(**CDNOW)
    slow = {name: np.array([value, value]) for name, value in CDNOW.items()}
    slow["alpha"] = np.array([CDNOW["alpha"], 1e9])
    counts = [
        model.sample_purchases(520, rng=np.random.default_rng(3), draws=2, parameters=slow, **SHOP)
        for _ in range(2)
    ]
    assert np.array_equal(counts[0], counts[1])
    assert counts[0][0].sum() > 0
    assert counts[0][1].sum() == 0


def test_horizons_that_do_not_increase_are_refused():
    with pytest.raises(PerenneError, match="do not increase"):
        fitted(**CDNOW).sample_purchases([52, 13], rng=np.random.default_rng(1), **SHOP)
