"""Pareto/GGG: limits, recovery, real regular buyers, draws."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy import stats
from scipy.special import gammainc, gammainccinv

from perenne.core import PerenneError
from perenne.models import ParetoGGG, ParetoNBD, load_model
from perenne.models.histories import read_histories
from perenne.models.purchases import pareto_ggg, pareto_ggg_nodes
from perenne.models.purchases.pareto_ggg_fitted import FittedParetoGGG
from perenne.models.purchases.pareto_ggg_nodes import Nodes, Timings
from perenne.models.purchases.pareto_ggg_renewal import interval
from perenne.models.purchases.pareto_likelihood import ParetoLikelihood

from .living import CDNOW
from .living import fitted as fitted_pareto

END = np.datetime64("2006-12-31")


def grocery(folder: Path) -> tuple[dict[str, np.ndarray], np.ndarray, float]:
    """Histories in weeks until the end of 2006, and purchase days in the weeks after."""
    table = pq.read_table(folder / "btydplus_grocery" / "groceryElog.parquet")
    day = table["date"].to_numpy().astype("datetime64[D]")
    who = np.unique(np.asarray(table["cust"].to_pylist()), return_inverse=True)[1]
    rows = np.unique(np.column_stack((who, day.astype(int))), axis=0)
    return histories(rows[:, 0], rows[:, 1] / 7, until=float(END.astype(int)) / 7)


def histories(
    who: np.ndarray, time: np.ndarray, *, until: float
) -> tuple[dict[str, np.ndarray], np.ndarray, float]:
    past = time <= until
    names, number = np.unique(who[past], return_inverse=True)
    counts = np.bincount(number)
    ends = np.cumsum(counts)
    at = time[past]
    first, last = at[ends - counts], at[ends - 1]
    gaps = np.diff(at)[number[1:] == number[:-1]]
    logs = np.bincount(
        number[1:][number[1:] == number[:-1]], weights=np.log(gaps), minlength=names.size
    )
    later = np.array([np.sum((who == name) & ~past) for name in names])
    given = {
        "frequency": (counts - 1).astype(float),
        "recency": last - first,
        "tenure": until - first,
        "log_intervals": logs,
    }
    return given, later, float(time.max() - until)


def simulated(
    people: int, *, rng: np.random.Generator, regular: tuple[float, float]
) -> dict[str, np.ndarray]:
    """Continuous time: k ~ Gamma(t, gamma), λ ~ Gamma(1.2, 5), μ ~ Gamma(0.8, 20), 60 weeks."""
    rows = []
    for person in range(people):
        k = rng.gamma(regular[0]) / regular[1]
        pace, life = rng.gamma(1.2) / 5, rng.exponential(20 / rng.gamma(0.8))
        born = rng.uniform(0, 20)
        times, end = [born], min(born + life, 60.0)
        while (following := times[-1] + rng.gamma(k) / (k * pace)) <= end:
            times.append(following)
        rows += [(person, time) for time in times]
    who, time = np.array(rows).T
    return histories(who.astype(int), time, until=60.0)[0]


def without(given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: column for name, column in given.items() if name != "log_intervals"}


@pytest.mark.slow
def test_simulated_parameters_come_back_within_three_standard_errors() -> None:
    given = simulated(2500, rng=np.random.default_rng(8), regular=(4.0, 2.0))
    fitted = ParetoGGG().fit(**given)
    true = {"t": 4.0, "gamma": 2.0, "r": 1.2, "alpha": 5.0, "s": 0.8, "beta": 20.0}
    for name, value in true.items():
        error = np.log(fitted.parameters[name] / value)
        spread = fitted.standard_errors[name] / fitted.parameters[name]
        assert abs(error) < 3 * spread, name


@pytest.mark.slow
def test_platzer_reutterer_2016_regular_grocery_buyers_are_forecast_better(
    shared_data: Path,
) -> None:
    given, later, ahead = grocery(shared_data)
    plain = ParetoNBD().fit(**without(given))
    fitted = ParetoGGG().fit(**given)
    told = fitted.expected_purchases(ahead, **given)
    before = plain.expected_purchases(ahead, **without(given))
    assert np.abs(told - later).mean() < 0.95 * np.abs(before - later).mean()
    assert abs(told.sum() / later.sum() - 1) < abs(before.sum() / later.sum() - 1)
    draws = fitted.sample_purchases(ahead, **given, rng=np.random.default_rng(1), draws=60)
    assert draws.shape == (60, later.size)
    assert draws.mean(axis=0).sum() == pytest.approx(told.sum(), rel=0.02)


@pytest.fixture(scope="module")
def shop() -> dict[str, np.ndarray]:
    return simulated(400, rng=np.random.default_rng(3), regular=(4.0, 2.0))


@pytest.fixture(scope="module")
def fitted(shop):  # type: ignore[no-untyped-def] # fixtures
    return ParetoGGG().fit(**shop)


def test_silence_beyond_a_regular_rhythm_tells_more(fitted) -> None:  # type: ignore[no-untyped-def] # a fixture
    """Two customers of equal counts: the regular one is missed sooner."""
    regular = {"frequency": 9.0, "recency": 36.0, "tenure": 50.0, "log_intervals": 9 * np.log(4.0)}
    irregular = {**regular, "log_intervals": 9 * np.log(4.0) - 9.0}
    alive = [
        float(fitted.probability_alive(**{k: np.array([v]) for k, v in one.items()})[0])
        for one in (regular, irregular)
    ]
    assert alive[0] < alive[1]


def test_horizons_and_saving(fitted) -> None:  # type: ignore[no-untyped-def] # a fixture
    one = {
        "frequency": np.array([0.0, 3.0]),
        "recency": np.array([0.0, 20.0]),
        "tenure": np.array([30.0, 30.0]),
        "log_intervals": np.array([0.0, 3 * np.log(6.0)]),
    }
    nothing = fitted.expected_purchases(0.0, **one)
    assert nothing == pytest.approx([0.0, 0.0], abs=1e-9)
    soon, later = (fitted.expected_purchases(h, **one) for h in (10.0, 100.0))
    assert np.all(soon < later)
    again = load_model(fitted.to_json())
    assert again.expected_purchases(10.0, **one) == pytest.approx(soon)


ROWS = {
    "frequency": np.array([0.0, 1.0, 3.0, 10.0, 30.0, 5.0]),
    "recency": np.array([0.0, 5.0, 20.0, 37.0, 38.0, 12.0]),
    "tenure": np.array([39.0, 30.0, 39.0, 39.0, 39.0, 39.0]),
}


def random_buyers(t: float) -> FittedParetoGGG:
    """k is 1 on average and its spread between customers 1 / √t; the rest is CDNOW's."""
    zeros = tuple(map(tuple, np.zeros((6, 6)).tolist()))
    return FittedParetoGGG({"t": t, "gamma": t, **CDNOW}, 0.0, zeros, 1.0)


