"""What is known beside orders: satisfaction, subscriptions, and what people do on site and mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from perenne.charts import Caption, Change, Series, line_chart, waterfall
from perenne.metrics import Figure, Request
from perenne.reports.html.blocks import (
    Block,
    Cell,
    Chart,
    Column,
    Fact,
    Facts,
    Row,
    Section,
    Table,
    Text,
)
from perenne.reports.html.measured import MONTHS_SHOWN, Measured
from perenne.reports.html.sections import renewals
from perenne.reports.html.words import count, share, signed, whole_share
from perenne.text import current_language, format_month, format_value
from perenne.text import gettext as _

SATISFACTION = ("nps", "nps_responses", "csat", "csat_responses")
SUBSCRIPTIONS = (
    "mrr",
    "arr",
    "active_subscribers",
    "arpa",
    "revenue_churn",
    "net_revenue_retention",
    "subscriber_churn",
)
MOVEMENTS = ("new_mrr", "reactivation_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr")
_TAKEN = ("contraction_mrr", "churned_mrr")
ACTIVITY = (
    "emails_sent",
    "open_rate",
    "click_rate",
    "click_to_open_rate",
    "unsubscribe_rate",
    "sessions",
    "sessions_per_customer",
    "product_views",
    "cart_adds",
    "cart_abandonment_rate",
    "conversion_rate",
    "tickets",
    "tickets_per_order",
    "resolution_hours",
    "activation_rate",
    "time_to_first_interaction",
    "prospects",
    "prospect_conversion_rate",
    "reachable_share",
)
_FEWEST_MONTHS = 3


def sections(measured: Measured) -> list[Section]:
    """The chapters for which anything was imported."""
    found = (satisfaction(measured), subscriptions(measured), activity(measured))
    return [one for one in found if one is not None]


def shown(measured: Measured) -> list[str]:
    """Metrics of these chapters that have a figure."""
    names = (*SATISFACTION, *SUBSCRIPTIONS, *MOVEMENTS, *ACTIVITY)
    return [name for name in names if name in measured.figures and measured.value(name) is not None]


def satisfaction(measured: Measured) -> Section | None:
    if not {"nps", "csat"} & set(measured.context.surveys):
        return None
    blocks: list[Block] = [Facts(_facts(measured, SATISFACTION))]
    blocks += _tables(measured)
    return Section(
        "satisfaction",
        _("What customers say: satisfaction"),
        _(
            "One answer per person and survey, the last one of the period. The interval holds the "
            "true figure nine times out of ten: few answers make it wide."
        ),
        blocks,
        short=_("Satisfaction"),
    )


def subscriptions(measured: Measured) -> Section | None:
    if not measured.context.subscriptions:
        return None
    blocks: list[Block] = [Facts([*_facts(measured, SUBSCRIPTIONS), *_to_come(measured)])]
    if measured.value("opening_mrr") or measured.value("mrr"):
        blocks.append(_movements(measured))
    months = _by_month(measured)
    if len(months) >= _FEWEST_MONTHS:
        blocks.append(_months(measured, months))
    blocks += [*_refused(measured), *_survival(measured), *renewals.blocks(measured)]
    return Section(
        "subscriptions",
        _("Subscriptions: recurring revenue"),
        _(
            "What subscriptions in force on the last day of the period bring a month, without "
            "trials and pauses, and how it moved since its start."
        ),
        blocks,
        short=_("Subscriptions"),
    )


def activity(measured: Measured) -> Section | None:
    if not measured.context.events:
        return None
    return Section(
        "activity",
        _("E-mails, visits and first steps"),
        _("What people do beside ordering, as far as the imported events tell."),
        [Facts(_facts(measured, ACTIVITY))],
        short=_("Activity"),
    )


def _facts(measured: Measured, names: Sequence[str]) -> list[Fact]:
    return [
        Fact(measured.label(name), measured.written(name), _note(measured, name))
        for name in names
        if name in measured.figures and measured.value(name) is not None
    ]


def _note(measured: Measured, name: str) -> str:
    figure = measured.figures[name]
    said = measured.own_notes(figure)
    return " ".join([*([_ends(figure)] if figure.interval else []), *said])


def _ends(figure: Figure) -> str:
    if figure.interval is None:
        return "—"
    low, high = (
        format_value(end, figure.unit) for end in (figure.interval.low, figure.interval.high)
    )
    return _("{low} to {high}").format(low=low, high=high)


def _tables(measured: Measured) -> list[Table]:
    """NPS by survey and by channel, where there are several."""
    found = []
    for name, title in (("survey", _("Survey")), ("channel", _("Channel"))):
        request = Request(("nps", "nps_responses"), by=(name,), period=measured.period)
        groups: dict[str | None, dict[str, Figure]] = {}
        for figure in measured.data.figures(request):
            groups.setdefault((figure.group or {}).get(name), {})[figure.metric] = figure
        known = {key: one for key, one in groups.items() if one["nps"].value is not None}
        if len(known) > 1:
            found.append(_table(measured, known, title))
    return found


def _table(measured: Measured, groups: dict[str | None, dict[str, Figure]], title: str) -> Table:
    rows = [
        Row(
            Cell(name or _("unknown")),
            [
                Cell(format_value(one["nps"].value, "points")),
                Cell(_ends(one["nps"])),
                Cell(format_value(one["nps_responses"].value, "count")),
            ],
        )
        for name, one in groups.items()
    ]
    columns = [
        Column(title, is_text=True),
        Column(measured.label("nps")),
        Column(_("90% interval")),
        Column(measured.label("nps_responses")),
    ]
    return Table(_("{metric} by {dimension}").format(metric="NPS", dimension=title), columns, rows)


def _movements(measured: Measured) -> Chart:
    words = measured.words
    title = _("From the MRR of the start to that of the end")
    lead = _("Each subscriber moves once: a change of plan is expansion or contraction.")
    svg = waterfall(
        Change(measured.label("opening_mrr"), _amount(measured, "opening_mrr")),
        [
            Change(
                measured.label(name),
                _amount(measured, name) * (-1 if name in _TAKEN else 1),
            )
            for name in MOVEMENTS
        ],
        end_label=measured.label("mrr"),
        caption=Caption(title, lead, _("No subscription is in force."), "mrr"),
        format_value=words.money,
        format_change=lambda value: signed(words.money(value), value),
    )
    return Chart(title, svg, lead)


def _amount(measured: Measured, name: str) -> Decimal:
    return Decimal(str(measured.figures[name].value or 0))


def _to_come(measured: Measured) -> list[Fact]:
    """What subscriptions in force will still bring, as the refresh predicted it."""
    told = measured.data.subscriptions or {}
    value = told.get("residual_value")
    if not value:
        return []
    words = measured.words
    note = _("{interval} nine times out of ten; discounted at {rate} a year").format(
        interval=words.between(value["lo90"], value["hi90"]), rate=share(told["discount_rate"])
    )
    return [Fact(_("Revenue still to come from subscriptions"), words.money(value["mean"]), note)]


def _refused(measured: Measured) -> list[Text]:
    """Why the subscriptions of an interval are not predicted."""
    told = (measured.data.subscriptions or {}).get("intervals", {})
    reasons = {name: one.get(f"refused_{current_language()}") for name, one in told.items()}
    return [
        Text(
            _("Subscriptions billed by “{interval}” are not predicted: {reason}").format(
                interval=renewals.interval_words(name), reason=why
            )
        )
        for name, why in reasons.items()
        if why
    ]


def _survival(measured: Measured) -> list[Chart]:
    """Share still subscribed after each renewal, for the interval of most subscriptions."""
    rows = [one for one in measured.data.all_rows("subscription_survival") if _is_all(one)]
    if not rows:
        return []
    largest = max(rows, key=lambda one: one["at_risk"])["interval"]
    seen = sorted(
        (one for one in rows if one["interval"] == largest), key=lambda one: one["period"]
    )
    title = _("Who stays: share still subscribed after each renewal")
    lead = _(
        "As seen over all subscriptions billed by the same interval ({interval}), with the 90% "
        "interval; whoever is still there counts for the renewals survived so far."
    ).format(interval=renewals.interval_words(largest))
    series = Series(
        _("still subscribed"),
        [(0.0, 1.0), *((float(one["period"]), one["survival"]) for one in seen)],
        band=[
            (float(one["period"]), one["low"], one["high"])
            for one in seen
            if one["low"] is not None and one["high"] is not None
        ],
    )
    svg = line_chart(
        [series],
        caption=Caption(title, lead, _("No renewal has been seen."), "survival"),
        format_x=count,
        format_y=whole_share,
        x_title=_("renewals"),
    )
    return [Chart(title, svg, lead)]


def _is_all(row: Mapping[str, Any]) -> bool:
    return bool(row["cohort"] == "all")


def _by_month(measured: Measured) -> list[tuple[str, float]]:
    request = Request(("mrr",), by=("month",))
    found = []
    for figure in measured.data.figures(request):
        label = (figure.group or {}).get("month")
        if label and figure.value is not None and figure.period.end <= measured.period.end:
            found.append((label, float(figure.value)))
    while found and found[0][1] == 0:
        found.pop(0)
    return found[-MONTHS_SHOWN:]


def _months(measured: Measured, months: Sequence[tuple[str, float]]) -> Chart:
    title = _("{metric} by month").format(metric=measured.label("mrr"))
    names = [month for month, _value in months]

    def name(place: float) -> str:
        return format_month(names[max(0, min(round(place), len(names) - 1))], short=True)

    points = [(float(place), value) for place, (_month, value) in enumerate(months)]
    lead = _("On the last day of each month.")
    svg = line_chart(
        [Series("MRR", points)],
        caption=Caption(title, lead, _("No month to show."), "mrr-months"),
        format_x=name,
        format_y=measured.words.axis,
    )
    return Chart(title, svg, lead)
