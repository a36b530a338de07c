"""Level, spread and shape learnt from earlier misses, and pools of contenders."""

import numpy as np
import pytest
from scipy.stats import t as student_t

from perenne.models.contenders.baselines import RfmCell
from perenne.models.contenders.combined import Combined, _shares, pooled_evidence
from perenne.models.contenders.pooling import pool_weights
from perenne.models.contenders.probability import probability_contender
from perenne.models.forecast import Forecast
from perenne.models.judging.draws import central_share, pit
from perenne.models.judging.levels import Levels, learn_levels
from perenne.models.judging.recalibration import (
    Adjustment,
    Recalibration,
    centre_of,
    learn,
    spread_of,
    unseen_season,
    widened,
)
from perenne.models.judging.trials import Evidence
from perenne.models.ledger import Outcome
from tests.models.shops import shop


def world(rng, *, customers=1500, draws=100, level=1.0, shape=3.0, truth=3.0):
    """Forecasts of gamma spend with P(buy) = .4 beside outcomes of another level and shape."""
    mean = rng.gamma(4.0, 10.0, customers)

    def spend(size, k):
        return (rng.random(size) < 0.4) * mean * rng.gamma(k, 1 / k, size)

    value = spend((draws, customers), shape).astype(np.float32)
    actual = level * spend((customers,), truth)
    told = Forecast(np.full(customers, 0.4), 0.4 * mean, (value > 0).astype(np.int32), value)
    return told, Outcome((actual > 0).astype(float), actual, actual)


def evidence(rng, *, horizon=100, **kind):
    told, seen = world(rng, **kind)
    return Evidence(
        horizon,
        told,
        seen,
        (float(told.mean_value.sum()), float(told.mean_orders.sum())),
        (float(seen.value.sum()), float(seen.orders.sum())),
    )


def test_without_evidence_the_level_stays_and_the_spread_is_the_prior():
    done = learn([], horizon=100, rng=np.random.default_rng(0))
    assert done.value.level == 1
    assert done.value.level_spread == pytest.approx(0.12 * np.sqrt(2))
    assert done.value.shape == pytest.approx((1, 1), abs=1e-6)


def test_the_level_is_learnt_shrunk_and_checked_on_a_later_origin():
    rng = np.random.default_rng(1)
    past = [evidence(rng, level=0.7) for _origin in range(6)]
    done = learn(past, horizon=100, rng=rng)
    assert 0.7 < done.value.level < 0.8
    told, seen = world(rng, level=0.7)
    after = done.apply(told, rng=rng)
    total = seen.value.sum()
    assert abs(after.mean_value.sum() / total - 1) < 0.15 < told.mean_value.sum() / total - 1
    assert after.value.mean() == pytest.approx(after.mean_value.mean(), rel=0.05)


def test_shorter_horizons_teach_less():
    rng = np.random.default_rng(2)
    past = [evidence(rng, level=0.7, horizon=25)]
    short = learn(past, horizon=100, rng=rng).value
    long = learn(past, horizon=25, rng=rng).value
    assert long.level < short.level < 1
    assert short.level_spread > 0.1


def test_misses_of_all_signs_widen_the_spread_and_not_the_level():
    rng = np.random.default_rng(3)
    past = [evidence(rng, level=f) for f in (0.6, 1.5, 0.7, 1.4)]
    done = learn(past, horizon=100, rng=rng).value
    assert done.level == pytest.approx(1, abs=0.06)
    assert done.level_spread > 0.25


def test_a_mean_stays_within_its_interval_whatever_was_missed():
    """Forecasts of a hundred times what came: with all of it as spread one draw makes the mean."""
    rng = np.random.default_rng(11)
    past = [evidence(rng, level=f) for f in (0.01, 0.003)]
    done = learn(past, horizon=100, rng=rng)
    assert done.value.level_spread == 1
    told, _seen = world(rng, draws=400)
    after = done.apply(told, rng=rng)
    low, high = np.quantile(after.value.sum(axis=1), (0.05, 0.95))
    assert low < after.mean_value.sum() < high


def test_too_narrow_draws_are_widened_and_zeros_kept():
    rng = np.random.default_rng(4)
    past = [evidence(rng, shape=6.0, truth=2.0) for _origin in range(3)]
    done = learn(past, horizon=100, rng=rng)
    assert done.value.shape[0] < 0.8
    told, seen = world(rng, shape=6.0, truth=2.0)
    after = done.apply(told, rng=rng)
    assert ((after.value > 0) == (told.value > 0)).all()
    bought = seen.value > 0

    def middle(draws):
        held = np.where(draws > 0, draws, np.nan)
        low, high = np.nanquantile(held[:, bought], (0.25, 0.75), axis=0)
        return np.mean((low <= seen.value[bought]) & (seen.value[bought] <= high))

    assert middle(told.value) < 0.38
    # chance of a hundred draws and of the level leaves it a little narrow
    assert middle(told.value) + 0.05 < middle(after.value) < 0.58
    places = pit(seen.value, after.value, rng=rng)
    assert 0.87 < central_share(places, 0.9) < 0.93


