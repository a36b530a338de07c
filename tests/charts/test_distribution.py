"""Bins and concentration against plain counting."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.charts import Bin, bins, concentration, share_at

values = st.lists(st.integers(-10_000, 1_000_000).map(lambda cents: cents / 100), max_size=200)


def held(item: Bin, value: float) -> bool:
    if item.low is not None and item.low == item.high:
        return value == item.low
    above = item.low is None or value >= item.low
    return above and (item.high is None or value < item.high)


@given(values)
def test_every_value_is_counted_once(found: list[float]) -> None:
    made = bins(found)
    assert sum(item.count for item in made) == len(found)
    for item in made:
        assert item.count == sum(held(item, value) for value in found)
    closed = [item for item in made if item.low is not None and item.high is not None]
    assert all(a.high == b.low for a, b in pairwise(closed))
    assert len(made) <= 60


def test_a_long_tail_becomes_one_open_bin() -> None:
    made = bins([*range(100), 5_000, 80_000])
    assert made[-1].high is None
    assert made[-1].low is not None
    assert made[-1].low <= 105
    assert made[-1].count >= 2
    assert all(item.low is not None for item in made)


def test_even_values_have_no_open_bin() -> None:
    made = bins(range(100))
    assert made[0].low == 0
    assert made[-1].high is not None
    assert made[-1].high >= 99


def test_what_is_not_a_number_is_left_out() -> None:
    made = bins([None, math.nan, Decimal("NaN"), math.inf, 3])
    assert made == [Bin(3, 3, 1)]
    assert bins([None]) == []


def test_concentration_of_four_customers() -> None:
    assert concentration([10, 70, 0, 20]) == [(0, 0), (0.25, 0.7), (0.5, 0.9), (0.75, 1), (1, 1)]
    assert share_at(concentration([10, 70, 0, 20]), 0.25) == pytest.approx(0.7)
    assert share_at(concentration([10, 70, 0, 20]), 0.125) == pytest.approx(0.35)


def test_returns_above_purchases_lift_the_curve_over_the_whole() -> None:
    curve = concentration([100, 50, -50])
    assert max(y for _, y in curve) == pytest.approx(1.5)
    assert curve[-1] == pytest.approx((1, 1))


@pytest.mark.parametrize("nothing", [[], [0, 0], [-5, 5], [-1], [None]])
def test_without_a_total_there_are_no_shares(nothing: list[float]) -> None:
    assert concentration(nothing) == []


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=300).filter(lambda v: sum(v) > 0))
def test_the_curve_is_what_sorting_and_adding_gives(found: list[int]) -> None:
    best = sorted(found, reverse=True)
    for customers, value in concentration(found):
        taken = round(customers * len(best))
        assert value == pytest.approx(float(Fraction(sum(best[:taken]), sum(best))), abs=1e-9)
