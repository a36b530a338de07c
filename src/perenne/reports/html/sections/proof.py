"""The model beside what happened: calibration by tenth, weeks, past frequency; and its map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from perenne.charts import Caption, Moment, Series, Size, Tile, heat_map, line_chart
from perenne.reports.html.blocks import Block, Cell, Chart, Column, Row, Table
from perenne.reports.html.prediction import Prediction, between, number
from perenne.reports.html.prediction import Row as Found
from perenne.reports.html.words import count
from perenne.text import format_date, format_number, format_value
from perenne.text import gettext as _

_SIZE = Size(820, 340)
_MOST_WEEKS = 60
_MOST = 7
"""Past frequency from which on customers are counted together."""


def blocks(prediction: Prediction, *, horizon: int | None) -> list[Block]:
    """The charts that have data, of the contender that is used."""
    deciles = _own(prediction, "model_deciles", horizon=horizon)
    # These speak of the purchase model, whoever predicts: a mixture has no rates of its own.
    frequency = sorted(prediction.rows("model_frequency"), key=lambda row: row["frequency"])
    mapped = prediction.rows("model_map")
    weeks = sorted(prediction.rows("model_tracking"), key=lambda row: row["week"])
    found: list[Block] = []
    if deciles:
        found.append(_deciles(prediction, deciles))
    if weeks:
        found.append(_tracking(weeks))
    if frequency:
        found.append(_frequency(frequency))
    if mapped:
        found.append(_map(mapped))
    return found


def _own(prediction: Prediction, table: str, *, horizon: int | None) -> list[Found]:
    rows = [
        row
        for row in prediction.rows(table)
        if (row["contender"], row["horizon_days"]) == (prediction.model, horizon)
    ]
    last = max((row["origin"] for row in rows), default=None)
    return sorted((row for row in rows if row["origin"] == last), key=lambda row: row["decile"])


def _deciles(prediction: Prediction, rows: Sequence[Found]) -> Chart:
    words = prediction.measured.words
    title = _("Calibration: predicted and true value, tenth by tenth")
    lead = _(
        "Customers in ten groups of one size, from the lowest prediction to the highest, as of "
        "{date}. The closer the two lines, the more a predicted amount can be taken at its word."
    ).format(date=format_date(rows[0]["origin"]))
    svg = line_chart(
        [
            Series(_("true"), _points(rows, "decile", "actual"), band=_edges(rows)),
            Series(_("predicted"), _points(rows, "decile", "predicted")),
        ],
        caption=Caption(title, lead, _("No past date could be judged.")),
        format_x=count,
        format_y=words.axis,
        x_title=_("tenth of customers, by predicted value"),
        y_title=_("value per customer, in the {days} after").format(
            days=format_value(rows[0]["horizon_days"], "days")
        ),
        size=_SIZE,
    )
    lines = [
        Row(
            Cell(_("Decile {n}").format(n=row["decile"])),
            [
                Cell(count(row["customers"])),
                Cell(words.money(row["predicted"])),
                Cell(words.money(row["actual"])),
                Cell(between(row, words, ends=("actual_lo90", "actual_hi90")) or "—"),
            ],
        )
        for row in rows
    ]
    columns = [
        Column(_("Tenth"), is_text=True),
        Column(_("Customers")),
        Column(_("Predicted")),
        Column(_("True")),
        Column(_("90% interval of the true mean")),
    ]
    table = Table(_("Value per customer by tenth"), columns, lines)
    notes = [_by_chance(rows)] if _edges(rows) else []
    return Chart(title, svg, lead, notes, table=table)


def _by_chance(rows: Sequence[Found]) -> str:
    """What the band says, and of how many tenths the prediction lies in it."""
    known = [row for row in rows if number(row, "actual_lo90") is not None]
    inside = [r for r in known if r["actual_lo90"] <= r["predicted"] <= r["actual_hi90"]]
    return _(
        "Band: where the true mean of such customers would lie nine times out of ten, were the "
        "chance of single orders the only error. The prediction lies in it for {n} of {all} tenths."
    ).format(n=count(len(inside)), all=count(len(known)))


def _points(rows: Iterable[Found], x: str, y: str) -> list[tuple[float, float | None]]:
    return [(float(row[x]), number(row, y)) for row in rows]


def _edges(rows: Iterable[Found]) -> list[tuple[float, float, float]]:
    """The 90% interval of the true mean of each tenth, where the table has one."""
    found = [
        (float(row["decile"]), number(row, "actual_lo90"), number(row, "actual_hi90"))
        for row in rows
    ]
    return [(x, low, high) for x, low, high in found if low is not None and high is not None]


def _tracking(rows: Sequence[Found]) -> Chart:
    title = _("Tracking: repeat purchases week by week, added up")
    held = [row for row in rows if row["is_holdout"]]
    lead = _tracking_lead(rows)
    rows = _thinned(rows)
    first: date = rows[0]["week"]

    def place(day: date) -> float:
        return (day - first).days / 7

    def day_at(x: float) -> str:
        return format_date(date.fromordinal(first.toordinal() + round(x * 7)), "medium")

    start = place(held[0]["week"]) if held else None
    svg = line_chart(
        [
            Series(_("actual"), [(place(row["week"]), row["actual"]) for row in rows]),
            Series(
                _("expected"),
                [(place(row["week"]), row["expected"]) for row in rows],
                incomplete_from=start,
            ),
        ],
        caption=Caption(title, lead, _("No past date could be judged.")),
        format_x=day_at,
        format_y=count,
        moments=[Moment(start - 0.5, _("not seen by the model"))] if start else [],
        y_title=_("repeat purchase days, added up"),
        size=_SIZE,
    )
    notes = [_("Dashed: weeks that the model had not seen.")] if held else []
    return Chart(title, svg, lead, notes)


def _thinned(rows: Sequence[Found]) -> Sequence[Found]:
    """Every so many weeks, counted back from the last: dots that touch hide the line."""
    step = -(-len(rows) // _MOST_WEEKS)
    return rows[::-1][::step][::-1]


def _tracking_lead(rows: Sequence[Found]) -> str:
    """Repeat purchase days of the weeks that the model had not seen, or of all weeks."""
    seen = [row for row in rows if not row["is_holdout"]]
    last, start = rows[-1], seen[-1] if len(seen) < len(rows) and seen else None
    actual, expected = (
        count(round(last[name] - (start[name] if start else 0))) for name in ("actual", "expected")
    )
    if start is None:
        said = _("By {date}, {actual} repeat purchase days were counted and {expected} expected.")
        return said.format(date=format_date(last["week"]), actual=actual, expected=expected)
    return _(
        "The model knew the past until {since}. From then to {date}, {actual} repeat purchase days "
        "were counted and {expected} expected."
    ).format(
        since=format_date(start["week"]),
        date=format_date(last["week"]),
        actual=actual,
        expected=expected,
    )


def _frequency(rows: Sequence[Found]) -> Chart:
    title = _("Purchases to come, by purchases so far")
    lead = _(
        "Customers by how often they had bought again until a past date, and how often they bought "
        "after it, on average: as expected and as counted."
    )
    svg = line_chart(
        [
            Series(_("actual"), _points(rows, "frequency", "actual")),
            Series(_("expected"), _points(rows, "frequency", "expected")),
        ],
        caption=Caption(title, lead, _("No past date could be judged.")),
        format_x=lambda x: _frequency_name(round(x)),
        format_y=lambda value: format_number(value, decimals=0 if value % 1 == 0 else 1),
        x_title=_("repeat purchase days so far"),
        y_title=_("purchase days after, per customer"),
        size=_SIZE,
    )
    lines = [
        Row(
            Cell(_frequency_name(row["frequency"])),
            [
                Cell(count(row["customers"])),
                Cell(format_number(row["expected"], decimals=2)),
                Cell(format_number(row["actual"], decimals=2)),
            ],
        )
        for row in rows
    ]
    columns = [
        Column(_("Repeat purchase days so far"), is_text=True),
        Column(_("Customers")),
        Column(_("Expected")),
        Column(_("Counted")),
    ]
    caption = _("Purchase days after, per customer")
    return Chart(title, svg, lead, table=Table(caption, columns, lines))


def _frequency_name(n: int) -> str:
    return _("{n} or more").format(n=n) if n >= _MOST else count(n)


def _map(rows: Sequence[Found]) -> Chart:
    title = _("Orders expected in a year, by past orders")
    lead = _(
        "A customer who has been one for {weeks} weeks, as the purchase model sees them: the more "
        "repeat orders and the later the last one, the more are expected. Many orders long ago "
        "promise less than a few of late."
    ).format(weeks=count(round(rows[0]["tenure_weeks"])))
    svg = heat_map(
        [
            Tile(float(row["recency_weeks"]), float(row["frequency"]), row["expected_52w"])
            for row in rows
        ],
        caption=Caption(title, lead, _("No past date could be judged.")),
        format_across=lambda week: count(round(week)),
        format_up=lambda orders: count(round(orders)),
        format_value=lambda value: format_number(value, decimals=1),
        x_title=_("week of the last purchase"),
        y_title=_("repeat purchases"),
        size=_SIZE,
    )
    return Chart(title, svg, lead)
