"""The second sheet: every CLV figure as a live formula over the inputs."""

from __future__ import annotations

from typing import Final

from xlsxwriter.worksheet import Worksheet

from perenne.reports.excel.expressions import STEPS, filled, shown
from perenne.reports.excel.plan import (
    DISCOUNT,
    HEADER_LINE,
    LEVERS,
    NAME_COLUMN,
    Line,
    Plan,
    Quantity,
    Section,
    cell,
)
from perenne.reports.excel.styles import GOOD_FILL, RICH_FILL, WATCH_FILL, Styles
from perenne.reports.excel.text_cells import write_text
from perenne.reports.excel.words import labels
from perenne.text import gettext as _

COLUMNS: Final[dict[str, int]] = {
    "customers": 1,
    "customer_value": 2,
    "clv_simple": 3,
    "clv_margin": 4,
    "clv_net": 5,
    "clv_discounted": 6,
    "clv_cac": 7,
    "net_total": 8,
}
_QUANTITIES: Final[dict[str, Quantity]] = {
    "customers": "count",
    "clv_cac": "ratio",
    "net_total": "money_total",
}
BAND_LINE: Final = 5
_SUMMED: Final = ("clv_simple", "clv_margin", "clv_net", "clv_discounted")


def write_results(sheet: Worksheet, plan: Plan, styles: Styles) -> None:
    """Write one line per group, and below each section the customers × CLV of all its groups."""
    names = labels()
    write_text(sheet, (HEADER_LINE, NAME_COLUMN), _("Group"), looks=styles.text("head_left"))
    for figure, column in COLUMNS.items():
        write_text(sheet, (HEADER_LINE, column), names[figure], looks=styles.text("head"))
    _write_bands(sheet, styles)
    for section in plan.sections:
        _write_section(sheet, section, plan=plan, styles=styles)
    sheet.freeze_panes(HEADER_LINE + 1, 1)


def step_formula(figure: str, *, plan: Plan, line: Line) -> str:
    """Return the formula of one figure of one line, over its inputs and the figures before it."""
    levers = (*LEVERS, DISCOUNT)
    inputs = {lever.id: plan.input(lever.id, line) for lever in levers}
    figures = {name: cell(line.index, column) for name, column in COLUMNS.items()}
    return filled(STEPS[figure], {**figures, **inputs})


def _write_section(sheet: Worksheet, section: Section, *, plan: Plan, styles: Styles) -> None:
    for column in range(max(COLUMNS.values()) + 1):
        sheet.write_blank(section.heading, column, None, styles.text("section"))
    write_text(sheet, (section.heading, NAME_COLUMN), section.title, looks=styles.text("section"))
    for line in section.lines:
        _write_line(sheet, line, plan=plan, styles=styles)
    _write_total(sheet, section, styles)
    _color(sheet, section, styles)


def _write_line(sheet: Worksheet, line: Line, *, plan: Plan, styles: Styles) -> None:
    label = styles.text("label_whole" if line.is_whole else "label")
    write_text(sheet, (line.index, NAME_COLUMN), line.row.name, looks=label)
    for figure, column in COLUMNS.items():
        looks = styles.number(_quantity(figure), "whole" if line.is_whole else "formula")
        formula = step_formula(figure, plan=plan, line=line)
        sheet.write_formula(line.index, column, formula, looks, shown(value_of(figure, line)))


def _write_total(sheet: Worksheet, section: Section, styles: Styles) -> None:
    title = _("Total (customers × CLV)")
    write_text(sheet, (section.total, NAME_COLUMN), title, looks=styles.text("label_total"))
    for figure, column in COLUMNS.items():
        quantity: Quantity = "count" if figure == "customers" else "money_total"
        looks = styles.number(quantity, "total")
        formula = _total_formula(figure, section)
        if formula:
            value = shown(_total_value(figure, section))
            sheet.write_formula(section.total, column, formula, looks, value)
        else:
            sheet.write_blank(section.total, column, None, looks)


def _total_formula(figure: str, section: Section) -> str:
    """Return the section's total of a figure; nothing when one group lacks it: half is no total."""
    first, last = section.lines[0].index, section.lines[-1].index
    column = COLUMNS[figure]
    values = f"{cell(first, column)}:{cell(last, column)}"
    if figure in ("customers", "net_total"):
        return f'=IF(COUNT({values})<ROWS({values}),"",SUM({values}))'
    if figure not in _SUMMED:
        return ""
    counts = f"{cell(first, COLUMNS['customers'])}:{cell(last, COLUMNS['customers'])}"
    known = f"COUNT({values})+COUNT({counts})<2*ROWS({values})"
    return f'=IF({known},"",SUMPRODUCT({counts},{values}))'


def _total_value(figure: str, section: Section) -> float | None:
    summed = "clv_net" if figure == "net_total" else figure
    total = 0.0
    for line in section.lines:
        count, value = line.row.inputs.customers, value_of(summed, line)
        if count is None or value is None:
            return None
        total += count if figure == "customers" else count * value
    return total


def value_of(figure: str, line: Line) -> float | None:
    """Return the engine's value of a figure of a line; None where an input is missing."""
    customers = line.row.inputs.customers
    if figure == "customers":
        return customers
    if figure == "net_total":
        net = line.terms.clv_net
        return None if customers is None or net is None else customers * net
    value: float | None = getattr(line.terms, figure)
    return value


def _quantity(figure: str) -> Quantity:
    return _QUANTITIES.get(figure, "money")


def _write_bands(sheet: Worksheet, styles: Styles) -> None:
    bands = (
        ("legend_watch", _("< 3: costly")),
        ("legend_good", _("3–5: sound")),
        ("legend_rich", _("> 5: ample")),
    )
    write_text(sheet, (BAND_LINE, NAME_COLUMN), labels()["clv_cac"], looks=styles.text("subtitle"))
    for offset, (looks, text) in enumerate(bands, start=1):
        write_text(sheet, (BAND_LINE, offset), text, looks=styles.text(looks))


def _color(sheet: Worksheet, section: Section, styles: Styles) -> None:
    """Colour the ratio by its band (under 3, 3 to 5, above 5), net losses, and what is missing."""
    first, last = section.lines[0].index, section.lines[-1].index
    ratio, net = COLUMNS["clv_cac"], COLUMNS["clv_net"]
    top = cell(first, ratio)
    for condition, color in (
        (f"{top}<3", WATCH_FILL),
        (f"{top}<=5", GOOD_FILL),
        (f"{top}>5", RICH_FILL),
    ):
        rule = {
            "type": "formula",
            "criteria": f"=IF(ISNUMBER({top}),{condition},FALSE)",
            "format": styles.band(color),
            "stop_if_true": True,
        }
        sheet.conditional_format(first, ratio, last, ratio, rule)
    blank = {"type": "formula", "criteria": f"=LEN({cell(first, 1)})=0", "format": styles.missing()}
    sheet.conditional_format(first, 1, last, max(COLUMNS.values()), blank)
    loss = {"type": "cell", "criteria": "<", "value": 0, "format": styles.band(WATCH_FILL)}
    sheet.conditional_format(first, net, last, net, loss)
