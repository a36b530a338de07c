"""Where everything of the model stands: one line per group, the same line on each sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from perenne.reports.clv_model import ClvModel, ClvRow, ClvTerms, row_terms
from perenne.text import gettext as _
from perenne.text import pgettext

Language = Literal["fr", "en"]
Quantity = Literal["money", "money_total", "count", "decimal", "percent", "ratio", "change"]

# Lines count from 0, as the writer of the file does; a formula's line is one more.
DISCOUNT_LINE: Final = 5
HEADER_LINE: Final = 8
FIRST_LINE: Final = HEADER_LINE + 1
NAME_COLUMN: Final = 0


@dataclass(frozen=True)
class Lever:
    """An input of the model: where it stands, how it is written, what may be typed."""

    id: str
    column: int
    quantity: Quantity
    lowest: float
    highest: float


LEVERS: Final = (
    Lever("customers", 1, "count", 0, 1e10),
    Lever("basket", 2, "money", 0, 1e9),
    Lever("frequency", 3, "decimal", 0, 1000),
    Lever("lifespan", 4, "decimal", 0, 100),
    Lever("margin", 5, "percent", -1, 1),
    Lever("cac", 6, "money", 0, 1e9),
    Lever("retention_cost", 7, "money", 0, 1e9),
)
DISCOUNT: Final = Lever("discount_rate", 2, "percent", 0, 1)
NOTE_COLUMN: Final = 8

# Names that Excel's own name manager shows; each workbook has both languages' names, and its
# formulas use those of its own language. CAC says the same in both.
NAMES: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "customers": "customers",
        "basket": "basket",
        "frequency": "frequency",
        "lifespan": "lifespan",
        "margin": "margin",
        "cac": "CAC",
        "retention_cost": "retention_cost",
        "discount_rate": "discount_rate",
    },
    "fr": {
        "customers": "clients",
        "basket": "panier_moyen",
        "frequency": "frequence",
        "lifespan": "duree_de_vie",
        "margin": "taux_de_marge",
        "cac": "CAC",
        "retention_cost": "cout_de_fidelisation",
        "discount_rate": "taux_d_actualisation",
    },
}


@dataclass(frozen=True)
class Line:
    """One group of customers on its line."""

    index: int
    row: ClvRow
    terms: ClvTerms
    is_whole: bool


@dataclass(frozen=True)
class Section:
    """Groups under one heading, with their total below."""

    title: str
    heading: int
    lines: tuple[Line, ...]

    @property
    def total(self) -> int:
        return self.lines[-1].index + 1


@dataclass(frozen=True)
class Plan:
    """The model laid out; `language` decides which names its formulas use."""

    model: ClvModel
    language: Language
    sections: tuple[Section, ...]

    @property
    def whole(self) -> Line:
        return self.sections[0].lines[0]

    @property
    def last_line(self) -> int:
        return self.sections[-1].total

    def name(self, lever: str) -> str:
        """Return the defined name of a whole-shop input in the workbook's language."""
        return NAMES[self.language][lever]

    def input(self, lever: str, line: Line) -> str:
        """Return what a formula calls an input of a line: a name, or a cell of the first sheet."""
        if line.is_whole or lever == DISCOUNT.id:
            return self.name(lever)
        column = next(item.column for item in LEVERS if item.id == lever)
        return f"{sheet_reference(sheet_names()['inputs'])}!{cell(line.index, column)}"

    def value(self, lever: str) -> float | None:
        """Return an input of the whole shop, None when it is missing."""
        inputs = self.model.whole.inputs
        value = self.model.discount_rate if lever == DISCOUNT.id else getattr(inputs, lever)
        return None if value is None else float(value)


def laid_out(model: ClvModel, language: Language) -> Plan:
    """Place the model's groups; raises `PerenneError` for figures that contradict the inputs."""
    groups = (
        (_("Whole shop"), (model.whole,)),
        (_("By segment"), model.segments),
        (_("By channel"), model.channels),
    )
    sections: list[Section] = []
    at = FIRST_LINE
    for title, rows in groups:
        if rows:
            sections.append(_section(model, title, rows=rows, heading=at))
            at = sections[-1].total + 2
    return Plan(model, language, tuple(sections))


def _section(model: ClvModel, title: str, *, rows: tuple[ClvRow, ...], heading: int) -> Section:
    lines = (
        Line(
            index=heading + offset,
            row=row,
            terms=row_terms(row, discount_rate=model.discount_rate),
            is_whole=heading == FIRST_LINE,
        )
        for offset, row in enumerate(rows, start=1)
    )
    return Section(title, heading, tuple(lines))


def sheet_names() -> dict[str, str]:
    """Return the sheets' names in the current language, in their order."""
    return {
        "inputs": pgettext("sheet", "Inputs"),
        "results": pgettext("sheet", "CLV by segment"),
        "what_if": pgettext("sheet", "What-if"),
        "definitions": pgettext("sheet", "Definitions"),
        "about": pgettext("sheet", "About"),
    }


def sheet_reference(name: str) -> str:
    """Quote a sheet's name for a formula."""
    return "'" + name.replace("'", "''") + "'"


def cell(line: int, column: int, *, fixed: str = "") -> str:
    """Return `C9` for line 8, column 2; `fixed` pins the `"line"`, the `"column"` or `"both"`."""
    pin_column = "$" if fixed in ("column", "both") else ""
    pin_line = "$" if fixed in ("line", "both") else ""
    return f"{pin_column}{chr(ord('A') + column)}{pin_line}{line + 1}"
