"""Lifetime value: discounting, intervals and totals against a full simulation."""

import numpy as np
import pytest
from scipy.optimize import brentq

from perenne.core import PerenneError
from perenne.models.purchases.beta_geo import BetaGeo
from perenne.models.purchases.pareto_nbd_fitted import FittedParetoNBD
from perenne.models.spend.gamma_gamma import GammaGamma
from perenne.models.value import futures
from perenne.models.value.discounting import discount_force, discounted_purchases, months
from perenne.models.value.even_odds import even_odds
from perenne.models.value.lifetime_value import CustomerLifetimeValue
from tests.models.spending import CDNOW, fitted
from tests.models.tiny_beta_geo import tiny


def shop(rng, customers):
    """Customers' histories in days / 7."""
    x = rng.negative_binomial(0.6, 0.3, customers).astype(float)
    tenure = rng.integers(150, 300, customers)
    recency = np.where(x > 0, np.maximum(np.floor(tenure * rng.beta(2, 1, customers)), 1), 0)
    value = np.where(x > 0, rng.gamma(4, 9, customers), np.nan)
    return {
        "frequency": x,
        "recency": recency / 7,
        "tenure": tenure / 7,
        "monetary_value": value,
    }


CLV = CustomerLifetimeValue(tiny(spread=False), fitted())
KNOWN = shop(np.random.default_rng(1), 60)
YEAR = months(12)


def slow_values(known, horizons, *, rate, draws, rng):
    """Every order at its own time, discounted there, with a value of its own."""
    model, spend = tiny(spread=False), CDNOW
    values = np.zeros((draws, len(horizons), known["frequency"].size))
    x = known["frequency"]
    history = [known[name] for name in ("frequency", "recency", "tenure")]
    seen = np.where(x > 0, x * np.nan_to_num(known["monetary_value"]), 0)
    for draw in range(draws):
        times = model.times(horizons[-1], *history, rng=rng)
        nu = rng.gamma(spend["q"] + spend["p"] * x) / (spend["gamma"] + seen)
        amounts = rng.gamma(spend["p"], size=times.shape) / nu
        owed = np.where(np.isfinite(times), amounts, 0) * (1 + rate) ** (
            -np.where(np.isfinite(times), times, 0) * 7 / 365.25
        )
        for row, horizon in enumerate(horizons):
            values[draw, row] = (owed * (times <= horizon)).sum(axis=0)
    return values


@pytest.fixture(scope="module")
def simulated():
    horizons = months([12, 36])
    slow = slow_values(KNOWN, horizons, rate=0.15, draws=2500, rng=np.random.default_rng(2))
    fast = CLV.predict(
        horizons, **KNOWN, discount_rate=0.15, rng=np.random.default_rng(3), draws=2500,
        groups={"half": np.arange(60) % 2},
    )  # fmt: skip
    return slow, fast


def test_mean_is_that_of_the_simulation(simulated):
    slow, fast = simulated
    error = slow.std(axis=0) / np.sqrt(len(slow))
    assert (np.abs(fast.expected_value - slow.mean(axis=0)) < 4.5 * error + 1e-9).all()


@pytest.mark.parametrize("coverage", [0.5, 0.9])
def test_customer_intervals_are_those_of_the_simulation(simulated, coverage):
    slow, fast = simulated
    for bound, level in ((fast.lower, (1 - coverage) / 2), (fast.upper, (1 + coverage) / 2)):
        below = (slow <= bound[coverage]).mean(axis=0)
        noise = 4.2 * np.sqrt(2 * level * (1 - level) / len(slow))
        assert (below >= level - noise).all()
        assert (below <= level + noise)[bound[coverage] > 0].all()  # at 0 there is a mass