def test_with_k_one_for_all_it_is_pareto_nbd() -> None:
    """The limit: what is left at t = 10⁸ is that of tabulated intervals, and of the nodes."""
    x, equal = ROWS["frequency"], ROWS["recency"] / np.maximum(ROWS["frequency"], 1)
    logs = np.where(x > 0, x * np.log(np.maximum(equal, 1e-9)) - 0.5 * x, 0.0)
    known, given = fitted_pareto(**CDNOW), {**ROWS, "log_intervals": logs}

    def apart(t: float) -> list[float]:
        model = random_buyers(t)
        return [
            np.abs(model.probability_alive(**given) - known.probability_alive(**ROWS)).max(),
            np.abs(
                model.probability_of_purchase(52.0, **given)
                - known.probability_of_purchase(52.0, **ROWS)
            ).max(),
            np.abs(
                model.expected_purchases(52.0, **given) / known.expected_purchases(52.0, **ROWS) - 1
            ).max(),
            abs(model.expected_purchases_new(52.0) / known.expected_purchases_new(52.0) - 1),
        ]

    limit = apart(1e8)
    assert limit[0] < 1e-5
    assert np.array(limit[1:]) == pytest.approx(0.0, abs=8e-4)
    assert apart(4.0)[0] > 1000 * limit[0]


