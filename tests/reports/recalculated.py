"""A workbook read back: its cached values, and the same cells computed by another engine."""

import contextlib
import io
import re
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl

Cells = dict[tuple[str, str], Any]


@dataclass(frozen=True)
class Book:
    """What a workbook holds, by (sheet, cell)."""

    path: Path
    formulas: dict[tuple[str, str], str]
    cached: Cells
    inputs: Cells
    names: dict[str, tuple[str, str]]
    sheets: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> "Book":
        """Read formulas and cached values with openpyxl, which computes nothing."""
        written = openpyxl.load_workbook(path)
        values = openpyxl.load_workbook(path, data_only=True)
        cells = [(ws.title, c) for ws in written for row in ws.iter_rows() for c in row]
        formulas = {(s, c.coordinate): c.value for s, c in cells if c.data_type == "f"}
        return cls(
            path=path,
            formulas=formulas,
            cached={(s, a): values[s][a].value for s, a in formulas},
            inputs={(s, c.coordinate): c.value for s, c in cells if c.data_type == "n"},
            names={n: _place(d.attr_text) for n, d in written.defined_names.items()},
            sheets=tuple(written.sheetnames),
        )

    def text(self, sheet: int, column: str) -> list[str]:
        """Return the texts of a column."""
        ws = openpyxl.load_workbook(self.path)[self.sheets[sheet]]
        return [c.value for c in ws[column] if isinstance(c.value, str)]


def recalculate(book: Book, changed: Cells | None = None) -> Cells:
    """Compute every formula with `formulas`, after the inputs `changed` were typed in."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")  # of the other engine and its own dependencies
        model = _loaded(book.path)
        typed = {_key(book, place): value for place, value in (changed or {}).items()}
        solution = model.calculate(inputs=typed)
    return {place: _plain(solution[_key(book, place)]) for place in book.formulas}


@cache
def _loaded(path: Path) -> Any:
    """Compile a workbook once: that takes longer than computing it."""
    import formulas

    return formulas.ExcelModel().loads(str(path)).finish()


def same(left: Any, right: Any) -> bool:
    """Tell whether two cells agree: both empty, the same text, or numbers within 1e-6."""
    if left in (None, "") or right in (None, ""):
        return left in (None, "") and right in (None, "")
    if isinstance(left, str) or isinstance(right, str):
        return bool(left == right)
    return bool(abs(left - right) <= 1e-6 * max(1.0, abs(right)))


def _key(book: Book, place: tuple[str, str]) -> str:
    return f"'[{book.path.name}]{place[0].upper()}'!{place[1]}"


def _plain(value: Any) -> Any:
    cell = value.value[0, 0]
    return float(cell) if isinstance(cell, int | float) else str(cell)


def _place(reference: str) -> tuple[str, str]:
    sheet, cell = re.fullmatch(r"'?(.+?)'?!(\$[A-Z]+\$\d+)", reference).groups()  # type: ignore[union-attr]  # a test fails anyway
    return sheet, cell.replace("$", "")
