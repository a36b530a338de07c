"""The third sheet, above: what net CLV becomes when one lever moves and the others stay."""

from __future__ import annotations

from typing import Final

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from perenne.reports.clv_model import ClvInputs, clv_terms
from perenne.reports.excel.expressions import NET, filled, guarded, shown
from perenne.reports.excel.inputs import write_change
from perenne.reports.excel.plan import (
    HEADER_LINE,
    LEVERS,
    NAME_COLUMN,
    Lever,
    Plan,
    cell,
    sheet_names,
    sheet_reference,
)
from perenne.reports.excel.results import COLUMNS
from perenne.reports.excel.styles import BRAND, GOOD_FILL, INK, WARM, WATCH_FILL, Styles
from perenne.reports.excel.text_cells import write_text
from perenne.reports.excel.words import labels
from perenne.text import gettext as _

CHANGES: Final = (-0.2, -0.1, 0.1, 0.2)
MOVED: Final = tuple(lever for lever in LEVERS if lever.id != "customers")
TODAY_COLUMN: Final = 1
FIRST_AFTER: Final = 2  # net CLV under each change
FIRST_EFFECT: Final = FIRST_AFTER + len(CHANGES)  # and its difference with today
_LAST: Final = FIRST_EFFECT + len(CHANGES) - 1
_LAST_LEVER: Final = HEADER_LINE + len(MOVED)
_HINT_LINE: Final = 4
_CHART_HEIGHT: Final = 19  # lines
CHART_END: Final = _LAST_LEVER + 2 + _CHART_HEIGHT


def write_sensitivity(workbook: Workbook, sheet: Worksheet, plan: Plan, *, styles: Styles) -> None:
    """Write the table of the levers, whose changes the reader may retype, and its chart."""
    _write_titles(sheet, styles)
    _write_changes(sheet, styles)
    _write_hint(sheet, plan, styles)
    for offset, lever in enumerate(MOVED, start=1):
        _write_lever(sheet, lever, line=HEADER_LINE + offset, plan=plan, styles=styles)
    _color_effects(sheet, styles)
    _insert_chart(workbook, sheet)


def write_today(sheet: Worksheet, lever: Lever, *, line: int, plan: Plan, styles: Styles) -> None:
    """Write an input of the whole shop as it stands, by its name."""
    write_text(sheet, (line, NAME_COLUMN), labels()[lever.id], looks=styles.text("label"))
    name = plan.name(lever.id)
    looks = styles.number(lever.quantity, "formula")
    formula = guarded(name, needs=[name])
    sheet.write_formula(line, TODAY_COLUMN, formula, looks, shown(plan.value(lever.id)))


def _write_titles(sheet: Worksheet, styles: Styles) -> None:
    above, head = HEADER_LINE - 1, styles.text("head")
    for column in range(_LAST + 1):
        sheet.write_blank(above - 1, column, None, styles.text("section"))
    title = _("One lever at a time, the others unchanged")
    write_text(sheet, (above - 1, NAME_COLUMN), title, looks=styles.text("section"))
    for column in (NAME_COLUMN, TODAY_COLUMN):
        sheet.write_blank(above, column, None, head)
    after, effect = _("Net CLV per customer"), _("Difference with today")
    sheet.merge_range(above, FIRST_AFTER, above, FIRST_EFFECT - 1, after, head)
    sheet.merge_range(above, FIRST_EFFECT, above, _LAST, effect, head)


def _write_changes(sheet: Worksheet, styles: Styles) -> None:
    write_text(sheet, (HEADER_LINE, NAME_COLUMN), _("Lever"), looks=styles.text("head_left"))
    write_text(sheet, (HEADER_LINE, TODAY_COLUMN), _("Today"), looks=styles.text("head"))
    looks = styles.number("change", "total")
    for offset, change in enumerate(CHANGES):
        column = FIRST_AFTER + offset
        write_change(sheet, change, place=(HEADER_LINE, column), styles=styles)
        formula = f"={cell(HEADER_LINE, column)}"
        sheet.write_formula(HEADER_LINE, FIRST_EFFECT + offset, formula, looks, change)


