"""The record of erasures: what was done and proved, when and why, and nothing of whom."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from perenne.core import PerenneError
from perenne.text import gettext as _
from perenne.workspace.erasure.planning import Change, Plan
from perenne.workspace.erasure.proof import Proof
from perenne.workspace.layout import Layout, write_atomically

MET = "met"
"""The reason of an erasure that only follows an earlier one: an import named a new reference."""


@dataclass(frozen=True)
class Done:
    """One erasure: its number, moment and reason, how many persons with how many ids, and every
    file that was written anew with the rows about them and the texts that named them.

    `persons` are the tokens that stand in the data for them; `shared` counts identifiers that
    others bear too. The name of who ran it is not kept: it would be personal data.
    """

    id: str
    at: str
    reason: str
    persons: tuple[str, ...]
    records: int
    files: tuple[Mapping[str, Any], ...]
    shared: Mapping[str, int]


def listed(layout: Layout) -> list[dict[str, Any]]:
    """Every line of the record, oldest first."""
    if not layout.erasures.is_file():
        return []
    found = []
    lines = layout.erasures.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            found.append(dict(json.loads(line)))
        except (ValueError, TypeError) as error:
            raise PerenneError(
                _("{file} cannot be read: {reason}.").format(
                    file=layout.erasures.name, reason=f"line {number}: {error}"
                ),
                given=str(layout.erasures),
                next_step=_(
                    "Bring the file back from a backup, or take that line out; who was erased "
                    "stays on the suppression list either way."
                ),
            ) from error
    return found


def of(layout: Layout, tokens: Collection[str | None]) -> Done | None:
    """The erasure that took exactly these persons away."""
    for line in reversed(listed(layout)):
        asked = "persons" in line and line["reason"] != MET
        if asked and set(line["persons"]) == set(tokens):
            return Done(
                **{**line, "persons": tuple(line["persons"]), "files": tuple(line["files"])}
            )
    return None


def next_id(layout: Layout) -> str:
    return f"E{sum('persons' in line for line in listed(layout)) + 1:06d}"


def next_ageing(layout: Layout) -> str:
    return f"R{sum('cutoffs' in line for line in listed(layout)) + 1:06d}"


def cutoffs(layout: Layout) -> dict[str, date]:
    """Of each rule of the retention policy the day before which rows name nobody by now."""
    found: dict[str, date] = {}
    for line in listed(layout):
        for rule, day in line.get("cutoffs", {}).items():
            found[rule] = max(found.get(rule, date.min), date.fromisoformat(day))
    return found


def done(
    plan: Plan, changes: Iterable[Change], layout: Layout, *, at: datetime, reason: str
) -> Done:
    return Done(
        id=next_id(layout),
        at=at.isoformat(timespec="seconds"),
        reason=reason,
        persons=tuple(person.token for person in plan.people),
        records=sum(len(person.records) for person in plan.people),
        files=tuple(
            {
                "file": str(change.file.path.relative_to(layout.root)),
                "rows": change.rows,
                "texts": change.texts,
            }
            for change in changes
        ),
        shared=dict(plan.shared),
    )


def with_line(layout: Layout, value: Mapping[str, Any]) -> str:
    """The record with one more line."""
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in (*listed(layout), value))


def add_proof(layout: Layout, erasure: str, proof: Proof, *, at: datetime) -> None:
    """Write down what the search after an erasure found."""
    line = {"proof_of": erasure, "at": at.isoformat(timespec="seconds"), **asdict(proof)}
    write_atomically(layout.erasures, with_line(layout, line))
