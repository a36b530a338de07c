"""Formulas of a workbook that hold no result: their cells read as empty.

Excel and LibreOffice store each result beside its formula; programs that write workbooks often
store the formula alone, and leave it to be computed when somebody opens the file.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from perenne.text import format_number, ngettext

_SHEETS = "xl/worksheets/"
_READ = 4 << 20
_CELL = re.compile(rb"</(?:\w+:)?c>")
# Any name may bear a prefix, and a formula attributes.
_ALONE = re.compile(
    rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f(?: [^<>]*)?/>)"
    rb"(?:<(?:\w+:)?v>\s*</(?:\w+:)?v>|<(?:\w+:)?v ?/>)?</(?:\w+:)?c>"
)
_LONGEST_CELL = 64 << 10


def told(path: Path) -> tuple[str, ...]:
    """A note that says how many formulas hold no result and what to do; none where all do."""
    count = without_result(path)
    if not count:
        return ()
    return (
        ngettext(
            "{n} formula of the workbook holds no result and was read as an empty cell: open the "
            "file in Excel or LibreOffice, save it and import it again.",
            "{n} formulas of the workbook hold no result and were read as empty cells: open the "
            "file in Excel or LibreOffice, save it and import it again.",
            count,
        ).format(n=format_number(count)),
    )


def without_result(path: Path) -> int:
    """How many formulas of an .xlsx hold no result; 0 of any other workbook."""
    if not zipfile.is_zipfile(path):
        return 0
    with zipfile.ZipFile(path) as book:
        sheets = [one for one in book.infolist() if one.filename.startswith(_SHEETS)]
        return sum(_counted(book, one) for one in sheets if one.filename.endswith(".xml"))


def _counted(book: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """Block by block. The end of a block is read again with the next, as a cell may be cut."""
    count, rest = 0, b""
    with book.open(member) as stream:
        while block := stream.read(_READ):
            text = rest + block
            ends = [
                found.end() for found in _CELL.finditer(text, max(len(text) - _LONGEST_CELL, 0))
            ]
            cut = ends[-1] if ends else len(text)
            count += len(_ALONE.findall(text, 0, cut))
            rest = text[cut:]
    return count
