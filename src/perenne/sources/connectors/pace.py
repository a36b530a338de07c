"""How long to wait before asking again. Ideas only: clock, sleep and chance are arguments."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST, LONGEST = 1.0, 120.0
# A platform that asks for more than this is left alone: what was kept stays, a later sync goes on.
PATIENCE = 900.0


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clock:
    """The port through which a sync sees time and chance. `attempts` bounds each request."""

    now: Callable[[], datetime] = _now
    sleep: Callable[[float], None] = time.sleep
    chance: random.Random = field(default_factory=random.Random)
    attempts: int = 8


def backoff(attempt: int, *, asked: float | None, chance: random.Random) -> float:
    """Seconds before attempt number `attempt` + 1, from 1.

    What the platform asked for is honoured, and a little chance added so that two programs do not
    come back at once; without a word the wait doubles, half of it left to chance.
    """
    if asked is not None:
        return asked + chance.uniform(0, 0.5)
    ceiling = min(LONGEST, FIRST * 2.0 ** (attempt - 1))
    return ceiling / 2 + chance.uniform(0, ceiling / 2)


def retry_after(text: str | None, *, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for: a number or a date; None when it says neither."""
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return None
