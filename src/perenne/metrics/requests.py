"""What is asked of the compiler and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from perenne.core import Period
from perenne.metrics.arithmetic import Number
from perenne.metrics.periods import Comparison


@dataclass(frozen=True)
class Request:
    """Metrics (none: all), dimensions to split by, filters, period and comparison.

    In `where` an empty text stands for an unknown value. Without a period, metrics of a period
    look at the last complete month (at all history when split by a time step) and metrics to date
    at all history.
    """

    metrics: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    period: Period | None = None
    compare: Comparison = None


@dataclass(frozen=True)
class Compared:
    """The same figure over another period, and the way from there to here."""

    value: Number | None
    period: Period
    difference: Number | None
    change: float | None
    """Relative: 0.1 = 10% more; None when the other figure is 0 or unknown."""


@dataclass(frozen=True)
class Interval:
    """Where the true figure lies with probability `level`, from the number of answers."""

    low: float
    high: float
    level: float


@dataclass(frozen=True)
class Figure:
    """One value of one metric. `group` names the dimensions; a None in it is an unknown value."""

    metric: str
    value: Number | None
    unit: str
    period: Period
    group: Mapping[str, str | None] | None = None
    note: str | None = None
    compared: Compared | None = None
    interval: Interval | None = None
