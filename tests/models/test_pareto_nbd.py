"""Pareto/NBD: published figures, a peer, recovery, units, and what it refuses."""

import json
import warnings

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize

from perenne.core import PerenneError
from perenne.models.histories import compress
from perenne.models.purchases.pareto_likelihood import ParetoLikelihood
from perenne.models.purchases.pareto_nbd import FittedParetoNBD, ParetoNBD
from tests.models.living import CDNOW, cdnow, fitted, simulate

BEST = {"frequency": 26, "recency": 30.86, "tenure": 31}
SHOP = {
    "frequency": np.array([0.0, 0, 1, 2, 7, 26]),
    "recency": np.array([0.0, 0, 3, 30.43, 20, 30.86]),
    "tenure": np.array([27.0, 39, 39, 38.86, 39, 31]),
}


def test_fader_hardie_2005_cdnow_parameters_errors_and_likelihood(shared_data):
    model = ParetoNBD().fit(**cdnow(shared_data))
    assert model.parameters == pytest.approx(CDNOW, rel=5e-4)
    assert model.log_likelihood == pytest.approx(-9594.98, abs=0.01)
    errors = {"r": 0.0476, "alpha": 0.843, "s": 0.187, "beta": 6.21}
    assert model.standard_errors == pytest.approx(errors, rel=5e-3)


def test_cdnow_best_customer_and_a_new_one():
    model = fitted(**CDNOW)
    assert model.expected_purchases(52, **BEST)[0] == pytest.approx(25.46, abs=0.005)
    assert model.probability_alive(**BEST)[0] == pytest.approx(0.9979, abs=5e-5)
    assert model.expected_purchases_new(52) == pytest.approx(1.473, abs=1e-3)


