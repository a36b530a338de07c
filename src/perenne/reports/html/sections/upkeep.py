"""Did the last prediction hold, when to fit anew, and how the figures are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from perenne.reports.html.blocks import Block, Fact, Fold, Points
from perenne.reports.html.contenders import contender_label, contender_meaning, regular_buyers
from perenne.reports.html.prediction import Prediction, Row, number, said_of
from perenne.reports.html.scoreboard import Scoreboard
from perenne.reports.html.words import Words, change_text, listed, quoted
from perenne.text import format_date, format_number, format_value
from perenne.text import gettext as _

_LEAST_CORRECTION = 0.005


def drift(prediction: Prediction) -> str:
    """What became of the prediction of an earlier refresh; empty without one."""
    return since(prediction.part("refit"), prediction.measured.words)


def since(found: Row, words: Words) -> str:
    """The same, of what a manifest holds under `refit`."""
    expected, actual = number(found, "expected"), number(found, "actual")
    if expected is None or actual is None:
        return ""
    said = _(
        "An earlier prediction, of {date}, expected {expected} in the {days} since; {actual} came."
    ).format(
        date=format_date(date.fromisoformat(str(found["made"])[:10])),
        days=format_value(found["days"], "days"),
        expected=words.money(expected),
        actual=words.money(actual),
    )
    return " ".join([said, *_interval(found, actual), *_advice(found, words)])


def _interval(found: Row, actual: float) -> list[str]:
    low, high = number(found, "low"), number(found, "high")
    if low is None or high is None:
        return []
    if low <= actual <= high:
        return [_("That lies in its 95% interval.")]
    if not found.get("advised"):
        return [_("That lies outside its 95% interval, but it is too early to judge.")]
    return [_("That lies outside its 95% interval.")]


def merely_old(found: Row) -> bool:
    """Whether an earlier prediction held, and was fitted anew for its age alone."""
    low, high, actual = (number(found, name) for name in ("low", "high", "actual"))
    if not found.get("advised") or low is None or high is None or actual is None:
        return False
    return low <= actual <= high and number(found, "slope") is None


def _advice(found: Row, words: Words) -> list[str]:
    if not found.get("advised"):
        return []
    if merely_old(found) and (reason := said_of(found, "reason")):
        return [_("It was due to be fitted anew: {reason}.").format(reason=reason)]
    slope = number(found, "slope")
    told = _("Customers whom it saw {predicted} apart came out {actual} apart.")
    advice = _("It no longer held: the model had to be fitted anew.")
    if slope is None:
        return [advice]
    return [told.format(predicted=words.money(100), actual=words.money(100 * slope)), advice]


def methods(prediction: Prediction, board: Scoreboard | None) -> list[Block]:
    """How the figures are made, on demand; nothing when the manifest says nothing."""
    points = [
        *_model(prediction),
        *_purchases(prediction),
        *_choice(board),
        *_rhythm(prediction.manifest),
        *_truncation(prediction.part("truncation")),
        *_independence(prediction.part("independence")),
        *_intervals(prediction),
    ]
    return [Fold(_("How it is computed"), [Points(points)])] if points else []


def _model(prediction: Prediction) -> Iterable[Fact]:
    if prediction.model:
        label, meaning = contender_label(prediction.model), contender_meaning(prediction.model)
        yield Fact(_("Predicted by"), "", f"{label}. {meaning}".strip())
    others = [
        _("{months} by {name}").format(
            months=format_value(int(months), "months"), name=quoted(contender_label(str(name)))
        )
        for months, name in prediction.part("models").items()
        if name != prediction.model
    ]
    if others:
        said = _("Farther than it can look, others take over: {names}.")
        yield Fact(_("Longer horizons"), "", said.format(names=listed(others)))


def _purchases(prediction: Prediction) -> Iterable[Fact]:
    """The model that tells the months to come and the day of the next order."""
    name = prediction.manifest.get("purchase_model")
    if not name:
        return
    said = [
        _(
            "{name} tells the months to come, the customers to come, and when within a horizon the "
            "next order comes."
        ).format(name=contender_label(str(name)))
    ]
    parameters = prediction.part("parameters")
    values = [
        f"{parameter} = {format_number(value, decimals=4)}"
        for parameter in parameters
        if (value := number(parameters, parameter)) is not None
    ]
    if values:
        said.append(_("Parameters: {values}.").format(values=" · ".join(values)))
    yield Fact(_("Purchase model"), "", " ".join([*said, *_level(prediction)]))


def _choice(board: Scoreboard | None) -> Iterable[Fact]:
    if board is not None:
        yield Fact(
            _("Choice of the model"),
            "",
            _(
                "By a written rule, from what each contender would have predicted on past dates; "
                "none is chosen by hand."
            ),
        )


def _rhythm(manifest: Mapping[str, Any]) -> Iterable[Fact]:
    if said := regular_buyers(manifest):
        yield Fact(_("Regular buyers"), "", said)


def _level(prediction: Prediction) -> list[str]:
    level = number(prediction.manifest, "level")
    if level is None:
        return []
    said = (
        _("On past dates its totals were right on average: no correction.")
        if abs(level - 1) < _LEAST_CORRECTION
        else _(
            "On past dates its totals were off on average; every value is corrected by {change}."
        ).format(change=change_text(level - 1))
    )
    if number(prediction.manifest, "level_spread"):
        return [said, _("How far they were off from date to date widens every interval.")]
    return [said]


def _truncation(found: Mapping[str, Any]) -> Iterable[Fact]:
    """A history that begins with a change of system makes old customers look new."""
    detected = found.get("found")
    if detected is None:
        return
    said = (
        _(
            "The data seem to begin after the shop did, so that old customers look new; the models "
            "allow for it."
        )
        if detected
        else _("Nothing suggests that the data begin long after the shop did.")
    )
    yield Fact(_("Beginning of the data"), "", said)


def _independence(found: Mapping[str, Any]) -> Iterable[Fact]:
    correlation = number(found, "correlation")
    if correlation is None:
        return
    said = _(
        "The correlation between how often customers buy and how much they spend each time is "
        "{value}: 0 means that one says nothing of the other."
    ).format(value=format_number(correlation, decimals=2))
    yield Fact(_("Frequency and basket"), "", said)


def _intervals(prediction: Prediction) -> Iterable[Fact]:
    if number(prediction.total(), "lo90") is None:
        return
    yield Fact(
        _("Intervals"),
        "",
        _(
            "Possible futures of the whole shop are drawn one by one, each with parameters as "
            "uncertain as the data leave them. An interval of a group is that of its total in "
            "these futures, not the sum of its customers’ bounds."
        ),
    )
    yield Fact(
        _("Still a customer?"),
        "",
        _(
            "The chance of still being a customer (P(alive)) is not shown alone: of someone who "
            "bought once it says little. The chance of an order within 12 months says more."
        ),
    )