def test_totals_are_those_of_the_simulation(simulated):
    slow, fast = simulated
    half = np.stack([slow[:, :, 0::2].sum(axis=2), slow[:, :, 1::2].sum(axis=2)], axis=2)
    for name, sums in (("all", slow.sum(axis=2)[:, :, None]), ("half", half)):
        total = fast.totals[name]
        spread = sums.std(axis=0)
        assert (np.abs(total.median - np.median(sums, axis=0)) < 0.1 * spread).all()
        for coverage in (0.5, 0.9):
            low, high = np.quantile(sums, [(1 - coverage) / 2, (1 + coverage) / 2], axis=0)
            assert (np.abs(total.lower[coverage] - low) < 0.15 * spread).all()
            assert (np.abs(total.upper[coverage] - high) < 0.15 * spread).all()


def test_totals_are_narrower_than_the_sum_of_bounds(simulated):
    _slow, fast = simulated
    total = fast.totals["all"]
    summed = fast.upper[0.9].sum(axis=1) - fast.lower[0.9].sum(axis=1)
    assert (total.upper[0.9][:, 0] - total.lower[0.9][:, 0] < 0.5 * summed).all()
    np.testing.assert_allclose(total.mean[:, 0], fast.expected_value.sum(axis=1))
    np.testing.assert_allclose(fast.totals["half"].mean.sum(axis=1), total.mean[:, 0])


def test_discounting_by_parts_equals_a_fine_sum():
    history = {name: KNOWN[name] for name in ("frequency", "recency", "tenure")}

    def expected(times):
        return np.array([tiny().expected_purchases(time, **history) for time in times])

    horizons, force = months(np.array([12, 24, 36])), discount_force(0.1, time_unit="week")
    fast, plain = discounted_purchases(expected, horizons, force=force)
    times = np.linspace(0, horizons[-1], 3601)
    totals = expected(times)
    steps = np.diff(totals, axis=0) * np.exp(-force * (times[1:] + times[:-1]) / 2)[:, None]
    np.testing.assert_allclose(fast, np.cumsum(steps, axis=0)[1199::1200], rtol=1e-4)
    np.testing.assert_allclose(plain, totals[1200::1200])


def test_even_odds_is_where_the_probability_is_one_half():
    history = {name: KNOWN[name] for name in ("frequency", "recency", "tenure")}

    def probability(time, who):
        return tiny().probability_of_purchase(time, **{k: v[who] for k, v in history.items()})

    everyone = np.arange(60)
    when, reason = even_odds(probability, size=60, longest=5217.0)
    never = reason == 1
    assert 0 < never.sum() < 60
    assert np.isnan(when[never]).all()
    np.testing.assert_allclose(probability(when[~never], everyone[~never]), 0.5, atol=0.001)
    assert (probability(5217.0, everyone[never]) < 0.5).all()


@pytest.mark.parametrize("frequency", [1, 40, 360, 4000])
def test_even_odds_of_who_buys_every_hour_or_every_month(frequency):
    """Days; a century of 36,525 is searched, in which an hour is a millionth."""
    known = {"frequency": [frequency], "recency": [359.5], "tenure": [360.0]}
    model = FittedParetoNBD(
        parameters={"r": 0.5, "alpha": 10.0, "s": 0.6, "beta": 12.0},
        log_likelihood=0.0,
        covariance=np.eye(4) * 1e-6,
        customers=10,
    )

    def probability(time, who):
        return model.probability_of_purchase(time, **known)

    (when,), _reason = even_odds(probability, size=1, longest=36_525.0)
    assert when == pytest.approx(brentq(lambda h: probability(h, 0)[0] - 0.5, 1e-4, 1e4), rel=2e-3)


def test_customers_who_all_left_have_no_such_day():
    lapsed = {"frequency": [5, 3], "recency": [10, 5], "tenure": [600, 600]}
    found = CLV.predict(YEAR, **lapsed, monetary_value=[40, 30], rng=np.random.default_rng(1))
    assert np.isnan(found.even_odds_horizon).all()
    assert (found.expected_value < 1).all()


def test_result_does_not_depend_on_threads(monkeypatch):
    monkeypatch.setattr(futures, "CHUNK", 7)
    one, two = (
        CLV.predict(YEAR, **KNOWN, rng=np.random.default_rng(4), draws=20, threads=threads)
        for threads in (1, 3)
    )
    np.testing.assert_array_equal(one.upper[0.9], two.upper[0.9])
    np.testing.assert_array_equal(one.totals["all"].median, two.totals["all"].median)


