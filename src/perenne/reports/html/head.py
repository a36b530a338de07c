"""The top and the foot of the report."""

from __future__ import annotations

from perenne.reports.html.blocks import Fact
from perenne.reports.html.measured import Measured
from perenne.reports.html.words import count
from perenne.text import format_date, format_period
from perenne.text import gettext as _


def facts(measured: Measured) -> list[Fact]:
    """What the report covers."""
    context = measured.context
    return [
        Fact(_("As of"), format_date(context.as_of)),
        Fact(_("Period of the figures"), format_period(measured.period.start, measured.period.end)),
        Fact(_("Data"), format_period(context.history_from, context.as_of)),
        Fact(_("Orders"), count(context.orders)),
        Fact(_("Known customers"), count(context.customers)),
        Fact(_("Currency"), context.currency or "—"),
    ]


def foot(measured: Measured) -> str:
    at = measured.data.generated_at
    return _(
        "Written by Perenne on {date} at {time}, from the data of this shop alone. This page asks "
        "nothing of any other computer."
    ).format(date=format_date(at.date()), time=at.strftime("%H:%M"))
