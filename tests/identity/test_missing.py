"""What links are missed: recovered from simulated pairs whose truth is known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from perenne.identity import IdentityAccount, Likely, Missed
from perenne.identity.missing import likely, recalled

CUSTOMERS = 4_000
Found = tuple[Missed, int, float]


def shop(seed: int, *, shown: float = 1.0) -> Found:
    """Buyers of whom some are two customers; the pairs' probabilities are right (`shown` 1) or off
    by a factor on the odds. Returns the estimate and the true customers and repeat rate."""
    rng = np.random.default_rng(seed)
    orders = 1 + rng.poisson(0.6, CUSTOMERS)
    left = rng.permutation(CUSTOMERS)
    left, right = left[:600], left[600:1_200]
    chance = rng.beta(0.6, 1.5, 600).clip(0.01, 0.98)
    same = rng.random(600) < chance
    person = np.arange(CUSTOMERS)
    person[right[same]] = left[same]
    together = np.bincount(person, weights=orders)
    true = together[together > 0]
    odds = chance / (1 - chance) * shown
    pairs = (left, right, odds / (1 + odds))
    found = likely(np.arange(CUSTOMERS), orders, pairs=pairs, linked=np.ones(3), decided=0, rng=rng)
    return found, len(true), float((true > 1).mean())


def test_customers_and_repeat_rate_are_recovered() -> None:
    """Nine times in ten the truth lies within; the stated figures never do."""
    hits = []
    for seed in range(40):
        found, customers, rate = shop(seed)
        hits.append(found.customers.low <= customers <= found.customers.high)
        assert found.customers.likely == pytest.approx(customers, rel=0.012)
        assert found.repeat_rate.likely == pytest.approx(rate, abs=0.006)
        assert found.customers.stated > found.customers.high
        assert found.repeat_rate.stated < found.repeat_rate.low
        assert found.links == pytest.approx(CUSTOMERS - found.customers.likely)
    assert 29 <= sum(hits) <= 40


def test_pairs_of_one_customer_or_without_orders_change_nothing() -> None:
    root, orders = np.array([0, 0, 2, 3]), np.array([1, 1, 0, 2])
    pairs = (np.array([0, 0]), np.array([1, 2]), np.array([0.9, 0.9]))
    rng = np.random.default_rng(0)
    found = likely(root, orders, pairs=pairs, linked=np.array([0.8]), decided=0, rng=rng)
    assert (found.customers, found.repeat_rate) == (Likely(2, 2, 2, 2), Likely(1, 1, 1, 1))
    assert (found.links, found.pairs, found.overstated) == (0, 0, 0)
    assert found.wrong == pytest.approx(0.2)


def test_decisions_of_the_owner_correct_the_probabilities() -> None:
    rng = np.random.default_rng(3)
    shown = rng.uniform(0.2, 0.9, 800)
    true = shown / (1 - shown) / 4
    same = rng.random(800) < true / (1 + true)
    moved = recalled(shown, shown[:400], same[:400])
    assert moved[400:].sum() == pytest.approx(same[400:].sum(), rel=0.15)
    few = recalled(shown, shown[:4], same[:4])
    assert moved.sum() < few.sum() < shown.sum() or not same[:4].any()
    assert np.array_equal(recalled(shown, shown[:0], same[:0]), shown)


def test_the_account_keeps_the_estimate() -> None:
    found, *_true = shop(1)
    account = IdentityAccount(9, 7, links={"email": 2}, missed=found)
    back = IdentityAccount.from_manifest(json.loads(json.dumps(account.to_manifest())))
    assert back == account
