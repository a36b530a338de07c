"""BG/BB: the published donors, a peer, recovery, slow oracles, and what it refuses."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.special import betaln

from perenne.core import PerenneError
from perenne.models.histories import compress
from perenne.models.purchases.beta_binomial import BetaGeoBetaBinomial
from perenne.models.purchases.beta_binomial_fitted import PARAMETERS, FittedBetaGeoBetaBinomial
from perenne.models.purchases.beta_binomial_likelihood import BetaBinomialLikelihood

DONORS = {"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783}

# Fader, Hardie & Shang (2010), the 11,104 donors of the 1995 cohort, 1996–2001:
# gifts, year of the last one (0: none), donors.
TABLE = np.array(
    [
        [0.0, 0.0, 3464.0],
        [1.0, 1.0, 1091.0],
        [1.0, 2.0, 277.0],
        [1.0, 3.0, 129.0],
        [1.0, 4.0, 78.0],
        [1.0, 5.0, 119.0],
        [1.0, 6.0, 129.0],
        [2.0, 2.0, 613.0],
        [2.0, 3.0, 255.0],
        [2.0, 4.0, 155.0],
        [2.0, 5.0, 173.0],
        [2.0, 6.0, 234.0],
        [3.0, 3.0, 322.0],
        [3.0, 4.0, 181.0],
        [3.0, 5.0, 225.0],
        [3.0, 6.0, 357.0],
        [4.0, 4.0, 240.0],
        [4.0, 5.0, 284.0],
        [4.0, 6.0, 512.0],
        [5.0, 5.0, 335.0],
        [5.0, 6.0, 728.0],
        [6.0, 6.0, 1203.0],
    ]
)
ROWS = {"frequency": TABLE[:, 0], "recency": TABLE[:, 1], "periods": np.full(len(TABLE), 6.0)}


def fitted(**parameters):
    values = {name: float(parameters[name]) for name in PARAMETERS}
    none = tuple(map(tuple, np.zeros((4, 4)).tolist()))
    return FittedBetaGeoBetaBinomial(values, 0.0, none, 1.0)


def simulate(rng, size, periods, truth):
    """Opportunity by opportunity: (purchases taken or not (size, periods))."""
    chance = rng.beta(truth["alpha"], truth["beta"], size)
    leave = rng.beta(truth["gamma"], truth["delta"], size)
    there = np.cumprod(rng.random((size, periods)) >= leave[:, None], axis=1)
    return (rng.random((size, periods)) < chance[:, None]) & (there == 1)


def seen(bought):
    number = np.arange(1, bought.shape[1] + 1)
    return {
        "frequency": bought.sum(axis=1),
        "recency": (bought * number).max(axis=1),
        "periods": np.full(len(bought), bought.shape[1]),
    }


def test_fader_hardie_shang_2010_donors_table_parameters_and_likelihood():
    model = BetaGeoBetaBinomial().fit(**ROWS, weights=TABLE[:, 2])
    assert model.customers == 11_104
    assert model.parameters == pytest.approx(DONORS, abs=6e-4)
    assert model.log_likelihood == pytest.approx(-33_225.6, abs=0.05)


def test_typed_table_equals_the_published_data(shared_data):
    frame = pd.read_parquet(shared_data / "btyd_donations" / "bgbb_donations.parquet")
    counted = frame[["frequency", "recency"]].astype(float).value_counts().sort_index()
    np.testing.assert_array_equal(counted.to_numpy(), TABLE[:, 2])


def test_lifetimes_agrees_given_equal_parameters():
    lifetimes = pytest.importorskip("lifetimes", reason="the peer is a development dependency")
    columns = tuple(ROWS.values())
    model = fitted(**DONORS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = lifetimes.BetaGeoBetaBinomFitter()
        peer.params_ = model.parameters
        for ahead in (1, 4):
            alive = peer.conditional_probability_alive(ahead, *columns)
            np.testing.assert_allclose(
                model.probability_alive(ahead=ahead, **ROWS), alive, atol=1e-6
            )
        expected = peer.conditional_expected_number_of_purchases_up_to_time(5, *columns)
    np.testing.assert_allclose(model.expected_purchases(5, **ROWS), expected, rtol=1e-6)


def test_gradient_equals_differences_and_likelihood_the_sum_over_ways():
    x, t_x, n = (
        np.append(column, extra) for column, extra in zip(ROWS.values(), (3, 9, 12), strict=True)
    )
    objective = BetaBinomialLikelihood(compress(x, t_x, n))
    point = np.log([0.7, 1.9, 0.4, 6.0])
    steps = 1e-5 * np.eye(4)
    differences = [(objective(point + e)[0] - objective(point - e)[0]) / 2e-5 for e in steps]
    np.testing.assert_allclose(objective(point)[1], differences, rtol=1e-7)
    a, b, g, d = np.exp(point)

    def way(x, y, gone):
        buys = betaln(a + x, b + y - x) - betaln(a, b)
        return np.exp(buys + betaln(g + gone, d + y) - betaln(g, d))

    slow = [
        way(k, size, 0) + sum(way(k, y, 1) for y in range(int(last), int(size)))
        for k, last, size in zip(x, t_x, n, strict=True)
    ]
    assert objective(point)[0] == pytest.approx(np.log(slow).sum(), rel=1e-12)


def test_recovery():
    rng = np.random.default_rng(1)
    truth = {"alpha": 1.2, "beta": 0.9, "gamma": 0.8, "delta": 3.5}
    model = BetaGeoBetaBinomial().fit(**seen(simulate(rng, 20_000, 10, truth)))
    for name, value in truth.items():
        assert abs(model.parameters[name] - value) < 3 * model.standard_errors[name]


def test_predictions_equal_lives_simulated_opportunity_by_opportunity():
    """Slow oracle: those among 600,000 lives who bought 2 of 6 times, the last at the fourth."""
    rng = np.random.default_rng(2)
    bought = simulate(rng, 600_000, 11, DONORS)
    past = seen(bought[:, :6])
    alike = (past["frequency"] == 2) & (past["recency"] == 4)
    ahead = bought[alike, 6:].cumsum(axis=1)[:, [1, 4]]
    row = {"frequency": 2.0, "recency": 4.0, "periods": 6.0}
    model, many = fitted(**DONORS), {name: np.full(len(ahead), v) for name, v in row.items()}
    drawn = model.sample_purchases([2, 5], rng=rng, **many)[0].T
    for counts in (ahead, drawn):
        error = counts.std(axis=0) / np.sqrt(len(counts))
        for index, horizon in enumerate((2, 5)):
            exact = model.expected_purchases(horizon, **row)[0]
            assert abs(counts[:, index].mean() - exact) < 4 * error[index]
        for count in range(6):
            chance = model.probability_of_purchases(count, 5, **row)[0]
            share = (counts[:, 1] == count).mean()
            assert abs(share - chance) < 4 * np.sqrt(chance * (1 - chance) / len(counts))


def test_probabilities_of_counts_sum_to_one_and_to_the_expectation():
    model = fitted(**DONORS)
    mass = np.array([model.probability_of_purchases(k, 5, **ROWS) for k in range(8)])
    np.testing.assert_allclose(mass.sum(axis=0), 1.0, rtol=1e-12)
    np.testing.assert_allclose(np.arange(8) @ mass, model.expected_purchases(5, **ROWS), rtol=1e-10)
    some = model.probability_of_purchase(5, **ROWS)
    np.testing.assert_allclose(some, 1 - mass[0], rtol=1e-12)
    new = [model.probability_of_purchases_new(k, 6) for k in range(7)]
    assert sum(new) == pytest.approx(1.0, rel=1e-12)
    assert np.arange(7) @ new == pytest.approx(model.expected_purchases_new(6), rel=1e-12)


@pytest.mark.parametrize("gamma", [0.657, 1.0, 2.5])
def test_discounted_residual_transactions_are_the_discounted_sum(gamma):
    """Equation (14) against the sum of the expected purchases at each opportunity; γ = 1 too."""
    model = fitted(**DONORS | {"gamma": gamma})
    ahead = np.arange(0, 600)
    row = {name: np.full(ahead.size, value) for name, value in
           (("frequency", 4.0), ("recency", 5.0), ("periods", 6.0))}  # fmt: skip
    each = np.diff(model.expected_purchases(ahead, **row))
    exact = model.discounted_expected_residual_transactions(0.1, frequency=4, recency=5, periods=6)
    assert each @ 1.1 ** -ahead[1:] == pytest.approx(exact[0], rel=1e-9)
    with pytest.raises(PerenneError, match="discount rate"):
        model.discounted_expected_residual_transactions(0.0, frequency=4, recency=5, periods=6)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (([7], [7], [6]), "more purchases than opportunities"),
        (([3], [2], [6]), "more purchases than opportunities"),
        (([1], [2.5], [6]), "whole numbers"),
        (([2], [0], [6]), "more purchases than opportunities"),
        (([np.nan], [0], [6]), "missing"),
        (([2], [4], [6]), "One customer"),
        (([0] * 9, [0] * 9, [6] * 9), "No customer bought"),
        (([6] * 9, [6] * 9, [6] * 9), "Every customer bought"),
        (([1] * 9, [1] * 9, [1] * 9), "two opportunities"),
    ],
)
def test_bad_and_too_little_data_are_refused_with_the_reason(rows, message):
    with pytest.raises(PerenneError, match=message) as refused:
        BetaGeoBetaBinomial().fit(frequency=rows[0], recency=rows[1], periods=rows[2])
    assert refused.value.next_step


@pytest.mark.parametrize("horizon", [-1, 2.5, np.inf])
def test_a_horizon_counts_opportunities(horizon):
    with pytest.raises(PerenneError, match="horizon"):
        fitted(**DONORS).expected_purchases(horizon, **ROWS)


def test_a_saved_model_comes_back_whole():
    model = BetaGeoBetaBinomial().fit(**ROWS, weights=TABLE[:, 2])
    assert FittedBetaGeoBetaBinomial.from_values(json.loads(model.to_json())) == model


def test_fader_hardie_shang_2010_table_6_probability_alive_in_2002():
    # No gift since 1995, two until 1999, one every year.
    told = fitted(**DONORS).probability_alive(
        frequency=[0, 2, 6], recency=[0, 4, 6], periods=[6, 6, 6]
    )
    np.testing.assert_allclose(told, [0.11, 0.59, 0.93], atol=0.005)


def test_the_next_purchase_falls_where_simulated_lives_have_it():
    model = fitted(**DONORS)
    chances = model.next_purchase_probabilities(**ROWS, up_to=12)
    for horizon in (1, 5, 12):
        np.testing.assert_allclose(
            chances[:, :horizon].sum(axis=1),
            model.probability_of_purchase(horizon, **ROWS),
            rtol=1e-10,
        )
    np.testing.assert_allclose(chances[:, 0], model.expected_purchases(1, **ROWS), rtol=1e-12)
    bought = simulate(np.random.default_rng(8), 400_000, 6 + 12, DONORS)
    past, ahead = seen(bought[:, :6]), bought[:, 6:]
    group = (past["frequency"] == 2) & (past["recency"] == 5)
    first = np.where(ahead[group].any(axis=1), ahead[group].argmax(axis=1), -1)
    shares = np.bincount(first[first >= 0], minlength=12) / group.sum()
    row = (TABLE[:, 0] == 2) & (TABLE[:, 1] == 5)
    error = np.sqrt(shares.max() / group.sum())
    np.testing.assert_allclose(chances[row][0], shares, atol=4 * error)
