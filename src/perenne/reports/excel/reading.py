"""The last two sheets: what each figure means, and under which conventions it was computed."""

from __future__ import annotations

from typing import Final

from xlsxwriter.worksheet import Worksheet

from perenne.reports.clv_model import ClvModel
from perenne.reports.excel.plan import NAMES, Plan
from perenne.reports.excel.styles import Styles, wrapped_height
from perenne.reports.excel.text_cells import write_text
from perenne.reports.excel.words import Definition, definitions
from perenne.text import format_date
from perenne.text import gettext as _

HEAD_LINE: Final = 4
_WIDTHS: Final = (30, 66, 30, 40, 24)
_PROSE_WIDTH: Final = 96


def write_definitions(sheet: Worksheet, plan: Plan, styles: Styles) -> None:
    """Write one line per figure: label, formula as text, unit, source, name in formulas."""
    heads = (_("Figure"), _("How it is computed"), _("Unit"), _("Source"), _("Name in formulas"))
    for column, head in enumerate(heads):
        write_text(sheet, (HEAD_LINE, column), head, looks=styles.text("head_left"))
    for offset, definition in enumerate(definitions(), start=1):
        _write_definition(sheet, definition, line=HEAD_LINE + offset, plan=plan, styles=styles)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(HEAD_LINE + 1, 1)


def _write_definition(
    sheet: Worksheet, definition: Definition, *, line: int, plan: Plan, styles: Styles
) -> None:
    name = NAMES[plan.language].get(definition.id, "")
    write_text(sheet, (line, 0), definition.label, looks=styles.text("prose_head"))
    write_text(sheet, (line, 1), definition.formula, looks=styles.text("prose"))
    write_text(sheet, (line, 2), definition.unit, looks=styles.text("prose"))
    write_text(sheet, (line, 3), definition.source, looks=styles.text("prose"))
    write_text(sheet, (line, 4), name, looks=styles.text("code"))
    texts = (definition.label, definition.formula, definition.unit, definition.source)
    sheet.set_row(line, wrapped_height(*zip(texts, _WIDTHS, strict=False)))


def write_about(sheet: Worksheet, model: ClvModel, styles: Styles) -> None:
    """Write the shop, the date of the figures, the currency, and the conventions."""
    facts = (
        (_("Shop"), model.shop),
        (_("Figures as of"), format_date(model.as_of)),
        (_("Period"), model.period),
        (_("Currency"), model.currency),
    )
    for offset, (label, value) in enumerate(facts):
        write_text(sheet, (HEAD_LINE + offset, 0), label, looks=styles.text("prose_head"))
        write_text(sheet, (HEAD_LINE + offset, 1), value, looks=styles.text("prose"))
    line = HEAD_LINE + len(facts) + 1
    line = _write_list(sheet, _("Conventions"), _conventions(), line=line, styles=styles)
    if model.notes:
        _write_list(sheet, _("Caveats"), model.notes, line=line + 1, styles=styles)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, _PROSE_WIDTH)


def _write_list(
    sheet: Worksheet, title: str, items: tuple[str, ...], *, line: int, styles: Styles
) -> int:
    write_text(sheet, (line, 0), title, looks=styles.text("prose_head"))
    for offset, item in enumerate(items):
        write_text(sheet, (line + offset, 1), item, looks=styles.text("prose"))
        sheet.set_row(line + offset, wrapped_height((item, _PROSE_WIDTH)))
    return line + len(items)


def _conventions() -> tuple[str, ...]:
    return (
        _("Revenue is products after discount, without tax and shipping."),
        _("A date means its end, in the shop’s time zone; a year is 365 days."),
        _("Orders without a known customer count in revenue, never in a figure per customer."),
        _("A figure that lacks an input stays empty: nothing stands in for it."),
        _(
            "The total of the segments differs from that of the whole shop: each segment has its"
            " own basket, frequency and lifespan, and an average of products is not the product of"
            " averages."
        ),
        _("Yellow cells are yours to change; everything else follows."),
    )
