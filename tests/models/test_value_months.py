"""The monthly forecast of the shop: its parts, its acquisition, and the coverage of its totals."""

from dataclasses import replace

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.spend.gamma_gamma import FIRST as FIRST_NAMES
from perenne.models.value import months as module
from perenne.models.value.acquisition import Acquisition, fit_acquisition
from perenne.models.value.discounting import months
from perenne.models.value.lifetime_value import CustomerLifetimeValue
from perenne.models.value.months import Newcomers, Promised, forecast_months
from tests.models.spending import fitted
from tests.models.test_value_intervals import CLV, shop
from tests.models.tiny_beta_geo import tiny

STEADY = Acquisition(level=np.log(80), slope=0.0, season=(0.0,) * 12, noise=0.0025, drift=0.0)
FIRST = np.full(50, 40.0)
KNOWN = shop(np.random.default_rng(1), 400)


def forecast(count=12, newcomers=None, **extra):
    given = {"rng": np.random.default_rng(2), "draws": 60, **KNOWN, **extra}
    return forecast_months(CLV, count, newcomers or Newcomers(STEADY, FIRST), **given)


def test_existing_customers_bring_what_lifetime_value_says():
    result = forecast()
    point = CLV.expected_value(months(12), **KNOWN, discount_rate=0.0)
    assert result.existing.mean.sum() == pytest.approx(point.sum(), rel=0.04)
    assert (np.diff(result.existing.mean) < 0.25 * result.existing.mean[0]).all()


def test_the_months_share_what_is_promised_of_existing_customers():
    plain, told = forecast(), forecast(promised=Promised(value=9_000.0, orders=210.0))
    assert told.existing.mean.sum() == pytest.approx(9_000)
    assert told.existing_orders.sum() == pytest.approx(210)
    shares = (one.existing.mean / one.existing.mean.sum() for one in (plain, told))
    np.testing.assert_allclose(*shares, rtol=1e-6)
    np.testing.assert_allclose(told.acquired.mean, plain.acquired.mean)
    np.testing.assert_allclose(told.revenue.mean, told.existing.mean + told.acquired.mean)
    assert plain.existing_orders.sum() == pytest.approx(
        CLV.purchases.expected_purchases(
            months(12), **{name: KNOWN[name] for name in ("frequency", "recency", "tenure")}
        ).sum()
    )


def test_the_first_order_is_read():
    spend = with_first(fitted())
    model = CustomerLifetimeValue(tiny(), spend)
    newcomers = Newcomers(STEADY, FIRST)
    first = np.random.default_rng(5).gamma(2.0, 30.0, KNOWN["frequency"].size)
    result = forecast_months(
        model, 12, newcomers, **KNOWN, first_value=first, rng=np.random.default_rng(2), draws=120
    )
    told = model.expected_value(months(12), **KNOWN, first_value=first, discount_rate=0.0).sum()
    blind = model.expected_value(months(12), **KNOWN, discount_rate=0.0).sum()
    assert abs(told / blind - 1) > 0.1
    assert result.existing.mean.sum() == pytest.approx(told, rel=0.04)


def with_first(spend):
    """The same spend model, to which a first order tells as much as two later ones."""
    more = (2 * spend.parameters["p"], 1.0)
    size = len(spend.covariance) + 2
    return replace(
        spend,
        parameters={**spend.parameters, **dict(zip(FIRST_NAMES, more, strict=True))},
        covariance=tuple(map(tuple, (1e-12 * np.eye(size)).tolist())),
    )


def test_acquired_customers_bring_first_orders_then_repeats():
    result = forecast()
    first = result.acquired.mean[0] - 80 * 40
    repeats = 80 * tiny().expected_purchases_new(np.array([months(0.5)]))[0]
    assert first == pytest.approx(repeats * fitted().population_mean, rel=0.35)
    assert (np.diff(result.acquired.mean)[:3] > 0).all()
    np.testing.assert_allclose(
        result.revenue.mean, result.existing.mean + result.acquired.mean, rtol=1e-9
    )


def test_margin_is_told_only_where_it_is_known():
    assert forecast().margin is None
    margin = np.where(np.arange(400) < 200, 0.5, np.nan)
    result = forecast(newcomers=Newcomers(STEADY, FIRST, kept=0.9, margin=0.3), margin=margin)
    share = result.margin.mean / result.revenue.mean
    assert ((share > 0.3) & (share < 0.5)).all()


def test_long_months_and_level_move_repeat_orders_only():
    month = float(months(1))
    ends = month * np.arange(1, 13)
    plain, raised = forecast(), forecast(level=1.5)
    longer = forecast(ends=np.where(np.arange(12) == 11, ends + month, ends))
    assert longer.existing.mean[11] == pytest.approx(2 * plain.existing.mean[11], rel=0.15)
    assert longer.existing.mean[:11] == pytest.approx(plain.existing.mean[:11], rel=0.1)
    assert longer.acquired.mean[11] > 1.05 * plain.acquired.mean[11]
    np.testing.assert_array_equal(longer.new_customers.mean, plain.new_customers.mean)
    assert raised.existing.mean == pytest.approx(1.5 * plain.existing.mean, rel=1e-5)
    np.testing.assert_array_equal(raised.new_customers.mean, plain.new_customers.mean)


def test_a_part_stands_for_a_large_shop(monkeypatch):
    whole = forecast(draws=150).existing
    monkeypatch.setattr(module, "MOST_DRAWN", 200)
    part = forecast(draws=150).existing
    assert part.mean.sum() == pytest.approx(whole.mean.sum(), rel=0.2)


