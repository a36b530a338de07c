"""The summary: the findings that matter most, each with its figure and where to look next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from perenne.reports.html.blocks import Finding
from perenne.reports.html.measured import Measured
from perenne.reports.html.prediction import Prediction, number
from perenne.reports.html.sections import coming, loyalty
from perenne.reports.html.sections.acquisition import BAND, Channel
from perenne.reports.html.sections.loyalty import Rank
from perenne.reports.html.sections.segments import Rows
from perenne.reports.html.sections.value import concentration_sentence
from perenne.reports.html.spread import MAJORITY, Spread
from perenne.reports.html.words import change_text, count, quoted, share, whole_share
from perenne.segments import segment_label
from perenne.text import format_month, format_number, format_period, format_value
from perenne.text import gettext as _

MOST = 6
TELLING = 10.0
"""A change of more than so many times, or from below zero, says less than the two amounts."""
_NOTABLE_GUESTS = 0.25


@dataclass(frozen=True)
class Evidence:
    """What the findings are read from."""

    measured: Measured
    spread: Spread | None
    ranks: Sequence[Rank]
    segments: Rows
    channels: Sequence[Channel]
    prediction: Prediction


def findings(evidence: Evidence) -> list[Finding]:
    """The findings that the figures bear, most important first, at most six."""
    rules = (
        _trend,
        _next,
        _concentration,
        _second_order,
        _channels,
        _churn,
        _opportunity,
        _guests,
    )
    return [one for rule in rules for one in rule(evidence)][:MOST]


def _trend(evidence: Evidence) -> Iterator[Finding]:
    measured = evidence.measured
    value = measured.value("net_revenue")
    if not value:
        return
    period = format_period(measured.period.start, measured.period.end)
    before = measured.year_before("net_revenue") or measured.month_before("net_revenue")
    written = measured.written("net_revenue")
    if before is None or not before.value:
        alone = _("Net revenue was {value} in {period}; no earlier period to compare it with.")
        text = alone.format(value=written, period=period)
        yield Finding(written, _("Net revenue"), text, _("See the key figures."), "kpis")
        return
    then = float(before.value)
    month = format_month(before.period.start)
    change = (value - then) / abs(then)
    telling = then > 0 and abs(change) <= TELLING
    yield Finding(
        change_text(change) if telling else written,
        _("net revenue vs {before}").format(before=month) if telling else _("Net revenue"),
        _("Net revenue was {value} in {period}, against {then} in {before}.").format(
            value=written, period=period, then=measured.words.money(then), before=month
        ),
        _("See which of orders, basket and new customers moved."),
        "kpis",
    )


def _next(evidence: Evidence) -> Iterator[Finding]:
    prediction = evidence.prediction
    value = number(prediction.total(), "mean")
    if value is None or prediction.is_gated:
        return
    yield Finding(
        prediction.measured.words.money(value),
        _("expected from known customers in 12 months"),
        coming.headline(prediction),
        _("See what comes next, and how far to trust it."),
        "next",
    )


def _concentration(evidence: Evidence) -> Iterator[Finding]:
    spread = evidence.spread
    text = concentration_sentence(spread)
    if spread and text and spread.customers >= 10:
        yield Finding(
            share(spread.majority_share),
            _("of customers bring {majority} of revenue").format(majority=whole_share(MAJORITY)),
            text,
            _("See the concentration curve, and who these customers are."),
            "value",
        )


def _second_order(evidence: Evidence) -> Iterator[Finding]:
    measured = evidence.measured
    if measured.value("repeat_purchase_rate") is None:
        return
    days = measured.figures.get("days_to_second_order")
    text = _("{share} of customers have placed a second order").format(
        share=measured.written("repeat_purchase_rate")
    )
    if days is not None and days.value is not None:
        text += _(", half of them within {days}").format(
            days=format_value(round(float(days.value)), "days")
        )
    drop = loyalty.largest_drop(evidence.ranks)
    later = loyalty.drop_sentence(drop)
    if drop is not None and drop.n == 1:
        later = _("No later step of the order funnel loses as many.")
    yield Finding(
        measured.written("repeat_purchase_rate"),
        _("place a second order"),
        f"{text}. {later}".strip(),
        _("See the order funnel and the cohorts."),
        "loyalty",
    )


def _channels(evidence: Evidence) -> Iterator[Finding]:
    measured = evidence.measured
    fewest = measured.context.settings.min_group
    rated = [
        one
        for one in evidence.channels
        if one.name is not None
        and one.value("clv_cac_ratio") is not None
        and (one.value("customers") or 0) >= fewest
    ]
    if len(rated) < 2:
        return
    best = max(rated, key=lambda one: one.value("clv_cac_ratio") or 0)
    worst = min(rated, key=lambda one: one.value("clv_cac_ratio") or 0)
    low, high = BAND
    yield Finding(
        measured.written("clv_cac_ratio") if measured.value("clv_cac_ratio") else _ratio(best),
        _("margin CLV per unit of acquisition cost"),
        _(
            "The channel {best} has the highest ratio of CLV to CAC, {high}; {worst} the lowest, "
            "{low}. Between {from_} and {to} is taken as healthy."
        ).format(
            best=quoted(best.label),
            high=_ratio(best),
            worst=quoted(worst.label),
            low=_ratio(worst),
            from_=low,
            to=high,
        ),
        _("See the channels one by one, with their payback."),
        "acquisition",
    )


def _ratio(one: Channel) -> str:
    return format_number(one.value("clv_cac_ratio"), decimals=1)


def _churn(evidence: Evidence) -> Iterator[Finding]:
    measured = evidence.measured
    if measured.value("annual_churn_rate") is None:
        return
    text = _(
        "At the present pace, {share} of the active customers are lost within a year: no order for "
        "more than {days} days."
    ).format(
        share=measured.written("annual_churn_rate"),
        days=count(measured.context.inactivity_days),
    )
    yield Finding(
        measured.written("annual_churn_rate"),
        _("of active customers lost per year"),
        text,
        _("See the segments that have gone quiet."),
        "segments",
    )


def _opportunity(evidence: Evidence) -> Iterator[Finding]:
    measured = evidence.measured
    known = [row for row in evidence.segments if row["opportunity"]]
    if len(known) < 2:
        return
    total = sum(row["opportunity"] for row in known)
    best = max(known, key=lambda row: row["opportunity"])
    yield Finding(
        measured.words.money(total),
        _("within reach among existing customers"),
        _("The segment {segment} holds {value} of it, the most of all, with {n} customers.").format(
            segment=quoted(segment_label(best["segment"], measured.data.segment_settings)),
            value=measured.words.money(best["opportunity"]),
            n=count(best["customers"]),
        ),
        _("See the segments and what opportunity means."),
        "segments",
    )


def _guests(evidence: Evidence) -> Iterator[Finding]:
    context = evidence.measured.context
    if context.guest_share < _NOTABLE_GUESTS:
        return
    yield Finding(
        share(context.guest_share),
        _("of orders have no customer"),
        _("These orders count in revenue, but no figure per customer can see them."),
        _("See the conventions on guests."),
        "limits",
    )
