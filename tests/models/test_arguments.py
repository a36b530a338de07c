"""What a model does not read, and what cannot be: refused by name, with what is allowed."""

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models import (
    BetaGeo,
    BetaGeoCNBD,
    CustomerLifetimeValue,
    GammaGamma,
    ModifiedBetaGeo,
    ParetoGGG,
    ParetoNBD,
)
from perenne.models.purchases.pareto_ggg_fitted import FittedParetoGGG
from tests.models.bad_inputs import orders, some
from tests.models.spending import fitted as fitted_spend
from tests.models.tiny_beta_geo import tiny

HISTORY = ("frequency", "recency", "tenure")
RNG = np.random.default_rng


@pytest.fixture(scope="module")
def history():
    return some(*HISTORY, customers=250)


@pytest.mark.parametrize("model", [BetaGeo, ModifiedBetaGeo, ParetoNBD])
def test_a_misspelt_column_is_refused_with_the_near_name(model, history):
    ones = np.ones(250)
    with pytest.raises(PerenneError, match=r"Nothing here reads weight=….*Did you mean weights=…"):
        model().fit(**history, weight=ones)
    with pytest.raises(PerenneError, match=r"reads T=…. Leave it out; allowed are frequency"):
        model().fit(**history, T=ones)


def test_covariates_that_nothing_reads_are_refused(history):
    channel = {"channel": np.where(np.arange(250) % 2, "web", "shop")}
    logs = some("log_intervals", customers=250)
    for model in (BetaGeoCNBD(k=1), ParetoGGG()):
        with pytest.raises(PerenneError, match="Nothing here reads covariates="):
            model.fit(**history, **logs, covariates=channel)
    bought, spent = BetaGeo().fit(**history), fitted_spend()
    for ask in (
        lambda: bought.expected_purchases(26, **history, covariates=channel),
        lambda: bought.probability_alive(**history, covariates=channel),
        lambda: ParetoNBD().fit(**history).probability_alive(**history, covariates=channel),
        lambda: spent.expected_value(frequency=[1], monetary_value=[9], covariates={"c": ["a"]}),
        lambda: CustomerLifetimeValue(bought, spent).expected_value(
            26, **history, monetary_value=np.full(250, 9.0), covariates=channel
        ),
    ):
        with pytest.raises(PerenneError, match="fitted without covariates") as caught:
            ask()
        assert "Leave out covariates=" in str(caught.value)


def test_covariates_of_one_model_are_for_that_model_alone(history):
    channel = {"channel": np.where(np.arange(250) % 2, "web", "shop")}
    money = {"monetary_value": np.where(history["frequency"] > 0, 9.0 + np.arange(250) % 7, np.nan)}
    spent = GammaGamma().fit(frequency=history["frequency"], **money, covariates=channel)
    value = CustomerLifetimeValue(tiny(), spent)
    told = value.predict(26, **history, **money, covariates=channel, rng=RNG(1), draws=20)
    orders_ahead = tiny().expected_purchases(26, **history)
    np.testing.assert_allclose(told.expected_purchases[0], orders_ahead)


def regular():
    """Customers who differ in their regularity: parameters that need no fit."""
    truth = {"t": 4.0, "gamma": 2.0, "r": 1.2, "alpha": 8.0, "s": 1.5, "beta": 60.0}
    return FittedParetoGGG(truth, 0.0, tuple(map(tuple, 1e-4 * np.eye(6))), 100.0)


def test_lifetime_value_of_a_model_that_reads_intervals():
    known = some(*HISTORY, "log_intervals", customers=50)
    money = {"monetary_value": orders()["monetary_value"][::10]}
    value = CustomerLifetimeValue(regular(), fitted_spend())
    told = value.predict([26, 52], **known, **money, rng=RNG(1), draws=100, discount_rate=0.0)
    expected = regular().expected_purchases(52, **known)
    np.testing.assert_allclose(told.expected_purchases[1], expected)
    as_frame = value.predict([26, 52], data=known | money, rng=RNG(1), draws=100, discount_rate=0.0)
    np.testing.assert_array_equal(as_frame.upper[0.9], told.upper[0.9])
    assert (told.upper[0.9][1] >= told.upper[0.9][0]).all()
    drawn = told.totals["all"]
    assert drawn.median[1, 0] == pytest.approx(drawn.mean[1, 0], rel=0.2)
    # Two who differ in nothing but their rhythm are told apart.
    two = {"frequency": [6, 6], "recency": [24.0, 24.0], "tenure": [29.0, 29.0]}
    logs = [6 * np.log(4.0) - 1e-3, 6 * np.log(4.0) - 4.0]
    one, other = value.expected_value(
        26, **two, log_intervals=logs, monetary_value=[20, 20], discount_rate=0.0
    )[0]
    assert one != pytest.approx(other, rel=0.01)


def test_intervals_are_asked_for_where_they_are_read_and_refused_elsewhere():
    known = some(*HISTORY, "log_intervals", customers=50)
    money = {"monetary_value": orders()["monetary_value"][::10]}
    logs = known.pop("log_intervals")
    with pytest.raises(PerenneError, match=r"Give log_intervals=…"):
        CustomerLifetimeValue(regular(), fitted_spend()).expected_value(26, **known, **money)
    plain = CustomerLifetimeValue(tiny(), fitted_spend())
    with pytest.raises(PerenneError, match="does not read log_intervals"):
        plain.expected_value(26, **known, **money, log_intervals=logs)
    as_frame = plain.expected_value(26, data=known | money | {"log_intervals": logs})
    np.testing.assert_array_equal(as_frame, plain.expected_value(26, **known, **money))
