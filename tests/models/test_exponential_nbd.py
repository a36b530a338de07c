"""Exponential/NBD: the limit of Pareto/NBD, a slow oracle, recovery, units, and what it refuses."""

import json
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import check_grad
from scipy.special import gammaln

from perenne.core import PerenneError
from perenne.models import ExponentialNBD, ParetoNBD, load_model
from perenne.models.histories import read_histories
from perenne.models.purchases.exponential_nbd import FittedExponentialNBD, _Likelihood
from perenne.models.purchases.pareto_likelihood import ParetoLikelihood
from tests.models.living import CDNOW
from tests.models.living import fitted as pareto
from tests.models.living import simulate as simulate_pareto

TRUTH = {"r": 0.8, "alpha": 8.0, "mu": 1 / 60}
SHOP = {
    "frequency": np.array([0.0, 0, 1, 2, 7, 26, 300]),
    "recency": np.array([0.0, 0, 3, 30.43, 20, 30.86, 100.0]),
    "tenure": np.array([27.0, 139, 39, 38.86, 39, 31, 150.0]),
}


def fitted(**parameters):
    none = tuple(map(tuple, np.zeros((3, 3)).tolist()))
    return FittedExponentialNBD(parameters, 0.0, none, 1.0)


def simulate(rng, tenure, *, r, alpha, mu):
    """Purchase by purchase: a rate of one's own, and one rate of leaving for all."""
    size = tenure.size
    active = np.minimum(rng.exponential(1 / mu, size), tenure)
    who = np.repeat(np.arange(size), rng.poisson(rng.gamma(r, 1 / alpha, size) * active))
    recency = np.zeros(size)
    np.maximum.at(recency, who, rng.random(who.size) * active[who])
    frequency = np.bincount(who, minlength=size).astype(float)
    return {"frequency": frequency, "recency": recency, "tenure": tenure}


def near(**parameters):
    """Pareto/NBD on the way to the limit: s = 10⁶."""
    s = 1e6
    return pareto(r=parameters["r"], alpha=parameters["alpha"], s=s, beta=s / parameters["mu"])


def over_rates(x, t_x, big_t, *, r, alpha, mu, ahead=0.0):
    """(log-likelihood, P(alive), expected purchases, P(one or more)): the integral over λ of what
    Schmittlein, Morrison & Colombo (1987) have for one customer with λ and μ."""
    level = max((r + x - 1) * np.log(max(r + x, 1) / (alpha + t_x)) - max(r + x - 1, 0), 0.0)

    def integral(function):
        def weighed(log_rate):
            rate = np.exp(log_rate)
            return np.exp((r + x) * log_rate - alpha * rate - t_x * rate - level) * function(rate)

        top = np.log((r + x) / (alpha + t_x))
        pieces = [-80.0, top - 8, top - 2, top, top + 1, top + 4]
        return sum(
            quad(weighed, low, high, epsabs=0, epsrel=1e-11, limit=400)[0]
            for low, high in pairwise(pieces)
        )

    def there(rate):
        return np.exp(-rate * (big_t - t_x) - mu * big_t)

    def gone(rate):
        left = -np.expm1(-(rate + mu) * (big_t - t_x))
        return mu / (rate + mu) * np.exp(-mu * t_x) * left

    alive, dead = integral(there), integral(gone)
    life = -np.expm1(-mu * ahead) / mu
    bought = integral(lambda rate: there(rate) * rate * life)
    some = integral(lambda rate: there(rate) * rate / (rate + mu) * -np.expm1(-(rate + mu) * ahead))
    total = alive + dead
    log = np.log(total) + level + r * np.log(alpha) - gammaln(r)
    return log, alive / total, bought / total, some / total


def rows(rng, count):
    tenure = rng.uniform(5, 150, count)
    x = rng.poisson(rng.gamma(0.6, 6.0, count)).astype(float)
    return x, np.where(x > 0, tenure * rng.uniform(0.01, 1, count), 0.0), tenure


@pytest.mark.parametrize("seed", range(3))
def test_an_integral_over_rates_says_the_same(seed):
    rng = np.random.default_rng(seed)
    at = {"r": rng.uniform(0.2, 3), "alpha": rng.uniform(2, 30), "mu": 10 ** rng.uniform(-3, -0.5)}
    x, t_x, big_t = rows(rng, 12)
    x = np.append(x, [0.0, 400.0])
    t_x, big_t = np.append(t_x, [0.0, 90.0]), np.append(big_t, [60.0, 90.0])
    history = {"frequency": x, "recency": t_x, "tenure": big_t}
    model = fitted(**at)
    told = (
        model.probability_alive(**history),
        model.expected_purchases(52.0, **history),
        model.probability_of_purchase(52.0, **history),
    )
    point = np.log(list(at.values()))
    for place in range(x.size):
        likelihood, *slow = over_rates(x[place], t_x[place], big_t[place], **at, ahead=52.0)
        one = read_histories(**{name: column[[place]] for name, column in history.items()})
        # A customer's purchases in the order in which they came: no binomial coefficient.
        assert _Likelihood(one, 1.0)(point)[0] == pytest.approx(likelihood, rel=1e-8, abs=1e-8)
        assert [column[place] for column in told] == pytest.approx(slow, rel=1e-7, abs=1e-12)


