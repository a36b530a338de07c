"""The first order as evidence of later ones: parameters recovered, level kept, nothing invented."""

from __future__ import annotations

import numpy as np
import pytest

from perenne.models.contenders.probability import probability_contender
from perenne.models.spend.first_order import with_first_order
from perenne.models.spend.gamma_gamma import FIRST, FittedGammaGamma, GammaGamma
from tests.models.learning_shops import shop

P, Q, GAMMA, SHAPE, RATIO = 5.0, 4.0, 20.0, 2.5, 1.3


def simulated(size: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Customers with 0 to 5 later orders: a rate each, later orders, and a first one at RATIO."""
    rate = rng.gamma(Q, 1 / GAMMA, size)
    x = rng.integers(0, 6, size).astype(float)
    later = rng.gamma(P * np.maximum(x, 1), 1 / rate) / np.maximum(x, 1)
    first = rng.gamma(SHAPE, RATIO * P / SHAPE / rate)
    return {
        "frequency": x,
        "monetary_value": np.where(x > 0, later, np.nan),
        "first_value": first,
        "true": P / rate,
    }


@pytest.fixture(scope="module")
def told() -> tuple[dict[str, np.ndarray], FittedGammaGamma, FittedGammaGamma]:
    seen = simulated(20_000, np.random.default_rng(3))
    plain = GammaGamma().fit(frequency=seen["frequency"], monetary_value=seen["monetary_value"])
    known = {name: seen[name] for name in ("frequency", "monetary_value", "first_value")}
    return seen, plain, with_first_order(plain, **known)


def test_shape_and_ratio_are_recovered_within_their_errors(
    told: tuple[dict[str, np.ndarray], FittedGammaGamma, FittedGammaGamma],
) -> None:
    _seen, plain, model = told
    for name, true in zip(FIRST, (SHAPE, RATIO), strict=True):
        assert abs(model.parameters[name] - true) < 3 * model.standard_errors[name]
        assert model.standard_errors[name] < 0.06 * true
    assert {name: model.parameters[name] for name in plain.parameters} == plain.parameters


def test_one_order_says_what_a_customer_is_worth(
    told: tuple[dict[str, np.ndarray], FittedGammaGamma, FittedGammaGamma],
) -> None:
    seen, plain, model = told
    once = seen["frequency"] == 0
    history = {"frequency": seen["frequency"], "monetary_value": seen["monetary_value"]}
    before = plain.expected_value(**history)[once]
    after = model.expected_value(**history, first_value=seen["first_value"])[once]
    true = seen["true"][once]
    assert np.ptp(before) == 0
    assert np.corrcoef(after, true)[0, 1] > 0.6
    # First orders are 30% larger, and the level of what follows is not.
    assert after.mean() == pytest.approx(true.mean(), rel=0.03)
    slope = np.cov(after, true)[0, 1] / after.var()
    assert slope == pytest.approx(1.0, abs=0.1)


def test_draws_agree_with_the_mean_and_hold_the_truth(
    told: tuple[dict[str, np.ndarray], FittedGammaGamma, FittedGammaGamma],
) -> None:
    seen, _plain, model = told
    few = slice(0, 2000)
    given = {name: seen[name][few] for name in ("frequency", "monetary_value", "first_value")}
    rng = np.random.default_rng(4)
    drawn = model.sample_totals(
        np.ones((200, 2000), dtype=np.int32),
        **given,
        rng=rng,
        parameters=model.parameter_draws(200, rng=rng),
    )
    assert drawn.mean() == pytest.approx(model.expected_value(**given).mean(), rel=0.02)
    coming = rng.gamma(P, seen["true"][few] / P)
    places = (drawn < coming).mean(axis=0)
    assert np.mean(np.abs(places - 0.5) < 0.45) == pytest.approx(0.9, abs=0.02)


def test_a_free_or_unknown_first_order_says_nothing(
    told: tuple[dict[str, np.ndarray], FittedGammaGamma, FittedGammaGamma],
) -> None:
    _seen, plain, model = told
    nothing = {"frequency": np.zeros(3), "monetary_value": np.full(3, np.nan)}
    found = model.expected_value(**nothing, first_value=np.array([0.0, np.nan, -2.0]))
    np.testing.assert_allclose(found, plain.population_mean)


def test_too_few_who_came_back_leave_the_model_as_it_is() -> None:
    seen = simulated(45, np.random.default_rng(1))
    known = {name: seen[name] for name in ("frequency", "monetary_value", "first_value")}
    plain = GammaGamma().fit(frequency=known["frequency"], monetary_value=known["monetary_value"])
    assert with_first_order(plain, **known) is plain


def test_contenders_read_the_first_order_of_newcomers() -> None:
    whole = shop(1500, rng=np.random.default_rng(2))
    fitted = probability_contender("nbd").fit(whole, horizon=90, rng=np.random.default_rng(1))
    told = fitted.forecast(whole, horizon=90, draws=0, rng=np.random.default_rng(1))
    history = whole.histories()
    once = history.frequency == 0
    worth = (told.mean_value / told.mean_orders)[once]
    assert np.corrcoef(worth, history.first_value[once])[0, 1] > 0.8