def test_the_quantile_map_is_monotone_and_keeps_the_ends():
    levels = np.linspace(0, 1, 11)
    mapped = Adjustment(shape=(0.6, 0.9)).quantile_map(levels)
    assert mapped[[0, -1]].tolist() == [0, 1]
    assert (np.diff(mapped) > 0).all()
    assert Adjustment().quantile_map(levels) == pytest.approx(levels)


def test_totals_bear_the_error_of_the_model():
    rng = np.random.default_rng(5)
    told, _seen = world(rng, draws=400)
    sure = Adjustment(level_spread=0.2, freedom=1e6)
    after = Recalibration(value=sure).apply(told, rng=rng)
    spread = np.std(np.log(after.value.sum(axis=1)))
    assert spread == pytest.approx(0.2, abs=0.04)
    assert spread > 2 * np.std(np.log(told.value.sum(axis=1)))
    assert after.orders.dtype == np.int32


def test_few_origins_tell_a_spread_with_wide_tails():
    shock = np.random.default_rng(9).standard_normal(200_000)
    few = Adjustment(level_spread=0.2, freedom=3.0)
    errors = few.level_errors(shock)
    assert errors.mean() == pytest.approx(1)
    ends = np.log(np.quantile(errors, [0.05, 0.95]))
    # Student's t of 3 degrees of freedom: 2.353 where the normal has 1.645.
    assert np.ptp(ends) / 2 == pytest.approx(0.2 * 2.353, rel=0.02)
    assert few.normal_spread == pytest.approx(0.2 * 2.353 / 1.645, rel=1e-3)
    assert errors.max() / np.median(errors) <= np.exp(0.2 * 5) * 1.001


def test_totals_of_origins_to_come_lie_in_their_interval_as_often_as_said():
    """Shops whose levels differ by 12% from one origin to the next, as the prior believes."""
    rng = np.random.default_rng(10)
    inside = []
    for _shop in range(300):
        spread = 0.12 * np.sqrt(2 / rng.chisquare(2))
        own = 0.12 * rng.standard_normal()
        misses = own + spread * rng.standard_normal(4)
        known = np.full(3, 2 / 3)
        centre = centre_of(misses[:3], known)
        scale, freedom = spread_of(misses[:3] - centre, known, np.zeros(3))
        bound = student_t.ppf(0.95, freedom) * scale
        inside.append(abs(misses[3] - centre) <= bound)
    assert 0.85 <= np.mean(inside) <= 0.97


def test_weights_prefer_the_better_member_and_leave_out_one_that_is_surely_worse():
    rng = np.random.default_rng(6)
    trials = [evidence(rng) for _origin in range(4)]
    worse = [(one, at(one, 3.0)) for one in trials]
    assert pool_weights(worse, members=2) == pytest.approx([1, 0])
    alike = [(one, at(one, 1.05)) for one in trials]
    weights = pool_weights(alike, members=2)
    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= 0.1 - 1e-9  # a fifth of the weight is equal for all
    assert pool_weights([], members=3) == pytest.approx(np.full(3, 1 / 3))


def test_one_that_was_never_seen_to_answer_has_its_part_of_the_equal_weights_only():
    rng = np.random.default_rng(6)
    lone = [(evidence(rng), None) for _origin in range(4)]
    assert pool_weights(lone, members=2) == pytest.approx([0.9, 0.1])


def at(evidence, factor):
    """The same past forecast, told too high or too low."""
    levels = Levels(factor, factor)
    return levels.seen(evidence)


def test_one_that_refused_at_some_origins_counts_there_as_where_it_answered():
    rng = np.random.default_rng(13)
    always = [evidence(rng) for _origin in range(4)]
    bad = [at(one, 3.0) for one in always]
    told = pool_weights(list(zip(always, bad, strict=True)), members=2)
    seldom = pool_weights(list(zip(always, [*bad[:2], None, None], strict=True)), members=2)
    assert seldom == pytest.approx(told, abs=0.05)


