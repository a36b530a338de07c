"""Intervals of surveys hold the truth as often as they say: exact coverage over every sample."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

import pytest

from perenne.metrics.intervals import of_nps, of_share
from perenne.metrics.requests import Interval

Method = Callable[[float, float, float], Interval | None]
# Shares of promoters and detractors, from a shop that everybody loves to one that nobody does.
MIXES = ((0.9, 0.02), (0.7, 0.1), (0.5, 0.2), (0.4, 0.4), (0.3, 0.3), (0.2, 0.5), (0.1, 0.1))
SIZES = (5, 10, 30, 60)


def wald(promoters: float, detractors: float, count: float) -> Interval:
    """The usual interval: variance of the trinomial, nothing added."""
    up, down = promoters / count, detractors / count
    half = NormalDist().inv_cdf(0.95) * math.sqrt((up + down - (up - down) ** 2) / count)
    return Interval((up - down - half) * 100, (up - down + half) * 100, 0.9)


def coverage(method: Method, size: int, up: float, down: float) -> float:
    """Probability of the samples whose interval holds the true score."""
    truth, total = (up - down) * 100, 0.0
    for promoters in range(size + 1):
        for detractors in range(size + 1 - promoters):
            rest = size - promoters - detractors
            ways = math.comb(size, promoters) * math.comb(size - promoters, detractors)
            chance = ways * up**promoters * down**detractors * (1 - up - down) ** rest
            found = method(promoters, detractors, size)
            total += chance if found and found.low <= truth <= found.high else 0.0
    return total


def test_the_interval_of_an_nps_holds_the_truth_nine_times_out_of_ten() -> None:
    found = {(n, mix): coverage(of_nps, n, *mix) for n in SIZES for mix in MIXES}
    assert min(found.values()) > 0.85
    assert sum(found.values()) / len(found) == pytest.approx(0.91, abs=0.03)
    assert min(value for (n, _mix), value in found.items() if n >= 30) > 0.885


def test_the_usual_interval_would_not() -> None:
    assert min(coverage(wald, n, *mix) for n in SIZES for mix in MIXES) < 0.5


def test_everybody_agreeing_leaves_a_doubt() -> None:
    found = of_nps(6, 0, 6)
    assert found is not None
    assert found.low < 90
    assert found.high == 100
    assert wald(6, 0, 6).low == 100


def test_the_score_lies_in_its_interval() -> None:
    for count in (1, 2, 4, 9):
        for promoters in range(count + 1):
            found = of_nps(promoters, count - promoters, count)
            assert found is not None
            assert found.low <= (2 * promoters - count) / count * 100 <= found.high


def test_a_share_stays_between_nothing_and_all() -> None:
    for hits in range(11):
        found = of_share(hits, 10)
        assert found is not None
        assert 0 <= found.low <= hits / 10 <= found.high <= 1


def test_no_answer_has_no_interval() -> None:
    assert of_nps(0, 0, 0) is None
    assert of_share(0, 0) is None
