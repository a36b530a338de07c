"""Draws read from tables against draws made one by one, and against exact probabilities."""

import numpy as np
import pytest
from scipy.special import betaln
from scipy.stats import chisquare, kstest, nbinom

from perenne.models.purchases import beta_geo_sampling, beta_geo_tables
from perenne.models.purchases.beta_geo import FittedBetaGeo, FittedModifiedBetaGeo
from perenne.models.purchases.beta_geo_fitted import NAMES

TRUTH = dict(zip(NAMES, (0.6, 8.0, 0.8, 3.0), strict=True))
HORIZONS = [13.0, 52.0, 156.0]
CUSTOMERS = 6000


def model(kind=FittedBetaGeo):
    return kind(TRUTH, 0.0, tuple(map(tuple, np.zeros((4, 4)).tolist())), 1.0)


def alike(x, recency, tenure):
    """Many customers of one history: they share a line."""
    return {
        "frequency": np.full(CUSTOMERS, float(x)),
        "recency": np.full(CUSTOMERS, float(recency)),
        "tenure": np.full(CUSTOMERS, float(tenure)),
    }


def at_least(kind, x, recency, tenure, horizon):
    """P(n or more further purchases), n = 0, 1, …, by the formulas of the paper."""
    n = np.arange(4000)
    r, alpha, a, b = TRUTH.values()
    b = b + x + (kind is FittedModifiedBetaGeo)
    reached = nbinom.sf(n - 1, r + x, (alpha + tenure) / (alpha + tenure + horizon))
    stays = np.exp(betaln(a, b + np.maximum(n - 1, 0)) - betaln(a, b))
    alive = model(kind).probability_alive(frequency=[x], recency=[recency], tenure=[tenure])[0]
    return np.where(n == 0, 1.0, alive * reached * stays)


def squares(counts, tail):
    """p value of counts given P(n or more), outcomes below 20 expected together."""
    kept = np.flatnonzero(tail * counts.size >= 20)[:60]
    ends = np.append(tail[kept], 0.0)
    seen = np.array([np.count_nonzero(counts >= n) for n in [*kept, counts.max() + len(tail)]])
    return chisquare(-np.diff(seen), -np.diff(ends) * counts.size).pvalue


@pytest.mark.parametrize("kind", [FittedBetaGeo, FittedModifiedBetaGeo])
@pytest.mark.parametrize("history", [(0, 0, 60), (2, 40, 70), (9, 60, 61), (30, 77, 78)])
def test_every_horizon_has_the_exact_distribution(kind, history):
    drawn = model(kind).sample_purchases(
        HORIZONS, **alike(*history), rng=np.random.default_rng(1), draws=10
    )
    for row, horizon in enumerate(HORIZONS):
        assert squares(drawn[:, row].ravel(), at_least(kind, *history, horizon)) > 1e-4


def test_lines_that_are_too_short_are_drawn_to_their_end(monkeypatch):
    monkeypatch.setattr(beta_geo_tables, "WIDTHS", (4,))
    monkeypatch.setattr(beta_geo_tables, "BEYOND", 2.0)
    history = (9, 60, 61)
    drawn = model().sample_purchases(
        HORIZONS, **alike(*history), rng=np.random.default_rng(2), draws=10
    )
    assert drawn.max() > 20
    for row, horizon in enumerate(HORIZONS):
        assert squares(drawn[:, row].ravel(), at_least(FittedBetaGeo, *history, horizon)) > 1e-4


def mixed(rng):
    """A shop in which some histories are shared by many, and some are not."""
    x = rng.negative_binomial(0.6, 0.2, CUSTOMERS).astype(float)
    tenure = rng.choice([40.0, 60.0, 78.0], CUSTOMERS)
    age = np.ceil(tenure * rng.beta(3, 1, CUSTOMERS))
    return {"frequency": x, "recency": np.where(x > 0, age, 0), "tenure": tenure}


def test_tables_and_single_draws_agree(monkeypatch):
    known, rng = mixed(np.random.default_rng(3)), np.random.default_rng(4)
    read = model().sample_purchases(HORIZONS, **known, rng=rng, draws=60)
    monkeypatch.setattr(beta_geo_tables, "PER_CUSTOMER", 0)
    made = model().sample_purchases(HORIZONS, **known, rng=rng, draws=60)
    for one, other in ((read, made), (read > 0, made > 0), (read**2, made**2)):
        gap = one.mean(axis=2) - other.mean(axis=2)  # (draws, horizons)
        assert (np.abs(gap.mean(axis=0)) < 4 * gap.std(axis=0, ddof=1) / np.sqrt(60)).all()
    joint = [np.corrcoef(d[:, 0].ravel(), d[:, 2].ravel())[0, 1] for d in (read, made)]
    assert abs(joint[0] - joint[1]) < 0.01
    totals = [d.sum(axis=2)[:, 2].std() for d in (read, made)]
    assert 0.7 < totals[0] / totals[1] < 1.4


