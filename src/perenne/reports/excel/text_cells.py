"""Text that a workbook shows as it is: never read as a formula, a link or a number."""

from __future__ import annotations

from typing import Final

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

WRITER_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}

# A cell holds no more; past it Excel reports a damaged file.
LONGEST_TEXT: Final = 32_767


def write_text(sheet: Worksheet, place: tuple[int, int], text: str, *, looks: Format) -> None:
    """Write `text` as a text cell, whatever it starts with: `=1+1` stays five characters."""
    if len(text.encode("utf-16-le")) // 2 > LONGEST_TEXT:
        text = text[: LONGEST_TEXT // 2 - 1] + "…"
    sheet.write_string(*place, text, looks)
