"""Why inputs are missing: each reason written once, however many groups share it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from xlsxwriter.worksheet import Worksheet

from perenne.reports.excel.plan import LEVERS, NAME_COLUMN, NOTE_COLUMN, Line, Plan
from perenne.reports.excel.styles import Styles, wrapped_height
from perenne.reports.excel.text_cells import write_text
from perenne.reports.excel.words import labels
from perenne.text import gettext as _

_WIDTH: Final = 170  # of all columns together


def numbered_reasons(plan: Plan) -> Mapping[str, int]:
    """Return each reason with its number, from 1, in the order in which the sheet meets them."""
    lines = (line for section in plan.sections for line in section.lines)
    met = dict.fromkeys(reason for line in lines for reason in _reasons(line))
    return {reason: number for number, reason in enumerate(met, start=1)}


def line_note(line: Line, numbers: Mapping[str, int]) -> str:
    """Return what stands beside a group: nothing, or where to read why inputs are missing."""
    own = [str(number) for number in sorted(numbers[reason] for reason in _reasons(line))]
    if not own:
        return ""
    return _("Not computed: see {numbers} below").format(numbers=", ".join(own))


def write_reasons(
    sheet: Worksheet, plan: Plan, styles: Styles, *, numbers: Mapping[str, int]
) -> None:
    """Write the numbered reasons under the last section."""
    if not numbers:
        return
    head = plan.last_line + 2
    for column in range(NOTE_COLUMN + 1):
        sheet.write_blank(head, column, None, styles.text("section"))
    title = _("What is missing, and why")
    write_text(sheet, (head, NAME_COLUMN), title, looks=styles.text("section"))
    for reason, number in numbers.items():
        line, text = head + number, f"{number}. {reason}"
        sheet.merge_range(line, NAME_COLUMN, line, NOTE_COLUMN, "", styles.text("note"))
        write_text(sheet, (line, NAME_COLUMN), text, looks=styles.text("note"))
        sheet.set_row(line, wrapped_height((text, _WIDTH)))


def not_computed(label: str, why: str) -> str:
    """Return `CAC: not computed. Import your spend.`"""
    if not why:
        return _("{label}: not computed.").format(label=label)
    return _("{label}: not computed. {why}").format(label=label, why=why)


def _reasons(line: Line) -> Iterator[str]:
    names = labels()
    for lever in LEVERS:
        if getattr(line.row.inputs, lever.id) is None:
            yield not_computed(names[lever.id], line.row.missing.get(lever.id, ""))