def test_counts_never_fall_and_blocks_do_not_depend_on_threads(monkeypatch):
    known = mixed(np.random.default_rng(5))
    monkeypatch.setattr(beta_geo_sampling, "BLOCK", 500)
    one, two = [], []
    for threads, kept in ((1, one), (3, two)):
        monkeypatch.setattr(beta_geo_sampling, "THREADS", threads)
        rng = np.random.default_rng(6)
        kept.append(model().sample_purchases(HORIZONS, **known, rng=rng, draws=3))
    np.testing.assert_array_equal(one[0], two[0])
    assert (np.diff(one[0], axis=1) >= 0).all()


def test_a_horizon_of_nothing_brings_nothing():
    rng = np.random.default_rng(7)
    drawn = model().sample_purchases([0.0, 0.0], **alike(2, 40, 70), rng=rng, draws=2)
    assert not drawn.any()
    later = model().sample_purchases([0.0, 26.0], **alike(2, 40, 70), rng=rng, draws=2)
    assert not later[:, 0].any()
    assert later[:, 1].any()


def test_draws_of_parameters_reach_the_tables():
    spread = np.diag([0.3, 0.3, 0.3, 0.3]) ** 2
    wide = FittedBetaGeo(TRUTH, 0.0, tuple(map(tuple, spread.tolist())), 1.0)
    rng = np.random.default_rng(8)
    known = alike(3, 50, 70)
    parameters = wide.parameter_draws(200, rng=rng)
    drawn = wide.sample_purchases(52.0, **known, rng=rng, draws=200, parameters=parameters)
    expected = [
        FittedBetaGeo(
            {name: float(values[draw]) for name, values in parameters.items()},
            0.0,
            wide.covariance,
            1.0,
        ).expected_purchases(52.0, **{name: column[:1] for name, column in known.items()})[0]
        for draw in range(200)
    ]
    error = drawn.std(axis=1) / np.sqrt(CUSTOMERS)
    assert (np.abs(drawn.mean(axis=1) - expected) < 5 * error).all()


@pytest.mark.parametrize("draws", [1, 2, 7, 150])
def test_draws_of_a_customer_cover_every_part_once(draws):
    rng = np.random.default_rng(9)
    strata = beta_geo_sampling.Strata(500, draws=draws, rng=rng)
    places = np.array([strata.next(rng) for _draw in range(draws)])
    assert places.min() > 0
    assert places.max() <= 1
    middles = (np.arange(draws)[:, None] + 0.5) / draws
    assert np.abs(np.sort(places, axis=0) - middles).max() <= 0.5 / draws + 1e-6
    if draws == 150:
        # Uniform and independent of each other within a draw, and not the same from draw to draw.
        assert kstest(places[3], "uniform").pvalue > 1e-4
        assert abs(np.corrcoef(places[:, ::2].ravel(), places[:, 1::2].ravel())[0, 1]) < 0.02
        assert abs(np.corrcoef(places[3], places[4])[0, 1]) < 0.2


def test_how_often_a_customer_buys_is_exact_to_one_draw():
    history = (2, 40, 70)
    drawn = model().sample_purchases(
        HORIZONS, **alike(*history), rng=np.random.default_rng(10), draws=150
    )
    some = (drawn[:, -1] > 0).sum(axis=0)
    wanted = 150 * at_least(FittedBetaGeo, *history, HORIZONS[-1])[1]
    assert (np.abs(some - wanted) < 1).all()


def test_totals_vary_as_sums_of_independent_customers_do():
    history = (2, 40, 70)
    drawn = model().sample_purchases(
        HORIZONS, **alike(*history), rng=np.random.default_rng(11), draws=400
    )
    tail = at_least(FittedBetaGeo, *history, HORIZONS[-1])
    n = np.arange(tail.size)
    mean = tail[1:].sum()
    variance = ((2 * n[1:] - 1) * tail[1:]).sum() - mean**2
    total = drawn[:, -1].sum(axis=1, dtype=float)
    assert total.mean() == pytest.approx(CUSTOMERS * mean, rel=0.002)
    assert total.var() == pytest.approx(CUSTOMERS * variance, rel=0.3)
