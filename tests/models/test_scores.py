"""Measures of the mean and of draws: hand-computed answers, oracles, properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from perenne.core import PerenneError
from perenne.models.forecast import Forecast
from perenne.models.judging import draws as of_draws
from perenne.models.judging import points
from perenne.models.judging.scores import by_group, pit_histogram, score
from perenne.models.ledger import Outcome

amounts = arrays(float, st.integers(5, 40), elements=st.integers(0, 50).map(float))


def outcome(values):
    values = np.asarray(values, dtype=float)
    return Outcome(orders=(values > 0).astype(float), value=values, margin=values)


def test_bias_rmse_mae_by_hand():
    actual, predicted = np.array([0.0, 4.0]), np.array([1.0, 2.0])
    assert points.bias(actual, predicted) == pytest.approx(-0.25)
    assert points.rmse(actual, predicted) == pytest.approx(np.sqrt(2.5))
    assert points.mae(actual, predicted) == pytest.approx(1.5)
    assert np.isnan(points.bias(np.zeros(2), predicted))


def test_gini_by_hand():
    # Shares lowest predicted first: 3, 0, 1 of 4; curve .75, .75, 1: Gini 1 - 2/3 (.75 + .75 + .5)
    actual = np.array([3.0, 0.0, 1.0])
    g = 1 - 2 / 3 * (0.75 + 0.75 + 0.5)
    perfect = 1 - 2 / 3 * (0 + 0.25 + 0.5)
    assert points.normalised_gini(actual, np.array([1.0, 2.0, 3.0])) == pytest.approx(g / perfect)


@given(amounts)
def test_a_perfect_forecast(actual):
    if np.ptp(actual) == 0:
        assert np.isnan(points.normalised_gini(actual, actual))
        return
    assert points.normalised_gini(actual, actual) == pytest.approx(1)
    assert points.normalised_gini(actual, -actual) == pytest.approx(-1)
    assert points.spearman(actual, actual) == pytest.approx(1)
    assert points.bias(actual, actual) == 0
    bins = points.calibration(actual, actual)
    assert bins.slope_through_origin == pytest.approx(1)


@given(amounts, st.randoms(use_true_random=False))
def test_ties_do_not_depend_on_the_order_of_rows(actual, random):
    predicted = np.floor(actual / 7) % 3
    order = np.array(random.sample(range(actual.size), actual.size))
    for measure in (
        points.normalised_gini,
        lambda a, p: points.capture(a, p, share=0.1),
        lambda a, p: points.calibration(a, p).slope,
    ):
        first, second = measure(actual, predicted), measure(actual[order], predicted[order])
        assert first == pytest.approx(second, nan_ok=True)


def test_a_constant_forecast_ranks_nobody():
    actual = np.array([5.0, 0.0, 0.0, 0.0, 3.0])
    same = np.ones(5)
    assert points.normalised_gini(actual, same) == pytest.approx(0)
    assert points.capture(actual, same, share=0.2) == pytest.approx(0.2)
    assert np.isnan(points.spearman(actual, same))
    assert np.isnan(points.calibration(actual, same).slope)


def test_capture_by_hand():
    actual = np.array([6.0, 1.0, 2.0, 0.0, 1.0])
    assert points.capture(actual, np.array([1, 9, 8, 7, 7.0]), share=0.4) == pytest.approx(0.3)
    assert points.capture(actual, np.array([9, 0, 5, 5, 0.0]), share=0.4) == pytest.approx(0.7)


def test_calibration_slopes_by_hand():
    predicted = np.repeat([1.0, 2.0, 3.0], 4)
    actual = np.repeat([2.0, 2.5, 3.0], 4)  # half the differences, twice the lowest
    bins = points.calibration(actual, predicted)
    assert bins.customers.tolist() == [4, 4, 4]
    assert bins.slope == pytest.approx(0.5)
    assert bins.slope_through_origin == pytest.approx((2 + 5 + 9) / 14)


def slow_crps(actual, draws):
    pairs = [abs(x - z) for i, x in enumerate(draws) for j, z in enumerate(draws) if i != j]
    return np.mean([abs(x - actual) for x in draws]) - np.mean(pairs) / 2


def test_crps_against_all_pairs(monkeypatch):
    monkeypatch.setattr(of_draws, "CHUNK", 20)
    rng = np.random.default_rng(1)
    draws = rng.gamma(1.0, 20.0, (9, 7)).astype(np.float32)
    actual = rng.gamma(1.0, 20.0, 7)
    expected = [slow_crps(a, d) for a, d in zip(actual, draws.T.astype(float), strict=True)]
    assert of_draws.crps(actual, draws) == pytest.approx(expected)
    assert of_draws.crps(actual, draws[:1]) == pytest.approx(np.abs(actual - draws[0]))


def test_crps_of_a_normal_gneiting_raftery_2007_eq_21():
    draws = np.random.default_rng(2).normal(size=(20000, 1))
    # Closed form at y = 0: 2 phi(0) - 1/sqrt(pi)
    assert of_draws.crps(np.zeros(1), draws)[0] == pytest.approx(0.23369, abs=0.01)


def test_pit_of_counts_is_uniform_and_coverage_is_not():
    """Czado, Gneiting & Held (2009): plain coverage of counts is above nominal, PIT is not."""
    rng = np.random.default_rng(3)
    means = rng.gamma(0.5, 1.0, 6000)
    draws = rng.poisson(means, (200, 6000)).astype(np.int32)
    actual = rng.poisson(means).astype(float)
    places = of_draws.pit(actual, draws, rng=rng)
    assert np.histogram(places, 10, (0, 1))[0] / 6000 == pytest.approx(np.full(10, 0.1), abs=0.015)
    assert of_draws.central_share(places, 0.9) == pytest.approx(0.9, abs=0.015)
    low, high = of_draws.interval(draws, 0.9)
    assert np.mean((low <= actual) & (actual <= high)) > 0.92


def test_pit_of_one_draw_by_hand():
    rng = np.random.default_rng(0)
    places = of_draws.pit(np.array([0.0, 2.0]), np.array([[1, 1]]), rng=rng)
    assert 0 <= places[0] < 0.5 < places[1] <= 1


def test_intervals_and_medians_are_draws():
    draws = np.arange(1, 101)[:, None]
    low, high = of_draws.interval(draws, 0.9)
    assert (low[0], high[0], of_draws.median(draws)[0]) == (5, 95, 50)


def test_the_interval_of_a_total_is_not_the_sum_of_intervals():
    rng = np.random.default_rng(4)
    draws = rng.gamma(1.0, 1.0, (400, 900))
    low, high = of_draws.total_interval(draws, 0.9)
    bounds = of_draws.interval(draws, 0.9)
    assert bounds[0].sum() < low < 900 < high < bounds[1].sum()


def test_a_sure_forecast_scores_its_absolute_error():
    actual = outcome([0, 10, 0, 30])
    sure = Forecast(mean_orders=np.ones(4), mean_value=np.full(4, 10.0))
    scores = score(sure, actual, rng=np.random.default_rng(0))
    assert scores.crps == scores.mae_median == 10
    assert scores.mae_zero == 10
    assert np.isnan(scores.pit90)
    assert pit_histogram(sure, actual, rng=np.random.default_rng(0)) is None


def test_scores_by_group_are_those_of_the_group():
    rng = np.random.default_rng(5)
    value = rng.gamma(1.0, 9.0, (50, 30)).astype(np.float32)
    forecast = Forecast(np.ones(30), value.mean(axis=0).astype(float), None, value)
    actual = outcome(rng.gamma(1.0, 9.0, 30))
    groups = np.repeat(["a", "b"], 15)
    found = by_group(forecast, actual, groups=groups, rng=rng)
    assert set(found) == {"a", "b"}
    half = score(forecast, actual, rng=rng, where=groups == "a")
    assert found["a"].crps == half.crps
    assert found["a"].customers == 15
    assert score(forecast, actual, rng=rng, quantity="orders").actual == 30
    assert pit_histogram(forecast, actual, rng=rng).sum() == pytest.approx(1)


def test_nobody_to_score():
    with pytest.raises(PerenneError, match="no customer to score"):
        score(
            Forecast(np.ones(2), np.ones(2)),
            outcome([1, 2]),
            rng=np.random.default_rng(0),
            where=np.zeros(2, dtype=bool),
        )


def test_the_interval_of_a_skewed_mean_holds_it_nine_times_in_ten():
    """Zero for three quarters, gamma for the others: the t interval holds it less often."""
    rng, held, plain = np.random.default_rng(8), 0, 0
    for _shop in range(2000):
        value = np.where(rng.random(60) < 0.25, rng.gamma(0.8, 50.0, 60), 0.0)
        found = points.calibration(value, np.zeros(60))
        held += bool(found.low[0] <= 0.25 * 40 <= found.high[0])
        plain += bool(abs(value.mean() - 10) <= 1.671 * value.std(ddof=1) / np.sqrt(60))
    assert held / 2000 == pytest.approx(0.9, abs=0.025)
    assert plain / 2000 < 0.87


def test_a_mean_without_spread_or_customers_has_no_interval():
    found = points.calibration(
        np.array([5.0, 5.0, 5.0, 5.0, 5.0, 1.0, 2.0]), np.array([1.0] * 5 + [2, 2])
    )
    assert np.isnan(found.low).all()
    assert np.isnan(found.high).all()
