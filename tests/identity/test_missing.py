"""What links are missed: recovered from simulated pairs whose truth is known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from perenne.identity import IdentityAccount, Likely, Missed
from perenne.identity.clusters import components
from perenne.identity.curves import Judged, learnt, log_odds, probability
from perenne.identity.missing import Spoken, Stated, likely

CUSTOMERS = 4_000
Found = tuple[Missed, int, float]


def shop(seed: int, *, shown: float = 1.0, decided: int = 3_000, linked: float = 1.0) -> Found:
    """Buyers of whom some are two customers; the pairs' probabilities are right (`shown` 1) or off
    by a factor on the odds. Those from `linked` on are links. Returns the estimate, with so many
    other pairs decided, and the true customers and repeat rate."""
    rng = np.random.default_rng(seed)
    orders = 1 + rng.poisson(0.6, CUSTOMERS)
    left = rng.permutation(CUSTOMERS)
    left, right = left[:600], left[600:1_200]
    chance = rng.beta(0.6, 1.5, 600 + decided).clip(0.01, 0.98)
    same = rng.random(600 + decided) < chance
    person = np.arange(CUSTOMERS)
    person[right[same[:600]]] = left[same[:600]]
    together = np.bincount(person, weights=orders)
    true = together[together > 0]
    odds = chance / (1 - chance) * shown
    stated, nowhere = odds / (1 + odds), np.zeros(600 + decided, dtype=np.int64)
    alone = np.arange(CUSTOMERS)
    spoken = Spoken(left, right, stated[:600], nowhere[:600])
    # The likelier half may be linked: what is wrong of it is counted back.
    made = stated[:600] >= linked
    root = components(CUSTOMERS, left[made], right[made])
    found = likely(
        Stated(root, alone, orders),
        apart=spoken.among(~made),
        linked=spoken.among(made),
        curves=learnt(Judged(stated[600:], same[600:], nowhere[600:]), groups=1),
        decided=decided,
        rng=rng,
    )
    return found, len(true), float((true > 1).mean())


@pytest.mark.parametrize("shown", [1.0, 0.25])
def test_customers_and_repeat_rate_are_recovered(shown: float) -> None:
    """Nine times in ten the truth lies within, however wrong the probabilities are that decisions
    correct; the stated figures never do."""
    hits = []
    for seed in range(40):
        found, customers, rate = shop(seed, shown=shown)
        hits.append(found.customers.low <= customers <= found.customers.high)
        assert found.customers.likely == pytest.approx(customers, rel=0.012)
        assert found.repeat_rate.likely == pytest.approx(rate, abs=0.006)
        assert found.customers.stated > found.customers.high
        assert found.repeat_rate.stated < found.repeat_rate.low
        assert found.links == pytest.approx(CUSTOMERS - found.customers.likely)
    assert 30 <= sum(hits) <= 40


@pytest.mark.parametrize("shown", [0.4, 1.0, 2.5])
def test_without_decisions_the_range_allows_for_probabilities_that_are_off(shown: float) -> None:
    found, customers, _rate = shop(1, shown=shown, decided=0)
    assert found.customers.low < customers < found.customers.high < found.customers.stated
    sharper, *_true = shop(1, shown=shown)
    width = found.customers.high - found.customers.low
    assert sharper.customers.high - sharper.customers.low < width / 2


def test_pairs_of_one_customer_or_without_orders_change_nothing() -> None:
    root, orders = np.array([0, 0, 2, 3]), np.array([1, 1, 0, 2])
    nowhere = np.zeros(2, dtype=np.int64)
    apart = Spoken(np.array([0, 0]), np.array([1, 2]), np.array([0.9, 0.9]), nowhere)
    linked = apart.among(np.zeros(2, dtype=bool))
    curves = learnt(Judged(np.zeros(0), np.zeros(0, dtype=bool), nowhere[:0]), groups=1)
    found = likely(
        Stated(root, root, orders),
        apart=apart,
        linked=linked,
        curves=curves,
        decided=0,
        rng=np.random.default_rng(0),
    )
    assert (found.customers, found.repeat_rate) == (Likely(2, 2, 2, 2), Likely(1, 1, 1, 1))
    assert (found.links, found.pairs) == (0, 0)
    assert found.wrong == 0


def test_wrong_links_are_counted_back() -> None:
    """Links from a probability of 0.3 on: more customers are hidden than stand apart."""
    hits = []
    for seed in range(20):
        found, customers, rate = shop(seed, linked=0.3)
        hits.append(found.customers.low <= customers <= found.customers.high)
        assert found.customers.likely == pytest.approx(customers, rel=0.015)
        assert found.repeat_rate.likely == pytest.approx(rate, abs=0.008)
        assert found.wrong > found.links > 0
        assert found.customers.stated < found.customers.low
    assert sum(hits) >= 15


def test_a_group_of_which_little_was_judged_learns_from_the_others() -> None:
    """The model is too bold by two on log odds in each group but the last, where it is right."""
    rng = np.random.default_rng(5)
    odds = rng.uniform(-2, 5, 2_660)
    group = np.repeat([0, 1, 2, 3], [1_000, 900, 10, 750])
    same = rng.random(2_660) < probability(odds - np.where(group < 3, 2.0, 0.0))
    curves = learnt(Judged(probability(odds), same, group), groups=5)
    at = np.array([1.0, 3.0])
    moved = [log_odds(curves.weight @ curves.chance(at, n)) - at for n in range(5)]
    for known in moved[:2]:
        assert known == pytest.approx([-2, -2], abs=0.5)
    assert moved[3] == pytest.approx([0, 0], abs=0.5)
    assert (moved[2] < -0.7).all(), "ten of its own, and what the others teach"
    assert (moved[0] < moved[4]).all()
    assert (moved[4] < moved[3]).all(), "of the unjudged one the others are all that is known"


def test_curves_of_links_that_lie_apart_are_found() -> None:
    """Right ones above, wrong ones below: steps of Newton's alone would swing to and fro."""
    stated = np.array([0.999 if n % 2 else 0.993 for n in range(120)])
    judged = Judged(stated, stated > 0.995, np.zeros(120, dtype=np.int64))
    for times in (1, 32):
        curves = learnt(judged, groups=1, times=times)
        assert 1 / (curves.weight**2).sum() > 300, "a few draws carry all the weight"
        low, high = curves.weight @ curves.chance(log_odds(stated[:2]), 0)
        assert low < 0.2 < 0.9 < high


def test_the_account_keeps_the_estimate() -> None:
    found, *_true = shop(1)
    account = IdentityAccount(9, 7, links={"email": 2}, missed=found)
    back = IdentityAccount.from_manifest(json.loads(json.dumps(account.to_manifest())))
    assert back == account
