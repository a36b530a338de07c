"""Kaplan-Meier, the value of subscribers, and fits of thin groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from perenne.core import PerenneError
from perenne.models.contracts.kaplan_meier import kaplan_meier
from perenne.models.contracts.shifted_beta_geometric import (
    FittedShiftedBetaGeometric,
    ShiftedBetaGeometric,
)
from perenne.models.contracts.subscription_value import SubscriptionValue


def known(alpha: float, beta: float, *, spread: float = 1e-12) -> FittedShiftedBetaGeometric:
    covariance = ((spread, 0.0), (0.0, spread))
    return FittedShiftedBetaGeometric({"alpha": alpha, "beta": beta}, 0.0, covariance, 1.0)


def test_kaplan_meier_by_hand() -> None:
    """5 customers: left at 1, 2, 2; still there at 2 and 4."""
    found = kaplan_meier(tenure=[1, 2, 2, 2, 4], churned=[1, 1, 1, 0, 0], level=0.95)
    assert found.period.tolist() == [1, 2, 3, 4]
    assert found.at_risk.tolist() == [5, 4, 1, 1]
    assert found.left.tolist() == [1, 2, 0, 0]
    np.testing.assert_allclose(found.survival, [0.8, 0.4, 0.4, 0.4])
    greenwood = np.sqrt(1 / (5 * 4) + 2 / (4 * 2))
    half = 1.959964 * greenwood / -np.log(0.4)
    assert found.low[1] == pytest.approx(0.4 ** np.exp(half), rel=1e-5)
    assert found.high[1] == pytest.approx(0.4 ** np.exp(-half), rel=1e-5)
    assert (found.hazard_low < found.hazard + 1e-9).all()
    assert (found.hazard_high > found.hazard).all()


def test_kaplan_meier_freireich_1963_remission() -> None:
    """The 6-MP arm: S(6) .857, S(10) .753, S(13) .690, S(16) .627, S(23) .448."""
    left = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    stayed = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    found = kaplan_meier(tenure=left + stayed, churned=[1] * len(left) + [0] * len(stayed))
    at = dict(zip(found.period.tolist(), found.survival, strict=True))
    for period, share in {6: 0.857, 10: 0.753, 13: 0.690, 16: 0.627, 23: 0.448}.items():
        assert at[period] == pytest.approx(share, abs=6e-4)


def test_cohorts_are_as_if_alone() -> None:
    rng = np.random.default_rng(2)
    tenure, churned = rng.integers(1, 9, 300), rng.integers(0, 2, 300)
    cohort = rng.choice(["2024", "2025"], 300)
    together = kaplan_meier(tenure=tenure, churned=churned, cohort=cohort)
    for name in ("2024", "2025"):
        kept = cohort == name
        alone = kaplan_meier(tenure=tenure[kept], churned=churned[kept])
        np.testing.assert_allclose(together.survival[together.cohort == name], alone.survival)
        np.testing.assert_allclose(together.low[together.cohort == name], alone.low)


def test_late_entries_are_at_risk_only_when_in_view() -> None:
    """Seen from the start: left at 1 and 3. Seen after 2 renewals: left at 3; still there at 4."""
    found = kaplan_meier(tenure=[1, 3, 3, 4], churned=[1, 1, 1, 0], entered=[0, 0, 2, 2])
    assert found.at_risk.tolist() == [2, 1, 3, 1]
    np.testing.assert_allclose(found.survival, [0.5, 0.5, 0.5 / 3, 0.5 / 3])


def test_before_the_first_churn_and_after_the_last_customer() -> None:
    found = kaplan_meier(tenure=[2, 2, 2], churned=[1, 1, 1])
    assert (found.low[0], found.survival[0], found.high[0]) == (1.0, 1.0, 1.0)
    assert found.survival[1] == 0
    assert np.isnan(found.low[1]) or found.low[1] == 0


def test_a_level_beyond_one_is_refused() -> None:
    with pytest.raises(PerenneError, match="between 0 and 1"):
        kaplan_meier(tenure=[1, 2], churned=[1, 0], level=90)


def test_subscription_accounts_are_read(shared_data: Path) -> None:
    """Monthly invoices of simulated accounts: left when the last one is over two months old."""
    table = pq.read_table(shared_data / "saas_customer360_synthetic" / "invoices.parquet")
    month = np.array(table["invoice_date"].to_pylist(), dtype="datetime64[M]").astype(int)
    _accounts, row = np.unique(table["account_id"].to_pylist(), return_inverse=True)
    first = np.full(row.max() + 1, month.max())
    last = np.full(row.max() + 1, month.min())
    np.minimum.at(first, row, month)
    np.maximum.at(last, row, month)
    churned = (last < month.max() - 2).astype(float)
    tenure = last - first + churned
    found = kaplan_meier(tenure=tenure, churned=churned)
    assert found.at_risk[0] == (tenure > 0).sum()
    # Accounts of a simulation do not differ in their chance to leave: the fit says so.
    with pytest.raises(PerenneError, match="alpha, beta"):
        ShiftedBetaGeometric().fit(tenure=tenure, churned=churned)


def test_value_is_revenue_times_margin_times_discounted_renewals() -> None:
    contract = known(1.4, 9.0)
    value = SubscriptionValue(contract, margin=0.8).predict(
        24, tenure=[0, 6], mrr=[50.0, 200.0], rng=np.random.default_rng(1)
    )
    renewals = contract.discounted_remaining_life(
        0.10, tenure=[0, 6], periods_per_year=12, horizon=24
    )
    np.testing.assert_allclose(value.mean, renewals * [40.0, 160.0], rtol=1e-4)


def test_endless_value_is_finite_with_a_discount_and_refused_without() -> None:
    contract = known(0.7, 9.0)
    rng = np.random.default_rng(1)
    value = SubscriptionValue(contract).predict(tenure=[3], mrr=[10.0], rng=rng)
    renewals = contract.discounted_remaining_life(0.10, tenure=[3], periods_per_year=12)
    assert value.mean[0] == pytest.approx(10 * renewals[0], rel=1e-4)
    with pytest.raises(PerenneError, match="no limit"):
        SubscriptionValue(contract, growth=0.1).predict(tenure=[3], mrr=[1.0], rng=rng)


def test_growth_and_discount_of_one_rate_cancel_within_a_horizon() -> None:
    contract = known(1.4, 9.0)
    value = SubscriptionValue(contract, growth=0.1).predict(
        12, tenure=[0], mrr=[1.0], discount_rate=0.1, rng=np.random.default_rng(1)
    )
    assert value.mean[0] == pytest.approx(
        contract.expected_remaining_life(tenure=0, horizon=12)[0], rel=1e-4
    )


def test_customer_intervals_are_those_of_many_futures() -> None:
    contract, rng = known(1.2, 8.0, spread=0.02), np.random.default_rng(5)
    value = SubscriptionValue(contract).predict(
        36, tenure=[4], mrr=[1.0], draws=2_000, rng=rng, discount_rate=0.1
    )
    drawn = contract.parameter_draws(40_000, rng=rng)
    lives = contract.sample_remaining_life(tenure=[4], rng=rng, draws=40_000, parameters=drawn)
    paid = np.concatenate(([0], np.cumsum(1.1 ** (-np.arange(1, 37) / 12))))
    futures = paid[np.minimum(lives[:, 0], 36).astype(int)]
    for level in (0.5, 0.9):
        low, high = np.quantile(futures, ((1 - level) / 2, (1 + level) / 2))
        assert value.low[level][0] == pytest.approx(low, abs=1.01)
        assert value.high[level][0] == pytest.approx(high, abs=1.01)
    assert value.mean[0] == pytest.approx(futures.mean(), abs=0.3)


def test_totals_are_joint_draws_and_cover_what_happens() -> None:
    """Simulated subscribers whose true parameters differ from shop to shop: 90% cover 80–98%."""
    rng = np.random.default_rng(12)
    inside = 0
    for _shop in range(60):
        truth = known(1.3, 9.0)
        lives = 1 + truth.sample_remaining_life(tenure=np.zeros(800), rng=rng)[0]
        age = rng.integers(6, 19, 800).astype(float)
        churned = (lives <= age).astype(float)
        fitted = ShiftedBetaGeometric().fit(tenure=np.minimum(lives, age), churned=churned)
        here = churned == 0
        value = SubscriptionValue(fitted).predict(
            12, tenure=age[here], mrr=np.ones(here.sum()), discount_rate=0.0, draws=200, rng=rng
        )
        low, high = value.total_interval(0.9)
        actual = np.minimum(lives[here] - 1 - age[here], 12).sum()
        inside += low <= actual <= high
        assert value.total == pytest.approx(value.total_draws.mean(), rel=0.05)
    assert 48 <= inside <= 59


def test_value_refuses_what_it_cannot_read() -> None:
    value, rng = SubscriptionValue(known(1.2, 8.0)), np.random.default_rng(0)
    with pytest.raises(PerenneError, match="missing"):
        value.predict(12, tenure=[1], mrr=[np.nan], rng=rng)
    with pytest.raises(PerenneError, match="whole number"):
        value.predict(1.5, tenure=[1], mrr=[1.0], rng=rng)
