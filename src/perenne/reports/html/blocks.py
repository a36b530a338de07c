"""What a page is made of: sections of blocks, all words and figures already written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from perenne.charts import Svg
from perenne.text import MISSING


@dataclass(frozen=True)
class Cell:
    """One table cell; `css` colours it, `hint` is a smaller second line."""

    text: str
    css: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Column:
    title: str
    is_text: bool = False


@dataclass(frozen=True)
class Row:
    """`header` names the row; `css` may be `total`."""

    header: Cell
    cells: Sequence[Cell]
    css: str = ""


@dataclass(frozen=True)
class Table:
    """A real table: the first column names the rows."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    notes: Sequence[str] = ()
    css: str = ""


def filled(table: Table) -> Table:
    """The table without the columns in which no row says anything."""
    kept = [
        place
        for place in range(len(table.columns) - 1)
        if any(row.cells[place].text not in ("", MISSING) for row in table.rows)
    ]
    rows = [replace(row, cells=[row.cells[place] for place in kept]) for row in table.rows]
    columns = [table.columns[0], *(table.columns[place + 1] for place in kept)]
    return replace(table, columns=columns, rows=rows)


@dataclass(frozen=True)
class Fold:
    """Something that opens on demand."""

    kind: ClassVar[str] = "fold"
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Chart:
    """A drawing with its title, what it says in one sentence, and its figures as a table."""

    kind: ClassVar[str] = "chart"
    title: str
    svg: Svg
    lead: str = ""
    notes: Sequence[str] = ()
    table: Table | None = None


@dataclass(frozen=True)
class Fact:
    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Facts:
    """A few figures side by side."""

    kind: ClassVar[str] = "facts"
    items: Sequence[Fact]


@dataclass(frozen=True)
class Text:
    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True)
class Points:
    """A list of sentences, each with the name of what it speaks of."""

    kind: ClassVar[str] = "points"
    items: Sequence[Fact]


@dataclass(frozen=True)
class Change:
    """A figure beside an earlier one: `mood` is good, bad or flat; `said` puts it in words."""

    text: str
    than: str
    mood: str
    said: str


@dataclass(frozen=True)
class Term:
    """What a metric means."""

    name: str
    definition: str
    formula: str
    frequency: str


@dataclass(frozen=True)
class Card:
    """One KPI. `raw` is the figure as computed, for whoever reads the page by program.

    `unit` is written smaller after the value where it is a word, such as days.
    """

    metric: str
    label: str
    value: str
    unit: str
    raw: str
    period: str
    changes: Sequence[Change]
    sparkline: Svg | None
    sparkline_said: str
    notes: Sequence[str]
    term: Term


@dataclass(frozen=True)
class Cards:
    """KPIs of one subject; `missing` says which could not be computed."""

    kind: ClassVar[str] = "cards"
    id: str
    title: str
    cards: Sequence[Card]
    missing: str = ""


@dataclass(frozen=True)
class Terms:
    kind: ClassVar[str] = "terms"
    title: str
    terms: Sequence[Term]


@dataclass(frozen=True)
class Heading:
    kind: ClassVar[str] = "heading"
    title: str
    lead: str = ""


Block = Table | Fold | Chart | Facts | Text | Points | Cards | Terms | Heading


@dataclass(frozen=True)
class Section:
    """One chapter: `id` is its anchor, `short` its name in the table of contents."""

    id: str
    title: str
    lead: str
    blocks: Sequence[Block]
    short: str = ""


@dataclass(frozen=True)
class Finding:
    """One sentence of the summary: its figure, what it says, and where to look next."""

    figure: str
    title: str
    text: str
    next_step: str
    anchor: str


@dataclass(frozen=True)
class Page:
    """The whole report."""

    language: str
    title: str
    shop_name: str
    facts: Sequence[Fact]
    findings: Sequence[Finding]
    sections: Sequence[Section]
    foot: str
