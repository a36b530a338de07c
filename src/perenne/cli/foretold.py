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
    if not told:
        return
    if refused := _said(told, "refused"):
        yield "! " + _("Nothing is predicted: {reason}").format(reason=refused)
    if "model" not in told:
        return
    from perenne.reports.html.contenders import (
        contender_label,
        regular_buyers,
        stands_in_for,
        why_simple,
    )
    from perenne.reports.html.sections.upkeep import merely_old, since
    from perenne.reports.html.words import Words, quoted

    gate, found = told["gate"], told.get("refit") or {}
    yield _("Predicted by {model}.").format(model=quoted(contender_label(told["model"])))
    gated = "" if gate["passed"] else _said(gate, "reason")
    for why in (gated, stands_in_for(told), why_simple(told)):
        if why:
            yield "! " + why
    if rhythm := regular_buyers(told):
        yield "→ " + rhythm
    if said := since(found, Words(currency)):
        yield ("! " if found["advised"] and not merely_old(found) else "") + said


def prediction_values(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The same as values for --json."""
    if not told:
        return None
    names = ("model", "gate", "champion", "refit")
    refusals = {name: one for name, one in told.items() if name.startswith("refused_")}
    return {name: told.get(name) for name in names} | refusals


def _said(part: Mapping[str, Any], what: str) -> str:
    return bilingual({name: str(part.get(f"{what}_{name}") or "") for name in LANGUAGES})
