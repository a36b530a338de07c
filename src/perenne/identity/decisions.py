"""What the owner decided about pairs of records: the last word on a pair counts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

Word = Literal["accept", "refuse", "undo"]


@dataclass(frozen=True)
class Decision:
    """One decision on a pair, by the ids that both records have alone; `at` is an ISO instant."""

    pair_id: str
    own_id_1: str
    own_id_2: str
    word: Word
    at: str


def to_line(decision: Decision) -> str:
    return json.dumps(asdict(decision), ensure_ascii=False)


def from_lines(lines: Iterable[str]) -> tuple[Decision, ...]:
    """The decisions of a record of them, in order. Raises ValueError at a line that is none."""
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            decision = Decision(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise ValueError(f"line {number}: {error}") from error
        if decision.word not in ("accept", "refuse", "undo"):
            raise ValueError(f"line {number}: {decision.word}")
        found.append(decision)
    return tuple(found)


def standing(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """The decisions that hold: of each pair the last, unless it was undone."""
    last = {decision.pair_id: decision for decision in decisions}
    return tuple(decision for decision in last.values() if decision.word != "undo")
