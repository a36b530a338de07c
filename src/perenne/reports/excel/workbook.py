"""The CLV model as a workbook: opened, dressed, written, and put in its place whole."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Final

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from perenne.reports.clv_model import ClvModel
from perenne.reports.excel.inputs import NOTE_WIDTH, define_names, write_inputs
from perenne.reports.excel.plan import (
    HEADER_LINE,
    NOTE_COLUMN,
    Language,
    Plan,
    laid_out,
    sheet_names,
)
from perenne.reports.excel.reading import write_about, write_definitions
from perenne.reports.excel.results import write_results
from perenne.reports.excel.scenario import write_scenario
from perenne.reports.excel.sensitivity import write_sensitivity
from perenne.reports.excel.styles import LINE_HEIGHT, Styles
from perenne.reports.excel.text_cells import WRITER_OPTIONS, write_text
from perenne.reports.files import written_whole
from perenne.text import format_date, use_language
from perenne.text import gettext as _

_PAPER_A4: Final = 9
_LEGEND_LINE: Final = 3
_ALL_CELLS: Final = "A1:XFD1048576"
_MEANT_SO: Final = ("number_stored_as_text", "formula_differs", "formula_range")


def write_clv_workbook(model: ClvModel, path: Path, *, language: Language) -> None:
    """Write the model to `path` as an .xlsx whose figures recalculate when an input is changed.

    Every formula also holds the engine's own value, for programs that do not calculate. The file
    depends on the model and the language alone. Raises `PerenneError` when a figure contradicts
    its inputs or the place cannot be written.
    """
    with use_language(language):
        content = _content(laid_out(model, language))
        with written_whole(path) as draft:
            draft.write_bytes(content)


def _content(plan: Plan) -> bytes:
    content = BytesIO()
    with Workbook(content, dict(WRITER_OPTIONS)) as workbook:
        _write_sheets(workbook, plan)
    return content.getvalue()


def _write_sheets(workbook: Workbook, plan: Plan) -> None:
    styles = Styles(workbook, plan.model.currency)
    sheets = {id: workbook.add_worksheet(name) for id, name in sheet_names().items()}
    _write_properties(workbook, plan.model)
    titles = _titles()
    for id, sheet in sheets.items():
        _dress(sheet, plan, styles=styles, title=titles[id])
    define_names(workbook, plan)
    write_inputs(sheets["inputs"], plan, styles)
    write_results(sheets["results"], plan, styles)
    write_sensitivity(workbook, sheets["what_if"], plan, styles=styles)
    write_scenario(sheets["what_if"], plan, styles)
    sheets["what_if"].freeze_panes(HEADER_LINE + 1, 1)
    sheets["what_if"].fit_to_pages(1, 1)
    write_definitions(sheets["definitions"], plan, styles)
    write_about(sheets["about"], plan.model, styles)
    for id in ("inputs", "results", "what_if"):
        _write_legend(sheets[id], styles)
    _set_widths(sheets)


def _titles() -> dict[str, str]:
    return {
        "inputs": _("Customer lifetime value: inputs"),
        "results": _("Customer lifetime value by segment"),
        "what_if": _("What if? What moves net CLV"),
        "definitions": _("Definitions"),
        "about": _("About these figures"),
    }


def _dress(sheet: Worksheet, plan: Plan, *, styles: Styles, title: str) -> None:
    model = plan.model
    subtitle = _("{shop} · figures as of {date} · {period} · {currency}").format(
        shop=model.shop,
        date=format_date(model.as_of),
        period=model.period,
        currency=model.currency,
    )
    write_text(sheet, (0, 0), title, looks=styles.text("title"))
    write_text(sheet, (1, 0), subtitle, looks=styles.text("subtitle"))
    sheet.set_default_row(LINE_HEIGHT)
    sheet.set_row(0, 28)
    sheet.hide_gridlines(2)
    # A year written as text and a total beside figures are meant so: no green corners.
    sheet.ignore_errors(dict.fromkeys(_MEANT_SO, _ALL_CELLS))
    sheet.set_landscape()
    sheet.set_paper(_PAPER_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.set_footer(_("&L&A&RPage &P of &N"))


def _write_legend(sheet: Worksheet, styles: Styles) -> None:
    write_text(sheet, (_LEGEND_LINE, 0), _("Colours"), looks=styles.text("subtitle"))
    write_text(sheet, (_LEGEND_LINE, 1), _("input"), looks=styles.text("legend_input"))
    write_text(sheet, (_LEGEND_LINE, 2), _("formula"), looks=styles.text("legend_formula"))
    if sheet.get_name() != sheet_names()["what_if"]:
        write_text(
            sheet, (_LEGEND_LINE, 3), _("missing input"), looks=styles.text("legend_missing")
        )


def _set_widths(sheets: dict[str, Worksheet]) -> None:
    for id in ("inputs", "results", "what_if"):
        sheets[id].set_column(0, 0, 32)
        sheets[id].set_column(1, 9, 17)
        sheets[id].repeat_rows(HEADER_LINE)
        sheets[id].set_row(HEADER_LINE, 2.5 * LINE_HEIGHT)
    sheets["inputs"].set_column(NOTE_COLUMN, NOTE_COLUMN, NOTE_WIDTH)


def _write_properties(workbook: Workbook, model: ClvModel) -> None:
    """Date the file by its figures, so that the same model gives the same bytes."""
    day = model.as_of
    workbook.set_properties(
        {"title": _("Customer lifetime value"), "created": datetime(day.year, day.month, day.day)}
    )
    workbook.set_calc_mode("auto")
