"""What Perenne says about a file before it does anything with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from perenne.sources.context import DecimalMark
from perenne.sources.dates import DateLayout
from perenne.sources.layout import Layout
from perenne.sources.presets import Preset, TableSpec
from perenne.warehouse import quote_name, quote_text


@dataclass(frozen=True)
class Question:
    """Something that the file leaves open. `option` is what to type with each of `answers`."""

    text: str
    option: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Recognition:
    """What a file is, how sure that is, and what importing it will do.

    `columns` maps fields to columns of the file; `ignored` lists the columns that nothing uses;
    `tables` are the staged tables it will write; `plan` says so in sentences; `questions` must be
    answered before `stage` accepts the file.
    """

    path: Path
    preset: Preset
    confidence: float
    reasons: tuple[str, ...]
    layout: Layout
    columns: dict[str, str]
    ignored: tuple[str, ...]
    tables: tuple[str, ...]
    plan: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    dates: Mapping[str, DateLayout] = field(default_factory=dict)
    decimal_mark: DecimalMark | None = None
    bare_numbers: bool = False
    """Is it known that the number columns hold numbers alone, no currency and no word?"""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Cells that hold for every row, by field: told by the lines above the header."""

    @property
    def system(self) -> str:
        return self.preset.system

    @property
    def identical_lines(self) -> str:
        return self.preset.identical_lines

    @property
    def writes(self) -> tuple[TableSpec, ...]:
        """The table specifications that apply to the columns found."""
        return applicable(self.preset, self.columns)


def with_constants(recognition: Recognition, relation: str) -> str:
    """`relation`, whose columns bear their names in the file, with the constants as columns."""
    if not recognition.constants:
        return relation
    cells = ", ".join(
        f"{quote_text(text)} AS {quote_name(recognition.columns[field])}"
        for field, text in recognition.constants.items()
    )
    return f"(SELECT *, {cells} FROM {relation})"


def applicable(preset: Preset, columns: Mapping[str, str]) -> tuple[TableSpec, ...]:
    """The staged tables that a file with these fields can fill."""
    return tuple(
        table
        for table in preset.tables
        if all(any(f in columns for f in need.split("|")) for need in table.needs)
        and not any(f in columns for f in table.unless)
    )
