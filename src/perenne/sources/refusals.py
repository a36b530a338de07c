"""Why rows were refused, counted: what a person wants to know before opening the quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from perenne.warehouse import DuckEngine, quote_text


@dataclass(frozen=True)
class Refusal:
    """How many rows were refused for one reason, and where the first stands."""

    column: str | None
    reason: str
    rows: int
    line: int


def refusals(quarantine: Path, *, engine: DuckEngine) -> tuple[Refusal, ...]:
    """The reasons in a quarantine file, the most frequent first. A row that two tables refuse for
    one reason counts once."""
    found = engine.duck.execute(
        'SELECT "column", reason, count(DISTINCT line), min(line) '
        f"FROM read_parquet({quote_text(str(quarantine))}) GROUP BY ALL ORDER BY 3 DESC, 4, 1, 2"
    ).fetchall()
    return tuple(Refusal(*row) for row in found)
