"""What a snapshot says of its predictions, and what became of those before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from perenne.text import LANGUAGES, bilingual
from perenne.text import gettext as _


def prediction_lines(told: Mapping[str, Any] | None, currency: str) -> Iterator[str]:
    """By what the value of customers was predicted, why so, and whether the last prediction held.

    `told` is what the manifest of a snapshot holds under `prediction`; nothing without it.
    """
    if not told or "model" not in told:
        return
    from perenne.reports.html.contenders import contender_label
    from perenne.reports.html.sections.upkeep import since
    from perenne.reports.html.words import Words

    gate = told["gate"]
    yield _("Predictions: {model}.").format(model=contender_label(told["model"]))
    if not gate["passed"]:
        yield "! " + _reason(gate)
    found = told.get("refit") or {}
    if said := since(found, Words(currency)):
        yield ("! " if found["advised"] else "") + said


def prediction_values(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The same as values for --json."""
    if not told or "model" not in told:
        return None
    return {name: told.get(name) for name in ("model", "gate", "champion", "refit")}


def _reason(part: Mapping[str, Any]) -> str:
    return bilingual({name: part.get(f"reason_{name}") or "" for name in LANGUAGES})
