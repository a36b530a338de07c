"""Independence of frequency and value; rates of returns and margin."""

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.spend.gamma_gamma import FREQUENCY_EFFECT
from perenne.models.spend.independence import choose_spend
from perenne.models.spend.returns import ShrunkRate, fit_margin_rate, fit_return_share
from tests.models.spending import cdnow, simulate


def test_independent_values_keep_the_plain_model_even_when_orders_vary_much():
    """With p < 1 the mean of few orders is low: the raw correlation misleads, the test does not."""
    x, value = simulate(np.random.default_rng(1), 20_000, p=0.6)
    choice = choose_spend(frequency=x, monetary_value=value)
    assert choice.independence.pearson_log > 0.1
    assert choice.independence.holds
    assert FREQUENCY_EFFECT not in choice.model.parameters


def test_dependent_values_are_modelled_by_frequency():
    x, value = simulate(np.random.default_rng(2), 20_000, effect=-0.3)
    choice = choose_spend(frequency=x, monetary_value=value)
    assert not choice.independence.holds
    assert choice.independence.ratio < 0.8
    assert choice.independence.spearman < 0
    assert choice.model.parameters[FREQUENCY_EFFECT] == pytest.approx(-0.3, abs=0.05)
    assert choice.model.left_out["no_repeat_order"] == (x == 0).sum()
    assert "depends on frequency" in str(choice.independence)


def test_tiny_effect_in_a_large_shop_is_significant_but_not_material():
    x, value = simulate(np.random.default_rng(3), 60_000, effect=0.04)
    test = choose_spend(frequency=x, monetary_value=value).independence
    assert test.p_value < 0.01
    assert test.holds


def test_one_frequency_leaves_nothing_to_test():
    x, value = simulate(np.random.default_rng(4), 8_000)
    choice = choose_spend(frequency=x[x == 2], monetary_value=value[x == 2])
    assert choice.independence is None


def test_fader_hardie_2005_cdnow_correlation_is_weak(shared_data):
    x, value = cdnow(shared_data)
    test = choose_spend(frequency=x, monetary_value=value).independence
    assert 0 < test.spearman < 0.25
    assert test.customers == 946


def shares(rng, customers, *, mean=0.2, size=6.0):
    orders = 1 + rng.poisson(3, customers)
    own = rng.beta(mean * size, (1 - mean) * size, customers)
    return orders * 50.0, rng.binomial(orders, own) * 50.0, own


def test_return_share_is_shrunk_as_far_as_customers_differ():
    sold, returned, own = shares(np.random.default_rng(5), 40_000)
    rate = fit_return_share(sold=sold, returned=returned)
    assert rate.shop == pytest.approx(0.2, abs=0.005)
    assert rate.strength == pytest.approx(6 * 50, rel=0.25)  # beta-binomial: a + b orders
    shrunk = rate.of(returned, sold)
    raw = returned / sold
    assert np.mean((shrunk - own) ** 2) < 0.7 * np.mean((raw - own) ** 2)
    assert np.mean((shrunk - own) ** 2) < np.mean((rate.shop - own) ** 2)


def test_rates_of_the_shop_serve_those_of_whom_nothing_is_known():
    rate = ShrunkRate(shop=0.1, strength=100.0, customers=5, unknown=0)
    np.testing.assert_allclose(rate.of([0, 50, np.nan], [0, 100, 10]), [0.1, 0.3, np.nan])
    same = ShrunkRate(shop=0.1, strength=np.inf, customers=5, unknown=0)
    np.testing.assert_allclose(same.of([0, 50], [0, 100]), [0.1, 0.1])
    assert ShrunkRate(**rate.to_values()) == rate


def test_negative_and_unknown_margins():
    rng = np.random.default_rng(6)
    net = rng.gamma(2, 100, 5000)
    margin = net * (0.1 + 0.3 * rng.standard_normal(5000)) + rng.normal(0, 3 * np.sqrt(net))
    margin[:100] = np.nan
    rate = fit_margin_rate(net=net, margin=margin)
    found = rate.of(margin, net)
    assert rate.unknown == 100
    assert np.isnan(found[:100]).all()
    assert (found[100:] < 0).mean() > 0.2
    assert found[100:].std() < np.nanstd(margin / net)


def test_customers_to_whom_returns_left_a_rounding_say_nothing_of_margins():
    """What is left of 29.99 less 29.99 may be 1e-15: a margin over that was one of millions."""
    rng = np.random.default_rng(7)
    net = rng.gamma(2, 100, 2000)
    margin = net * (0.3 + 0.05 * rng.standard_normal(2000))
    before = fit_margin_rate(net=net, margin=margin)
    left, lost = np.full(50, 1e-12), np.full(50, -12.0)
    after = fit_margin_rate(net=np.append(net, left), margin=np.append(margin, lost))
    assert after.shop == pytest.approx(before.shop, rel=1e-3)
    assert after.within == pytest.approx(before.within, rel=0.1, abs=0.05)
    assert after.of(lost[:1], left[:1])[0] == after.shop
    assert after.unsure(left[:1])[0] == after.unsure([0.0])[0]


@pytest.mark.parametrize(
    ("fit", "given", "message"),
    [
        (fit_return_share, {"sold": [10, -1], "returned": [0, 0]}, "negative or missing"),
        (fit_return_share, {"sold": [0, 0], "returned": [0, 0]}, "Nothing was sold"),
        (fit_margin_rate, {"net": [10, 5], "margin": [np.nan, np.nan]}, "No customer's margin"),
        (fit_margin_rate, {"net": [np.nan, 5], "margin": [1, 1]}, "net value is missing"),
    ],
)
def test_rates_refuse(fit, given, message):
    with pytest.raises(PerenneError, match=message):
        fit(**given)