def _write_hint(sheet: Worksheet, plan: Plan, styles: Styles) -> None:
    """Say, as long as an input is missing, why the sheet stays empty."""
    text = _("Type the missing inputs on the first sheet, and this one fills in.")
    needs = [plan.name(lever.id) for lever in MOVED]
    quoted = '"' + text.replace('"', '""') + '"'
    formula = f'=IF(COUNT({",".join(needs)})<{len(needs)},{quoted},"")'
    value = text if plan.whole.terms.clv_net is None else ""
    sheet.write_formula(_HINT_LINE, NAME_COLUMN, formula, styles.text("hint"), value)


def _write_lever(sheet: Worksheet, lever: Lever, *, line: int, plan: Plan, styles: Styles) -> None:
    write_today(sheet, lever, line=line, plan=plan, styles=styles)
    today = plan.whole.terms.clv_net
    for offset, change in enumerate(CHANGES):
        after, effect = FIRST_AFTER + offset, FIRST_EFFECT + offset
        net = _net_after(plan.whole.row.inputs, lever.id, change=change)
        looks = styles.number("money", "formula")
        sheet.write_formula(line, after, _after(plan, lever, column=after), looks, shown(net))
        difference = None if net is None or today is None else net - today
        looks = styles.number("money", "change")
        formula = _effect(cell(line, after), _today_reference(plan))
        sheet.write_formula(line, effect, formula, looks, shown(difference))


def _after(plan: Plan, lever: Lever, *, column: int) -> str:
    change = cell(HEADER_LINE, column, fixed="line")
    names = {item.id: plan.name(item.id) for item in MOVED}
    moved = {**names, lever.id: f"({names[lever.id]}*(1+{change}))"}
    return guarded(NET.format(**moved), needs=list(names.values()))


def _effect(after: str, today: str) -> str:
    return filled("{after}-{today}", {"after": after, "today": today})


def _today_reference(plan: Plan) -> str:
    sheet = sheet_reference(sheet_names()["results"])
    return f"{sheet}!{cell(plan.whole.index, COLUMNS['clv_net'], fixed='both')}"


def _net_after(inputs: ClvInputs, lever: str, *, change: float) -> float | None:
    given = {**vars(inputs)}
    if given[lever] is not None:
        given[lever] = float(given[lever]) * (1 + change)
    return clv_terms(ClvInputs(**given), discount_rate=None).clv_net


def _color_effects(sheet: Worksheet, styles: Styles) -> None:
    top = cell(HEADER_LINE + 1, FIRST_EFFECT)
    for sign, color in (("<", WATCH_FILL), (">", GOOD_FILL)):
        criteria = f"=IF(ISNUMBER({top}),{top}{sign}0,FALSE)"
        rule = {"type": "formula", "criteria": criteria, "format": styles.band(color)}
        sheet.conditional_format(HEADER_LINE + 1, FIRST_EFFECT, _LAST_LEVER, _LAST, rule)


def _insert_chart(workbook: Workbook, sheet: Worksheet) -> None:
    """Draw the effect of the two largest changes, live: the levers that matter stand out."""
    chart = workbook.add_chart({"type": "bar"})
    for column, color in ((FIRST_EFFECT, WARM), (_LAST, BRAND)):
        chart.add_series(_series(sheet.get_name(), column=column, color=color))
    chart.set_title({"name": _("Effect on net CLV"), "name_font": {"size": 12, "color": INK}})
    chart.set_y_axis({"reverse": True, "label_position": "low", "line": {"none": True}})
    chart.set_x_axis({"major_gridlines": {"visible": True, "line": {"color": "#E3E8EC"}}})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 900, "height": 420})
    sheet.insert_chart(_LAST_LEVER + 2, NAME_COLUMN, chart, {"object_position": 1})


def _series(sheet: str, *, column: int, color: str) -> dict[str, object]:
    first = HEADER_LINE + 1
    return {
        "name": [sheet, HEADER_LINE, column],
        "categories": [sheet, first, NAME_COLUMN, _LAST_LEVER, NAME_COLUMN],
        "values": [sheet, first, column, _LAST_LEVER, column],
        "fill": {"color": color},
        "gap": 60,
        "overlap": 100,
    }
