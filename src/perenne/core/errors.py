"""Errors that tell a person what was wrong, what was given, what is allowed and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class PerenneError(Exception):
    """A refusal, written for the person who caused it.

    `what` is one sentence that names the thing; `given` is what was found; `allowed` lists what
    would have been accepted; `next_step` says what to type or change. All four are already in the
    person's language.
    """

    def __init__(
        self,
        what: str,
        *,
        given: object = None,
        allowed: Iterable[object] = (),
        next_step: str = "",
    ) -> None:
        self.what = what
        self.given = given
        self.allowed = tuple(allowed)
        self.next_step = next_step
        super().__init__(str(self))

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.next_step) if part)


def closest(name: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that `name` probably meant, or None when nothing is close."""
    matches = get_close_matches(name.casefold(), list(allowed), n=1, cutoff=0.75)
    return matches[0] if matches else None
