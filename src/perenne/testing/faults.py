"""What may befall a request: a fake platform lets it happen when a test says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Fault:
    """A trouble at the `at`-th request for data from now on, from 1, `times` times.

    `status`: answer with this status and these headers. `half`: the body ends in the middle, in a
    well-formed answer. `cut`: the connection falls in the middle of the body.
    """

    at: int = 1
    times: int = 1
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Literal["whole", "half", "cut"] = "whole"

    def hits(self, number: int) -> bool:
        return self.at <= number < self.at + self.times


def too_many(seconds: int, *, at: int = 1) -> Fault:
    """429 with Retry-After."""
    return Fault(at=at, status=429, headers={"Retry-After": str(seconds)})


def broken(*, at: int = 1, times: int = 1, status: int = 503) -> Fault:
    """The platform is down."""
    return Fault(at=at, times=times, status=status)


def half_a_page(*, at: int = 1) -> Fault:
    """Truncated JSON."""
    return Fault(at=at, body="half")


def cut_off(*, at: int = 1) -> Fault:
    """The connection falls."""
    return Fault(at=at, body="cut")