def test_parameter_uncertainty_widens_totals():
    wide = CustomerLifetimeValue(tiny(), fitted(covariance=np.diag([0.2, 0.2, 0.2]) ** 2))
    known = shop(np.random.default_rng(5), 300)
    widths = []
    for model in (CLV, wide):
        result = model.predict(YEAR, **known, rng=np.random.default_rng(6), draws=150)
        total = result.totals["all"]
        widths.append((total.upper[0.9] - total.lower[0.9]).item())
    assert widths[1] > 1.2 * widths[0]


def test_level_moves_and_its_spread_widens():
    plain, level, spread = (
        CLV.predict(YEAR, **KNOWN, rng=np.random.default_rng(7), draws=200, **extra)
        for extra in ({}, {"level": 2.0}, {"level_spread": 0.5})
    )
    np.testing.assert_allclose(level.expected_value, 2 * plain.expected_value)
    np.testing.assert_allclose(
        level.totals["all"].median, 2 * plain.totals["all"].median, rtol=1e-4
    )
    np.testing.assert_allclose(spread.expected_value, plain.expected_value)
    ratio = spread.totals["all"].upper[0.9] / plain.totals["all"].upper[0.9]
    assert (ratio > 1.2).all()


def test_what_is_kept_scales_value_but_not_orders():
    kept = np.linspace(-0.2, 1, 60)
    whole = CLV.predict(YEAR, **KNOWN, draws=0)
    part = CLV.predict(YEAR, **KNOWN, rng=np.random.default_rng(8), draws=50, kept=kept)
    np.testing.assert_allclose(part.expected_value, whole.expected_value * kept)
    np.testing.assert_array_equal(part.expected_purchases, whole.expected_purchases)
    assert (part.upper[0.9][:, kept < 0] <= 0).all()


def test_p_alive_of_one_time_buyers_is_marked_and_explained():
    result = CLV.predict(YEAR, **KNOWN, draws=0)
    np.testing.assert_array_equal(result.alive_by_construction, KNOWN["frequency"] == 0)
    assert any("with one order" in note for note in result.notes)
    assert "with one order" in str(result)
    assert (result.probability_of_purchase[0, result.alive_by_construction] < 0.5).all()


def test_point_value_is_that_of_the_prediction():
    point = CLV.expected_value(YEAR, **KNOWN)
    result = CLV.predict(YEAR, **KNOWN, draws=0)
    np.testing.assert_allclose(point, result.expected_value)
    assert result.median is None
    assert result.totals["all"].lower == {}


def test_columns_and_frames():
    pandas = pytest.importorskip("pandas", reason="frames are read through narwhals")
    frame = pandas.DataFrame(KNOWN)
    result = CLV.predict([26, 52], data=frame, rng=np.random.default_rng(9), draws=20)
    columns = result.to_columns()
    assert {"expected_value_26", "lower_90_52", "upper_50_52", "probability_alive"} <= set(columns)
    table = result.to_arrow()
    assert table.num_rows == 60
    assert table.column_names == list(columns)
    assert "90%" in str(result)


def test_covariates_reach_both_models():
    rng, size = np.random.default_rng(12), 2000
    channel = np.where(np.arange(size) % 3 == 0, "shop", "web")
    zero, tenure = np.zeros(size), rng.integers(250, 500, size) / 7
    times = np.ceil(tiny(a=0.8, b=3.0).times(72.0, zero, zero, zero, rng=rng) * 7) / 7
    seen = np.where(times <= tenure, times, 0)
    x = np.array([np.count_nonzero(np.unique(own)) for own in seen.T], dtype=float)
    value = (
        40 * rng.gamma(6, size=size) / rng.gamma(4, size=size) * np.where(channel == "shop", 2, 1)
    )
    known = {
        "frequency": x,
        "recency": seen.max(axis=0),
        "tenure": tenure,
        "monetary_value": np.where(x > 0, value, np.nan),
    }
    buys = BetaGeo(shrinkage=4.0).fit(
        **{name: known[name] for name in ("frequency", "recency", "tenure")},
        covariates={"channel": channel},
    )
    pays = GammaGamma().fit(
        frequency=x, monetary_value=known["monetary_value"], covariates={"channel": channel}
    )
    model = CustomerLifetimeValue(buys, pays)
    result = model.predict(
        YEAR, **known, covariates={"channel": channel}, rng=rng, draws=60,
        groups={"channel": (channel == "shop").astype(int)},
    )  # fmt: skip
    alone = model.predict(
        YEAR, **{k: v[:3] for k, v in known.items()}, covariates={"channel": channel[:3]}, draws=0
    )
    np.testing.assert_allclose(alone.expected_value, result.expected_value[:, :3])
    total = result.totals["channel"]
    assert (total.lower[0.9] < total.mean).all()
    assert (total.mean < total.upper[0.9]).all()