def test_pareto_nbd_comes_to_it_as_rates_of_leaving_become_alike():
    rng = np.random.default_rng(4)
    data = simulate(rng, rng.uniform(20, 120, 800), **TRUTH)
    model, other = fitted(**TRUTH), near(**TRUTH)
    histories = read_histories(**data)
    limit = _Likelihood(histories, 1.0)(np.log(list(TRUTH.values())))[0]
    plain = ParetoLikelihood(histories, unit=1.0, matrix=np.zeros((1, 0)))
    assert plain(np.log(list(other.parameters.values())))[0] == pytest.approx(limit, abs=0.01)
    for ahead in (4, 156.0):
        for one in ("expected_purchases", "probability_of_purchase"):
            found, there = (getattr(m, one)(ahead, **data) for m in (model, other))
            np.testing.assert_allclose(found, there, rtol=1e-5)
        found, there = (m.purchase_probabilities(ahead, up_to=5, **data) for m in (model, other))
        np.testing.assert_allclose(found, there, atol=1e-5)
        assert model.expected_purchases_new(ahead) == pytest.approx(
            other.expected_purchases_new(ahead), rel=1e-5
        )
    np.testing.assert_allclose(
        model.probability_alive(**data), other.probability_alive(**data), atol=1e-5
    )
    rate = np.log(1.1) / 52
    found, there = (
        m.discounted_expected_residual_transactions(rate, **data) for m in (model, other)
    )
    np.testing.assert_allclose(found, there, rtol=1e-5)


def test_the_formulas_of_a_new_customer():
    r, alpha, mu = TRUTH.values()
    model = fitted(**TRUTH)
    assert model.expected_purchases_new(52) == pytest.approx(
        r / alpha * -np.expm1(-mu * 52) / mu, rel=1e-9
    )
    new = {name: np.zeros(1) for name in ("frequency", "recency", "tenure")}
    all_of_them = model.discounted_expected_residual_transactions(0.01, **new)[0]
    assert all_of_them == pytest.approx(r / alpha / (mu + 0.01), rel=1e-7)
    assert model.purchase_probabilities_new(52, up_to=80).sum() == pytest.approx(1, abs=1e-5)


def test_the_gradient_is_that_of_the_likelihood():
    rng = np.random.default_rng(2)
    likelihood = _Likelihood(read_histories(**simulate(rng, rng.uniform(9, 90, 60), **TRUTH)), 50.0)
    for point in ([0.3, -0.8, 0.2], [-1.0, 1.0, -3.0], [1.0, -2.0, 2.0]):
        error = check_grad(lambda p: likelihood(p)[0], lambda p: likelihood(p)[1], np.array(point))
        assert error < 1e-4 * abs(likelihood(np.array(point))[0])


@pytest.mark.parametrize("seed", range(3))
def test_recovers_what_was_simulated_where_pareto_nbd_runs_off(seed):
    rng = np.random.default_rng(seed)
    data = simulate(rng, rng.uniform(20, 156, 4000), **TRUTH)
    model = ExponentialNBD().fit(**data)
    for name, truth in TRUTH.items():
        off = np.log(model.parameters[name] / truth)
        assert abs(off) < 3 * model.standard_errors[name] / model.parameters[name], name
    assert load_model(model.to_json()) == model
    assert FittedExponentialNBD.from_values(json.loads(model.to_json())) == model


def test_pareto_nbd_runs_off_there_and_its_customers_differ_elsewhere():
    rng = np.random.default_rng(1)
    data = simulate(rng, rng.uniform(20, 156, 4000), **TRUTH)
    with pytest.raises(PerenneError, match="runs off to a limit of the parameter s, beta"):
        ParetoNBD().fit(**data)
    differ = simulate_pareto(rng, rng.uniform(20, 90, 4000), truth=CDNOW)
    assert ParetoNBD().fit(**differ).log_likelihood > (
        ExponentialNBD().fit(**differ).log_likelihood + 20
    )


