"""All figures of the report, asked for in a few requests and found again by metric."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Literal

from perenne.core import Period, add_months
from perenne.metrics import Compared, Context, Figure, Request
from perenne.reports.html.source import ReportInput
from perenne.reports.html.words import Words

MONTHLY = (
    "net_revenue",
    "new_revenue",
    "returning_revenue",
    "orders",
    "average_order_value",
    "margin",
    "margin_per_order",
    "discount_share",
    "return_rate",
    "new_customers",
    "buyers",
    "activity_rate",
    "customers_at_end",
    "retention_rate",
    "churn_rate",
    "reactivated_customers",
    "cac",
)
MONTHS_SHOWN = 24
# A figure to date needs as much history behind the earlier day as it looks at.
HISTORY_TO_COMPARE = 12
# A shop whose first order came on the 3rd has the whole month all the same.
DAYS_OF_GRACE = 6
_SAID_OFTEN = 4
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?…]) (?=[«“A-ZÀ-ÝŒ0-9])")

Number = float | int


def sentences(note: str | None) -> list[str]:
    return _BETWEEN_SENTENCES.split(note) if note else []


@dataclass(frozen=True)
class Measured:
    """`figures` by metric, compared with a year before; `months` by metric, then by month."""

    data: ReportInput
    figures: Mapping[str, Figure]
    months: Mapping[str, Mapping[str, Figure]]

    @property
    def context(self) -> Context:
        return self.data.context

    @property
    def words(self) -> Words:
        return Words(self.context.currency)

    @cached_property
    def period(self) -> Period:
        """The period of the figures of a period: the last complete month, or all history."""
        return self.figures["net_revenue"].period

    def value(self, metric: str) -> Number | None:
        """The figure as a float, None when it is unknown."""
        found = self.figures.get(metric)
        return None if found is None or found.value is None else float(found.value)

    def written(self, metric: str) -> str:
        found = self.figures[metric]
        return self.words.value(found.value, found.unit)

    def label(self, metric: str) -> str:
        return str(self.data.catalogue[metric].label)

    def year_before(self, metric: str) -> Compared | None:
        """The figure a year before, when the data reach that far back."""
        figure = self.figures[metric]
        if figure.compared is None or figure.compared.value is None or figure.value is None:
            return None
        then = figure.compared.period
        if self.data.catalogue[metric].scope == "period":
            return figure.compared if self._is_covered(then) else None
        enough = add_months(self.context.history_from, HISTORY_TO_COMPARE)
        return figure.compared if enough <= then.end else None

    def month_before(self, metric: str) -> Figure | None:
        """The figure of the month before the period, when both are whole months."""
        if self.period != Period.of(self.period.start, "month"):
            return None
        before = self.period.previous()
        if not self._is_covered(before):
            return None
        return self.months.get(metric, {}).get(before.start.isoformat()[:7])

    def _is_covered(self, period: Period) -> bool:
        """Do the data hold the period from its first days on?"""
        return self.context.history_from <= period.start + timedelta(days=DAYS_OF_GRACE)

    @cached_property
    def shared_notes(self) -> Sequence[str]:
        """Sentences that stand beside many figures: said once, not on every card."""
        found = Counter(
            text
            for figure in self.figures.values()
            for text in set(sentences(figure.note)) - {reason(figure)}
        )
        return [text for text, often in found.most_common() if often >= _SAID_OFTEN]

    def own_notes(self, figure: Figure) -> list[str]:
        """What is said of this figure and not of many others."""
        return [text for text in sentences(figure.note) if text not in self.shared_notes]

    def missing(self, metrics: Iterable[str] | None = None) -> list[Figure]:
        """Figures that could not be computed, all or those of some metrics."""
        names = self.figures if metrics is None else [m for m in metrics if m in self.figures]
        return [self.figures[name] for name in names if self.figures[name].value is None]


def reason(figure: Figure) -> str | None:
    """Why a figure is missing: the first sentence of its note."""
    return sentences(figure.note)[0] if figure.value is None and figure.note else None


def measure(data: ReportInput) -> Measured:
    """Ask for every figure of the catalogue once, and for the last months of some."""
    compare: Literal["year"] | None = "year" if _reaches_back(data.context) else None
    figures = {one.metric: one for one in data.figures(Request(compare=compare))}
    found = Measured(data, figures, {})
    return Measured(data, figures, _months(data, found.period))


def _reaches_back(context: Context) -> bool:
    """Is there anything a year before to compare with?"""
    last = Period.last_complete(context.as_of, "month").year_before()
    return context.history_from <= last.start + timedelta(days=DAYS_OF_GRACE)


def _months(data: ReportInput, period: Period) -> dict[str, dict[str, Figure]]:
    if period != Period.of(period.start, "month"):
        return {}
    first = Period.of(data.context.history_from, "month").start
    if data.context.history_from > first + timedelta(days=DAYS_OF_GRACE):
        first = min(add_months(first, 1), period.start)
    asked = Period(max(add_months(period.start, 1 - MONTHS_SHOWN), first), period.end)
    months: dict[str, dict[str, Figure]] = {}
    for one in data.figures(Request(MONTHLY, by=("month",), period=asked)):
        label = (one.group or {}).get("month")
        if label:
            months.setdefault(one.metric, {})[label] = one
    return months
