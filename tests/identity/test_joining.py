"""Customers joined step by step: what speaks for a step, beside a slow oracle that counts anew."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.identity.joining import Likeness, joins, odds_of

Rows = list[tuple[int, int, float]]
SIZE = 8


def likeness(rows: Rows, sources: list[int]) -> Likeness:
    left, right, odds = (np.array(column) for column in zip(*rows, strict=True))
    source = np.array(sources)
    low, high = np.minimum(source[left], source[right]), np.maximum(source[left], source[right])
    _ends, profile = np.unique(low * 10 + high, return_inverse=True)
    return Likeness(left, right, odds.astype(float), profile.astype(np.int64))


def steps(rows: Rows, root: list[int], sources: list[int] | None = None) -> list[tuple[float, int]]:
    given = sources or [0] * len(root)
    alike = likeness(rows, given)
    least = np.zeros(int(alike.profile.max()) + 1)
    made = joins(np.array(root), np.array(given), alike, least=least)
    return [(step.odds, step.number) for step in made]


def test_two_records_are_joined_by_what_they_say() -> None:
    assert steps([(0, 1, 9.0)], [0, 1]) == [(9.0, 1)]


def test_a_record_of_its_own_is_compared_with_the_one_it_is_most_like() -> None:
    assert steps([(0, 3, 9.0), (1, 3, 1.0)], [0, 0, 0, 3]) == [(9.0, 3)]


def test_two_customers_of_several_records_are_joined_by_the_average_of_their_pairs() -> None:
    assert steps([(0, 3, 9.0), (1, 4, 3.0)], [0, 0, 0, 3, 3]) == [(2.0, 6)]


def test_a_source_that_says_little_does_not_thin_out_another() -> None:
    """Records 1 and 3 come from a newsletter that tells no more than an e-mail."""
    assert steps([(0, 2, 9.0)], [0, 0, 2, 2], [0, 1, 0, 1]) == [(9.0, 4)]


def test_nothing_is_joined_below_the_least_odds_of_its_pair_of_sources() -> None:
    alike = likeness([(0, 1, 9.0), (1, 2, 5.0)], [0, 0, 1])
    made = joins(np.arange(3), np.array([0, 0, 1]), alike, least=np.array([2.0, 6.0]))
    assert [step.odds for step in made] == [9.0]


def test_each_step_knows_the_pairs_that_speak_of_it() -> None:
    alike = likeness([(0, 1, 9.0), (2, 1, 5.0), (2, 0, 4.0)], [0, 0, 0])
    made = joins(np.arange(3), np.zeros(3, dtype=np.int64), alike, least=np.zeros(1))
    assert [sorted(step.pairs) for step in made] == [[0], [1, 2]]


def test_no_probability_is_surer_than_a_million_to_one() -> None:
    assert odds_of(np.array([0.0, 0.5, 1.0])) == pytest.approx([1e-6, 1.0, 1e6], rel=1e-4)


@st.composite
def shops(draw: st.DrawFn) -> tuple[Rows, list[int]]:
    pairs = draw(
        st.lists(st.sampled_from([*combinations(range(SIZE), 2)]), min_size=1, unique=True)
    )
    odds = draw(st.permutations([2.0**n + 0.01 * n for n in range(len(pairs))]))
    sources = draw(st.lists(st.integers(0, 1), min_size=SIZE, max_size=SIZE))
    return [(*pair, one) for pair, one in zip(pairs, odds, strict=True)], sources


@given(shops())
def test_steps_are_those_of_counting_anew_each_time(shop: tuple[Rows, list[int]]) -> None:
    rows, sources = shop
    found = steps(rows, list(range(SIZE)), sources)
    odds, expected = ([one for one, _number in steps] for steps in (found, counted(rows, sources)))
    assert odds == pytest.approx(expected)
    assert by_odds(found) == by_odds(counted(rows, sources)), "of equal ones any may come first"
    assert odds == sorted(odds, reverse=True), "each step is less sure than the one before"


def by_odds(made: list[tuple[float, int]]) -> Counter[float]:
    """How many pairs the steps of equal odds put together."""
    found: Counter[float] = Counter()
    for odds, number in made:
        found[round(odds, 6)] += number
    return found


def counted(rows: Rows, sources: list[int]) -> list[tuple[float, int]]:
    """All averages of all customers two by two, again after each step."""
    customers = [{record} for record in range(SIZE)]
    made = []
    while True:
        best: tuple[float, set[int], set[int]] | None = None
        for one, other in combinations(customers, 2):
            told: dict[tuple[int, int], list[float]] = {}
            for left, right, odds in rows:
                if (left in one and right in other) or (left in other and right in one):
                    low, high = sorted((sources[left], sources[right]))
                    told.setdefault((low, high), []).append(odds)
            for ends, heard in told.items():
                number = sum(
                    tuple(sorted((sources[a], sources[b]))) == ends for a in one for b in other
                )
                alone = min(len(one), len(other)) == 1
                value = max(heard) if alone else sum(heard) / number
                if best is None or value > best[0]:
                    best = (value, one, other)
        if best is None:
            return made
        value, one, other = best
        made.append((value, len(one) * len(other)))
        customers = [c for c in customers if c is not one and c is not other] + [one | other]