def test_each_member_is_put_at_its_own_level_though_it_answered_seldom():
    rng = np.random.default_rng(14)
    past = [evidence(rng) for _origin in range(4)]
    low, high = [at(one, 0.8) for one in past], [at(one, 1.25) for one in past]
    always, seldom = learn_levels(low, horizon=100), learn_levels(high[2:], horizon=100)
    assert 1.05 < always.value < 1.25
    assert 0.8 < seldom.value < 0.95
    pools = [
        pooled_evidence(pair, np.array([0.5, 0.5]), rng=rng)
        for pair in zip(
            [always.seen(one) for one in low],
            [None, None, *(seldom.seen(one) for one in high[2:])],
            strict=True,
        )
    ]
    done = learn(pools, horizon=100, rng=rng, levelled=True)
    assert done.value.level == done.orders.level == 1.0


def test_draws_are_shared_out_by_weight():
    rng = np.random.default_rng(0)
    share = _shares(np.array([0.61, 0.39, 0.0]), 10, rng=rng)
    assert share.sum() == 10
    assert share[2] == 0


def test_combined_forecasts_are_a_mixture():
    ledger = shop(np.random.default_rng(8), customers=500)
    rng = np.random.default_rng(9)
    fitted = Combined([RfmCell()]).fit(ledger, horizon=150, rng=rng)
    assert fitted.weights.tolist() == [1]
    assert fitted.recalibration.origins > 1
    told = fitted.forecast(ledger, horizon=150, draws=40, rng=rng)
    assert told.value.shape == told.orders.shape == (40, ledger.customers)
    assert told.value.mean() == pytest.approx(told.mean_value.mean(), rel=0.2)


def test_a_large_shop_learns_on_a_sample_and_fits_its_members_on_all():
    ledger = shop(np.random.default_rng(8), customers=500)
    half = ledger.of(np.arange(500) % 2 == 0)
    members = [RfmCell(), probability_contender("nbd")]
    taught = Combined(members).fit(half, horizon=150, rng=np.random.default_rng(9))
    fitted = Combined(members).fit_on(ledger, half, horizon=150, rng=np.random.default_rng(9))
    assert fitted.weights == pytest.approx(taught.weights, abs=0.05)
    names = [one.name for one in fitted.members]
    assert names == [one.name for one in taught.members]
    if "nbd" in names:
        whole = members[1].fit(ledger, horizon=150, rng=np.random.default_rng(1))
        found = fitted.members[names.index("nbd")]
        assert found.purchases.parameters == pytest.approx(whole.purchases.parameters)
    same = Combined(members).fit_on(half, half, horizon=150, rng=np.random.default_rng(9))
    assert same.weights == pytest.approx(taught.weights, abs=0.05)


def test_timid_differences_are_stretched_at_the_same_total():
    rng = np.random.default_rng(10)
    past = []
    for _origin in range(4):
        told, seen = world(rng, draws=20)
        flat = 0.5 * told.mean_value + 0.5 * told.mean_value.mean()
        draws = told.value * (flat / told.mean_value).astype(np.float32)
        sure = Forecast(told.mean_orders, flat, told.orders, draws)
        totals = (float(flat.sum()), float(told.mean_orders.sum()))
        past.append(Evidence(100, sure, seen, totals, (seen.value.sum(), seen.orders.sum())))
    done = learn(past, horizon=100, rng=rng).value
    assert 1.2 < done.slope <= 1.4
    mean = past[0].forecast.mean_value
    moved = mean * done.factors(mean)
    assert moved.sum() == pytest.approx(done.level * mean.sum())
    assert moved.std() / moved.mean() > 1.15 * mean.std() / mean.mean()
    assert Adjustment().factors(np.array([0.0, 1.0, 5.0])) == pytest.approx(np.ones(3))


@pytest.mark.parametrize(
    ("first", "until", "horizon", "share"),
    [
        (0, 400, 365, 0.0),
        (0, 364, 365, 0.0),
        (100, 365, 99, 1.0),
        (100, 365, 200, 0.5),
        (100, 365, 365, 100 / 365),
        (300, 365, 730, 2 * 300 / 730),
    ],
)
def test_what_part_of_the_days_ahead_falls_in_a_season_never_seen(first, until, horizon, share):
    assert unseen_season(first, until, horizon=horizon) == pytest.approx(share, abs=0.011)


def test_a_season_never_seen_widens_totals():
    young = shop(np.random.default_rng(12), customers=900, days=270)
    fitted = Combined((RfmCell(),)).fit(young, horizon=60, rng=np.random.default_rng(1))
    assert fitted.recalibration.value.level_spread > 0.25
    done = widened(Recalibration(), by=0.16)
    assert done.value.level_spread == pytest.approx(0.2)
