"""What a model does not read, and what cannot be: refused by name, with what is allowed."""

import numpy as np
import pandas as pd
import pytest

import perenne.models
from perenne.core import PerenneError
from perenne.models import (
    BetaGeo,
    BetaGeoCNBD,
    CustomerLifetimeValue,
    DynamicParetoNBD,
    GammaGamma,
    ModifiedBetaGeo,
    ModifiedBetaGeoCNBD,
    ParetoGGG,
    ParetoNBD,
    ShiftedBetaGeometric,
    load_model,
)
from perenne.models.contracts.subscription_value import SubscriptionValue
from perenne.models.purchases.nbd import NBD
from perenne.models.purchases.pareto_ggg_fitted import FittedParetoGGG
from perenne.models.value.discounting import months
from tests.models.bad_inputs import orders, some
from tests.models.living import CDNOW
from tests.models.living import fitted as fitted_pareto
from tests.models.spending import fitted as fitted_spend
from tests.models.tiny_beta_geo import tiny

HISTORY = ("frequency", "recency", "tenure")
RNG = np.random.default_rng
SETTINGS = {
    name: kind
    for name in (*perenne.models.__all__, "NBD")
    if "hmc" in getattr(kind := getattr(perenne.models, name, NBD), "__dataclass_fields__", ())
}


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


KNOWN = some(*HISTORY, customers=50) | {"monetary_value": orders()["monetary_value"][::10]}
VALUE = CustomerLifetimeValue(tiny(), fitted_spend())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"kept": np.ones(3)}, "kept has 3 values, 0 of them missing, for 50 customers"),
        ({"kept": np.r_[np.nan, np.ones(49)]}, "kept has 50 values, 1 of them missing"),
        ({"kept": "a"}, r"kept = 'a' is no number, nor a list of numbers. Give a number"),
        ({"threads": 0}, "threads = 0 is not a whole number of 1 or more. Give threads=1"),
        ({"draws": -1}, "draws = -1 is not a whole number of 0 or more"),
        ({"draws": 1.5}, "draws = 1.5 is not a whole number"),
        ({"rng": 1}, r"rng = 1 is no generator of random numbers. Give rng=numpy.random"),
        ({"rng": None}, "no generator was given"),
        ({"horizon": "a year"}, "horizon = 'a year' is no number"),
        ({"horizon": [[1, 2]]}, "nor a list of numbers. Give a number, or several in one list"),
        ({"horizon": []}, "is no number, nor a list of numbers"),
        (
            {"discount_rate": "0.1"},
            "A discount rate of '0.1' per year cannot be used. Give a share",
        ),
        ({"discount_rate": -0.1}, "A discount rate of -0.1 per year cannot be used"),
        ({"level": -1}, "level = -1 cannot be used. Give a number above 0"),
        ({"level": np.nan}, "level = nan cannot be used"),
        ({"level_spread": -1}, "level_spread = -1 cannot be used. Give a number of 0 or more"),
    ],
)
def test_lifetime_value_refuses_what_cannot_be(changed, said):
    asked = {"horizon": 26, "rng": RNG(1), "draws": 20} | changed
    with pytest.raises(PerenneError, match=said):
        VALUE.predict(asked.pop("horizon"), **KNOWN, **asked)


def test_lifetime_value_takes_numbers_of_all_kinds():
    told = VALUE.predict(
        np.int64(26), **KNOWN, draws=np.int64(5), rng=RNG(1), kept=0.5, interval=[]
    )
    assert told.expected_value.shape == (1, 50)


def test_lifetime_value_is_made_of_fitted_models_in_a_unit_that_there_is():
    with pytest.raises(PerenneError, match=r"purchases is not a fitted model: BetaGeo. Give what"):
        CustomerLifetimeValue(BetaGeo(), fitted_spend())
    with pytest.raises(PerenneError, match="spend is not a fitted model: NoneType"):
        CustomerLifetimeValue(tiny(), None)
    with pytest.raises(PerenneError, match="weeks is not a unit of time here"):
        CustomerLifetimeValue(tiny(), fitted_spend(), time_unit="weeks")


@pytest.mark.parametrize("model", [BetaGeo(), ParetoNBD(), NBD()])
def test_nothing_is_drawn_without_draws_or_a_generator(model, history):
    fitted = model.fit(**history)
    for changed, said in (
        ({"draws": 0}, "draws = 0 is not a whole number of 1 or more"),
        ({"rng": None}, "rng = None is no generator of random numbers"),
        ({"rng": 7}, "rng = 7 is no generator"),
    ):
        with pytest.raises(PerenneError, match=said):
            fitted.sample_purchases(26, **history, **({"rng": RNG(1)} | changed))
    if not isinstance(model, NBD):
        with pytest.raises(PerenneError, match=r"horizon = \[\] is no number"):
            fitted.expected_purchases_new([])
        with pytest.raises(PerenneError, match=r"horizon = \[\] is no number"):
            fitted.sample_purchases([], **history, rng=RNG(1))


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_count_of_draws_to_keep_is_none_or_more(name):
    with pytest.raises(PerenneError, match="hmc = -1 is not a whole number of 0 or more"):
        SETTINGS[name](hmc=-1)


