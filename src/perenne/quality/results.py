"""What the checks of an import found: values that print, convert and carry no one's data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from perenne.quality.checks import Check, Facts

Level = Literal["passed", "warning", "error", "critical"]
LEVELS: tuple[Level, ...] = ("passed", "warning", "error", "critical")
_WORTH: Mapping[Level, float] = {"passed": 1.0, "warning": 0.5, "error": 0.0, "critical": 0.0}


@dataclass(frozen=True)
class Outcome:
    """One check once made: of `units` (rows, days, channels …) `failed` did not pass."""

    check: Check
    units: int
    failed: int
    level: Level

    @property
    def share(self) -> float:
        return self.failed / self.units if self.units else 0.0


@dataclass(frozen=True)
class TableQuality:
    """One table of an import. `markup` is the library's own report of it, as HTML."""

    table: str
    facts: Facts
    outcomes: tuple[Outcome, ...]
    markup: str = ""

    @property
    def empty(self) -> tuple[str, ...]:
        """Columns that no row fills: not in this export."""
        return tuple(name for name, cells in self.facts.filled.items() if not cells)


@dataclass(frozen=True)
class ImportQuality:
    """The quality of one import, over all its tables; `refused`: rows by reason."""

    batch: str
    file: str
    source: str
    preset: str
    title: str
    """Of the preset, in English."""
    imported_on: date
    rows_read: int
    quarantined: int
    tables: tuple[TableQuality, ...]
    refused: Mapping[str, int] = field(default_factory=dict)

    @property
    def outcomes(self) -> tuple[tuple[str, Outcome], ...]:
        """Every check with its table, the worst first."""
        found = [(one.table, outcome) for one in self.tables for outcome in one.outcomes]
        return tuple(sorted(found, key=lambda pair: (-rank(pair[1].level), -pair[1].share)))

    @property
    def findings(self) -> tuple[tuple[str, Outcome], ...]:
        return tuple(pair for pair in self.outcomes if pair[1].level != "passed")

    @property
    def score(self) -> int:
        """0 to 100: the share of checks passed, a warning counting half. Rounded down."""
        worths = [_WORTH[outcome.level] for _table, outcome in self.outcomes]
        return int(100 * sum(worths) / len(worths)) if worths else 100

    @property
    def worst(self) -> Level:
        return max((outcome.level for _table, outcome in self.outcomes), key=rank, default="passed")

    def fails(self, level: Level) -> bool:
        """Is any check at `level` or worse?"""
        return rank(self.worst) >= rank(level)

    def count(self, level: Level) -> int:
        return sum(outcome.level == level for _table, outcome in self.outcomes)

    def to_values(self) -> dict[str, Any]:
        """Plain values, for JSON: shares and counts, never a cell."""
        return {
            "import": self.batch,
            "file": self.file,
            "source": self.source,
            "preset": self.preset,
            "imported_on": self.imported_on.isoformat(),
            "rows_read": self.rows_read,
            "quarantined": self.quarantined,
            "refused": dict(self.refused),
            "score": self.score,
            "level": self.worst,
            "tables": [_table_values(one) for one in self.tables],
        }


def rank(level: Level) -> int:
    return LEVELS.index(level)


def _table_values(one: TableQuality) -> dict[str, Any]:
    facts = one.facts
    return {
        "table": one.table,
        "rows": facts.rows,
        "from": facts.first and facts.first.isoformat(),
        "to": facts.last and facts.last.isoformat(),
        "filled": {name: cells for name, cells in facts.filled.items() if cells},
        "not_in_file": list(one.empty),
        "checks": list(_check_values(one.outcomes)),
    }


def _check_values(outcomes: Iterable[Outcome]) -> Iterator[dict[str, Any]]:
    for one in outcomes:
        yield {
            "check": one.check.name,
            "column": one.check.column,
            "units": one.units,
            "failed": one.failed,
            "share": round(one.share, 6),
            "level": one.level,
        }