def test_the_time_unit_changes_nothing_but_the_unit():
    rng = np.random.default_rng(3)
    data = simulate(rng, rng.uniform(20, 90, 1500), **TRUTH)
    weeks = ExponentialNBD().fit(**data)
    for unit in (1e-9, 1e9):
        scaled = data | {"recency": data["recency"] * unit, "tenure": data["tenure"] * unit}
        other = ExponentialNBD().fit(**scaled)
        r, alpha, mu = other.parameters.values()
        assert [r, alpha / unit, mu * unit] == pytest.approx(
            list(weeks.parameters.values()), rel=1e-5
        )
        np.testing.assert_allclose(
            other.expected_purchases(52 * unit, **scaled),
            weeks.expected_purchases(52, **data),
            rtol=1e-5,
        )
        np.testing.assert_allclose(
            other.probability_alive(**scaled), weeks.probability_alive(**data), atol=1e-6
        )


def test_draws_have_the_mean_and_the_chance_that_the_formulas_give():
    model, draws, copies = fitted(**TRUTH), 20, 2000
    one = {name: column[:6] for name, column in SHOP.items()}
    alike = {name: np.tile(column, copies) for name, column in one.items()}
    drawn = model.sample_purchases([13, 104], rng=np.random.default_rng(1), draws=draws, **alike)
    assert (np.diff(drawn, axis=1) >= 0).all()
    for index, ahead in enumerate((13, 104)):
        counts = drawn[:, index].reshape(draws * copies, 6)
        off = counts.mean(axis=0) - model.expected_purchases(ahead, **one)
        assert np.all(np.abs(off) < 4 * counts.std(axis=0) / np.sqrt(len(counts)) + 1e-12)
        chance = model.probability_of_purchase(ahead, **one)
        off = (counts > 0).mean(axis=0) - chance
        assert np.all(np.abs(off) < 4 * np.sqrt(chance * (1 - chance) / len(counts)) + 1e-12)


def test_it_is_asked_with_draws_of_its_parameters_and_knows_no_covariates():
    rng = np.random.default_rng(5)
    data = simulate(rng, rng.uniform(20, 90, 600), **TRUTH)
    model = ExponentialNBD().fit(**data)
    values = model.parameter_draws(20, rng=rng)
    assert model.sample_purchases(8, **data, rng=rng, draws=20, parameters=values).shape == (
        20,
        600,
    )
    with pytest.raises(PerenneError, match="covariates"):
        model.probability_alive(**data, covariates={"channel": ["web"] * 600})
    with pytest.raises(PerenneError, match="Nothing here reads covariates"):
        ExponentialNBD().fit(**data, covariates={"channel": ["web"] * 600})


def test_frequent_buyers_and_long_silences_are_numbers():
    model = fitted(r=0.5, alpha=1e-3, mu=0.5)
    alive = model.probability_alive(**SHOP)
    assert np.all((alive >= 0) & (alive <= 1))
    assert np.all(np.isfinite(model.expected_purchases(52.0 * 1000, **SHOP)))


def steady(rng, size=2000):
    """Nobody leaves."""
    tenure = rng.uniform(20, 100, size)
    x = rng.poisson(rng.gamma(0.8, 1 / 4, size) * tenure).astype(float)
    recency = np.where(x > 0, tenure * rng.beta(np.maximum(x, 1), 1), 0.0)
    return {"frequency": x, "recency": recency, "tenure": tenure}


def alike(rng, size=2000):
    """All buy at one rate."""
    return simulate(rng, rng.uniform(20, 100, size), r=1e9, alpha=8e9, mu=1 / 40)


@pytest.mark.parametrize(("shop", "which", "seed"), [(steady, "mu", 0), (alike, "r", 3)])
def test_a_shop_without_what_a_parameter_stands_for_is_refused(shop, which, seed):
    with pytest.raises(PerenneError, match=f"parameters? .*{which}") as refused:
        ExponentialNBD().fit(**shop(np.random.default_rng(seed)))
    assert refused.value.next_step


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (([3.0], [20.0], [39.0]), "One customer"),
        (([0.0] * 50, [0.0] * 50, [39.0] * 50), "second time"),
        (([0.0] * 50, [0.0] * 50, [0.0] * 50), "No time has passed"),
        (([1.0, 2], [40.0, 3], [39.0, 39]), "beyond the tenure"),
        (([1.5, 2], [4.0, 3], [39.0, 39]), "whole number"),
        (([1.0, np.nan], [4.0, 3], [39.0, 39]), "missing"),
    ],
)
def test_what_tells_too_little_is_refused_with_the_reason(given, message):
    with pytest.raises(PerenneError, match=message) as refused:
        ExponentialNBD().fit(frequency=given[0], recency=given[1], tenure=given[2])
    assert refused.value.next_step
