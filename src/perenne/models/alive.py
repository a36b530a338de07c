"""One customer's chance of still being there, day by day, from the parameters of a snapshot.

The fitted models answer for arrays, and SciPy takes its time to load. Here one customer is asked by
a page that must be quick: the same formulas on plain numbers, from the standard library alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from math import cosh, exp, expm1, log, log1p, pi, sinh, tanh
from typing import Any

WEEK = 7
# An order of a day came at some hour of it: half a day before its end, on average.
HALF_A_DAY = 0.5 / WEEK
# Days between two points of a path are so many that there are at most about this many points.
MOST_POINTS = 90
# Members of the BG/NBD family: whether a customer may leave after the first order already.
FAMILY: Mapping[str, bool] = {
    "bg_nbd": False,
    "bg_cnbd": False,
    "mbg_nbd": True,
    "mbg_cnbd": True,
}
PARETO, SEASON = ("pareto_nbd", "exponential_nbd"), "_season"
# Where all leave at one rate mu, s is this large and s / beta is mu. The logarithm of the chance to
# live for t differs from -mu t by (mu t)² / 2s: for as long as anybody lives, by less than 1e-9.
ALIKE = 1e12
# Of these, nobody leaves; of those, customers are there or not by occasion, not by day.
STAYING, OCCASIONS = "nbd", "bg_bb"
# Why there is no path, in the order in which it is asked.
NO_PATH = (
    "older_snapshot",
    "no_purchase_model",
    "by_occasion",
    "nobody_leaves",
    "no_formula",
    "one_purchase",
    "too_soon",
)
# Steps of the double exponential rule, and how far they go.
STEP, STEPS = 0.1, 33
# Logarithm of the factor beyond which what is left of an integrand does not count.
CUT = 40.0


@dataclass(frozen=True)
class AlivePath:
    """The purchase model that tells, and the chance at the end of each day; a day before an order,
    what was known then. `note`, one of `NO_PATH`, says why there is none."""

    model: str | None
    points: tuple[tuple[date, float], ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class _Known:
    """A purchase model as the manifest of a snapshot tells it."""

    name: str
    parameters: Mapping[str, float]
    times: Callable[[date], float]

    def chance(self, orders: Sequence[date], day: date) -> float:
        """At the end of `day`, knowing the orders up to then; the first is among them."""
        born, last = self.times(orders[0]), self.times(orders[-1])
        recency, tenure = last - born, self.times(day) - born
        if tenure <= recency:
            tenure += HALF_A_DAY
        return chance_alive(
            self.name, self.parameters, frequency=len(orders) - 1, recency=recency, tenure=tenure
        )


def alive_path(
    told: Mapping[str, Any] | None, orders: Sequence[date], *, until: date
) -> AlivePath | None:
    """From the first order to the end of `until`; None without an order.

    told: what the manifest says of predictions (`purchase_model`, `parameters`, `clock`,
    `alive_model`). orders: purchase days, increasing.
    """
    if not orders:
        return None
    name = (told or {}).get("purchase_model")
    note = _refused(told, orders, until)
    if told is None or name is None or note:
        return AlivePath(name, note=note)
    plain = name.removesuffix(SEASON)
    known = _Known(plain, told["parameters"], _times(told.get("clock")))
    points = tuple(
        (day, known.chance(orders[: bisect_right(orders, day)], day))
        for day in _days(orders, until)
        if plain not in FAMILY or FAMILY[plain] or day >= orders[1]
    )
    return AlivePath(name, points)


def _refused(told: Mapping[str, Any] | None, orders: Sequence[date], until: date) -> str | None:
    if told is None:
        return "older_snapshot"
    name = told.get("purchase_model")
    if name is None:
        return "no_purchase_model"
    if told.get("alive_model", name) == OCCASIONS:
        return "by_occasion"
    plain = name.removesuffix(SEASON)
    if plain == STAYING:
        return "nobody_leaves"
    if plain not in FAMILY and plain not in PARETO:
        return "no_formula"
    if name != plain and not told.get("clock"):
        return "older_snapshot"
    # The first order cannot be the last one there: 1 is no finding.
    if len(orders) < 2 and not FAMILY.get(plain, True):
        return "one_purchase"
    return "too_soon" if orders[0] >= until else None


def _days(orders: Sequence[date], until: date) -> Iterator[date]:
    """Evenly spread, and each order with the day before it."""
    span = (until - orders[0]).days
    step = max(1, -(-span // MOST_POINTS))
    even = (orders[0] + timedelta(days) for days in range(0, span + 1, step))
    before = (day - timedelta(1) for day in orders[1:])
    yield from sorted({*even, *before, *orders, until})


def _times(clock: Mapping[str, Any] | None) -> Callable[[date], float]:
    """Weeks from some day to the end of another, on the clock of the shop where it has one."""
    if not clock:
        return lambda day: day.toordinal() / WEEK
    begin = date.fromisoformat(clock["begin"]).toordinal()
    weeks = [float(one) for one in clock["weeks"]]
    passed = [0.0, *accumulate(weeks)]

    def times(day: date) -> float:
        days = day.toordinal() - begin
        week = min(max(days // WEEK, 0), len(weeks) - 1)
        return passed[week] + weeks[week] * (days - WEEK * week) / WEEK

    return times


def chance_alive(
    name: str,
    parameters: Mapping[str, float],
    *,
    frequency: int,
    recency: float,
    tenure: float,
) -> float:
    """P(alive) of a customer by BG/NBD, MBG/NBD, their regular forms, Pareto/NBD, or its limit."""
    if name in PARETO:
        return _pareto(parameters, frequency, (recency, tenure))
    return _family(parameters, frequency, (recency, tenure), leaves_at_once=FAMILY[name])


def _family(
    at: Mapping[str, float], x: int, ages: tuple[float, float], *, leaves_at_once: bool
) -> float:
    """S / (S + D) of `beta_geo_likelihood`."""
    survived = x + 1 if leaves_at_once else x
    if not survived:
        return 1.0
    recency, tenure = ages
    k = int(at.get("k", 1))
    shape, waited = at["r"] + k * x, (tenure - recency) / (at["alpha"] + tenure)
    stages = term = 1.0
    for j in range(1, k):
        term *= (shape + j - 1) / j * waited
        stages += term
    odds = log(at["a"]) - log(at["b"] + survived - 1) - log(stages)
    odds += shape * log((at["alpha"] + tenure) / (at["alpha"] + recency))
    return 1 / (1 + exp(odds)) if odds < CUT else exp(-odds)


def _pareto(at: Mapping[str, float], x: int, ages: tuple[float, float]) -> float:
    """The two terms of `pareto_rows`, each as a share of what is there at the last order."""
    recency, tenure = ages
    s = at.get("s", ALIKE)
    shape, since = at["r"] + x, tenure - recency
    alpha = at["alpha"] + recency
    beta = (at["beta"] if "beta" in at else s / at["mu"]) + recency

    def left(time: float) -> float:
        return shape * log1p(time / alpha) + s * log1p(time / beta)

    there = beta * exp(-left(since))
    scale = min(alpha, beta)
    # The integrand falls at least so fast in log(time + scale): its far end is nothing.
    falls = shape * scale / alpha + (s + 1) * scale / beta - 1
    width = min(log1p(since / scale), CUT / falls if falls > 0 else CUT)

    def gone(place: float) -> float:
        time = expm1(place) * scale
        return scale * exp(place - left(time) - log1p(time / beta))

    total = there + s * _integral(gone, width)
    return there / total if total > 0 else 0.0


def _integral(function: Callable[[float], float], width: float) -> float:
    """From 0 to `width`, by the double exponential rule (Takahasi & Mori 1974)."""
    total = 0.0
    for step in range(-STEPS, STEPS + 1):
        at = STEP * step
        bent = pi / 2 * sinh(at)
        weight = pi / 2 * cosh(at) / cosh(bent) ** 2
        total += weight * function(width / 2 * (1 + tanh(bent)))
    return total * width / 2 * STEP
