"""Acquisition: what a customer costs and brings, by channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from perenne.charts import Band, Bar, Caption, bar_chart
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
)
from perenne.reports.html.measured import Measured, reason
from perenne.reports.html.tables import channel_sources
from perenne.reports.html.words import count, share
from perenne.text import format_number, format_period
from perenne.text import gettext as _

BAND = (3, 5)
_METRICS = (
    "customers",
    "historical_clv",
    "clv_margin",
    "cac_year",
    "clv_cac_ratio",
    "payback_months",
)


@dataclass(frozen=True)
class Channel:
    """One acquisition channel; `name` None holds the customers whose channel is unknown."""

    name: str | None
    figures: Mapping[str, Figure]

    @property
    def label(self) -> str:
        return _("Unknown channel") if self.name is None else self.name

    def value(self, metric: str) -> float | None:
        figure = self.figures.get(metric)
        return None if figure is None or figure.value is None else float(figure.value)


def channels(measured: Measured) -> list[Channel]:
    """Channels by number of customers, the unknown one last."""
    by_name = _by_channel(measured, ("customers",))
    if set(by_name) - {None} or measured.context.acquisition.is_known:
        by_name = _by_channel(measured, _METRICS)
    found = [Channel(name, figures) for name, figures in by_name.items()]
    return sorted(found, key=lambda one: (one.name is None, -(one.value("customers") or 0)))


def _by_channel(
    measured: Measured, metrics: tuple[str, ...]
) -> dict[str | None, dict[str, Figure]]:
    found: dict[str | None, dict[str, Figure]] = {}
    for figure in measured.data.figures(Request(metrics, by=("channel",))):
        name = (figure.group or {}).get("channel")
        found.setdefault(name, {})[figure.metric] = figure
    return found


def section(measured: Measured, found: Sequence[Channel]) -> Section | None:
    """None when neither a channel nor a spend is known: that is said among the limits."""
    known = [one for one in found if one.name is not None]
    context = measured.context
    if not known and not context.acquisition.is_known:
        return None
    blocks: list[Block] = [_facts(measured, found)]
    if any(one.value("clv_cac_ratio") is not None for one in found):
        blocks.append(_ratios(found))
    if known:
        blocks.append(_table(measured, found))
    return Section(
        "acquisition",
        _("What customers cost: acquisition"),
        _(
            "A customer belongs to the channel of the visit that the settings choose, where one is "
            "known, else to that of the first order. The CLV here is the margin CLV; costs are "
            "those of the last 365 days."
        ),
        blocks,
        short=_("Acquisition"),
    )


def unknown_share(found: Sequence[Channel]) -> float | None:
    """Share of customers whose channel is unknown."""
    total = sum(one.value("customers") or 0 for one in found)
    unknown = sum(one.value("customers") or 0 for one in found if one.name is None)
    return unknown / total if total else None


def _facts(measured: Measured, found: Sequence[Channel]) -> Facts:
    names = ("cac_year", "clv_cac_ratio", "payback_months", "retention_cost_per_year")
    items = [
        Fact(measured.label(name), measured.written(name))
        for name in names
        if name in measured.figures and measured.value(name) is not None
    ]
    items += _spend(measured)
    items += _told_by(measured)
    unknown = unknown_share(found)
    if unknown is not None:
        items.append(Fact(_("Customers of unknown channel"), share(unknown)))
    return Facts(items)


def _told_by(measured: Measured) -> list[Fact]:
    """Share of customers whose channel a visit told, where any did."""
    data = measured.data
    if not data.context.events:
        return []
    rows = data.rows("customers", channel_sources(data.tables))
    counts = {row["channel_from"]: row["customers"] for row in rows}
    if not counts.get("touch"):
        return []
    return [Fact(_("Channel told by a visit"), share(counts["touch"] / sum(counts.values())))]


def _spend(measured: Measured) -> list[Fact]:
    """Spend of the whole history, as far as it is known."""
    kinds = (
        (_("Acquisition spend, all history"), measured.context.acquisition),
        (_("Retention spend, all history"), measured.context.retention),
    )
    return [
        Fact(name, measured.words.money(spend.total), _covers(spend.first_day, spend.last_day))
        for name, spend in kinds
        if spend.is_known
    ]


def _covers(first: date | None, last: date | None) -> str:
    return format_period(first, last) if first and last else ""


def _ratios(found: Sequence[Channel]) -> Chart:
    title = _("CLV to CAC by channel")
    low, high = BAND
    lead = _(
        "Between {low} and {high} is taken as healthy: below, acquisition costs too much for what "
        "customers bring; above, there is room to invest."
    ).format(low=low, high=high)
    shown = [one for one in found if one.name is not None]
    ordered = sorted(shown, key=lambda one: -(one.value("clv_cac_ratio") or -1))
    svg = bar_chart(
        [Bar(one.label, one.value("clv_cac_ratio"), _why(one, "clv_cac_ratio")) for one in ordered],
        caption=Caption(title, lead, _("No channel has both a value and a cost.")),
        format_value=lambda value: format_number(value, decimals=0 if value % 1 == 0 else 1),
        missing=_("no spend known"),
        band=Band(low, high, _("healthy: {low} to {high}").format(low=low, high=high)),
    )
    return Chart(title, svg, lead)


def _why(one: Channel, metric: str) -> str:
    figure = one.figures.get(metric)
    return (reason(figure) or "") if figure else ""


def _table(measured: Measured, found: Sequence[Channel]) -> Table:
    words, fewest = measured.words, measured.context.settings.min_group
    rows = [
        Row(
            Cell(one.label + (" *" if (one.value("customers") or 0) < fewest else "")),
            [
                Cell(
                    count(one.value("customers"))
                    if metric == "customers"
                    else words.value(one.value(metric), one.figures[metric].unit)
                )
                for metric in _METRICS
                if metric in one.figures
            ],
        )
        for one in found
    ]
    columns = [
        Column(_("Channel"), is_text=True),
        *(Column(measured.label(metric)) for metric in _METRICS if metric in measured.figures),
    ]
    notes = _small_note(found, fewest)
    return Table(_("Channels"), columns, rows, notes)


def _small_note(found: Sequence[Channel], fewest: int) -> list[str]:
    if all((one.value("customers") or 0) >= fewest for one in found):
        return []
    return [_("* Fewer than {n} customers: to be read with care.").format(n=fewest)]
