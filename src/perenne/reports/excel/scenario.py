"""The third sheet, below: several levers moved together, and what that makes of the CLV."""

from __future__ import annotations

from typing import Final

from xlsxwriter.worksheet import Worksheet

from perenne.reports.excel.expressions import DISCOUNTED, NET, filled, shown
from perenne.reports.excel.inputs import write_change
from perenne.reports.excel.plan import (
    DISCOUNT,
    LEVERS,
    NAME_COLUMN,
    Lever,
    Plan,
    Quantity,
    cell,
    sheet_names,
    sheet_reference,
)
from perenne.reports.excel.results import COLUMNS, value_of
from perenne.reports.excel.sensitivity import CHART_END, TODAY_COLUMN, write_today
from perenne.reports.excel.styles import Styles
from perenne.reports.excel.text_cells import write_text
from perenne.reports.excel.words import labels
from perenne.text import gettext as _

_LEVERS: Final = (*LEVERS, DISCOUNT)
_TITLE_LINE: Final = CHART_END + 1
_FIRST_LEVER: Final = _TITLE_LINE + 2
_OUTCOME_HEAD: Final = _FIRST_LEVER + len(_LEVERS) + 1
_CHANGE_COLUMN: Final = 2
_NEW_COLUMN: Final = 3
_AFTER_COLUMN: Final = 2
_DIFFERENCE_COLUMN: Final = 3
_OUTCOMES: Final[dict[str, Quantity]] = {
    "clv_net": "money",
    "clv_discounted": "money",
    "net_total": "money_total",
}


def write_scenario(sheet: Worksheet, plan: Plan, styles: Styles) -> None:
    """Write a change for every lever (none at first) and the CLV that follows, beside today's."""
    for column in range(_NEW_COLUMN + 1):
        sheet.write_blank(_TITLE_LINE, column, None, styles.text("section"))
    title = _("Your scenario: several levers together")
    write_text(sheet, (_TITLE_LINE, NAME_COLUMN), title, looks=styles.text("section"))
    heads = (_("Lever"), _("Today"), _("Your change"), _("New value"))
    _write_heads(sheet, heads, line=_TITLE_LINE + 1, styles=styles)
    for line, lever in enumerate(_LEVERS, start=_FIRST_LEVER):
        _write_lever(sheet, lever, line=line, plan=plan, styles=styles)
    heads = (_("Outcome"), _("Today"), _("Your scenario"), _("Difference"))
    _write_heads(sheet, heads, line=_OUTCOME_HEAD, styles=styles)
    for line, figure in enumerate(_OUTCOMES, start=_OUTCOME_HEAD + 1):
        _write_outcome(sheet, figure, line=line, plan=plan, styles=styles)


def _write_heads(sheet: Worksheet, heads: tuple[str, ...], *, line: int, styles: Styles) -> None:
    for column, head in enumerate(heads):
        looks = styles.text("head" if column else "head_left")
        write_text(sheet, (line, column), head, looks=looks)


def _write_lever(sheet: Worksheet, lever: Lever, *, line: int, plan: Plan, styles: Styles) -> None:
    write_today(sheet, lever, line=line, plan=plan, styles=styles)
    write_change(sheet, 0, place=(line, _CHANGE_COLUMN), styles=styles)
    today, change = cell(line, TODAY_COLUMN), cell(line, _CHANGE_COLUMN)
    formula = f'=IF(COUNT({today})<1,"",{today}*(1+{change}))'
    looks = styles.number(lever.quantity, "formula")
    sheet.write_formula(line, _NEW_COLUMN, formula, looks, shown(plan.value(lever.id)))


def _write_outcome(sheet: Worksheet, figure: str, *, line: int, plan: Plan, styles: Styles) -> None:
    quantity, value = _OUTCOMES[figure], value_of(figure, plan.whole)
    source = sheet_reference(sheet_names()["results"])
    base = f"{source}!{cell(plan.whole.index, COLUMNS[figure])}"
    whole = styles.number(quantity, "whole")
    write_text(sheet, (line, NAME_COLUMN), _outcome_label(figure), looks=styles.text("label_whole"))
    today = filled("{base}", {"base": base})
    sheet.write_formula(line, TODAY_COLUMN, today, whole, shown(value))
    sheet.write_formula(line, _AFTER_COLUMN, _after(figure), whole, shown(value))
    places = {"new": cell(line, _AFTER_COLUMN), "old": cell(line, TODAY_COLUMN)}
    difference = filled("{new}-{old}", places)
    looks = styles.number(quantity, "change")
    unchanged = None if value is None else 0.0
    sheet.write_formula(line, _DIFFERENCE_COLUMN, difference, looks, shown(unchanged))


def _after(figure: str) -> str:
    places = {
        lever.id: cell(line, _NEW_COLUMN) for line, lever in enumerate(_LEVERS, start=_FIRST_LEVER)
    }
    places["clv_net"] = cell(_OUTCOME_HEAD + 1, _AFTER_COLUMN)
    bodies = {"clv_net": NET, "clv_discounted": DISCOUNTED, "net_total": "{customers}*{clv_net}"}
    return filled(bodies[figure], places)


def _outcome_label(figure: str) -> str:
    return _("Net value of all customers") if figure == "net_total" else labels()[figure]
