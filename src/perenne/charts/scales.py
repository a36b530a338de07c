"""From values to positions: round ticks, linear scales, and inputs made safe to draw."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

Number = float | int | Decimal
Formatter = Callable[[float], str]

_ROUND_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
# A drawing cannot show more; arithmetic on larger values would overflow.
_LARGEST: Final = 1e200


@dataclass(frozen=True)
class Scale:
    """A straight line from values (`low` to `high`) to positions (`start` to `end`)."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def within(self, value: float) -> float:
        """Return the nearest value that the scale holds."""
        return min(max(value, self.low), self.high)


@dataclass(frozen=True)
class Plane:
    """Two scales: what lies across, and what goes up."""

    across: Scale
    up: Scale

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        return self.across(x), self.up(y)


def drawable(value: Number | None) -> float | None:
    """Return a float that can be drawn, or None for what is missing, not a number or infinite."""
    if value is None:
        return None
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    try:
        as_float = float(value)
    except OverflowError:
        return None
    return as_float if abs(as_float) <= _LARGEST else None


def drawables(values: Iterable[Number | None]) -> list[float]:
    """Return what can be drawn of `values`, in order."""
    return [value for value in map(drawable, values) if value is not None]


def ticks(low: float, high: float, *, count: int = 5, whole: bool = False) -> list[float]:
    """Return about `count` round values that enclose `low` to `high`, zero always exact.

    `whole` keeps them integers, for counts. Equal ends are widened to include zero.
    """
    low, high = _widened(low, high)
    step = round_step((high - low) / max(count, 1))
    step = max(1.0, math.ceil(step)) if whole else step
    # The small shift keeps 0.30000000000000004 from adding a tick above 0.3.
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    digits = max(0, 3 - math.floor(math.log10(step)))
    return [round(index * step, min(digits, 300)) for index in range(first, last + 1)]


def round_step(rough: float) -> float:
    """Return the round number at or just above `rough`: 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor for factor in _ROUND_STEPS if factor * power >= rough * (1 - 1e-9)) * power


def enclosing(marks: list[float], start: float, end: float) -> Scale:
    """Return the scale over the outer ticks."""
    return Scale(marks[0], marks[-1], start, end)


def _widened(low: float, high: float) -> tuple[float, float]:
    if high - low > max(abs(low), abs(high)) * 1e-9 and high - low > 1e-200:
        return low, high
    if abs(low) < 1e-200:
        return 0.0, 1.0
    return min(0.0, low), max(0.0, high)