def test_lifetimes_agrees_given_equal_parameters(shared_data):
    lifetimes = pytest.importorskip("lifetimes", reason="the peer is a development dependency")
    data = cdnow(shared_data)
    model = ParetoNBD().fit(**data)
    columns = (data["frequency"], data["recency"], data["tenure"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = lifetimes.ParetoNBDFitter()
        peer.params_ = model.parameters
        alive = peer.conditional_probability_alive(*columns)
        expected = peer.conditional_expected_number_of_purchases_up_to_time(52, *columns)
        theirs = (
            -peer._negative_log_likelihood(
                np.log([0.5533, 10.578, 0.6062, 11.669]), *columns, np.ones(columns[0].size), 0.0
            )
            * columns[0].size
        )
    np.testing.assert_allclose(model.probability_alive(**data), alive, atol=1e-6)
    np.testing.assert_allclose(model.expected_purchases(52, **data), expected, rtol=1e-6)
    assert model.log_likelihood >= theirs - 1e-4


def test_time_unit_changes_nothing_but_the_unit():
    data = simulate(np.random.default_rng(2), np.full(1500, 39.0), truth=CDNOW, day=1 / 7)
    weeks = ParetoNBD().fit(**data)
    for unit in (1e-9, 1e9):
        scaled = data | {"recency": data["recency"] * unit, "tenure": data["tenure"] * unit}
        other = ParetoNBD().fit(**scaled)
        per_unit = other.parameters | {
            "alpha": other.parameters["alpha"] / unit,
            "beta": other.parameters["beta"] / unit,
        }
        assert per_unit == pytest.approx(weeks.parameters, rel=1e-5)
        shift = data["frequency"].sum() * np.log(unit)
        assert other.log_likelihood + shift == pytest.approx(weeks.log_likelihood, rel=1e-9)


def test_recovery_in_continuous_time():
    rng = np.random.default_rng(11)
    truth = {"r": 0.9, "alpha": 8.0, "s": 0.8, "beta": 12.0}
    model = ParetoNBD().fit(**simulate(rng, rng.uniform(52, 78, 6000), truth=truth))
    for name, value in truth.items():
        assert abs(model.parameters[name] - value) < 3 * model.standard_errors[name]


def test_days_that_merge_purchases_make_customers_look_slower_not_shorter_lived():
    """The bias that the explanation page shows: counting days, not purchases."""
    rng = np.random.default_rng(12)
    truth = {"r": 0.6, "alpha": 8.0, "s": 0.6, "beta": 12.0}
    tenure = np.floor(rng.uniform(52, 78, 40_000) * 7) / 7
    model = ParetoNBD().fit(**simulate(rng, tenure, truth=truth, day=1 / 7))
    assert model.parameters["alpha"] == pytest.approx(8.25, abs=0.35)
    assert model.parameters["r"] == pytest.approx(0.6, abs=0.03)
    mean_life = model.expected_purchases_new(52)
    assert mean_life == pytest.approx(fitted(**truth).expected_purchases_new(52), rel=0.05)


def test_frequent_buyers_in_the_hundreds():
    rng = np.random.default_rng(13)
    truth = {"r": 2.0, "alpha": 0.3, "s": 0.8, "beta": 20.0}
    data = simulate(rng, np.full(2000, 78.0), truth=truth)
    assert data["frequency"].max() > 700
    model = ParetoNBD().fit(**data)
    for name, value in truth.items():
        assert abs(model.parameters[name] - value) < 3 * model.standard_errors[name]


def test_weights_stand_for_customers():
    data = simulate(np.random.default_rng(4), np.full(800, 39.0), truth=CDNOW, day=1.0)
    double = {name: np.repeat(column, 2) for name, column in data.items()}
    once = ParetoNBD().fit(**data, weights=np.full(800, 2.0))
    twice = ParetoNBD().fit(**double)
    assert once.parameters == pytest.approx(twice.parameters, rel=1e-6)
    assert once.customers == twice.customers == 1600


def test_on_a_ridge_no_other_start_climbs_higher():
    """Few ever stop: s and beta lie on a ridge. What is returned is its top, with wide errors."""
    rng = np.random.default_rng(21)
    truth = {"r": 0.6, "alpha": 8.0, "s": 2.0, "beta": 300.0}
    data = simulate(rng, np.full(6000, 52.0), truth=truth, day=1 / 7)
    model = ParetoNBD().fit(**data)
    assert model.standard_errors["s"] > 0.2 * model.parameters["s"]
    objective = ParetoLikelihood(compress(**data), unit=52.0, matrix=np.zeros((1, 0)))
    shift = data["frequency"].sum() * np.log(52.0)
    for start in ([-0.5, -2, -1, -1], [0.0, -1, 3, 5], [-1.0, -3, 1, 4]):
        climbed = minimize(lambda p: tuple(-part for part in objective(p)), start, jac=True)
        assert -climbed.fun - shift <= model.log_likelihood + 1e-4


def test_customers_who_never_leave_are_refused_with_the_parameters_named():
    rng = np.random.default_rng(22)
    truth = {"r": 0.6, "alpha": 8.0, "s": 2.0, "beta": 1e7}
    data = simulate(rng, np.full(1500, 52.0), truth=truth)
    with pytest.raises(PerenneError, match=r"\bs\b|beta") as refused:
        ParetoNBD().fit(**data)
    assert refused.value.next_step


def test_probability_of_purchase_equals_quadrature_over_the_posterior():
    model = fitted(**CDNOW)
    r, alpha, s, beta = model.parameters.values()
    for index, alive in enumerate(model.probability_alive(**SHOP)):
        x, tenure = SHOP["frequency"][index], SHOP["tenure"][index]
        a, b = alpha + tenure, beta + tenure

        def silent_until(t, a=a, b=b, x=x):
            return (1 + t / a) ** -(r + x) * s / b * (1 + t / b) ** -(s + 1)

        silent = quad(silent_until, 0, 13, epsrel=1e-12)[0]
        silent += (1 + 13 / a) ** -(r + x) * (1 + 13 / b) ** -s
        row = {name: column[index] for name, column in SHOP.items()}
        ours = model.probability_of_purchase(13, **row)[0]
        assert ours == pytest.approx(alive * (1 - silent), rel=1e-9)


@pytest.mark.parametrize("s", [0.6062, 1.0, 2.0, 20.0])
def test_discounted_residual_transactions_are_the_integral_of_the_expectation(s):
    """Fader, Hardie & Lee (2005), RFM and CLV: DERT sums the discounted further purchases."""
    model, rate = fitted(**CDNOW | {"s": s}), 0.0027
    ages = np.concatenate(([0.0], np.geomspace(1e-3, 12_000, 6000)))
    rows = {name: np.full(ages.size, float(value)) for name, value in BEST.items()}
    cumulated = model.expected_purchases(ages, **rows)
    discount = np.exp(-rate * (ages[1:] + ages[:-1]) / 2)
    exact = model.discounted_expected_residual_transactions(rate, **BEST)[0]
    assert (np.diff(cumulated) * discount).sum() == pytest.approx(exact, rel=1e-4)


def test_expectation_is_continuous_where_s_is_one():
    around = [fitted(**CDNOW | {"s": s}).expected_purchases(52, **SHOP) for s in (1.0, 1 + 1e-9)]
    np.testing.assert_allclose(around[0], around[1], rtol=1e-7)


def test_horizon_of_nothing_and_of_a_thousand_years():
    model = fitted(**CDNOW)
    assert np.all(model.expected_purchases(0, **SHOP) == 0)
    assert np.all(model.probability_of_purchase(0, **SHOP) == 0)
    for_ever = model.probability_of_purchase(52_000, **SHOP)
    assert np.all((for_ever <= model.probability_alive(**SHOP)) & (for_ever > 0))
    assert np.isfinite(model.expected_purchases(52_000, **SHOP)).all()
    each = model.expected_purchases(np.arange(6.0), **SHOP)
    assert each[3] == pytest.approx(model.expected_purchases(3, **SHOP)[3], rel=1e-12)


@pytest.mark.parametrize("horizon", [-1, np.nan, np.inf, [1.0, 2.0]])
def test_a_bad_horizon_is_refused(horizon):
    with pytest.raises(PerenneError, match="horizon"):
        fitted(**CDNOW).expected_purchases(horizon, **SHOP)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frequency": [2.0, 1], "recency": [0.0, 3]}, "zero recency"),
        ({"recency": [60.0, 3]}, "beyond the tenure"),
        ({"recency": [-1.0, 3]}, "negative"),
        ({"tenure": [np.nan, 39]}, "missing"),
        ({"frequency": [1.5, 2]}, "whole number"),
    ],
)
def test_bad_rows_are_refused(change, message):
    good = {"frequency": [1.0, 2], "recency": [5.0, 3], "tenure": [39.0, 39]}
    with pytest.raises(PerenneError, match=message):
        ParetoNBD().fit(**good | change)
    with pytest.raises(PerenneError, match=message):
        fitted(**CDNOW).probability_alive(**good | change)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (([3.0], [20.0], [39.0]), "One customer"),
        (([0.0] * 50, [0.0] * 50, [39.0] * 50), "second time"),
        (([0.0] * 50, [0.0] * 50, [0.0] * 50), "No time has passed"),
    ],
)
def test_too_little_to_learn_from_is_refused_with_the_reason(rows, message):
    with pytest.raises(PerenneError, match=message) as refused:
        ParetoNBD().fit(frequency=rows[0], recency=rows[1], tenure=rows[2])
    assert refused.value.next_step


def test_customers_who_are_all_alike_are_refused():
    rng = np.random.default_rng(8)
    tenure = np.full(400, 50.0)
    x = rng.poisson(5.0, 400).astype(float) + 1
    with pytest.raises(PerenneError) as refused:
        ParetoNBD().fit(frequency=x, recency=tenure - 0.5, tenure=tenure)
    assert refused.value.next_step


def test_a_saved_model_comes_back_whole_and_another_version_does_not():
    data = simulate(np.random.default_rng(6), np.full(3000, 39.0), truth=CDNOW)
    model = ParetoNBD().fit(**data)
    values = json.loads(model.to_json())
    again = FittedParetoNBD.from_values(values)
    assert again == model
    with pytest.raises(PerenneError, match="ParetoNBD"):
        FittedParetoNBD.from_values(values | {"format": 99})