def slow_shop(rng, past, ahead, *, rate):
    """Customers of `past` months and what the next `ahead` months really bring."""
    month, truth, gg = float(months(1)), tiny(spread=False), fitted().parameters
    counts = rng.poisson(rate * np.exp(0.05 * rng.standard_normal(past + ahead)))
    birth = np.repeat(np.arange(past + ahead), counts) * month + rng.uniform(0, month, counts.sum())
    zero = np.zeros(birth.size)
    nu = rng.gamma(gg["q"], 1 / gg["gamma"], birth.size)
    times = truth.times((past + ahead) * month, zero, zero, zero, rng=rng) + birth
    amounts = rng.gamma(gg["p"], size=times.shape) / nu
    now, end = past * month, (past + ahead) * month
    seen = times <= now
    x = seen.sum(axis=0).astype(float)
    last = np.where(seen, times, birth).max(axis=0)
    spent = np.where(seen, amounts, 0).sum(axis=0)
    old = birth < now
    known = {
        "frequency": x[old],
        "recency": (last - birth)[old],
        "tenure": (now - birth)[old],
        "monetary_value": np.where(x > 0, spent / np.maximum(x, 1), np.nan)[old],
    }
    later = (times > now) & (times <= end)
    place = np.floor((times[later] - now) / month).astype(int)
    revenue = np.bincount(place, weights=amounts[later], minlength=ahead)
    return counts[:past], known, revenue + counts[past:] * 40.0


@pytest.mark.slow
def test_monthly_totals_are_covered_as_often_as_they_say():
    inside, width, replicates = {0.5: 0, 0.9: 0}, 12, 25
    for number in range(replicates):
        rng = np.random.default_rng(100 + number)
        counts, known, actual = slow_shop(rng, 20, width, rate=40)
        newcomers = Newcomers(fit_acquisition(counts), FIRST)
        result = forecast_months(
            CustomerLifetimeValue(tiny(), fitted()), width, newcomers, **known, rng=rng, draws=80
        ).revenue
        for coverage in inside:
            low, high = result.lower[coverage], result.upper[coverage]
            inside[coverage] += ((low <= actual) & (actual <= high)).sum()
    assert 0.40 < inside[0.5] / (width * replicates) < 0.70
    assert 0.82 < inside[0.9] / (width * replicates) < 0.99


def test_acquisition_recovers_season_and_damps_its_trend():
    rng = np.random.default_rng(3)
    place = np.arange(48)
    season = 0.4 * np.sin(2 * np.pi * place / 12)
    counts = rng.poisson(500 * np.exp(season + 0.01 * place))
    model = fit_acquisition(counts)
    later = np.arange(48, 60)
    truth = 500 * np.exp(0.4 * np.sin(2 * np.pi * later / 12) + 0.01 * later)
    np.testing.assert_allclose(model.median(12), truth, rtol=0.2)
    assert model.slope * model_growth(model) < 0.12


def model_growth(_model):
    return sum(0.85**month for month in range(1, 13))


def test_acquisition_intervals_cover():
    inside, count = 0, 40
    for number in range(count):
        rng = np.random.default_rng(number)
        walk = np.cumsum(0.05 * rng.standard_normal(36))
        series = rng.poisson(200 * np.exp(walk + 0.1 * rng.standard_normal(36)))
        draws = fit_acquisition(series[:24]).sample(12, draws=400, rng=rng)
        low, high = np.quantile(draws, [0.05, 0.95], axis=0)
        inside += ((low <= series[24:]) & (series[24:] <= high)).sum()
    assert 0.80 < inside / (12 * count) <= 0.99


CLOSED = [*[150] * 6, *[0] * 6] * 3


@pytest.mark.parametrize(
    ("counts", "likely", "most"),
    [
        (CLOSED, (600, 1200), 1400),
        ([*[0, 200, 210], *[0] * 9, *[0, 190, 205], *[0] * 9, *[0, 200]], (100, 500), 900),
        ([*[30] * 29, *[0] * 6], (0, 60), 60),
        ([780, 780, 780, *[0] * 12], (0, 30), 30),
    ],
    ids=["closed in winter", "two months a year", "stopped", "a cohort"],
)
def test_months_without_anybody_do_not_explode(counts, likely, most):
    """The mean lies among the quantiles, and neither is far from what the shop has seen."""
    draws = fit_acquisition(counts).sample(12, draws=4000, rng=np.random.default_rng(5))
    total = draws.sum(axis=1)
    low, high = np.quantile(total, [0.05, 0.95])
    assert low <= total.mean() <= high
    assert likely[0] <= np.median(total) <= likely[1]
    assert total.mean() <= most
    monthly = draws.mean(axis=0)
    assert (monthly <= np.quantile(draws, 0.95, axis=0) + 1).all()


def test_a_closed_month_stays_closed():
    monthly = fit_acquisition(CLOSED).median(12)
    assert monthly[6:].max() < 2 < 60 < monthly[:6].min()


@pytest.mark.parametrize("counts", [[5, 6], [1, 2, 3, 4, 5, -1], [[1] * 6] * 2, [np.nan] * 8])
def test_acquisition_refuses(counts):
    with pytest.raises(PerenneError, match="New customers are known"):
        fit_acquisition(counts)


def test_months_without_newcomers_and_bounds():
    none = fit_acquisition([0] * 8)
    assert forecast(newcomers=Newcomers(none, FIRST)).new_customers.mean.max() < 2
    with pytest.raises(PerenneError, match="61 months"):
        forecast(61)
