"""What is sold and where: revenue by category and by country."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from perenne.core import Period
from perenne.metrics import Figure, Request
from perenne.reports.html.blocks import Cell, Column, Fact, Row, Section, Table
from perenne.reports.html.measured import Measured
from perenne.reports.html.words import share
from perenne.text import format_period
from perenne.text import gettext as _

_MOST = 12
_DAYS_PER_YEAR = 365
_METRICS = ("net_revenue", "orders", "average_order_value", "margin", "return_rate")

Groups = Mapping[str | None, Mapping[str, Figure]]


def by_dimension(measured: Measured) -> dict[str, Groups]:
    """Figures of the last year by category and by country; a dimension nobody names is left out."""
    period = _last_year(measured)
    found = {name: _groups(measured, name, period) for name in ("category", "country")}
    return {
        name: groups for name, groups in found.items() if any(group is not None for group in groups)
    }


def section(measured: Measured, found: Mapping[str, Groups]) -> Section | None:
    """None when neither categories nor countries are known: `absent` says so."""
    if not found:
        return None
    period = _last_year(measured)
    titles = {"category": _("Categories"), "country": _("Countries")}
    columns = {"category": _("Category"), "country": _("Country")}
    lead = _("Net revenue and orders of {period}, largest first.").format(
        period=format_period(period.start, period.end)
    )
    tables = [
        _table(measured, groups, title=titles[name], column=columns[name])
        for name, groups in found.items()
    ]
    return Section("offer", _("What is sold, and where"), lead, tables, short=_("Offer"))


def absent(found: Mapping[str, Groups]) -> list[Fact]:
    """Which of the two is not in the data."""
    reasons = {
        "category": Fact(_("The orders name no product category."), "", _("Categories.")),
        "country": Fact(_("The orders name no country."), "", _("Countries.")),
    }
    return [fact for name, fact in reasons.items() if name not in found]


def _last_year(measured: Measured) -> Period:
    context = measured.context
    first = context.as_of - timedelta(days=_DAYS_PER_YEAR - 1)
    return Period(min(max(first, context.history_from), context.as_of), context.as_of)


def _groups(measured: Measured, dimension: str, period: Period) -> Groups:
    groups: dict[str | None, dict[str, Figure]] = {}
    for figure in measured.data.figures(Request(_METRICS, by=(dimension,), period=period)):
        groups.setdefault((figure.group or {}).get(dimension), {})[figure.metric] = figure
    ordered = sorted(groups, key=lambda name: (name is None, -_revenue(groups[name]), name or ""))
    return {name: groups[name] for name in ordered}


def _revenue(figures: Mapping[str, Figure]) -> float:
    figure = figures.get("net_revenue")
    return float(figure.value or 0) if figure else 0.0


def _table(measured: Measured, groups: Groups, *, title: str, column: str) -> Table:
    total = sum(_revenue(figures) for figures in groups.values())
    shown = list(groups)[:_MOST]
    kept = [
        metric
        for metric in _METRICS
        if any(metric in one and one[metric].value is not None for one in groups.values())
    ]
    rows = [_row(measured, name, groups[name], kept=kept, total=total) for name in shown]
    columns = [
        Column(column, is_text=True),
        Column(_("Share of revenue")),
        *(Column(measured.label(metric)) for metric in kept),
    ]
    notes = []
    if len(groups) > len(shown):
        rest = sum(_revenue(groups[name]) for name in list(groups)[_MOST:])
        notes.append(
            _("{n} more hold {share} of revenue.").format(
                n=len(groups) - len(shown), share=share(rest / total if total else None)
            )
        )
    return Table(title, columns, rows, notes)


def _row(
    measured: Measured,
    name: str | None,
    figures: Mapping[str, Figure],
    *,
    kept: list[str],
    total: float,
) -> Row:
    part = _revenue(figures) / total if total else None
    cells = [Cell(share(part))]
    for metric in kept:
        figure = figures.get(metric)
        written = measured.words.value(figure.value, figure.unit) if figure else "—"
        cells.append(Cell(written))
    return Row(Cell(_("Unknown") if name is None else name), cells)
