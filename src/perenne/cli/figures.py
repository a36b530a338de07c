"""Commands that answer with figures: kpis, cohorts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from perenne.cli import options as opts
from perenne.cli.printing import UNKNOWN, print_json, print_table, say, tell
from perenne.core import Period
from perenne.text import (
    format_date,
    format_number,
    format_percent,
    format_period,
    format_value,
)
from perenne.text import gettext as _

GRAINS = ("week", "month", "quarter")
TRAITS = ("channel", "country", "first_category", "first_discounted")


def kpis_command() -> click.Command:
    @click.command("kpis", help=_("Figures of the catalogue; without METRIC, all of them."))
    @click.argument("metrics", metavar="[METRIC]...", nargs=-1)
    @click.option(
        "--by",
        multiple=True,
        metavar=_("DIMENSION"),
        help=_(
            "Split by channel, country, category, segment, cohort, month, …; may be "
            "repeated or joined by commas."
        ),
    )
    @click.option(
        "--where",
        multiple=True,
        metavar=_("DIMENSION=VALUE"),
        help=_("Only this value (several: a|b; unknown: empty); may be repeated."),
    )
    @click.option("--period", default=None, help=_("For example 2025, 2025-Q3, 2025-03, A..B."))
    @click.option(
        "--compare", default=None, help=_("Compare with previous, year, or another period.")
    )
    @click.option(
        "--per",
        type=click.Choice(["customer", "account"]),
        default="customer",
        show_default=True,
        help=_("Whom customers are counted as: persons, or the companies they belong to."),
    )
    @click.option("--definitions", is_flag=True, help=_("Say what each metric is, then stop."))
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def kpis(
        metrics: tuple[str, ...],
        by: tuple[str, ...],
        where: tuple[str, ...],
        period: str | None,
        compare: str | None,
        per: Any,
        definitions: bool,
        workspace: Path | None,
        lang: str | None,
        as_json: bool,
    ) -> None:
        with opts.shop_of(workspace, lang) as shop:
            if definitions:
                _define(shop, metrics, as_json)
                return
            request = _request(metrics, by, where, period, compare)
            figures = shop.figures(request, per=per)
            called = _called(shop, figures, per)
            if as_json:
                print_json([figure_values(figure, called) for figure in figures])
            else:
                _show_figures(shop, figures, request, called)
                if per == "account":
                    _tell_accounts(shop)

    return kpis


def _request(
    metrics: tuple[str, ...],
    by: tuple[str, ...],
    where: tuple[str, ...],
    period: str | None,
    compare: str | None,
) -> Any:
    from perenne.metrics import Request
    from perenne.workspace.shop import read_comparison, read_period

    filters = opts.read_pairs(where, option="--where")
    return Request(
        metrics=metrics,
        by=tuple(name.strip() for joined in by for name in joined.split(",") if name.strip()),
        where={name: tuple(text.split("|")) for name, text in filters.items()},
        period=read_period(period),
        compare=read_comparison(compare),
    )


def _called(shop: Any, figures: list[Any], per: str) -> dict[str, str]:
    """Names of the accounts that figures are split by."""
    split = ("account", "customer") if per == "account" else ("account",)
    ids = {
        str(group[name])
        for group in (figure.group or {} for figure in figures)
        for name in split
        if group.get(name)
    }
    return shop.account_names(ids) if ids else {}


def figure_values(figure: Any, called: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A figure as the JSON contract has it; `called` names the accounts."""
    values: dict[str, Any] = {
        "metric": figure.metric,
        "value": figure.value,
        "unit": figure.unit,
        "period": _period(figure.period),
        "group": dict(figure.group) if figure.group else None,
        "note": figure.note,
    }
    known = {k: (called or {}).get(str(v)) for k, v in (figure.group or {}).items()}
    if any(known.values()):
        values["names"] = {name: text for name, text in known.items() if text}
    if figure.interval:
        bounds = figure.interval
        values["interval"] = {"low": bounds.low, "high": bounds.high, "level": bounds.level}
    if figure.compared:
        other = figure.compared
        values["compared"] = {
            "value": other.value,
            "period": _period(other.period),
            "difference": other.difference,
            "change": other.change,
        }
    return values


def _period(period: Period) -> dict[str, str]:
    return {"from": period.start.isoformat(), "to": period.end.isoformat()}


def _define(shop: Any, names: Iterable[str], as_json: bool) -> None:
    chosen = [shop.catalogue[name] for name in names] or list(shop.catalogue)
    if as_json:
        print_json([metric.model_dump(mode="json", exclude={"expression"}) for metric in chosen])
        return
    for metric in chosen:
        say(f"{metric.label} ({metric.id})")
        say(f"  {metric.definition}")
        say(f"  = {metric.formula}")


