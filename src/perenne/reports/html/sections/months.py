"""The months to come: revenue as it was, and as it is expected with its intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from perenne.charts import Caption, Moment, Series, Size, line_chart
from perenne.core import add_months
from perenne.reports.html.blocks import Block, Cell, Chart, Column, Table, filled
from perenne.reports.html.blocks import Row as TableRow
from perenne.reports.html.measured import DAYS_OF_GRACE
from perenne.reports.html.prediction import Prediction, Row, between, number, numbers
from perenne.reports.html.words import Words
from perenne.text import format_month
from perenne.text import gettext as _

PAST = 24
AHEAD = 12
_PARTS = ("existing", "new", "all")


def blocks(prediction: Prediction) -> list[Block]:
    """The monthly forecast; nothing without one."""
    by_part = _by_part(prediction.rows("prediction_months"))
    if not by_part.get("existing") and not by_part.get("all"):
        return []
    return [_chart(prediction, by_part)]


def _by_part(rows: Sequence[Row]) -> dict[str, dict[date, Row]]:
    found: dict[str, dict[date, Row]] = {}
    for row in sorted(rows, key=lambda row: row["month"]):
        found.setdefault(str(row["part"]), {})[row["month"]] = row
    return found


def _chart(prediction: Prediction, by_part: Mapping[str, Mapping[date, Row]]) -> Chart:
    actual = by_part.get("actual", {}).items()
    past = {month: row for month, row in actual if is_whole(month, prediction)}
    past = dict(list(past.items())[-PAST:])
    shown = "all" if by_part.get("all") else "existing"
    axis = _Axis(min([*past, *by_part[shown]]), start=min(by_part[shown]))
    words = prediction.measured.words
    title = _("Monthly revenue: as it was, and as it is expected")
    lead = _lead(by_part, shown, words)
    series = [Series(_("actual"), axis.points(past))] if past else []
    series.append(_expected(by_part[shown], axis, is_all=shown == "all"))
    if shown == "all" and by_part.get("existing"):
        ahead = axis.points(by_part["existing"])
        name = _("of which present customers")
        series.append(Series(name, ahead, incomplete_from=axis.place(axis.start)))
    margins = axis.points(past | dict(by_part[shown]), "margin")
    has_margin = all(margin is not None for _place, margin in margins)
    if has_margin:
        name = _("margin of all") if shown == "all" else _("margin")
        series.append(Series(name, margins, incomplete_from=axis.place(axis.start)))
    svg = line_chart(
        series,
        caption=Caption(title, lead, _("There is no monthly forecast.")),
        format_x=lambda x: format_month(axis.month_at(x), short=True),
        format_y=words.axis,
        moments=[Moment(axis.place(axis.start) - 0.5, _("forecast"))] if past else [],
        y_title=_("net revenue and margin per month") if has_margin else _("net revenue per month"),
        size=Size(820, 380),
    )
    return Chart(title, svg, lead, _notes(), table=_table(by_part, words))


@dataclass(frozen=True)
class _Axis:
    """Months as places across, from `first` on; `start` is the first month to come."""

    first: date
    start: date

    def place(self, month: date) -> float:
        return float((month.year - self.first.year) * 12 + month.month - self.first.month)

    def month_at(self, place: float) -> date:
        number_of = self.first.year * 12 + self.first.month - 1 + round(place)
        return date(number_of // 12, number_of % 12 + 1, 1)

    def points(
        self, rows: Mapping[date, Row], name: str = "revenue"
    ) -> list[tuple[float, float | None]]:
        return [(self.place(month), number(row, name)) for month, row in rows.items()]

    def band(self, rows: Mapping[date, Row], level: int) -> list[tuple[float, float, float]]:
        edges = [
            (
                self.place(month),
                number(row, f"revenue_lo{level}"),
                number(row, f"revenue_hi{level}"),
            )
            for month, row in rows.items()
        ]
        return [(x, low, high) for x, low, high in edges if low is not None and high is not None]


def _expected(rows: Mapping[date, Row], axis: _Axis, *, is_all: bool) -> Series:
    return Series(
        _("all customers") if is_all else _("present customers"),
        axis.points(rows),
        incomplete_from=axis.place(axis.start),
        band=axis.band(rows, 90),
        inner_band=axis.band(rows, 50),
    )


def is_whole(month: date, prediction: Prediction) -> bool:
    """Do the data hold the month from its first days to its last?"""
    starts = prediction.measured.context.customers_from <= month + timedelta(days=DAYS_OF_GRACE)
    return starts and add_months(month, 1) <= prediction.as_of + timedelta(days=1)


def _lead(by_part: Mapping[str, Mapping[date, Row]], shown: str, words: Words) -> str:
    def whole(part: str, name: str = "revenue") -> float | None:
        found = numbers(list(by_part.get(part, {}).values())[:AHEAD], name)
        return sum(found) if len(found) == AHEAD else None

    total, existing, margin = whole(shown), whole("existing"), whole(shown, "margin")
    if total is None or existing is None:
        return ""
    if shown == "existing":
        said = _("The present customers are expected to bring {value} in 12 months.").format(
            value=words.money(existing)
        )
    else:
        said = _(
            "In 12 months, {value} is expected: {existing} from the customers the shop has, {new} "
            "from those it will win if it goes on winning them as it has."
        ).format(
            value=words.money(total),
            existing=words.money(existing),
            new=words.money(total - existing),
        )
    if margin is None:
        return said
    left = _("{margin} of it stays as margin, before acquisition and fixed costs.")
    return f"{said} {left.format(margin=words.money(margin))}"


def _notes() -> list[str]:
    return [
        _("Dashed: forecast. The wide band holds nine months out of ten, the narrow one five."),
        _("Whole months; orders without a known customer are left out, of the past as well."),
        _(
            "Amounts of each month, not discounted: their sum is a little above the predicted "
            "value, in which later money counts for less."
        ),
    ]


def _table(by_part: Mapping[str, Mapping[date, Row]], words: Words) -> Table:
    months = sorted({month for part in _PARTS for month in by_part.get(part, {})})
    rows = [
        TableRow(
            Cell(format_month(month)),
            [
                *(
                    Cell(words.money(_at(by_part, part, month).get("revenue")))
                    for part in _PARTS[:2]
                ),
                _revenue(_whole(by_part, month), words),
                Cell(_interval(_whole(by_part, month), words, 50)),
                _margin(_whole(by_part, month), words),
            ],
        )
        for month in months
    ]
    columns = [
        Column(_("Month"), is_text=True),
        Column(_("Present customers")),
        Column(_("Customers to come")),
        Column(_("Revenue and its 90% interval")),
        Column(_("50% interval")),
        Column(_("Margin and its 90% interval")),
    ]
    return filled(Table(_("Monthly forecast"), columns, rows))


def _revenue(row: Mapping[str, Any], words: Words) -> Cell:
    interval = between(row, words, ends=("revenue_lo90", "revenue_hi90"))
    return Cell(words.money(number(row, "revenue")), hint=interval)


def _margin(row: Mapping[str, Any], words: Words) -> Cell:
    """What the month leaves in cash, before acquisition and fixed costs."""
    interval = between(row, words, ends=("margin_lo90", "margin_hi90"))
    return Cell(words.money(number(row, "margin")), hint=interval)


def _at(by_part: Mapping[str, Mapping[date, Row]], part: str, month: date) -> Mapping[str, Any]:
    return by_part.get(part, {}).get(month, {})


def _whole(by_part: Mapping[str, Mapping[date, Row]], month: date) -> Mapping[str, Any]:
    return _at(by_part, "all", month) or _at(by_part, "existing", month)


def _interval(row: Mapping[str, Any], words: Words, level: int) -> str:
    return between(row, words, ends=(f"revenue_lo{level}", f"revenue_hi{level}")) or "—"