def test_with_k_one_for_all_the_likelihood_is_that_of_pareto_nbd() -> None:
    x, equal = ROWS["frequency"], ROWS["recency"] / np.maximum(ROWS["frequency"], 1)
    logs = np.where(x > 0, x * np.log(np.maximum(equal, 1e-9)) - 0.5 * x, 0.0)
    values = np.array([1e8, 1e8, *CDNOW.values()])
    for row in range(x.size):
        one = slice(row, row + 1)
        timings = Timings(x[one], ROWS["recency"][one], ROWS["tenure"][one], logs[one], np.ones(1))
        found = Nodes(timings, values).likelihood(np.log(values))[0]
        history = read_histories(**{name: column[one] for name, column in ROWS.items()})
        known = ParetoLikelihood(history, unit=1.0, matrix=np.zeros((1, 0)))
        assert found == pytest.approx(known(np.log(list(CDNOW.values())))[0], abs=1e-5)


def rows_and_point(
    given: dict[str, np.ndarray], fitted: FittedParetoGGG
) -> tuple[Timings, np.ndarray]:
    rows = Timings(*given.values(), np.ones(given["frequency"].size))
    return rows, np.log([fitted.parameters[name] for name in fitted.positive])


def test_the_estimate_is_a_maximum_whatever_the_nodes(fitted, shop, monkeypatch) -> None:  # type: ignore[no-untyped-def] # fixtures
    """Four times as many nodes find no slope; nodes in plain quantiles found t 0.6 errors off."""
    rows, point = rows_and_point(shop, fitted)
    root = np.linalg.cholesky(np.asarray(fitted.covariance))
    monkeypatch.setattr(pareto_ggg_nodes, "SHAPES", 20)
    monkeypatch.setattr(pareto_ggg_nodes, "PACES", 32)
    slope = Nodes(rows, np.exp(point)).likelihood(point)[1]
    assert np.abs(root.T @ slope).max() < 0.02  # of a standard error


def test_nodes_hold_far_from_where_they_were_placed(fitted, shop) -> None:  # type: ignore[no-untyped-def] # fixtures
    rows, point = rows_and_point(shop, fitted)
    placed = Nodes(rows, np.exp(point))
    root = np.linalg.cholesky(np.asarray(fitted.covariance))
    for z in np.random.default_rng(4).choice([-1.5, 1.5], (4, 6)):  # 3.7 standard errors away
        there = point + root @ z
        anew = Nodes(rows, np.exp(there)).likelihood(there)[0]
        assert placed.likelihood(there)[0] == pytest.approx(anew, abs=0.1)


@pytest.mark.slow
def test_draws_of_the_posterior_are_kept_and_agree_with_laplace(shop) -> None:  # type: ignore[no-untyped-def] # fixtures
    drawn = ParetoGGG(hmc=400).fit(**shop)
    spread = np.sqrt(np.diag(np.asarray(drawn.covariance)))
    kept = np.asarray(drawn.kept_draws)
    assert kept.shape == (400, 6)
    assert max(drawn.r_hat.values()) < 1.1
    # r, alpha, t and gamma are well told; s and beta trade off, to the right.
    np.testing.assert_allclose(kept[:, :4].std(axis=0) / spread[:4], 1, atol=0.25)
    assert np.quantile(kept[:, 4], 0.95) > -np.quantile(kept[:, 4], 0.05)
    assert load_model(drawn.to_json()) == drawn


def test_draws_beyond_the_nodes_are_refused(shop, monkeypatch) -> None:  # type: ignore[no-untyped-def] # fixtures
    far = (0.0, 0.0, 0.0, 0.0, -6.0, 6.0)
    monkeypatch.setattr(pareto_ggg, "posterior_of", lambda *given, draws: (far,) * draws)
    monkeypatch.setattr(pareto_ggg, "HOLD", 1e-9)
    with pytest.raises(PerenneError, match="further than the integrals of Pareto/GGG hold"):
        ParetoGGG(hmc=1).fit(**shop)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_purchases_at_random_are_refused_with_what_to_use(seed: int) -> None:
    given = simulated(150, rng=np.random.default_rng(seed), regular=(1e8, 1e8))
    with pytest.raises(PerenneError, match=r"how regularly they buy: k is .* Use Pareto/NBD") as it:
        ParetoGGG().fit(**given)
    assert it.value.given["k"] == pytest.approx(1.0, abs=0.25)


