"""The five lenses of a customer-base audit, on the terminal and as JSON."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from perenne.cli import options as opts
from perenne.cli.printing import print_json, print_table, say
from perenne.text import format_money, format_number, format_percent
from perenne.text import gettext as _

LENSES = ("one_period", "two_periods", "one_cohort", "cohorts", "all_together")
MONEY = (
    "revenue",
    "value_per_order",
    "revenue_first",
    "revenue_second",
    "difference",
    "first_value",
    "second_value",
    "value",
)
SHARES = ("revenue_share", "second_active")


def audit_command() -> click.Command:
    @click.command(
        "audit", help=_("Look at the customer base through one of five lenses; default: all.")
    )
    @click.argument("lens", type=click.Choice(LENSES), required=False)
    @click.option("--period", default=None, help=_("For example 2025, 2025-Q3, 2025-03, A..B."))
    @click.option("--before", default=None, help=_("The period that two_periods compares with."))
    @click.option(
        "--grain",
        type=click.Choice(["week", "month", "quarter"]),
        default="quarter",
        show_default=True,
        help=_("Step in which cohorts are formed and followed."),
    )
    @click.option(
        "--cohort", default=None, help=_("The cohort of one_cohort, for example 2025-Q1.")
    )
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def audit(
        lens: str | None,
        period: str | None,
        before: str | None,
        grain: Any,
        cohort: str | None,
        workspace: Path | None,
        lang: str | None,
        as_json: bool,
    ) -> None:
        from perenne.workspace.shop import read_period

        asked = {"period": read_period(period), "before": read_period(before), "cohort": cohort}
        with opts.shop_of(workspace, lang) as shop:
            tables = {
                one: shop.audit(one, grain=grain, **asked) for one in ([lens] if lens else LENSES)
            }
            if as_json:
                print_json({one: [_values(t) for t in found] for one, found in tables.items()})
                return
            for found in tables.values():
                for table in found:
                    _show(table, shop.context.currency)

    return audit


def _values(table: Any) -> dict[str, Any]:
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return {"table": table.name, "rows": rows}


def _show(table: Any, currency: str) -> None:
    labels = _labels()
    say(labels.get(f"table {table.name}", table.name))
    header = [labels.get(name, name) for name in table.columns]
    rows = [
        [_cell(name, value, currency) for name, value in zip(table.columns, row, strict=True)]
        for row in table.rows
    ]
    words = {"step", "cohort", "group", "decile", "orders_each"}
    right = [place for place, name in enumerate(table.columns) if name not in words]
    print_table(header, rows, right=right)
    say()


def _cell(name: str, value: Any, currency: str) -> str:
    if value is None or name in MONEY:
        return format_money(value, currency)
    if name in SHARES:
        return format_percent(value)
    if isinstance(value, float | Decimal):
        return format_number(value, decimals=2)
    return _labels().get(str(value), str(value))


def _labels() -> dict[str, str]:
    return {
        "table deciles": _("One period: customers by tenth, best first"),
        "table orders": _("One period: customers by number of orders"),
        "table two_periods": _("Two periods: who bought in both, who came, who went"),
        "table one_cohort": _("One cohort as it ages"),
        "table cohorts": _("Cohorts compared at the same ages"),
        "table all_together": _("All together: each period by cohort"),
        "decile": _("Tenth"),
        "orders_each": _("Orders"),
        "customers": _("Customers"),
        "revenue": _("Revenue"),
        "revenue_share": _("Share of revenue"),
        "orders_per_customer": _("Orders per customer"),
        "value_per_order": _("Value per order"),
        "group": _("Customers who bought"),
        "both": _("in both periods"),
        "first_only": _("in the first only"),
        "second_only": _("in the second only"),
        "revenue_first": _("Revenue, first"),
        "revenue_second": _("Revenue, second"),
        "difference": _("Difference"),
        "orders_first": _("Orders, first"),
        "orders_second": _("Orders, second"),
        "step": _("Period"),
        "cohort": _("Cohort"),
        "first_value": _("Value per customer, first period"),
        "second_active": _("Share buying in the second"),
        "second_value": _("Value per customer, second period"),
        "value": _("Value per customer since"),
    }


COMMANDS = {"audit": audit_command}
