"""The value to come by horizon, and which horizons the past could judge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perenne.reports.html.blocks import Cell, Column, Row, Table, filled
from perenne.reports.html.prediction import YEAR_DAYS, Prediction, between, number
from perenne.reports.html.words import count, dates_text, times
from perenne.text import format_value
from perenne.text import gettext as _

_LEAP = 3
"""Days that leap years add to a horizon in months."""


def table(prediction: Prediction) -> Table:
    """One line per horizon, with whether it was judged."""
    words = prediction.measured.words
    found = [(months, prediction.total(months)) for months in prediction.horizons]
    rows = [
        Row(
            Cell(format_value(months, "months")),
            [
                Cell(words.money(number(total, "mean"))),
                Cell(words.money(number(total, "median"))),
                Cell(between(total, words, ends=("lo50", "hi50")) or "—"),
                Cell(between(total, words, ends=("lo90", "hi90")) or "—"),
                Cell(count(None if (n := number(total, "expected_orders")) is None else round(n))),
                Cell(_per_customer(total)),
                Cell(_judged(prediction, months, total)),
            ],
        )
        for months, total in found
        if total is not None
    ]
    columns = [
        Column(_("Horizon"), is_text=True),
        Column(_("Mean")),
        Column(_("Median")),
        Column(_("50% interval")),
        Column(_("90% interval")),
        Column(_("Expected orders")),
        Column(_("Orders per customer")),
        Column(_("Judged on the past"), is_text=True),
    ]
    title = _("Predicted value of the known customers, by horizon")
    return filled(Table(title, columns, rows, _notes()))


def _judged(prediction: Prediction, months: int, total: Mapping[str, Any]) -> str:
    """Was a forecast so long compared with what came after; if not, from what it is stretched."""
    learnt = number(total, "learnt_days")
    if learnt is None:
        return "—"
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


def _per_customer(total: Mapping[str, Any] | None) -> str:
    orders, customers = number(total, "expected_orders"), number(total, "customers")
    return times(orders / customers) if orders is not None and customers else "—"


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
