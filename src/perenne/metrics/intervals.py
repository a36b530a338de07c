"""Intervals of what a survey measures: from counts alone, right for few answers as for many."""

from __future__ import annotations

import math
from statistics import NormalDist

from perenne.metrics.arithmetic import Number, Value
from perenne.metrics.expressions import Call, Expression
from perenne.metrics.requests import Interval

LEVEL = 0.9
_ADDED = 3.0
"""Answers that the interval of an NPS adds: a quarter of them promoters, a quarter detractors."""


def of_share(hits: float, count: float, *, level: float = LEVEL) -> Interval | None:
    """Of a share (Wilson 1927): within 0 and 1 whatever the count; None without an answer."""
    if count <= 0:
        return None
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = hits / count
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z * math.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2) / (1 + z**2 / count)
    return Interval(max(centre - half, 0.0), min(centre + half, 1.0), level)


def of_nps(
    promoters: float, detractors: float, count: float, *, level: float = LEVEL
) -> Interval | None:
    """Of an NPS in points: the adjusted Wald interval AW(3, T) of Rocks (2016), "Interval
    Estimation for the Net Promoter Score", The American Statistician 70(4), widened to hold the
    score itself where a handful of answers agree. None without an answer.
    """
    if count <= 0:
        return None
    z = NormalDist().inv_cdf(0.5 + level / 2)
    size = count + _ADDED
    up, down = (promoters + _ADDED / 4) / size, (detractors + _ADDED / 4) / size
    centre = up - down
    half = z * math.sqrt((up + down - centre**2) / size)
    score = (promoters - detractors) / count
    low, high = max(min(centre - half, score), -1.0), min(max(centre + half, score), 1.0)
    return Interval(low * 100, high * 100, level)


def interval(bounds: Expression | None, values: tuple[Value, ...]) -> Interval | None:
    """The interval that a metric's `interval` asks for, from the values of its arguments."""
    numbers = [float(one) for one in values if isinstance(one, Number)]
    if not isinstance(bounds, Call) or len(numbers) != len(bounds.arguments):
        return None
    return of_nps(*numbers) if bounds.function == "nps" else of_share(*numbers)
