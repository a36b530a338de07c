"""Time units, horizons, and money later in money of today."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from perenne.core import PerenneError
from perenne.models.arguments import is_number, read_numbers, shown
from perenne.models.histories import Floats
from perenne.text import gettext as _

PER_YEAR = {"day": 365.25, "week": 365.25 / 7, "month": 12.0, "year": 1.0}
LONGEST_YEARS = 100
NODES, MOST_NODES = 3, 40
PER_FORCE, USUAL = 4, np.log(11)
"""Gauss–Legendre nodes between two horizons; more of them the more is discounted between and the
wider the way is beside that to the first horizon. An error below 0.01% of the value (tests)."""


def units_per_year(time_unit: str) -> float:
    """How many of `time_unit` (day, week, month, year) a year has; else PerenneError."""
    if time_unit not in PER_YEAR:
        raise PerenneError(
            _("{unit} is not a unit of time here.").format(unit=time_unit),
            given=time_unit,
            allowed=PER_YEAR,
            next_step=_("Use one of {units}.").format(units=", ".join(PER_YEAR)),
        )
    return PER_YEAR[time_unit]


def months(count: Any, *, time_unit: str = "week") -> Any:
    """`count` months, a number or an array of them, in `time_unit`. PerenneError below 0."""
    if not np.all(read_numbers("count", count) >= 0):
        raise PerenneError(
            _("A number of months is negative or missing: {count}.").format(count=shown(count)),
            given=shown(count),
            next_step=_("Give how many months lie ahead, for example 12."),
        )
    return np.multiply(count, units_per_year(time_unit) / 12)[()]


def read_horizons(horizon: Any, *, time_unit: str) -> Floats:
    """Horizons as an increasing array. Raises PerenneError for others, and beyond 100 years."""
    horizons = read_numbers("horizon", horizon)
    longest = LONGEST_YEARS * units_per_year(time_unit)
    if horizons.size == 0 or not np.all(np.isfinite(horizons)) or horizons[0] < 0:
        raise _refused(horizon, _("A horizon is negative, missing or infinite."))
    if np.any(np.diff(horizons) <= 0):
        raise _refused(horizon, _("The horizons do not increase."))
    if horizons[-1] > longest:
        raise _refused(
            horizon,
            _("A horizon lies beyond {years} years, where no history says anything.").format(
                years=LONGEST_YEARS
            ),
        )
    return horizons


def _refused(horizon: Any, what: str) -> PerenneError:
    return PerenneError(
        what,
        given=horizon,
        next_step=_(
            "Give one horizon, or several that increase, in the unit of time of the model."
        ),
    )


def discount_force(rate: float, *, time_unit: str) -> float:
    """δ with e^(−δt) = (1 + rate)^(−years): `rate` per year, δ per unit of time."""
    if not (is_number(rate) and 0 <= rate < 10):
        raise PerenneError(
            _("A discount rate of {rate} per year cannot be used.").format(rate=shown(rate)),
            given=rate,
            next_step=_("Give a share per year, for example 0.10 for 10%."),
        )
    return float(np.log1p(rate) / units_per_year(time_unit))


def expected_by(purchases: Any, times: Floats, **history: Any) -> Floats:
    """Expected purchases until each of `times`, (times, customers); at once where a model can."""
    at_once = getattr(purchases, "expected_purchases_by", None)
    if at_once is not None:
        return np.asarray(at_once(times, **history), dtype=np.float64)
    return np.array([purchases.expected_purchases(float(time), **history) for time in times])


def discounted_purchases(
    expected: Callable[[Floats], Floats], horizons: Floats, *, force: float
) -> tuple[Floats, Floats]:
    """Discounted and plain expected purchases until each horizon, both (horizons, customers).

    `expected(times)`, (times, customers), are the purchases expected in (0, t]. Discounted
    continuously, each at its own time, by parts: ∫ e^(−δt) dE = e^(−δh) E(h) + δ ∫ e^(−δt) E dt.
    """
    if force == 0 or horizons[-1] == 0:
        plain = expected(horizons)
        return plain.copy(), plain
    starts = np.concatenate(([0.0], horizons[:-1]))
    bend = min(float(horizons[horizons > 0][0]) / 10, 1 / force)
    pieces = [
        _nodes(start, end, bend=bend, force=force)
        for start, end in zip(starts, horizons, strict=True)
    ]
    times, weights = (np.concatenate(each) for each in zip(*pieces, strict=True))
    both = expected(np.concatenate((horizons, times)))
    plain, between = both[: horizons.size], both[horizons.size :]
    between *= (force * weights * np.exp(-force * times))[:, None]
    first = np.cumsum([0, *(time.size for time, _weight in pieces[:-1])])
    owed = np.add.reduceat(between, first, axis=0).cumsum(axis=0)
    return np.exp(-force * horizons)[:, None] * plain + owed, plain


def _nodes(start: float, end: float, *, bend: float, force: float) -> tuple[Floats, Floats]:
    """Nodes and weights of ∫ dt, spaced in log(1 + t/bend): purchases slow down with time."""
    low, high = np.log1p(start / bend), np.log1p(end / bend)
    more = PER_FORCE * force * (end - start) + max(high - low - USUAL, 0.0)
    points, weights = np.polynomial.legendre.leggauss(min(NODES + round(more), MOST_NODES))
    places = low + (high - low) * (points + 1) / 2
    times = bend * np.expm1(places)
    return times, weights * (high - low) / 2 * (times + bend)