def test_one_customer_on_the_first_day():
    new = {"frequency": [0], "recency": [0], "tenure": [0], "monetary_value": [np.nan]}
    result = CLV.predict(YEAR, **new, rng=np.random.default_rng(13), draws=50)
    orders = tiny().expected_purchases_new(np.array([YEAR]))[0]
    assert result.expected_purchases.item() == pytest.approx(orders)
    assert 0 < result.expected_value.item() < orders * fitted().population_mean


def test_horizon_zero_brings_nothing():
    result = CLV.predict([0, 52], **KNOWN, rng=np.random.default_rng(10), draws=20)
    assert (result.expected_value[0] == 0).all()
    assert (result.upper[0.9][0] == 0).all()
    assert (result.expected_value[1] > 0).all()


@pytest.mark.parametrize(
    ("horizon", "extra", "message"),
    [
        (1000 * 52, {}, "beyond 100 years"),
        (-1, {}, "negative"),
        ([52, 26], {}, "do not increase"),
        ([], {}, "is no number"),
        (52, {"discount_rate": -0.1}, "discount rate"),
        (52, {"interval": (1.5,)}, "between 0 and 1"),
        (52, {"rng": None}, "no generator"),
        (52, {"groups": {"channel": ["a"] * 60}}, "group channel"),
        (52, {"frequency": np.full(60, -1.0)}, "negative"),
        (52, {"tenure": np.zeros(60)}, "beyond the tenure"),
    ],
)
def test_refuses_what_cannot_be_predicted(horizon, extra, message):
    given = {**KNOWN, "rng": np.random.default_rng(11), "draws": 10, **extra}
    with pytest.raises(PerenneError, match=message):
        CLV.predict(horizon, **given)


def test_unknown_time_unit_is_refused():
    with pytest.raises(PerenneError, match="fortnight"):
        CustomerLifetimeValue(tiny(), fitted(), time_unit="fortnight").predict(1, **KNOWN, draws=0)


@pytest.mark.parametrize("count", [[12], [36], [1, 36], [12, 24, 36], [600], [1200]])
@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5, 2.0, 9.0])
def test_discounted_purchases_are_the_integral(count, rate):
    """Whatever the horizon, the rate, and the other horizons asked with it."""
    model = tiny(spread=False)
    known = {
        "frequency": np.array([0.0, 1, 26]),
        "recency": np.array([0.0, 30, 30]),
        "tenure": np.array([38.0, 38, 31]),
    }
    horizons = np.array(months(count))
    force = discount_force(rate, time_unit="week")

    def expected(times):
        return np.array([model.expected_purchases(float(time), **known) for time in times])

    told, _plain = discounted_purchases(expected, horizons, force=force)
    point, weight = np.polynomial.legendre.leggauss(300)
    for horizon, found in zip(horizons, told, strict=True):
        bend = min(horizon / 50, 0.5 / force)
        span = np.log1p(horizon / bend)
        time = bend * np.expm1(span * (point + 1) / 2)
        owed = (weight * span / 2 * (time + bend) * np.exp(-force * time)) @ expected(time)
        exact = np.exp(-force * horizon) * expected([horizon])[0] + force * owed
        np.testing.assert_allclose(found, exact, rtol=1.1e-4)
