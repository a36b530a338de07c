"""The value to come by horizon, and which horizons the past could judge."""

from __future__ import annotations

from perenne.reports.html.blocks import Cell, Column, Table, filled
from perenne.reports.html.blocks import Row as TableRow
from perenne.reports.html.prediction import YEAR_DAYS, Prediction, Row, between, number
from perenne.reports.html.sections import margins
from perenne.reports.html.words import Words, count, dates_text, times
from perenne.text import format_value
from perenne.text import gettext as _

_LEAP = 3
"""Days that leap years add to a horizon in months."""


def table(prediction: Prediction) -> Table:
    """One line per horizon, with whether it was judged."""
    words = prediction.measured.words
    found = [(months, prediction.total(months)) for months in prediction.horizons]
    rows = [
        TableRow(
            Cell(format_value(months, "months"), hint=_judged(prediction, months, total)),
            [
                _over(total, words, name="mean", ends=("lo90", "hi90")),
                _over(total, words, name="median", ends=("lo50", "hi50")),
                margins.cell(total, words),
                margins.net_cell(total, words),
                Cell(
                    count(None if (n := number(total, "expected_orders")) is None else round(n)),
                    hint=_per_customer(total),
                ),
            ],
        )
        for months, total in found
        if total is not None
    ]
    value, margin = margins.titles([total for _months, total in found if total])
    columns = [
        Column(_("Horizon, and whether the past judged it"), is_text=True),
        Column(value),
        Column(_("Median and the 50% interval")),
        Column(margin),
        Column(_("Margin less retention cost")),
        Column(_("Expected orders")),
    ]
    title = _("Predicted value of the known customers, by horizon")
    return filled(Table(title, columns, rows, _notes(), css="further"))


def _judged(prediction: Prediction, months: int, total: Row) -> str:
    """Was a forecast so long compared with what came after; if not, from what it is stretched."""
    learnt = number(total, "learnt_days")
    if learnt is None:
        return ""
    wanted = months * YEAR_DAYS / 12
    name = prediction.part("models").get(str(months), prediction.model)
    dates = {
        row["origin"]
        for row in prediction.rows("model_scores")
        if (row["contender"], row["dimension"], row["measure"]) == (name, "all", "bias")
        and abs(row["horizon_days"] - wanted) <= _LEAP
    }
    if dates:
        return _("yes, on {dates}").format(dates=dates_text(len(dates)))
    days = format_value(learnt, "days")
    if abs(learnt - wanted) <= _LEAP:
        return _("no; level and width learnt from past forecasts of {days}").format(days=days)
    return _("no; stretched from past forecasts of {days}").format(days=days)


def _over(total: Row, words: Words, *, name: str, ends: tuple[str, str]) -> Cell:
    return Cell(words.money(number(total, name)), hint=between(total, words, ends=ends))


def _per_customer(total: Row) -> str:
    orders, customers = number(total, "expected_orders"), number(total, "customers")
    if orders is None or not customers:
        return ""
    return _("{n} per customer").format(n=times(orders / customers))


def _notes() -> list[str]:
    return [
        _(
            "Counted from the date of the figures; later money counts for less, by the discount "
            "rate of the settings. The monthly forecast is not discounted."
        ),
        _(
            "A horizon that the past of the shop is too short to judge takes what was learnt at "
            "the longest one that could be; the error of the level is taken to grow with the root "
            "of the horizon."
        ),
    ]
