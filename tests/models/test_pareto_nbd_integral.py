"""The quadrature of the Pareto/NBD against adaptive quadrature, the hypergeometric, differences."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import hyp2f1

from perenne.models.histories import compress
from perenne.models.purchases.pareto_integral import Decay
from perenne.models.purchases.pareto_likelihood import ParetoLikelihood
from perenne.models.purchases.pareto_rows import Rates, Rows

NONE = np.zeros((1, 0))


def log_f(t, x, *, rates: Rates):
    alpha, beta = rates.alpha[0], rates.beta[0]
    return -(rates.r + x) * np.log1p(t / alpha) - (rates.s + 1) * np.log1p(t / beta)


def slow_integral(x, t_x, tenure, *, rates: Rates, mean=lambda t: 1.0):
    """∫ f mean / f(t_x), adaptively in log t, in pieces on which f is smooth."""
    start = log_f(t_x, x, rates=rates)
    low = min(rates.alpha[0], rates.beta[0]) + t_x
    edges = np.linspace(0, np.log1p((tenure - t_x) / low), 60)

    def integrand(v):
        t = t_x + low * np.expm1(v)
        return np.exp(log_f(t, x, rates=rates) - start + v) * low * mean(t)

    return sum(quad(integrand, a, b, epsabs=0, epsrel=1e-13)[0] for a, b in pairwise(edges))


def relative(value, exact):
    return abs(value / exact - 1)


@settings(max_examples=60, deadline=None)
@given(
    x=st.one_of(st.just(0), st.integers(1, 700)),
    r=st.floats(0.05, 8),
    s=st.floats(0.05, 12),
    alpha=st.floats(-6, 6),
    near=st.one_of(st.floats(-1e-9, 1e-9), st.floats(-6, 6)),
    t_x=st.floats(-3, 5),
    length=st.floats(-6, 6),
)
def test_quadrature_equals_adaptive_quadrature_for_any_unit_and_frequency(
    x, r, s, alpha, near, t_x, length
):
    rates = Rates(r, np.exp([alpha]), s, np.exp([alpha + near]))
    lower = np.array([np.exp(t_x) if x else 0.0])
    upper = lower + np.exp(length)
    decay = Decay(np.array([r + x]), rates.alpha, rates.beta, s)
    exact = slow_integral(x, lower[0], upper[0], rates=rates)
    assert relative(decay.integrate(lower, upper)[0, 0], exact) < 1e-9


def test_the_five_means_equal_adaptive_quadrature():
    rates = Rates(0.6, np.array([9.0]), 0.7, np.array([40.0]))
    means = (
        lambda t: 1.0,
        lambda t: np.log1p(t / 9.0),
        lambda t: t / (9.0 + t),
        lambda t: np.log1p(t / 40.0),
        lambda t: t / (40.0 + t),
    )
    for x, t_x in ((0, 0.0), (3, 12.0), (60, 50.0), (400, 77.0)):
        decay = Decay(np.array([0.6 + x]), rates.alpha, rates.beta, 0.7)
        ours = decay.integrate(np.array([t_x]), np.array([78.0]))[:, 0]
        exact = [slow_integral(x, t_x, 78.0, rates=rates, mean=mean) for mean in means]
        np.testing.assert_allclose(ours, exact, rtol=1e-9)


@pytest.mark.parametrize(("alpha", "beta"), [(10.6, 11.7), (11.7, 10.6), (40.0, 12.0)])
def test_kernel_equals_fader_hardie_2005_hypergeometric(alpha, beta):
    """Fader & Hardie (2005), A Note on Deriving, A0 of equation (15), in its two branches."""
    r, s = 0.55, 0.61
    x = np.array([0.0, 1.0, 4.0, 12.0])
    t_x, tenure = np.array([0.0, 3.0, 20.0, 38.0]), np.array([39.0, 27.0, 39.0, 38.5])
    kernel = Rows(x, t_x, tenure).weigh(Rates(r, np.array([alpha]), s, np.array([beta])))
    larger, gap = max(alpha, beta), abs(alpha - beta)
    b = s + 1 if alpha >= beta else r + x

    def branch(t):
        n = r + s + x
        return hyp2f1(n, b, n + 1, gap / (larger + t)) / (larger + t) ** n

    alive = (alpha + tenure) ** -(r + x) * (beta + tenure) ** -s
    direct = alive + s / (r + s + x) * (branch(t_x) - branch(tenure))
    scaled = np.log(direct) + (r + x) * np.log(alpha) + s * np.log(beta)
    np.testing.assert_allclose(kernel.log_kernel, scaled, rtol=0, atol=1e-9)


def day_rows(rng, size=2000, most=300):
    tenure = rng.integers(30, 400, size).astype(float)
    x = np.where(rng.random(size) < 0.4, 0, rng.integers(1, most, size)).astype(float)
    recency = np.where(x > 0, np.ceil(tenure * rng.random(size) ** 0.3), 0.0)
    return x, recency, tenure, rng.integers(0, 2, size)


@pytest.mark.parametrize("most", [40, 300])  # tails as plain sums, and scaled one by one
def test_table_of_cells_equals_row_by_row(most):
    """The difference of two tails loses nothing: equal to 1e-10 whatever remains of it."""
    x, recency, tenure, group = day_rows(np.random.default_rng(3), most=most)
    rows = Rows(x, recency, tenure, group=group)
    rates = Rates(0.55, np.array([70.0, 3.0]), 0.6, np.array([80.0, 200.0]))
    table, single = rows._table.parts(rates, means=True), rows._by_row(rates, means=True)
    np.testing.assert_allclose(table.log_start, single.log_start, rtol=1e-13)
    np.testing.assert_allclose(table.log_alive, single.log_alive, rtol=1e-13)
    np.testing.assert_allclose(table.at_end, single.at_end, rtol=1e-13)
    np.testing.assert_allclose(table.integral, single.integral, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("groups", [1, 3])
def test_gradient_equals_differences(groups):
    rng = np.random.default_rng(5)
    x, recency, tenure, _group = day_rows(rng, 300, 30)
    group = rng.integers(0, groups, 300)
    matrix = rng.normal(size=(groups, 2 * (groups > 1)))
    histories = compress(x, recency, tenure, group=group)
    objective = ParetoLikelihood(histories, unit=7.0, matrix=matrix)
    point = np.concatenate((np.log([0.4, 3.0, 1.3, 20.0]), rng.normal(size=2 * matrix.shape[1])))
    steps = 1e-5 * np.eye(point.size)
    differences = [(objective(point + e)[0] - objective(point - e)[0]) / 2e-5 for e in steps]
    np.testing.assert_allclose(objective(point)[1], differences, rtol=1e-6, atol=1e-4)


def test_someone_seen_at_the_very_end_is_alive():
    rows = Rows(np.array([3.0]), np.array([20.0]), np.array([20.0]))
    weighed = rows.weigh(Rates(0.5, np.array([5.0]), 0.5, np.array([5.0])))
    assert weighed.alive == pytest.approx(1.0)
    assert np.isfinite(weighed.means).all()
