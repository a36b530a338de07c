"""The numbers of a picture as inline SVG, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from perenne.charts import (
    Ahead,
    Caption,
    Marker,
    Moment,
    Series,
    Svg,
    Tile,
    bins,
    fan_chart,
    heat_map,
    histogram,
    line_chart,
)
from perenne.models.ledger import day_of
from perenne.models.plots.numbers import (
    AlivePath,
    ByFrequency,
    Deciles,
    FrequencyRecency,
    Tracking,
    ValueSpread,
)
from perenne.text import format_compact, format_date, format_number, format_percent
from perenne.text import gettext as _

Written = Callable[[float], str]


def _count(value: float) -> str:
    return format_number(round(value))


def _fine(value: float) -> str:
    return format_number(value, decimals=2)


def draw_tracking(found: Tracking) -> Svg:
    """Repeat purchases added up, actual and expected, with the end of what the model knew."""
    first = int(found.day[0]) if found.day.size else 0

    def place(day: float) -> float:
        return (day - first) / 7

    title = _("Tracking: repeat purchases week by week, added up")
    said = _("{actual} repeat purchases in all, {expected} expected.").format(
        actual=_count(found.actual[-1] if found.day.size else 0),
        expected=_count(found.expected[-1] if found.day.size else 0),
    )
    days = [place(day) for day in found.day]
    return line_chart(
        [
            Series(_("actual"), list(zip(days, found.actual.tolist(), strict=True))),
            Series(_("expected"), list(zip(days, found.expected.tolist(), strict=True))),
        ],
        caption=Caption(title, said, _("Less than a week of history.")),
        format_x=lambda x: format_date(day_of(round(first + x * 7)), "medium"),
        format_y=_count,
        moments=[Moment(place(found.calibrated), _("end of calibration"))],
        y_title=_("repeat purchases, added up"),
    )


def draw_conditional_expectation(found: ByFrequency) -> Svg:
    """Purchases in the holdout by past repeat purchases, actual and expected."""
    most = int(found.frequency.max()) if found.frequency.size else 0
    title = _("Later purchases by past purchases")
    said = _("Mean purchases after calibration, for each number of repeat purchases before.")
    x = found.frequency.tolist()
    return line_chart(
        [
            Series(_("actual"), list(zip(x, found.actual.tolist(), strict=True))),
            Series(_("expected"), list(zip(x, found.expected.tolist(), strict=True))),
        ],
        caption=Caption(title, said, _("No customer was known at the end of calibration.")),
        format_x=lambda value: f"{value:.0f}+" if value >= most > 0 else _count(value),
        format_y=_fine,
        x_title=_("repeat purchases in calibration"),
        y_title=_("purchases in the holdout"),
    )


def draw_frequency_recency(found: FrequencyRecency, *, alive: bool = False) -> Svg:
    """The map of expected purchases, or of P(alive)."""
    table = found.alive if alive else found.expected
    title = _("Probability to be alive") if alive else _("Expected purchases")
    said = _("By repeat purchases so far and by the week of the last one; darker is more.")
    tiles = [
        Tile(float(recency), float(frequency), float(table[row, column]))
        for row, frequency in enumerate(found.frequency)
        for column, recency in enumerate(found.recency)
    ]
    return heat_map(
        tiles,
        caption=Caption(title, said, _("There is nothing to map.")),
        format_across=_count,
        format_up=_count,
        format_value=(lambda value: format_percent(value, decimals=0)) if alive else _fine,
        x_title=_("week of the last purchase"),
        y_title=_("repeat purchases"),
    )


def draw_alive_path(found: AlivePath) -> Svg:
    """P(alive) of one customer week by week; ticks at the foot are purchases."""
    title = _("One customer's probability to be alive")
    said = _("{probability} at the end, after {count} repeat purchases.").format(
        probability=format_percent(float(found.alive[-1]), decimals=0),
        count=_count(found.purchases.size),
    )
    points = list(zip(found.age.tolist(), found.alive.tolist(), strict=True))
    return line_chart(
        [Series(_("P(alive)"), points)],
        caption=Caption(title, said, _("Without a repeat purchase this model cannot tell.")),
        format_x=_count,
        format_y=lambda value: format_percent(value, decimals=0),
        moments=[Moment(float(age)) for age in found.purchases],
        x_title=_("weeks since the first purchase"),
    )


def draw_deciles(found: Deciles, *, written: Written = _fine) -> Svg:
    """Actual and predicted means by tenth of prediction, with the interval of the prediction."""
    title = _("Calibration by tenth of customers")
    said = _("Customers in ten groups by prediction, lowest first.")
    tenths = range(1, found.customers.size + 1)
    band = list(zip(tenths, found.low.tolist(), found.high.tolist(), strict=True))
    return line_chart(
        [
            Series(_("actual"), list(zip(tenths, found.actual.tolist(), strict=True))),
            Series(
                _("predicted"), list(zip(tenths, found.predicted.tolist(), strict=True)), band=band
            ),
        ],
        caption=Caption(title, said, _("There are no customers to group.")),
        format_x=_count,
        format_y=written,
        x_title=_("tenth of customers by prediction"),
        y_title=_("mean per customer"),
    )


def draw_value_spread(found: ValueSpread, *, written: Written = format_compact) -> Svg:
    """Predicted values above zero, with their mean and the share of zero told."""
    title = _("How predicted value is spread")
    said = _("{share} of customers are predicted to bring nothing.").format(
        share=format_percent(found.zero, decimals=0)
    )
    return histogram(
        bins(found.above_zero.tolist()),
        caption=Caption(title, said, _("No customer is predicted to bring anything.")),
        format_value=written,
        format_count=_count,
        markers=[
            Marker(found.mean, _("mean {value}").format(value=written(found.mean))),
            Marker(found.median, _("median {value}").format(value=written(found.median))),
        ],
        x_title=said,
        y_title=_("customers"),
    )


def draw_forecast(
    past: Sequence[tuple[float, float]],
    ahead: Sequence[Ahead],
    *,
    written: Written = format_compact,
    month: Written = _count,
) -> Svg:
    """Months that were and months ahead: median, 50% and 90% bands. `month` writes a place."""
    title = _("Revenue by month: what was and what is expected")
    said = _("The inner band holds one month in two, the outer one nine in ten.")
    return fan_chart(
        past,
        ahead,
        caption=Caption(title, said, _("There is no month to show.")),
        format_x=month,
        format_y=written,
        names=(_("actual"), _("expected")),
        now=_("today"),
    )
