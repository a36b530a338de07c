"""Round ticks, safe numbers, and labels that keep apart."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.charts import Number, ticks
from perenne.charts.labels import fit, rows_for, spread, thinned, width, wrap
from perenne.charts.scales import Scale, drawable

ordinary = st.floats(-1e12, 1e12, allow_nan=False)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (0, 97, [0, 20, 40, 60, 80, 100]),
        (0, 0.3, [0, 0.1, 0.2, 0.3]),
        (-5, 12, [-5, 0, 5, 10, 15]),
        (0, 0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (7, 7, [0, 2, 4, 6, 8]),
        (-7, -7, [-8, -6, -4, -2, 0]),
        (0, 1234567, [0, 250000, 500000, 750000, 1000000, 1250000]),
    ],
)
def test_ticks_are_round_and_enclose(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == expected


def test_counts_have_whole_ticks() -> None:
    assert ticks(0, 2, whole=True) == [0, 1, 2]
    assert ticks(0, 1, whole=True) == [0, 1]
    assert all(mark == int(mark) for mark in ticks(0, 9, count=4, whole=True))


@given(ordinary, ordinary)
def test_ticks_enclose_few_and_even(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    found = ticks(low, high)
    slack = (found[-1] - found[0]) * 1e-6
    assert found[0] <= low + slack
    assert found[-1] >= high - slack
    assert 2 <= len(found) <= 8
    steps = [b - a for a, b in pairwise(found)]
    assert max(steps) == pytest.approx(min(steps), rel=1e-3)
    assert 0 in found or low > 0 or high < 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1.5"), 1.5),
        (None, None),
        (math.nan, None),
        (Decimal("NaN"), None),
        (Decimal("sNaN"), None),
        (math.inf, None),
        (1e308, None),
        (10**400, None),
        (0, 0.0),
    ],
)
def test_only_numbers_that_fit_are_drawn(value: Number | None, expected: float | None) -> None:
    assert drawable(value) == expected


def test_a_scale_without_extent_puts_everything_in_the_middle() -> None:
    assert Scale(5, 5, 0, 100)(5) == 50
    assert Scale(0, 10, 100, 0)(2.5) == 75
    assert Scale(0, 10, 0, 100).within(12) == 10


@given(st.lists(st.floats(0, 300), max_size=12), st.floats(1, 16))
def test_spread_labels_stand_apart_within_bounds(wanted: list[float], gap: float) -> None:
    placed = spread(wanted, gap, (0, 300))
    assert len(placed) == len(wanted)
    assert all(-1e-6 <= position <= 300 + 1e-6 for position in placed)
    assert all(b - a >= gap - 1e-6 for a, b in pairwise(sorted(placed)))
    ranks = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    assert ranks == sorted(range(len(placed)), key=lambda i: (placed[i], i))


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread([10, 50, 90], 16, (0, 100)) == [10, 50, 90]
    assert spread([], 16, (0, 100)) == []


def test_more_labels_than_room_are_even() -> None:
    assert spread([5, 5, 5], 16, (0, 20)) == [0, 10, 20]


def test_thinned_labels_are_evenly_chosen() -> None:
    assert thinned([0, 20, 40, 60, 80], [25] * 5, gap=10) == [0, 2, 4]
    assert thinned([0], [500]) == [0]
    assert thinned([], []) == []


def test_a_line_dropped_from_a_label_crosses_no_other() -> None:
    assert rows_for([(0, 50), (30, 80), (60, 100), (200, 230)]) == [0, 1, 2, 0]


@given(st.text(max_size=40), st.floats(20, 200))
def test_fitted_text_fits(text: str, room: float) -> None:
    assert width(fit(text, room)) <= room
    assert all(width(line, 13) <= room for line in wrap(text, room))


def test_wrapping_loses_no_word() -> None:
    sentence = "No data: nothing was ordered before this date"
    assert " ".join(wrap(sentence, 120)) == sentence