def test_predictions_of_alike_customers_are_shared_and_nodes_that_matter_kept(fitted) -> None:  # type: ignore[no-untyped-def] # a fixture
    """One thousand copies cost one; finer nodes change expected purchases by less than 1 %."""
    one = {
        "frequency": np.array([0.0, 3.0, 12.0]),
        "recency": np.array([0.0, 20.0, 50.0]),
        "tenure": np.array([30.0, 30.0, 52.0]),
        "log_intervals": np.array([0.0, 3 * np.log(6.0), 12 * np.log(4.0)]),
    }
    told = fitted.expected_purchases(52.0, **one)
    many = {name: np.tile(column, 1000) for name, column in one.items()}
    np.testing.assert_allclose(fitted.expected_purchases(52.0, **many), np.tile(told, 1000))
    draws = fitted.sample_purchases(52.0, **one, rng=np.random.default_rng(4), draws=1500)
    error = draws.std(axis=0) / np.sqrt(1500)
    assert (np.abs(draws.mean(axis=0) - told) < 4 * error + 0.01 * told).all()


def test_tabulated_intervals_are_quantiles_of_the_gamma_distribution() -> None:
    rng = np.random.default_rng(0)
    k = np.exp(rng.uniform(np.log(0.2), np.log(90), 5000))
    longer = rng.random(5000) ** rng.choice([0.1, 1.0, 10.0], 5000)
    exact = gammainccinv(k, longer) / k
    np.testing.assert_allclose(interval(k, longer), exact, rtol=0.004, atol=2e-4)


def test_without_intervals_regularity_is_unknown_and_told() -> None:
    with pytest.raises(PerenneError, match="log_intervals"):
        ParetoGGG().fit(frequency=[1, 2], recency=[3, 5], tenure=[9, 9])


def renewals_by_sums(k: float, mean_intervals: np.ndarray) -> np.ndarray:
    """Σ_n P(nk, ku); for small k its integral over nk, less the half that the first step misses."""
    if k > 0.02:
        n = np.arange(1, int(60 + 12 / k))[:, None]
        return gammainc(n * k, k * mean_intervals).sum(axis=0)
    shapes = np.concatenate(([0.0], np.geomspace(1e-9, 60 + 3 * k * mean_intervals.max(), 1000)))
    inside = gammainc(np.maximum(shapes, 1e-300)[:, None], k * mean_intervals)
    inside[0] = 1.0
    return np.trapezoid(inside, shapes, axis=0) / k - 0.5


@pytest.mark.parametrize(
    ("t", "gamma", "within"), [(1.2, 0.8, 0.008), (1.5, 1.0, 0.002), (6.0, 2.0, 0.001)]
)
def test_newcomers_where_regularity_varies_widely(t: float, gamma: float, within: float) -> None:
    """Summed over k, λ and μ. Near k = 0 a customer buys in bursts, without bound: a part of all
    that grows as t nears 1. E(λ min(τ, 52)), known exactly, takes the chance out of the draws."""
    r, alpha, s, beta = 0.6, 10.0, 0.6, 12.0
    model = FittedParetoGGG(
        {"t": t, "gamma": gamma, "r": r, "alpha": alpha, "s": s, "beta": beta},
        0.0,
        tuple(map(tuple, np.zeros((6, 6)).tolist())),
        1.0,
    )
    rng, even = np.random.default_rng(1), (np.arange(4000) + 0.5) / 4000
    pace = stats.gamma.ppf(even, r, scale=1 / alpha)
    leaving = stats.gamma.ppf(rng.permutation(even), s, scale=1 / beta)
    life = np.minimum(-np.log(rng.permutation(even)) / np.maximum(leaving, 1e-300), 52.0)
    at = np.concatenate(([0.0], np.geomspace(1e-6, (pace * life).max(), 200)))
    point, weight = np.polynomial.legendre.leggauss(60)
    low, high = np.log(1e-9), np.log(stats.gamma.ppf(1 - 1e-9, t, scale=1 / gamma))
    shapes = np.exp((low + high) / 2 + (high - low) / 2 * point)
    shares = stats.gamma.pdf(shapes, t, scale=1 / gamma) * shapes * weight * (high - low) / 2
    found = sum(
        share * np.interp(pace * life, at, renewals_by_sums(k, at)).mean()
        for k, share in zip(shapes, shares, strict=True)
    )
    exact = r / alpha * beta / (1 - s) * np.expm1((1 - s) * np.log1p(52 / beta))
    assert model.expected_purchases_new(52.0) == pytest.approx(
        found + exact - (pace * life).mean(), rel=within
    )
