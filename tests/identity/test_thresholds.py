"""Thresholds measured on judged pairs: bounds by the book, and the truth found again."""

import random

import pytest
from scipy.stats import beta

from perenne.identity.thresholds import choose, lower_bound


@pytest.mark.parametrize(("right", "tried"), [(0, 5), (1, 1), (5, 5), (48, 50), (290, 300)])
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.975])
def test_lower_bound_is_that_of_clopper_and_pearson(
    right: int, tried: int, confidence: float
) -> None:
    expected = beta.ppf(1 - confidence, right, tried - right + 1) if right else 0.0
    assert lower_bound(right, tried, confidence=confidence) == pytest.approx(expected, abs=1e-9)


def test_too_few_pairs_leave_the_cautious_threshold() -> None:
    found = choose([(0.9, True, 1)] * 10, precision=0.95, confidence=0.9, fallback=0.99)
    assert (found.value, found.measured, found.judged) == (0.99, False, 10)
    assert found.missing == 45 - 10, "0.95 ** 45 is the first power below a tenth"


def test_the_threshold_stands_halfway_to_the_first_pair_that_spoils_it() -> None:
    pairs = [(0.8, True, 1)] * 60 + [(0.4, False, 1)] * 10
    found = choose(pairs, precision=0.95, confidence=0.9, fallback=0.99)
    assert found.value == pytest.approx(0.6)
    assert (found.precision, found.recall, found.accepted) == (1.0, 1.0, 60)
    assert found.at_least == pytest.approx(0.1 ** (1 / 60), abs=1e-6)


def test_pairs_of_one_probability_stand_or_fall_together() -> None:
    pairs = [(0.9, True, 1)] * 60 + [(0.7, True, 1)] * 30 + [(0.7, False, 1)] * 30
    found = choose(pairs, precision=0.95, confidence=0.9, fallback=0.99)
    assert found.value == pytest.approx(0.8)


def test_a_wrong_link_between_large_customers_weighs_what_it_spoils() -> None:
    right = [(0.9, True, 1)] * 200
    small, large = (
        choose([*right, (0.8, False, n)], precision=0.95, confidence=0.9, fallback=0.99)
        for n in (1, 50)
    )
    assert small.value == 0.8
    assert large.value == pytest.approx(0.85)


def test_links_that_put_nothing_together_prove_nothing() -> None:
    found = choose([(0.9, True, 0)] * 500, precision=0.95, confidence=0.9, fallback=0.99)
    assert not found.measured


def test_a_measured_threshold_keeps_its_promise() -> None:
    """Links are right with the chance that their probability states, but for a shift that the
    model does not know of: the share of right links above the threshold is as promised in about
    nine of ten shops or more."""
    chance = random.Random(7)
    kept = 0
    for _shop in range(40):
        pairs = [(p := chance.random(), chance.random() < p**0.5, 1) for _pair in range(600)]
        found = choose(pairs, precision=0.9, confidence=0.9, fallback=0.99)
        above = [p for p in (chance.random() for _n in range(2000)) if p >= found.value]
        kept += sum(p**0.5 for p in above) / len(above) >= 0.9
    assert kept >= 33
