"""What the customer has brought and is expected to bring: the same marts and the same compiler as
everywhere, asked of one customer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from perenne.core import Period
from perenne.metrics import Request, compute
from perenne.models.alive import alive_path
from perenne.models.why.words import reasons_text
from perenne.reports.html.contenders import stands_in_for, why_simple
from perenne.reports.html.margin_words import rests_on, why_no_margin_of_one
from perenne.reports.person.record import (
    AliveAt,
    AlivePath,
    Amount,
    Day,
    Figure,
    Outlook,
    Prediction,
    Standing,
)
from perenne.reports.person.source import PersonInput, Row
from perenne.reports.person.tables import reduced
from perenne.segments import SegmentSettings, segment_label
from perenne.text import LANGUAGES, Language, use_language

HORIZONS = (12, 24, 36)
# Metrics of the catalogue, asked of the customer's rows over the whole history.
METRICS = (
    "orders",
    "net_revenue",
    "average_order_value",
    "margin",
    "discount_share",
    "return_rate",
)
# Columns of `customer_facts`, with their unit.
_VALUES = ("historical_clv", "historical_clv_margin", "historical_clv_net")
COLUMNS: Mapping[str, str] = {
    "first_order_on": "date",
    "last_order_on": "date",
    "days_since_last_order": "days",
    "tenure_days": "days",
    **{f"{name}{end}": "money" for name in _VALUES for end in ("", "_12m", "_24m", "_36m")},
    "channel": "text",
    "country": "text",
    "first_category": "text",
}


def facts(data: PersonInput) -> tuple[Figure, ...]:
    """Figures so far; none for a customer who has not ordered."""
    row = data.row("customer_facts")
    if row is None:
        return ()
    columns = (
        Figure(name, _exact(row[name], unit), unit, f"customer_facts.{name}")
        for name, unit in COLUMNS.items()
        if name in row
    )
    return (*asked(data), *columns)


def asked(data: PersonInput) -> Iterator[Figure]:
    """The catalogue's metrics over the whole history. One customer is a group of one: that warning
    says nothing here."""
    context = replace(data.context, settings=replace(data.context.settings, min_group=0))
    request = Request(
        tuple(name for name in METRICS if name in data.catalogue),
        period=Period(context.history_from, context.as_of),
    )
    found = compute(
        request,
        catalogue=data.catalogue,
        tables=reduced(data.tables, data.customers),
        context=context,
        fetch=data.fetch,
    )
    for one in found:
        note = one.note if one.value is None else None
        value = _exact(one.value, one.unit)
        yield Figure(one.metric, value, one.unit, f"metric {one.metric}", note)


def _exact(value: Any, unit: str) -> Any:
    """Counts and days as whole numbers; a float as it would be typed."""
    if value is not None and unit in ("count", "days"):
        return int(value)
    return Decimal(str(value)) if isinstance(value, float) else value


def costs(data: PersonInput) -> tuple[Figure, ...]:
    """Spend that is attributed to the customer, by kind."""
    sums: dict[str, Amount] = {}
    for row in data.rows("customer_costs"):
        spent = Decimal(str(row["amount"] or 0))
        sums[row["kind"]] = sums.get(row["kind"], Decimal(0)) + spent
    return tuple(
        Figure(f"{kind}_cost", amount, "money", "customer_costs.amount")
        for kind, amount in sorted(sums.items())
    )


def standing(data: PersonInput) -> Standing | None:
    row = data.row("segments")
    if row is None:
        return None
    return Standing(
        segment=row["segment"],
        segment_names=segment_names(row["segment"], data.segment_settings),
        status=row["status"],
        status_since=row["status_since"],
        status_reason=row["status_reason"],
        inactivity_days=data.context.inactivity_days,
        rfm=(row["rfm_recency"], row["rfm_frequency"], row["rfm_monetary"]),
        size=row["size"],
        is_high_value=row["is_hvc"],
        is_high_potential=row["is_hpc"],
        opportunity=row["opportunity"],
    )


def segment_names(segment: str, settings: SegmentSettings) -> dict[str, str]:
    """What a segment is called, by language."""
    return {language: _segment_name(language, segment, settings) for language in LANGUAGES}


def _segment_name(language: Language, segment: str, settings: SegmentSettings) -> str:
    with use_language(language):
        return segment_label(segment, settings)


def prediction(data: PersonInput) -> Prediction | None:
    """What the snapshot's model expects, with its reasons in the current language."""
    row = data.row("predictions")
    if row is None:
        return None
    facts_row = data.row("customer_facts") or {}
    return Prediction(
        model=row["model"],
        version=data.version,
        made_as_of=data.as_of,
        outlooks=tuple(_outlook(row, months) for months in HORIZONS),
        p_alive=row["p_alive"],
        one_purchase=facts_row.get("frequency") == 0,
        next_order_by=row["next_order_by"],
        next_order_note=row["next_order_note"],
        why=reasons_text(row["why"], currency=data.context.currency),
        reasons=tuple((code, said) for code, said in json.loads(row["why"] or "[]")),
        margin_note=_margin_note(data, row),
        instead=stands_in_for(data.predicted or {}) or why_simple(data.predicted or {}),
    )


def _margin_note(data: PersonInput, row: Row) -> str:
    if row["clv_margin_12m"] is not None:
        return rests_on(data.context)
    return why_no_margin_of_one()


def presence(data: PersonInput, days: Iterable[Day]) -> AlivePath | None:
    """The chance of still being a customer through time, by the snapshot's purchase model."""
    bought = [one.on for one in days if one.orders]
    found = alive_path(data.predicted, bought, until=data.as_of)
    if found is None:
        return None
    points = tuple(AliveAt(day, round(chance, 6)) for day, chance in found.points)
    return AlivePath(found.model, points, found.note)


def _outlook(row: Row, months: int) -> Outlook:
    end = f"{months}m"
    names = {"low50": "lo50", "high50": "hi50", "low90": "lo90", "high90": "hi90"}
    return Outlook(
        months=months,
        orders=row[f"expected_orders_{end}"],
        p_order=row[f"p_order_{end}"],
        value=row[f"clv_{end}"],
        median=row[f"clv_{end}_median"],
        margin=row[f"clv_margin_{end}"],
        net=row[f"clv_net_{end}"],
        **{name: row[f"clv_{end}_{column}"] for name, column in names.items()},
        **{f"margin_{name}": row.get(f"clv_margin_{end}_{one}") for name, one in names.items()},
    )
