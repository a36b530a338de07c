"""Every way of predicting in one table, beside the simple rules, in plain words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import median

from perenne.reports.html.blocks import (
    Block,
    Cell,
    Column,
    Fact,
    Fold,
    Points,
    Row,
    Table,
    filled,
)
from perenne.reports.html.contenders import contender_label, contender_meaning
from perenne.reports.html.prediction import Prediction, number
from perenne.reports.html.scoreboard import Contender, Scoreboard
from perenne.reports.html.words import dates_text, share, signed
from perenne.segments import segment_label
from perenne.text import format_date, format_number, format_value
from perenne.text import gettext as _


def of_text(found: tuple[int, int]) -> str:
    return _("{n} of {all}").format(n=found[0], all=found[1])


def _ratio(value: float) -> str:
    return format_number(value, decimals=2)


def _columns(prediction: Prediction) -> dict[str, tuple[str, str, Callable[[float], str]]]:
    """Measures of the table: their title, their meaning and how they are written."""
    words = prediction.measured.words
    return {
        "bias": (
            _("Error of the total"),
            _("How far the predicted total was from the true one, above or below."),
            share,
        ),
        "crps": (
            _("Error per customer"),
            _(
                "How far the whole forecast of a customer, chances included, was from what the "
                "customer brought, on average (CRPS). What weighs most in the choice."
            ),
            words.cents,
        ),
        "rmse": (
            _("Error, large ones weighing more"),
            _("Root of the mean squared error of a customer’s value (RMSE)."),
            words.money,
        ),
        "gini": (
            _("Ranking"),
            _(
                "How well it tells who will bring more than whom: 1 is perfect, 0 is chance "
                "(normalised Gini)."
            ),
            _ratio,
        ),
        "capture_10": (
            _("Value in its top 10%"),
            _("Share of the value to come that the tenth of customers it ranks first brought."),
            share,
        ),
        "coverage_90": (
            _("Inside the 90% interval"),
            _(
                "Share of customers whose true value lay in their interval. A little above 90% is "
                "right: orders are whole numbers."
            ),
            share,
        ),
        "mae_median": (
            _("Error of the median"),
            _(
                "Mean absolute error of the figure that is as likely to be exceeded as not. Where "
                "most customers buy nothing, predicting nothing at all does well here."
            ),
            words.cents,
        ),
    }


def table(prediction: Prediction, board: Scoreboard) -> Table:
    """One line per contender, models first; the best of each column is marked."""
    columns = {
        measure: one
        for measure, one in _columns(prediction).items()
        if board.best(measure) is not None
    }
    rows = [
        Row(
            Cell(_name(prediction, one), hint=_hint(one, board)),
            [
                Cell(*_score(board, one, measure, write=write))
                for measure, (_title, _said, write) in columns.items()
            ]
            + [Cell(_inside(one))],
            css="chosen" if one.name == prediction.model else "",
        )
        for one in board.contenders
    ]
    titles = [Column(_("Way of predicting"), is_text=True)]
    titles += [Column(title) for title, _said, _write in columns.values()]
    titles.append(Column(_("Totals inside")))
    title = _("Every way of predicting, beside the simple rules")
    return filled(Table(title, titles, rows, _notes(board), css="ranking"))


def _name(prediction: Prediction, one: Contender) -> str:
    label = contender_label(one.name)
    return _("{name} (used)").format(name=label) if one.name == prediction.model else label


def _hint(one: Contender, board: Scoreboard) -> str:
    parts = [_("Simple rule")] if one.is_baseline else []
    if one.values and one.dates < len(board.origins):
        parts.append(_("Judged on {dates} only").format(dates=dates_text(one.dates)))
    if not one.values:
        parts.append(_("Could not be used"))
    return " · ".join(parts)


def _score(
    board: Scoreboard, one: Contender, measure: str, *, write: Callable[[float], str]
) -> tuple[str, str]:
    value = one.typical(measure)
    if value is None:
        return "—", ""
    is_best = measure != "coverage_90" and value == board.best(measure)
    return (f"★ {write(value)}", "best") if is_best else (write(value), "")


def _inside(one: Contender) -> str:
    found = one.inside()
    return of_text(found) if found else "—"


def _notes(board: Scoreboard) -> list[str]:
    first, last = board.origins[0], board.origins[-1]
    when = (
        _("As of {date}.").format(date=format_date(first))
        if first == last
        else _("{dates} from {first} to {last}.").format(
            dates=dates_text(len(board.origins)), first=format_date(first), last=format_date(last)
        )
    )
    return [
        _("Predicted: the {days} after each date.").format(
            days=format_value(board.horizon, "days")
        ),
        when,
        _("Figures are medians over the dates; ★ marks the best of a column."),
    ]


def meanings(prediction: Prediction, board: Scoreboard) -> Points:
    """What each column and each line says."""
    items = [Fact(title, "", said) for title, said, _write in _columns(prediction).values()]
    inside = _("On how many past dates the true total lay in the 90% interval of the total.")
    lines = [Fact(contender_label(one.name), "", _explained(one)) for one in board.contenders]
    return Points([*items, Fact(_("Totals inside"), "", inside), *lines])


def _explained(one: Contender) -> str:
    """How it predicts, and why it could not on all dates."""
    refused = " ".join(one.refused)
    if refused and one.values:
        refused = _("On some dates it could not be used: {reason}").format(reason=refused)
    elif refused:
        refused = _("Could not be used: {reason}").format(reason=refused)
    return " ".join(part for part in (contender_meaning(one.name), refused) if part)


def by_group(prediction: Prediction, board: Scoreboard) -> list[Block]:
    """Error of the total within each group, of the model that is used; on demand."""
    titles = {
        "segment": (_("Error of the total by segment"), _("Segment on the past date")),
        "channel": (_("Error of the total by acquisition channel"), _("Channel")),
        "cohort_year": (_("Error of the total by year of the first order"), _("First order in")),
        "orders": (_("Error of the total by purchases so far"), _("Purchase days so far")),
    }
    tables: list[Block] = [
        _groups(found, title=title, first=first, name=_group_name(prediction, kind))
        for kind, (title, first) in titles.items()
        if (found := _errors(prediction, board, kind))
    ]
    return [Fold(_("Group by group"), tables)] if tables else []


def _errors(prediction: Prediction, board: Scoreboard, kind: str) -> dict[str, list[float]]:
    """Bias on each past date, by group of one kind."""
    found: dict[str, list[float]] = defaultdict(list)
    for row in board.groups:
        value = number(row, "value")
        wanted = (row["contender"], row["dimension"], row["measure"])
        if wanted == (prediction.model, kind, "bias") and value is not None:
            found[row["value_of_dimension"] or ""].append(value)
    return found


def _group_name(prediction: Prediction, kind: str) -> Callable[[str], str]:
    settings = prediction.measured.data.segment_settings

    def name(group: str) -> str:
        if group in ("", "?"):
            return _("Unknown")
        return segment_label(group, settings) if kind == "segment" else group

    return name


def _groups(
    found: Mapping[str, Sequence[float]], *, title: str, first: str, name: Callable[[str], str]
) -> Table:
    rows = [
        Row(
            Cell(name(group)),
            [Cell(signed(share(value := median(values)), value)), Cell(dates_text(len(values)))],
        )
        for group, values in sorted(found.items(), key=lambda one: -abs(median(one[1])))
    ]
    columns = [
        Column(first, is_text=True),
        Column(_("Predicted against true, median")),
        Column(_("Judged on")),
    ]
    return Table(title, columns, rows, [_("Above zero, the model promised more than came.")])
