"""The numbers of each picture against hand counts, and drawings that are sound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from perenne.charts import Ahead
from perenne.core import PerenneError
from perenne.models.plots import drawing, numbers
from perenne.models.purchases.beta_geo import FittedBetaGeo
from perenne.text import use_language
from tests.charts.drawing import is_sound, texts
from tests.models.shops import ledger_of


class Steady:
    """One purchase each ten weeks, for ever."""

    def expected_purchases(self, horizon: Any, **history: Any) -> Any:
        return np.full(history["frequency"].shape, horizon / 10)

    def expected_purchases_new(self, horizon: Any) -> Any:
        return np.asarray(horizon) / 10

    def probability_alive(self, **history: Any) -> Any:
        return np.where(history["frequency"] > 0, 0.5, 1.0)


LEDGER = ledger_of(
    [(1, 0, 9.0), (1, 3, 9.0), (1, 20, 5.0), (2, 7, 5.0), (2, 30, 2.0), (3, 25, 4.0)], until=34
)


def beta_geo() -> FittedBetaGeo:
    """BG/NBD of CDNOW (Fader, Hardie & Lee 2005, table 2)."""
    values = {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259}
    zeros = ((0.0,) * 4,) * 4
    return FittedBetaGeo(values, 0.0, zeros, 1.0)


def test_tracking_is_the_sum_over_customers_at_their_ages() -> None:
    """Customers 1 and 2 are known on day 14; weeks end on days 6, 13, 20, 27, 34."""
    found = numbers.tracking(Steady(), LEDGER, calibrated=14)
    assert found.day.tolist() == [6, 13, 20, 27, 34]
    assert found.actual.tolist() == [1, 1, 2, 2, 3]
    by_hand = [(day + max(day - 7, 0)) / 7 / 10 for day in (6, 13, 20, 27, 34)]
    np.testing.assert_allclose(found.expected, by_hand)


def test_tracking_refuses_a_day_before_all_purchases() -> None:
    with pytest.raises(PerenneError, match="Nobody had bought"):
        numbers.tracking(Steady(), LEDGER, calibrated=-1)


def test_conditional_expectation_counts_the_holdout_by_past_frequency() -> None:
    found = numbers.conditional_expectation(Steady(), LEDGER, calibrated=14)
    assert found.frequency.tolist() == [0, 1]
    assert found.customers.tolist() == [1, 1]
    assert found.actual.tolist() == [1.0, 1.0]
    np.testing.assert_allclose(found.expected, 20 / 7 / 10)


def test_frequent_customers_share_the_last_group() -> None:
    found = numbers.conditional_expectation(Steady(), LEDGER, calibrated=32, most=1)
    assert found.frequency.tolist() == [0, 1]
    assert found.customers.tolist() == [1, 2]


def test_the_map_has_what_the_model_says_and_nothing_of_the_impossible() -> None:
    model = beta_geo()
    found = numbers.frequency_recency(model, tenure=38.86, horizon=39, most=4, columns=5)
    assert found.expected.shape == (5, 5)
    assert np.isnan(found.expected[1:, 0]).all()
    assert np.isnan(found.expected[0, 1:]).all()
    assert np.isnan(found.alive[0, 0])
    alone = model.expected_purchases(
        39, frequency=[2.0], recency=[found.recency[3]], tenure=[38.86]
    )
    assert found.expected[2, 3] == pytest.approx(float(np.ravel(alone)[0]))


def test_alive_path_knows_only_what_was_bought_before() -> None:
    model = beta_geo()
    found = numbers.alive_path(model, [4.0, 9.0], until=30)
    at_20 = float(found.alive[np.argmin(np.abs(found.age - 20))])
    alone = model.probability_alive(frequency=[2.0], recency=[9.0], tenure=[20.0])
    assert at_20 == pytest.approx(float(np.ravel(alone)[0]))
    assert np.isnan(found.alive[found.age < 4]).all()
    after = found.alive[found.age >= 9]
    assert (np.diff(after) < 0).all()
    just_before, just_after = found.alive[np.searchsorted(found.age, 9.0) + np.array([-1, 0])]
    assert just_after > just_before


def test_alive_path_refuses_purchases_outside_the_life() -> None:
    with pytest.raises(PerenneError, match="age of purchase"):
        numbers.alive_path(Steady(), [0.0, 3.0], until=5)


def test_deciles_hold_means_and_the_interval_of_the_mean() -> None:
    rng = np.random.default_rng(4)
    predicted = np.arange(100.0)
    actual = predicted + 0.5
    draws = rng.poisson(predicted, (4_000, 100))
    found = numbers.decile_calibration(actual, predicted, draws=draws)
    np.testing.assert_allclose(found.predicted, np.arange(4.5, 100, 10))
    np.testing.assert_allclose(found.actual, found.predicted + 0.5)
    half = 1.645 * np.sqrt(found.predicted / 10)
    np.testing.assert_allclose(found.high - found.low, 2 * half, rtol=0.08)
    assert np.isnan(numbers.decile_calibration(actual, predicted).low).all()


def test_value_spread_tells_zero_apart() -> None:
    found = numbers.value_spread(np.array([0.0, 0.001, 10.0, 30.0, np.nan]))
    assert found.zero == 0.5
    assert found.above_zero.tolist() == [10.0, 30.0]
    assert found.mean == pytest.approx(10.0, abs=0.01)
    with pytest.raises(PerenneError, match="no predicted value"):
        numbers.value_spread(np.array([np.nan]))


def pictures() -> dict[str, Any]:
    model, rng = beta_geo(), np.random.default_rng(3)
    values = np.where(rng.random(500) < 0.3, 0.0, rng.lognormal(3, 1, 500))
    predicted = rng.gamma(0.5, 2.0, 400)
    draws = rng.poisson(predicted, (300, 400))
    grid = numbers.frequency_recency(model, tenure=39, horizon=39)
    ahead = [
        Ahead(12 + i, 100 + i, (90 - i, 112 + i), (70 - 2 * i, 140 + 3 * i)) for i in range(12)
    ]
    return {
        "tracking": drawing.draw_tracking(numbers.tracking(model, LEDGER, calibrated=14)),
        "conditional": drawing.draw_conditional_expectation(
            numbers.conditional_expectation(model, LEDGER, calibrated=14)
        ),
        "map": drawing.draw_frequency_recency(grid),
        "map of alive": drawing.draw_frequency_recency(grid, alive=True),
        "path": drawing.draw_alive_path(numbers.alive_path(model, [4.0, 9.0, 11.0], until=40)),
        "deciles": drawing.draw_deciles(
            numbers.decile_calibration(rng.poisson(predicted) * 1.0, predicted, draws=draws)
        ),
        "spread": drawing.draw_value_spread(numbers.value_spread(values)),
        "forecast": drawing.draw_forecast([(i, 95.0 + i % 4) for i in range(12)], ahead),
    }


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_picture_is_sound(language: str) -> None:
    with use_language(language):
        for name, svg in pictures().items():
            assert is_sound(svg), name
            assert "chart-empty" not in svg, name


def test_pictures_say_where_the_model_stopped_learning() -> None:
    drawn = pictures()
    assert "end of calibration" in texts(drawn["tracking"])
    assert "today" in texts(drawn["forecast"])


def test_a_path_without_repeat_purchase_says_that_the_model_cannot_tell() -> None:
    svg = drawing.draw_alive_path(numbers.alive_path(beta_geo(), [], until=10))
    assert "cannot tell" in " ".join(texts(svg))
