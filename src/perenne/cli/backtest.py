"""The backtest: every contender on past days, beside simple rules, and who is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import click

from perenne.cli import options as opts
from perenne.cli.printing import print_json, print_table, progress, say
from perenne.text import (
    format_date,
    format_days,
    format_money,
    format_number,
    format_percent,
    ngettext,
)
from perenne.text import gettext as _

SHOWN = ("bias", "rmse", "crps", "gini", "top20", "slope", "pit90", "cover90", "total_inside")
# What --by may name, and how the backtest calls it.
KINDS = {"segment": "segment", "channel": "channel", "cohort": "cohort_year", "orders": "orders"}
SHARES = ("bias", "top20", "pit90", "cover90", "total_inside")


def backtest_command() -> click.Command:
    @click.command(
        "backtest",
        help=_("Judge the models on the shop's own past, beside simple rules, and say who wins."),
    )
    @click.option(
        "--months",
        type=click.IntRange(1, 120),
        default=12,
        show_default=True,
        help=_("Horizon of the forecasts; a shorter one is judged when the history is short."),
    )
    @click.option(
        "--origins",
        type=click.IntRange(1, 24),
        default=None,
        help=_("Past days from which to forecast; default: as perenne.toml says."),
    )
    @click.option(
        "--contender",
        "contenders",
        multiple=True,
        metavar=_("ID"),
        help=_("A model to judge, for example bg_nbd; may be repeated. Default: the usual ones."),
    )
    @click.option(
        "--by",
        type=click.Choice(list(KINDS)),
        default=None,
        help=_("Show how the chosen model did by group, as the groups stood on each past day."),
    )
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def backtest(
        months: int,
        origins: int | None,
        contenders: tuple[str, ...],
        by: str | None,
        workspace: Path | None,
        lang: str | None,
        as_json: bool,
    ) -> None:
        with opts.shop_of(workspace, lang) as shop:
            with progress(_("Judging the models")) as step:
                judged = shop.backtest(
                    *contenders,
                    months=months,
                    origins=origins,
                    progress=lambda name, done, total: step(
                        _("Judging {name} ({done} of {total})").format(
                            name=name, done=done + 1, total=total
                        )
                    ),
                )
            if as_json:
                print_json(_values(judged))
                return
            _show(judged)
            if by:
                _show_groups(judged, shop, by)

    return backtest


def _values(judged: Any) -> dict[str, Any]:
    from perenne.workspace.predictions import day_of

    chosen = judged.champion
    return {
        "horizon_days": judged.horizon,
        "champion": chosen and chosen.name,
        "reason": judged.why,
        "scores": [
            {
                "origin": day_of(row.origin),
                "contender": row.contender,
                "quantity": row.quantity,
                "group": row.group,
                "measure": row.measure,
                "value": row.value if row.value == row.value else None,
            }
            for row in judged.backtest.rows
        ],
        "refused": [
            {"origin": day_of(one.origin), "contender": one.contender, "reason": one.reason}
            for one in judged.backtest.refusals
        ],
    }


def _show(judged: Any) -> None:
    from perenne.workspace.predictions import day_of

    days = sorted({trial.origin for trial in judged.backtest.trials})
    say(
        ngettext(
            "Forecasts of {days}, made on {n} past day: {dates}. Median over these days.",
            "Forecasts of {days}, made on {n} past days: {dates}. Median over these days.",
            len(days),
        ).format(
            days=format_days(judged.horizon),
            n=len(days),
            dates=", ".join(format_date(day_of(day)) for day in days),
        )
    )
    print_table(
        [_("Contender"), *_titles()],
        list(_rows(judged)),
        right=range(1, len(SHOWN) + 1),
    )
    for name, reason in dict.fromkeys((one.contender, one.reason) for one in _refusals(judged)):
        say("  " + _("{label}: {value}").format(label=name, value=reason))
    say()
    say(judged.why)


def _titles() -> list[str]:
    titles = {
        "bias": _("Bias"),
        "rmse": _("RMSE"),
        "crps": _("CRPS"),
        "gini": _("Gini"),
        "top20": _("Best 20% hold"),
        "slope": _("Slope"),
        "pit90": _("PIT in 90%"),
        "cover90": _("Inside 90%"),
        "total_inside": _("Totals inside"),
    }
    return [titles[name] for name in SHOWN]


def _rows(judged: Any) -> Iterator[list[str]]:
    for name in judged.backtest.contenders(judged.horizon):
        mark = " ★" if judged.champion and judged.champion.name == name else ""
        yield [name + mark, *(_cell(judged, name, measure) for measure in SHOWN)]


def _cell(judged: Any, name: str, measure: str) -> str:
    found = judged.backtest.measured(name, measure, horizon=judged.horizon).values()
    known = [value for value in found if value == value]
    if not known:
        return "–"
    if measure in SHARES:
        middle = sum(known) / len(known) if measure == "total_inside" else median(known)
        return format_percent(middle)
    return format_number(median(known), decimals=2)


def _show_groups(judged: Any, shop: Any, by: str) -> None:
    """The champion within each group: medians over the past days."""
    from perenne.models.judging.champion import group_scores

    if judged.champion is None:
        return
    found = group_scores(judged.backtest, judged.champion, kind=KINDS[by])
    say()
    say(_("{model} by group. Median over these days.").format(model=judged.champion.name))
    titles = {
        "segment": _("Segment"),
        "channel": _("Channel"),
        "cohort": _("First order in"),
        "orders": _("Purchase days"),
    }
    measures = [_("Predicted each"), _("True each"), _("Bias"), _("CRPS"), _("PIT in 90%")]
    rows = [_group_row(_group_name(shop, by, name), scores, shop) for name, scores in found.items()]
    header = [titles[by], _("Customers"), *measures, _("Days judged")]
    print_table(header, rows, right=range(1, len(header)))


def _group_name(shop: Any, by: str, name: str) -> str:
    if name == "?":
        return _("Unknown")
    if by != "segment":
        return name
    from perenne.segments import segment_label

    return segment_label(name, shop.settings.segments)


def _group_row(name: str, scores: list[Any], shop: Any) -> list[str]:
    def middle(measure: Callable[[Any], float]) -> float | None:
        known = [value for one in scores if (value := measure(one)) == value]
        return median(known) if known else None

    def money(value: float | None) -> str:
        return format_money(value, shop.context.currency)

    return [
        name,
        format_number(middle(lambda one: one.customers)),
        money(middle(lambda one: one.predicted / one.customers)),
        money(middle(lambda one: one.actual / one.customers)),
        format_percent(middle(lambda one: one.bias)),
        money(middle(lambda one: one.crps)),
        format_percent(middle(lambda one: one.pit90)),
        format_number(len(scores)),
    ]


def _refusals(judged: Any) -> list[Any]:
    """Of contenders that answered nowhere."""
    answered = set(judged.backtest.contenders(judged.horizon))
    return [one for one in judged.backtest.refusals if one.contender not in answered]


COMMANDS = {"backtest": backtest_command}
