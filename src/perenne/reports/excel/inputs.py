"""The first sheet: every input in an editable cell, with its range and its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from perenne.reports.excel.footnotes import (
    line_note,
    not_computed,
    numbered_reasons,
    write_reasons,
)
from perenne.reports.excel.plan import (
    DISCOUNT,
    DISCOUNT_LINE,
    HEADER_LINE,
    LEVERS,
    NAME_COLUMN,
    NAMES,
    NOTE_COLUMN,
    Lever,
    Line,
    Plan,
    Section,
    cell,
    sheet_names,
    sheet_reference,
)
from perenne.reports.excel.styles import Styles
from perenne.reports.excel.text_cells import write_text
from perenne.reports.excel.words import labels
from perenne.text import format_number, format_percent
from perenne.text import gettext as _

NOTE_WIDTH: Final = 34
_LONGEST_TITLE, _LONGEST_MESSAGE = 32, 255  # Excel's own limits for a cell's hint


def write_inputs(sheet: Worksheet, plan: Plan, styles: Styles) -> None:
    """Write the inputs of every group, the discount rate, and a note wherever one is missing."""
    _write_discount(sheet, plan, styles)
    _write_header(sheet, styles)
    numbers = numbered_reasons(plan)
    for section in plan.sections:
        _write_section(sheet, section, styles, numbers=numbers)
    write_reasons(sheet, plan, styles, numbers=numbers)
    sheet.freeze_panes(HEADER_LINE + 1, 1)


def define_names(workbook: Workbook, plan: Plan) -> None:
    """Name the whole shop's inputs, in English and in French."""
    sheet = sheet_reference(sheet_names()["inputs"])
    places = {lever.id: (plan.whole.index, lever.column) for lever in LEVERS}
    places[DISCOUNT.id] = (DISCOUNT_LINE, DISCOUNT.column)
    names = {name: id for words in NAMES.values() for id, name in words.items()}
    for name, lever in names.items():
        line, column = places[lever]
        workbook.define_name(name, f"={sheet}!{cell(line, column, fixed='both')}")


def _write_discount(sheet: Worksheet, plan: Plan, styles: Styles) -> None:
    label = labels()[DISCOUNT.id]
    write_text(sheet, (DISCOUNT_LINE, NAME_COLUMN), label, looks=styles.text("label_whole"))
    sheet.write_blank(DISCOUNT_LINE, 1, None, styles.text("label_whole"))
    _write_input(sheet, DISCOUNT, plan.model.discount_rate, line=DISCOUNT_LINE, styles=styles)
    if plan.model.discount_rate is None:
        why = not_computed(label, plan.model.discount_rate_missing)
        write_text(sheet, (DISCOUNT_LINE, DISCOUNT.column + 1), why, looks=styles.text("subtitle"))


def _write_header(sheet: Worksheet, styles: Styles) -> None:
    names = labels()
    write_text(sheet, (HEADER_LINE, NAME_COLUMN), _("Group"), looks=styles.text("head_left"))
    for lever in LEVERS:
        write_text(sheet, (HEADER_LINE, lever.column), names[lever.id], looks=styles.text("head"))
    write_text(sheet, (HEADER_LINE, NOTE_COLUMN), _("Note"), looks=styles.text("head_left"))


def _write_section(
    sheet: Worksheet, section: Section, styles: Styles, *, numbers: Mapping[str, int]
) -> None:
    for column in range(NOTE_COLUMN + 1):
        sheet.write_blank(section.heading, column, None, styles.text("section"))
    write_text(sheet, (section.heading, NAME_COLUMN), section.title, looks=styles.text("section"))
    for line in section.lines:
        _write_line(sheet, line, styles, note=line_note(line, numbers))
    if not section.lines[0].is_whole:
        _write_total(sheet, section, styles)


def _write_line(sheet: Worksheet, line: Line, styles: Styles, *, note: str) -> None:
    label = styles.text("label_whole" if line.is_whole else "label")
    write_text(sheet, (line.index, NAME_COLUMN), line.row.name, looks=label)
    for lever in LEVERS:
        value = getattr(line.row.inputs, lever.id)
        _write_input(sheet, lever, value, line=line.index, styles=styles)
    write_text(sheet, (line.index, NOTE_COLUMN), note, looks=styles.text("note"))


def _write_input(sheet: Worksheet, lever: Lever, value: Any, *, line: int, styles: Styles) -> None:
    looks = styles.number(lever.quantity, "input")
    if value is None:
        sheet.write_blank(line, lever.column, None, looks)
    else:
        sheet.write_number(line, lever.column, float(value), looks)
    sheet.data_validation(line, lever.column, line, lever.column, _validation(lever))
    sheet.conditional_format(
        line, lever.column, line, lever.column, {"type": "blanks", "format": styles.missing()}
    )


def write_change(
    sheet: Worksheet, change: float, *, place: tuple[int, int], styles: Styles
) -> None:
    """Write a relative change (0.1 is +10%) that the reader may retype."""
    sheet.write_number(*place, change, styles.number("change", "input"))
    sheet.data_validation(*place, *place, _change_validation())


def _write_total(sheet: Worksheet, section: Section, styles: Styles) -> None:
    """Write how many customers the section counts, to be compared with the whole shop."""
    first, last = section.lines[0].index, section.lines[-1].index
    counts = [line.row.inputs.customers for line in section.lines]
    known = [count for count in counts if count is not None]
    column = LEVERS[0].column
    around = f"{cell(first, column)}:{cell(last, column)}"
    write_text(sheet, (section.total, NAME_COLUMN), _("Total"), looks=styles.text("label_total"))
    for other in range(column, NOTE_COLUMN + 1):
        sheet.write_blank(section.total, other, None, styles.text("label_total"))
    sheet.write_formula(
        section.total,
        column,
        f'=IF(COUNT({around})<ROWS({around}),"",SUM({around}))',
        styles.number("count", "total"),
        sum(known) if len(known) == len(counts) else "",
    )


def _validation(lever: Lever) -> dict[str, Any]:
    percent = lever.quantity == "percent"
    written = format_percent if percent else format_number
    lowest, highest = written(lever.lowest, decimals=0), written(lever.highest, decimals=0)
    message = _("From {lowest} to {highest}.").format(lowest=lowest, highest=highest)
    title = labels()[lever.id][:_LONGEST_TITLE]
    return {
        "validate": "decimal",
        "criteria": "between",
        "minimum": lever.lowest,
        "maximum": lever.highest,
        "ignore_blank": True,
        "input_title": title,
        "input_message": _hint(lever, message)[:_LONGEST_MESSAGE],
        "error_title": title,
        "error_message": message[:_LONGEST_MESSAGE],
    }


def _change_validation() -> dict[str, Any]:
    lowest, highest = format_percent(-1, decimals=0), format_percent(10, decimals=0)
    return {
        "validate": "decimal",
        "criteria": "between",
        "minimum": -1,
        "maximum": 10,
        "input_title": _("Change"),
        "input_message": _("A relative change: +10% takes a margin rate of 30% to 33%."),
        "error_title": _("Change"),
        "error_message": _("From {lowest} to {highest}.").format(lowest=lowest, highest=highest),
    }


def _hint(lever: Lever, message: str) -> str:
    if lever.quantity == "percent":
        return _("A rate, for example 30%.") + " " + message
    return _("Type your own figure: every sheet follows.") + " " + message