def _show_figures(shop: Any, figures: list[Any], request: Any, called: Mapping[str, str]) -> None:
    currency = shop.context.currency
    header = [_("Metric"), *request.by, _("Value")]
    if request.compare:
        header += [_("Before"), _("Change")]
    header += [_("Period"), _("Note")]
    rows = [_figure_row(shop, figure, request, called=called) for figure in figures]
    print_table(header, rows, right=(1 + len(request.by),))
    tell()
    tell(
        _("As of {day}, in {currency}. What each metric means: perenne kpis --definitions").format(
            day=format_date(shop.as_of), currency=currency
        )
    )


def _tell_accounts(shop: Any) -> None:
    tables, _context = shop.level("account")
    persons, accounts = shop.tables["customers"], tables["customers"]
    alone = accounts.filter(accounts.account_id.isnull()).count()
    fetch = shop.engine.fetch
    tell(
        _(
            "Counted per account: {people} people are {accounts} accounts, {alone} of which are "
            "people without a company."
        ).format(
            people=format_number(fetch(persons.count()).as_py()),
            accounts=format_number(fetch(accounts.count()).as_py()),
            alone=format_number(fetch(alone).as_py()),
        )
    )


def _figure_row(shop: Any, figure: Any, request: Any, *, called: Mapping[str, str]) -> list[str]:
    told = [(name, (figure.group or {}).get(name) or UNKNOWN) for name in request.by]
    groups = [_group(shop, name, str(one), called=called) for name, one in told]
    currency = shop.context.currency
    row = [
        f"{shop.catalogue[figure.metric].label} ({figure.metric})",
        *groups,
        _written(figure, currency),
    ]
    if request.compare:
        other = figure.compared
        row += _change(other, figure.unit, currency) if other else ["", ""]
    return [*row, format_period(figure.period.start, figure.period.end), figure.note or ""]


def _group(shop: Any, name: str, value: str, *, called: Mapping[str, str]) -> str:
    """What a figure speaks of: the name for a reader and, where it is another, the id to ask by."""
    if name != "segment":
        return " ".join(filter(None, (value, called.get(value))))
    from perenne.segments import segment_label

    label = segment_label(value, shop.settings.segments)
    return value if label == value else f"{label} ({value})"


def _written(figure: Any, currency: str) -> str:
    """The value, with its interval where it has one."""
    value = format_value(figure.value, figure.unit, currency)
    if not figure.interval:
        return value
    low, high = (
        format_value(end, figure.unit, currency)
        for end in (figure.interval.low, figure.interval.high)
    )
    return _("{value} ({low} to {high})").format(value=value, low=low, high=high)


def _change(other: Any, unit: str, currency: str) -> list[str]:
    """The other value and the way from it: points for a rate, per cent for anything else."""
    before = format_value(other.value, unit, currency)
    if unit != "percent":
        return [before, format_percent(other.change)]
    points = None if other.difference is None else float(other.difference) * 100
    return [before, _("{n} pts").format(n=format_number(points, decimals=1))]


def cohorts_command() -> click.Command:
    @click.command("cohorts", help=_("What cohorts do as they age: one row per cohort."))
    @click.option(
        "--by",
        default="month",
        show_default=True,
        type=click.Choice([*GRAINS, *TRAITS]),
        help=_("What makes a cohort: the time of the first order, or a trait of it."),
    )
    @click.option(
        "--grain",
        default="month",
        show_default=True,
        type=click.Choice(GRAINS),
        help=_("Step in which a cohort by trait is followed."),
    )
    @click.option(
        "--measure",
        default="retention",
        show_default=True,
        type=click.Choice(["retention", "revenue", "margin", "orders"]),
        help=_("Share still buying, or cumulative value per customer."),
    )
    @click.option(
        "--periods",
        type=click.IntRange(min=1),
        default=None,
        help=_("How many periods of age to show."),
    )
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def cohorts(
        by: str,
        grain: str,
        measure: str,
        periods: int | None,
        workspace: Path | None,
        lang: str | None,
        as_json: bool,
    ) -> None:
        from perenne.cli.triangle import show_triangle, triangle_values

        with opts.shop_of(workspace, lang) as shop:
            table = shop.cohort_table(cohort_request(by, measure, grain=grain, periods=periods))
            if as_json:
                print_json(triangle_values(table))
            else:
                show_triangle(table, shop.context.currency)

    return cohorts


def cohort_request(
    by: Any, measure: Any, *, grain: Any = "month", periods: int | None = None
) -> Any:
    """`by` a step of time starts cohorts by it; `by` a dimension follows it in steps of `grain`."""
    from perenne.metrics import CohortRequest

    if by in GRAINS:
        return CohortRequest(grain=by, measure=measure, periods=periods)
    return CohortRequest(grain=grain, dimension=by, measure=measure, periods=periods)


COMMANDS = {"kpis": kpis_command, "cohorts": cohorts_command}
