"""The fake of the port `Clock`: time stands still, sleeping passes it and is noted."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from perenne.sources.connectors import Clock

NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)


class FakeTime:
    """Says what time it is, sleeps at once, and remembers in `slept` how long it would have."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now
        self.slept: list[float] = []

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def clock(self, *, attempts: int = 4) -> Clock:
        """The clock to hand to a sync; chance is the same every time."""
        return Clock(lambda: self.now, self._sleep, random.Random(7), attempts)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
