"""The KPI cards: each figure with what it was before, its last months and its definition."""

from __future__ import annotations

from collections.abc import Iterator

from perenne.charts import Caption, Svg, sparkline
from perenne.metrics import Figure, Metric
from perenne.reports.html.blocks import Card, Cards, Change, Section, Term
from perenne.reports.html.measured import Measured
from perenne.reports.html.words import change_text, listed, points_text, with_unit_apart
from perenne.text import format_month, format_period, spoken_value
from perenne.text import gettext as _

GROUPS = {
    "revenue": (
        "net_revenue",
        "new_revenue",
        "returning_revenue",
        "orders",
        "average_order_value",
        "margin",
        "margin_per_order",
        "discount_share",
        "return_rate",
    ),
    "customers": (
        "customers",
        "new_customers",
        "customers_at_end",
        "activity_rate",
        "retention_rate",
        "churn_rate",
        "annual_churn_rate",
        "reactivated_customers",
    ),
    "loyalty": (
        "repeat_purchase_rate",
        "purchase_frequency",
        "days_between_orders",
        "days_to_second_order",
        "one_and_done_share",
    ),
    "value": (
        "historical_clv",
        "historical_clv_margin",
        "historical_clv_12m",
        "value_first_12m",
        "margin_first_12m",
        "clv_simple",
        "clv_margin",
        "clv_net",
    ),
    "acquisition": (
        "cac",
        "cac_year",
        "clv_cac_ratio",
        "payback_months",
        "retention_cost_per_year",
    ),
}
_FEWEST_MONTHS = 3
_SAME = 0.0005


def section(measured: Measured) -> Section:
    lead = _(
        "Figures of a period cover {period}; the others take in all that is known by the as-of "
        "date. An arrow in green is a change for the better, in red for the worse."
    ).format(period=format_period(measured.period.start, measured.period.end))
    groups = [_group(measured, name) for name in GROUPS]
    return Section(
        "kpis",
        _("Key figures"),
        lead,
        [one for one in groups if one.cards or one.missing],
    )


def shown(measured: Measured) -> list[str]:
    """Metrics that have a card."""
    names = [name for group in GROUPS.values() for name in group if name in measured.figures]
    return [name for name in names if measured.figures[name].value is not None]


def _group(measured: Measured, name: str) -> Cards:
    titles = {
        "revenue": _("Revenue"),
        "customers": _("Customers"),
        "loyalty": _("Loyalty"),
        "value": _("Value of a customer"),
        "acquisition": _("Acquisition"),
    }
    metrics = [one for one in GROUPS[name] if one in measured.figures]
    cards = [_card(measured, one) for one in metrics if measured.figures[one].value is not None]
    lost = [measured.label(one.metric) for one in measured.missing(metrics)]
    missing = _("Not computed: {names}.").format(names=listed(lost)) if lost else ""
    return Cards(f"kpis-{name}", titles[name], cards, missing)


def _card(measured: Measured, name: str) -> Card:
    figure, metric = measured.figures[name], measured.data.catalogue[name]
    spark, said = _sparkline(measured, metric)
    is_of_period = metric.scope == "period"
    value, unit = with_unit_apart(measured.written(name), metric.unit)
    return Card(
        metric=name,
        label=str(metric.label),
        value=value,
        unit=unit,
        raw=str(figure.value),
        period=format_period(figure.period.start, figure.period.end) if is_of_period else "",
        changes=list(_changes(measured, figure, metric)),
        sparkline=spark,
        sparkline_said=said,
        notes=measured.own_notes(figure),
        term=term(metric),
    )


def term(metric: Metric) -> Term:
    often = {
        "weekly": _("follow weekly"),
        "monthly": _("follow monthly"),
        "quarterly": _("follow quarterly"),
    }
    return Term(
        name=str(metric.label),
        definition=str(metric.definition),
        formula=str(metric.formula),
        frequency=often[metric.frequency],
    )


def _changes(measured: Measured, figure: Figure, metric: Metric) -> Iterator[Change]:
    before = measured.month_before(metric.id)
    if metric.scope == "period" and before is not None and before.value is not None:
        name = format_month(before.period.start, short=True)
        yield from _change(measured, metric, before=float(before.value), than=name)
    year = measured.year_before(metric.id)
    if year is not None and year.value is not None:
        is_month = metric.scope == "period"
        than = format_month(year.period.start, short=True) if is_month else _("a year before")
        yield from _change(measured, metric, before=float(year.value), than=than)


def _change(measured: Measured, metric: Metric, *, before: float, than: str) -> Iterator[Change]:
    now = measured.value(metric.id)
    if now is None or (before == 0 and metric.unit != "percent"):
        return
    difference = now - before
    size = difference if metric.unit == "percent" else difference / abs(before)
    text = points_text(difference) if metric.unit == "percent" else change_text(size)
    mood = _mood(size, metric.good)
    arrow = "" if abs(size) < _SAME else "▲ " if size > 0 else "▼ "
    written = measured.words.value(before, metric.unit)
    yield Change(
        arrow + text,
        _("vs {than}").format(than=than),
        mood,
        {"good": _("better"), "bad": _("worse"), "flat": _("neutral")}[mood]
        + " · "
        + _("{value} then").format(value=written),
    )


def _mood(change: float, good: str) -> str:
    if abs(change) < _SAME or good == "neutral":
        return "flat"
    return "good" if (change > 0) == (good == "up") else "bad"


def _sparkline(measured: Measured, metric: Metric) -> tuple[Svg | None, str]:
    months = measured.months.get(metric.id, {})
    values = [None if one.value is None else float(one.value) for one in months.values()]
    known = [value for value in values if value is not None]
    if len(known) < _FEWEST_MONTHS:
        return None, ""
    names = list(months)
    said = _("{from_} to {to}").format(
        from_=format_month(names[0], short=True), to=format_month(names[-1], short=True)
    )
    lowest, highest = (
        spoken_value(one, metric.unit, measured.context.currency)
        for one in (min(known), max(known))
    )
    caption = Caption(
        title=_("{metric} by month").format(metric=str(metric.label)),
        description=_("{months}: lowest {lowest}, highest {highest}.").format(
            months=said, lowest=lowest, highest=highest
        ),
        empty=_("No month to show."),
        key=metric.id,
    )
    return sparkline(values, caption=caption), said
