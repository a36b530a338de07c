"""How far to trust the forecast: what it would have said on past dates, and what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from perenne.reports.html.blocks import (
    Block,
    Cell,
    Column,
    Fact,
    Facts,
    Fold,
    Row,
    Section,
    Table,
    Text,
)
from perenne.reports.html.contenders import contender_label, requirement_label, stands_in_for
from perenne.reports.html.prediction import Prediction, said_of
from perenne.reports.html.scoreboard import Contender, Scoreboard, scoreboard
from perenne.reports.html.sections import proof, ranking
from perenne.reports.html.sections.upkeep import drift, methods
from perenne.reports.html.words import dates_text, listed, quoted, share, signed
from perenne.text import format_number
from perenne.text import gettext as _


def section(prediction: Prediction) -> Section | None:
    """None when the snapshot says nothing of its models."""
    board = scoreboard(prediction)
    blocks = [*_gate(prediction), *_judged(prediction, board)]
    if not blocks:
        return None
    return Section(
        "trust",
        _("How far to trust it"),
        _lead(is_judged=board is not None),
        blocks,
        short=_("Trust"),
    )


def _lead(*, is_judged: bool) -> str:
    if not is_judged:
        return _("A prediction is worth what the data behind it are worth.")
    return _(
        "Each way of predicting was taken back to past dates, told only what was known then, and "
        "compared with what happened after. Nothing here is measured on the data that a model "
        "learnt from."
    )


def _gate(prediction: Prediction) -> list[Block]:
    """Whether the data suffice for a model: loud when they do not."""
    gate = prediction.part("gate")
    found = [one for one in gate.get("requirements") or () if isinstance(one, Mapping)]
    if not gate:
        return []
    table = _requirements(found)
    if gate.get("passed", True):
        return [Fold(_("Are there enough data? Yes."), [table])] if found else []
    short = [quoted(requirement_label(one)) for one in found if not one.get("passed", True)]
    said = _("The data are too few for a model that can be trusted.")
    if short:
        said += " " + _("What is missing: {names}.").format(names=listed(short))
    said += " " + _(
        "Until then the simple CLV formula and the RFM segments stand in; nothing is shown with an "
        "interval, for none could be trusted."
    )
    return [Text(said), *([table] if found else [])]


def _requirements(found: list[Mapping[str, Any]]) -> Table:
    rows = [
        Row(
            Cell(requirement_label(one)),
            [
                Cell(_plain(one.get("found"))),
                Cell(_plain(one.get("needed"))),
                Cell(_("yes") if one.get("passed") else _("no")),
            ],
        )
        for one in found
    ]
    columns = [
        Column(_("What a model needs"), is_text=True),
        Column(_("Found")),
        Column(_("Needed")),
        Column(_("Enough?")),
    ]
    return Table(_("Data a model needs"), columns, rows)


def _plain(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "—" if value is None else str(value)
    return format_number(value, decimals=0 if float(value).is_integer() else 2)


def _judged(prediction: Prediction, board: Scoreboard | None) -> list[Block]:
    blocks: list[Block] = []
    if board is not None:
        champion = board.find(prediction.model)
        blocks += [Text(said) for said in (verdict(prediction, board), drift(prediction)) if said]
        blocks += [_facts(prediction, champion)] if champion and champion.values else []
        blocks += [
            ranking.table(prediction, board),
            Fold(_("What each column and line says"), [ranking.meanings(prediction, board)]),
        ]
    elif drift(prediction):
        blocks.append(Text(drift(prediction)))
    horizon = board.horizon if board else None
    blocks += proof.blocks(prediction, horizon=horizon)
    if board is not None:
        blocks += ranking.by_group(prediction, board)
    return blocks + methods(prediction, board)


def verdict(prediction: Prediction, board: Scoreboard) -> str:
    """Which contender is used, instead of whom and why, and whether it beats the simple rules: in
    error and in ranking."""
    champion = board.find(prediction.model)
    if champion is None or not champion.values:
        return ""
    name = quoted(contender_label(champion.name))
    chosen = prediction.part("champion")
    instead = stands_in_for(prediction.manifest)
    if champion.is_baseline and chosen.get("stands_in"):
        return _(
            "No model beats the simple rules on this shop, so the best of these is used: {name}."
        ).format(name=name)
    used = _("{name} is used.").format(name=name)
    if champion.is_baseline:
        return " ".join(filter(None, [instead or said_of(chosen, "reason"), used]))
    return " ".join(filter(None, [instead, used, _beaten(prediction, board, champion)]))


def _beaten(prediction: Prediction, board: Scoreboard, champion: Contender) -> str:
    found = board.hardest(champion, "crps")
    if found is None:
        return _("There was no simple rule to compare it with.")
    rule, ratio = quoted(contender_label(found[0].name)), found[1]
    if ratio >= 1:
        return _(
            "It does not beat the best simple rule on past dates, {rule}: read it with care."
        ).format(rule=rule)
    said = _(
        "On past dates its error was {share} smaller than that of the best simple rule, {rule}."
    ).format(share=share(1 - ratio), rule=rule)
    unbeaten = [
        quoted(contender_label(one)) for one in prediction.part("champion").get("unbeaten") or ()
    ]
    if unbeaten:
        said += " " + _(
            "Where large errors weigh more, or in ranking customers, it does not beat {rules}."
        ).format(rules=listed(unbeaten))
    return said


def _facts(prediction: Prediction, champion: Contender) -> Facts:
    items = []
    bias = list(champion.values.get("bias", {}).values())
    if bias:
        items.append(
            Fact(
                _("Error of the total"),
                share(champion.typical("bias")),
                _median_of(bias),
            )
        )
    inside = champion.inside()
    if inside:
        note = _("past dates on which the true total lay in the 90% interval")
        items.append(Fact(_("Totals inside"), ranking.of_text(inside), note))
    for measure, label in (
        ("coverage_90", _("Customers inside their 90% interval")),
        ("coverage_50", _("Customers inside their 50% interval")),
    ):
        if champion.typical(measure) is not None:
            items.append(Fact(label, share(champion.typical(measure)), _fair(champion, measure)))
    return Facts(items)


def _median_of(bias: Sequence[float]) -> str:
    """What an error is the median of; one date has no range."""
    low, high = (signed(share(one), one) for one in (min(bias), max(bias)))
    if len(bias) == 1:
        return _("on {dates}: {value}").format(dates=dates_text(1), value=low)
    return _("median over {dates}; from {low} to {high}").format(
        dates=dates_text(len(bias)), low=low, high=high
    )


def _fair(champion: Contender, measure: str) -> str:
    """Whole orders make intervals too wide; the randomised figure says whether they are right."""
    wanted = measure.removeprefix("coverage_")
    exact = champion.typical(f"pit_{wanted}")
    if exact is None:
        return ""
    return _("{share} once ties are split at random; {wanted}% would be perfect").format(
        share=share(exact), wanted=wanted
    )
