"""BG/CNBD-k and MBG/CNBD-k: known k, recovery, exact expectations and draws against oracles."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import betainc, betaln

from perenne.core import PerenneError
from perenne.models.histories import read_histories
from perenne.models.purchases.beta_geo import BetaGeo, FittedBetaGeo, ModifiedBetaGeo
from perenne.models.purchases.beta_geo_cnbd import (
    BetaGeoCNBD,
    FittedBetaGeoCNBD,
    FittedModifiedBetaGeoCNBD,
    ModifiedBetaGeoCNBD,
)
from perenne.models.purchases.beta_geo_expectation import Active, expected_while_active
from perenne.models.purchases.beta_geo_likelihood import (
    Family,
    Likelihood,
    Population,
    objective_of,
)
from perenne.models.saved import load_model

from .buying import Truth, histories, purchase_times

NONE = ((0.0,) * 4,) * 4
VALUES = {"r": 0.7, "alpha": 3.0, "a": 0.6, "b": 1.7}


def _fixed(kind, **more):
    return kind(parameters={**VALUES, **more}, log_likelihood=0.0, covariance=NONE, customers=1.0)


@pytest.fixture(scope="module")
def grocery(shared_data):
    """52 weeks to fit and 52 to hold out, as in the vignette of BTYDplus."""
    log = pd.read_parquet(shared_data / "btydplus_grocery" / "groceryElog.parquet")
    days = (pd.to_datetime(log["date"]) - pd.Timestamp("2006-01-01")).dt.days.to_numpy()
    who = np.unique(log["cust"].astype(str), return_inverse=True)[1]
    who, days = np.unique(np.column_stack((who, days)), axis=0).T
    past = days <= 364
    rows = histories(who[past], days[past] / 7, 52.0)
    later = np.bincount(who[~past], minlength=who.max() + 1)[np.unique(who[past])]
    return rows, later


@pytest.mark.parametrize(
    ("regular", "random"),
    [(BetaGeoCNBD(), BetaGeo()), (ModifiedBetaGeoCNBD(), ModifiedBetaGeo())],
)
def test_btydplus_vignette_grocery_has_k_2_and_gains(grocery, regular, random):
    """The vignette and demo of BTYDplus find k = 2, and lower errors in the held-out year."""
    rows, later = grocery
    plain = {name: column for name, column in rows.items() if name != "log_intervals"}
    chosen, usual = regular.fit(**rows), random.fit(**plain)
    assert chosen.parameters["k"] == 2
    assert chosen.log_likelihood > usual.log_likelihood + 500
    errors = [model.expected_purchases(52, **plain) - later for model in (chosen, usual)]
    assert np.mean(errors[0] ** 2) < np.mean(errors[1] ** 2)
    assert np.abs(errors[0]).mean() < 0.95 * np.abs(errors[1]).mean()
    assert abs(errors[0].sum()) < abs(errors[1].sum())


@pytest.mark.parametrize("modified", [False, True])
def test_recovers_what_simulated_it(modified):
    rng = np.random.default_rng(21)
    truth = Truth(0.9, 4.0, 0.7, 2.5, k=3, dropout_at_zero=modified)
    rows = histories(*purchase_times(truth, rng.uniform(0, 26, 8000), 78, rng=rng), 78)
    fitted = (ModifiedBetaGeoCNBD() if modified else BetaGeoCNBD()).fit(**rows)
    assert fitted.parameters["k"] == 3
    for name in ("r", "alpha", "a", "b"):
        gap = abs(fitted.parameters[name] - getattr(truth, name))
        assert gap < 3 * fitted.standard_errors[name], name
    assert "k" not in fitted.standard_errors
    assert load_model(fitted.to_json()) == fitted


def test_k_1_is_bg_nbd():
    rng = np.random.default_rng(2)
    rows = histories(*purchase_times(Truth(0.6, 8, 0.8, 3), np.zeros(800), 60, rng=rng), 60)
    one = BetaGeoCNBD(k=1).fit(**rows)
    rows.pop("log_intervals")
    same = BetaGeo().fit(**rows)
    assert one.log_likelihood == same.log_likelihood
    assert dict(one.parameters) == {**same.parameters, "k": 1}


def test_no_k_without_log_intervals():
    rows = {"frequency": [1, 2], "recency": [3, 4], "tenure": [9, 9]}
    with pytest.raises(PerenneError, match="Without log_intervals"):
        BetaGeoCNBD().fit(**rows)
    with pytest.raises(PerenneError, match="k = 0 is not a whole number of 1 or more"):
        BetaGeoCNBD(k=0)


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("modified", [False, True])
def test_the_gradient_is_that_of_the_likelihood(k, modified):
    rng = np.random.default_rng(4)
    truth = Truth(0.6, 8, 0.8, 3, k=k)
    rows = histories(*purchase_times(truth, np.zeros(200), 60, rng=rng), 60)
    rows.pop("log_intervals")
    group = rng.integers(0, 3, 200)
    likelihood = Likelihood(Family(k, modified), read_histories(group=group, **rows))
    objective = objective_of(likelihood, rng.normal(0, 1, (3, 2)))
    point = rng.normal(0, 0.3, 10)
    _value, gradient = objective(point)
    for index in range(point.size):
        step = np.zeros(10)
        step[index] = 1e-5
        slope = (objective(point + step)[0] - objective(point - step)[0]) / 2e-5
        assert gradient[index] == pytest.approx(slope, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("modified", [False, True])
def test_the_likelihood_is_that_of_numerical_integration(k, modified):
    """Slow oracle: integrate λ and p on a grid, for single customers, up to Π interval^{k-1}."""
    rate = np.exp(np.linspace(-14, 5, 3000))[:, None]
    p = 1 / (1 + np.exp(-np.linspace(-40, 40, 1500)))[None, :]
    r, alpha, a, b = VALUES.values()
    prior = np.exp(r * np.log(alpha * rate) - alpha * rate) * p**a * (1 - p) ** b
    prior /= prior.sum()
    for x, last, until in ((0, 0.0, 7.0), (1, 3.0, 9.0), (4, 11.0, 12.0)):
        n = x + modified
        waited = rate * (until - last)
        silent = sum(waited**j / np.prod(np.arange(1, j + 1)) for j in range(k)) * np.exp(-waited)
        gone = p * (1 - p) ** (n - 1) if n else 0.0
        given = rate ** (k * x) * np.exp(-rate * last) * ((1 - p) ** n * silent + gone)
        rows = read_histories(frequency=x, recency=last, tenure=until)
        at = Population(r, np.array([alpha]), np.array([a]), np.array([b]))
        value = Likelihood(Family(k, modified), rows)(at)[0]
        assert value == pytest.approx(np.log((prior * given).sum()), abs=2e-4)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_expectations_are_those_of_the_plain_sum(k):
    """Slow oracle: Σ_m P(m purchases are reached) P(not dropped out before)."""
    rng = np.random.default_rng(k)
    shape, rate, a, b, horizon = rng.uniform(
        [[0.3], [2], [0.2], [0.1], [1]], [[20], [60], [4], [20], [60]], (5, 60)
    )
    a[:6] = 1.0 + np.array([0, 1e-12, -1e-9, 1e-6, 1e-4, -1e-3])
    found = expected_while_active(Active(shape, rate, a, b, horizon), k)
    for stage in range(k):
        plain = sum(
            np.exp(betaln(a, b + m - 1) - betaln(a, b))
            * betainc(m * k - stage, shape + stage, horizon / (rate + horizon))
            for m in range(1, 1500)
        )
        np.testing.assert_allclose(found[stage], plain, rtol=1e-8)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("a", [1e-4, 0.05, 1.0, 40.0])
@pytest.mark.parametrize("horizon", [1e-12, 5.0, 1e7])
def test_extreme_values_have_a_finite_growing_answer(k, a, horizon):
    shape = np.array([1e-4, 0.5, 2000.0, 1.0])
    active = Active(shape, np.full(4, 30.0), np.full(4, a), shape + 0.1, np.full(4, horizon))
    twice = Active(shape, active.rate, active.a, active.b, active.horizon * 2)
    now, later = expected_while_active(active, k), expected_while_active(twice, k)
    assert np.all(np.isfinite(now) & (now >= 0))
    assert np.all(later >= now * (1 - 1e-9) - 1e-10)


@pytest.mark.parametrize(
    "model",
    [
        _fixed(FittedBetaGeo),
        _fixed(FittedBetaGeoCNBD, k=3.0),
        _fixed(FittedModifiedBetaGeoCNBD, k=1.0),
        _fixed(FittedModifiedBetaGeoCNBD, k=2.0),
    ],
)
def test_simulated_futures_agree_with_draws_and_expectation(model):
    """Slow oracle: newcomers simulated on, kept when their past is that of the customer.

    Histories of x = 1 with t_x in 2..4 weeks of 9; the future is 12 weeks.
    """
    rng = np.random.default_rng(7)
    truth = Truth(**VALUES, k=model.family.k, dropout_at_zero=model.dropout_at_zero)
    n = 400_000
    who, when = purchase_times(truth, np.zeros(n), 21, rng=rng)
    past = when <= 9
    count = np.bincount(who[past], minlength=n) - 1
    last = np.zeros(n)
    np.maximum.at(last, who[past], when[past])
    like = (count == 1) & (last > 2) & (last < 4)
    future = np.bincount(who[~past], minlength=n)[like]
    rows = {
        "frequency": np.ones(like.sum()),
        "recency": last[like],
        "tenure": np.full(like.sum(), 9.0),
    }
    error = 4 * future.std() / np.sqrt(future.size)
    assert model.expected_purchases(12, **rows).mean() == pytest.approx(future.mean(), abs=error)
    chance = model.probability_of_purchase(12, **rows).mean()
    assert chance == pytest.approx((future > 0).mean(), abs=2 / np.sqrt(future.size))
    drawn = model.sample_purchases([6, 12], **rows, rng=rng, draws=4)
    for index, horizon in enumerate((6, 12)):
        mean = model.expected_purchases(horizon, **rows).mean()
        assert drawn[:, index].mean() == pytest.approx(mean, abs=error)
    shares = np.bincount(future, minlength=6)[:6] / future.size
    of_draws = np.bincount(drawn[:, 1].ravel(), minlength=6)[:6] / drawn[:, 1].size
    np.testing.assert_allclose(of_draws, shares, atol=3 / np.sqrt(future.size))


def test_draws_are_cumulated_repeatable_and_one_per_parameter_draw():
    model = _fixed(FittedBetaGeo)
    rows = {"frequency": [0, 3, 9], "recency": [0, 8, 30], "tenure": [30, 30, 31]}

    def draw(**more):
        return model.sample_purchases(
            [4, 13, 52], **rows, rng=np.random.default_rng(5), draws=300, **more
        )

    drawn = draw()
    assert drawn.shape == (300, 3, 3)
    assert drawn.dtype == np.int32
    assert np.all(np.diff(drawn, axis=1) >= 0)
    np.testing.assert_array_equal(drawn, draw())
    slow = {name: np.full(300, value) for name, value in VALUES.items()}
    np.testing.assert_array_equal(drawn, draw(parameters=slow))
    slow["alpha"] = np.where(np.arange(300) < 150, 3.0, 3e6)
    both = draw(parameters=slow)
    assert both[:150].sum() > 100 * max(both[150:].sum(), 1)
    single = model.sample_purchases(52, **rows, rng=np.random.default_rng(5), draws=2)
    assert single.shape == (2, 3)
    with pytest.raises(PerenneError, match="do not increase"):
        model.sample_purchases([52, 4], **rows, rng=np.random.default_rng(5))
