"""The predicted margin beside the predicted value: facts, cells, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from perenne.reports.html.blocks import Cell, Fact
from perenne.reports.html.margin_words import rests_on, why_no_margin
from perenne.reports.html.prediction import Prediction, between, number, numbers
from perenne.reports.html.words import Words
from perenne.text import gettext as _

ENDS = ("margin_lo90", "margin_hi90")
NET_ENDS = ("net_lo90", "net_hi90")


def said(prediction: Prediction) -> str:
    """How much of the value is left as margin, how sure that is, and what it rests on."""
    total, words = prediction.total() or {}, prediction.measured.words
    margin, context = number(total, "margin_mean"), prediction.measured.context
    if margin is None:
        return why_no_margin(context)
    interval = between(total, words, ends=ENDS)
    told = (
        _("Of that, {margin} is expected to be left as margin, nine times out of ten {interval}.")
        if interval
        else _("Of that, {margin} is expected to be left as margin.")
    ).format(margin=words.money(margin), interval=interval)
    return f"{told} {rests_on(context)}"


def facts(prediction: Prediction) -> list[Fact]:
    """The margin, and what is left of it once customers are kept; none where it is unknown."""
    total, words = prediction.total() or {}, prediction.measured.words
    margin, net = number(total, "margin_mean"), number(total, "net_mean")
    if margin is None:
        return []
    interval = interval_note(between(total, words, ends=ENDS))
    note = interval or _("of that value, before acquisition costs")
    found = [Fact(_("Predicted margin"), words.money(margin), note)]
    if net is not None:
        interval = interval_note(between(total, words, ends=NET_ENDS))
        kept = (
            _("after {cost} to keep the customers; {interval}")
            if interval
            else _("after {cost} to keep the customers")
        ).format(cost=words.money(margin - net), interval=interval)
        found.append(Fact(_("Margin less retention cost"), words.money(net), kept))
    return found


def ratio(prediction: Prediction) -> list[Fact]:
    """Predicted value against acquisition cost, where both are known."""
    measured, metric = prediction.measured, "predicted_clv_cac_ratio"
    if metric not in measured.figures or measured.value(metric) is None:
        return []
    note = _("margin so far and predicted of new customers, against what they cost")
    return [Fact(measured.label(metric), measured.written(metric), note)]


def interval_note(interval: str) -> str:
    return _("90% interval: {interval}").format(interval=interval) if interval else ""


def cell(row: Mapping[str, Any], words: Words) -> Cell:
    """The margin of a group over its interval."""
    return _over(row, words, name="margin_mean", ends=ENDS)


def net_cell(row: Mapping[str, Any], words: Words) -> Cell:
    """The same less what keeping the customers costs."""
    return _over(row, words, name="net_mean", ends=NET_ENDS)


def _over(row: Mapping[str, Any], words: Words, *, name: str, ends: tuple[str, str]) -> Cell:
    return Cell(words.money(number(row, name)), hint=between(row, words, ends=ends))


def titles(found: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Of the columns of value and of margin: with their interval where there is one."""
    value = (
        _("Predicted value and its 90% interval")
        if numbers(found, "lo90")
        else _("Predicted value")
    )
    margin = (
        _("Predicted margin and its 90% interval")
        if numbers(found, ENDS[0])
        else _("Predicted margin")
    )
    return value, margin


def notes(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why some groups have a margin and others have none; nothing when all or none have one."""
    known = [number(row, "margin_mean") is not None for row in found]
    if all(known) or not any(known):
        return []
    return [_("No margin where the cost of something that a group bought is unknown.")]