def test_contracts_and_files_say_what_they_need(tmp_path):
    contract = ShiftedBetaGeometric().fit(tenure=[1, 2, 3, 4, 4], churned=[1, 1, 1, 1, 0])
    with pytest.raises(
        PerenneError, match=r"periods_per_year = 0 cannot be used. Give a number abo"
    ):
        contract.discounted_remaining_life(0.1, tenure=[1], periods_per_year=0)
    with pytest.raises(PerenneError, match="periods_per_year = 0 cannot be used"):
        SubscriptionValue(contract, periods_per_year=0)
    with pytest.raises(PerenneError, match=r"The file None cannot be read. Give the path"):
        load_model(None)
    with pytest.raises(
        PerenneError, match=r"cannot be saved as .*x.json. Give the path of a file in"
    ):
        contract.save(tmp_path / "no" / "x.json")


@pytest.mark.parametrize("wrong", [-5.0, np.nan])
def test_a_weight_that_is_none_is_refused_by_spend_too(wrong):
    money = orders()
    weights = np.r_[wrong, np.ones(money["frequency"].size - 1)]
    with pytest.raises(PerenneError, match="A weight is negative or not a number") as caught:
        GammaGamma().fit(**money, weights=weights)
    assert "Give how many customers each row stands for" in str(caught.value)


FRAME = pd.DataFrame(
    {"frequency": [0, 2, 5], "recency": [0.0, 20.0, 30.0], "tenure": [30.0, 35.0, 38.0]}
)
OTHER = FRAME.loc[[2, 0, 1]]


@pytest.mark.parametrize("name", ["recency", "tenure"])
def test_pandas_rows_in_another_order_are_refused(name):
    model = fitted_pareto(**CDNOW)
    given = {column: FRAME[column] for column in FRAME} | {name: OTHER[name]}
    with pytest.raises(PerenneError, match="different indexes") as it:
        model.probability_alive(**given)
    assert "matched by their place" in it.value.next_step
    same = {column: OTHER[column] for column in FRAME}
    np.testing.assert_allclose(
        model.probability_alive(**same), model.probability_alive(FRAME)[[2, 0, 1]]
    )


def test_pandas_covariates_in_another_order_are_refused():
    many = pd.concat([FRAME] * 100, ignore_index=True)
    channel = pd.DataFrame({"channel": ["web", "shop"] * 150})
    for model in (ParetoNBD(shrinkage=1.0), BetaGeo(shrinkage=1.0)):
        with pytest.raises(PerenneError, match="different indexes"):
            model.fit(many, covariates=channel.loc[::-1])


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (BetaGeo, {"shrinkage": -1.0}),
        (ModifiedBetaGeo, {"shrinkage": float("nan")}),
        (ParetoNBD, {"shrinkage": "much"}),
        (GammaGamma, {"shrinkage": -0.1}),
        (BetaGeoCNBD, {"k": 0}),
        (ModifiedBetaGeoCNBD, {"k": 2.5}),
        (BetaGeoCNBD, {"k": "2"}),
        (ParetoGGG, {"most": 0}),
        (DynamicParetoNBD, {"ridge": -1.0}),
    ],
)
def test_settings_of_a_model_are_checked_at_once(kind, wrong):
    (name,) = wrong
    with pytest.raises(PerenneError, match=f"{name} = .*(cannot be used|no whole number|whole)"):
        kind(**wrong)


def test_as_many_draws_of_parameters_as_of_purchases():
    model, rng = fitted_pareto(**CDNOW), np.random.default_rng(1)
    drawn = {name: np.full(3, value) for name, value in model.parameters.items()}
    with pytest.raises(PerenneError, match="There are 3 draws of the parameters for 7") as it:
        model.sample_purchases(12.0, FRAME, rng=rng, draws=7, parameters=drawn)
    assert "parameter_draws(7" in it.value.next_step


@pytest.mark.parametrize(
    "counts", [np.ones((4, 2), int), np.full((4, 3), -1), np.ones((4, 3)), np.ones(3, int)]
)
def test_counts_of_other_customers_are_refused(counts):
    with pytest.raises(PerenneError, match="counts of orders cannot be used"):
        fitted_spend().sample_totals(
            counts,
            frequency=[1, 2, 5],
            monetary_value=[10, 20, 30],
            rng=np.random.default_rng(1),
        )


def test_no_group_takes_the_name_of_the_total():
    value = CustomerLifetimeValue(tiny(), fitted_spend())
    given = {**{c: FRAME[c] for c in FRAME}, "monetary_value": [np.nan, 20.0, 30.0]}
    for groups, said in (
        ({"all": [0, 0, 1]}, "No group can be called all"),
        ({"country": [0, 1, 10_000_000]}, "does not give each customer a code"),
    ):
        with pytest.raises(PerenneError, match=said):
            value.predict(52.0, **given, groups=groups, draws=0)


@pytest.mark.parametrize("count", [-1, [12, -3], float("nan")])
def test_months_lie_ahead(count):
    with pytest.raises(PerenneError, match="number of months is negative or missing"):
        months(count)
