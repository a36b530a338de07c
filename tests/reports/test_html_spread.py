"""The distribution of value in a few numbers, against slow sums."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.reports.html.spread import MAJORITY, TOP, spread

AMOUNTS = st.lists(st.integers(-500, 5000).map(float), min_size=1, max_size=60)


@given(AMOUNTS)
def test_shares_against_slow_sums(values: list[float]) -> None:
    found = spread(values)
    assert found is not None
    best = sorted(values, reverse=True)
    total = math.fsum(best)
    assert found.total == pytest.approx(total)
    assert found.mean == pytest.approx(total / len(best))
    if total <= 0:
        assert found.top_share is found.majority_share is None
        return
    top = max(1, round(len(best) * TOP))
    assert found.top_share == pytest.approx(math.fsum(best[:top]) / total)
    needed = next(
        n for n in range(1, len(best) + 1) if math.fsum(best[:n]) >= MAJORITY * total - 1e-9
    )
    assert found.majority_customers == needed


@given(AMOUNTS)
def test_deciles_hold_everybody_once(values: list[float]) -> None:
    found = spread(values)
    assert found is not None
    if not found.tenths:
        assert len(values) < 10 or sum(values) <= 0
        return
    assert sum(one.customers for one in found.tenths) == len(values)
    assert math.fsum(one.share for one in found.tenths) == pytest.approx(1)
    assert found.tenths[-1].share_so_far == pytest.approx(1)


def test_worked_example() -> None:
    found = spread([100, 50, 30, 10, 10])
    assert found is not None
    assert (found.median, found.mean, found.total) == (30, 40, 200)
    assert (found.top_customers, found.top_share) == (1, 0.5)
    assert (found.majority_customers, found.majority_share) == (3, 0.6)


def test_nobody_has_no_spread() -> None:
    assert spread([]) is None
