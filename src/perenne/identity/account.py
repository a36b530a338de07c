"""The account of identity in a refresh: what was linked by which rule, and what was left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from perenne.identity.missing import Likely, Missed
from perenne.identity.thresholds import Threshold


@dataclass(frozen=True)
class Unused:
    """An identifier that links nobody, masked: `state` is blocked or shared."""

    kind: str
    masked: str
    state: str
    records: int


@dataclass(frozen=True)
class IdentityAccount:
    """`links`: records linked to an older one, by rule. `thresholds`: per pair of sources.

    `unused` lists the identifiers that the most records share, `blocked` and `shared` count all of
    them; `invalid` counts texts that are no e-mail or telephone number. `alarm` says why the
    largest customer is suspicious: too_large, jumped, or empty. `model` says what the
    probabilistic step did: done, or why it did nothing. `missed` is what the pairs that it left
    apart likely do to figures per customer.
    """

    records: int
    customers: int
    links: Mapping[str, int] = field(default_factory=dict)
    review: int = 0
    refused: int = 0
    accepted: int = 0
    largest: int = 0
    largest_before: int | None = None
    largest_id: str = ""
    alarm: str = ""
    blocked: int = 0
    shared: int = 0
    invalid: int = 0
    unused: tuple[Unused, ...] = ()
    model: str = "off"
    compared: int = 0
    fields: tuple[str, ...] = ()
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    missed: Missed | None = None

    @property
    def linked(self) -> int:
        return sum(self.links.values())

    def to_manifest(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_manifest(cls, values: Mapping[str, Any]) -> IdentityAccount:
        return cls(
            **{
                **values,
                "unused": tuple(Unused(**one) for one in values["unused"]),
                "fields": tuple(values["fields"]),
                "missed": missed_from(values.get("missed")),
                "thresholds": {
                    name: Threshold(**one) for name, one in values["thresholds"].items()
                },
            }
        )


def missed_from(values: Mapping[str, Any] | None) -> Missed | None:
    if values is None:
        return None
    figures = {name: Likely(**values[name]) for name in ("customers", "repeat_rate")}
    return Missed(**{**values, **figures})


def alarm(largest: int, before: int | None, *, limit: int) -> str:
    """Why a largest customer of so many records is suspicious; empty when it is not.

    A jump is more than twice as many as in the refresh before, and more than five.
    """
    if largest > limit:
        return "too_large"
    return "jumped" if before is not None and largest > max(2 * before, 5) else ""
