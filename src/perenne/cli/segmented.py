"""The command that shows segments, their rules and how customers moved between them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from perenne.cli import options as opts
from perenne.cli.printing import UNKNOWN, print_json, print_table, say
from perenne.text import format_money, format_number, format_percent
from perenne.text import gettext as _


def segments_command() -> click.Command:
    @click.command("segments", help=_("Segments: customers, value, opportunity, movements."))
    @click.option(
        "--since",
        metavar=_("SNAPSHOT"),
        default=None,
        help=_("Show how customers moved since an older snapshot."),
    )
    @click.option("--rules", is_flag=True, help=_("Show the rules that make the segments."))
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def segments(
        since: str | None, rules: bool, workspace: Path | None, lang: str | None, as_json: bool
    ) -> None:
        with opts.shop_of(workspace, lang) as shop:
            if rules:
                _show_rules(shop, as_json)
            elif since:
                _show_movements(shop, since, as_json)
            else:
                _show_segments(shop, as_json)

    return segments


def _show_rules(shop: Any, as_json: bool) -> None:
    from perenne.segments import segment_description, segment_label

    settings = shop.settings.segments
    if as_json:
        print_json([rule.model_dump(mode="json") for rule in settings.rules])
        return
    for rule in settings.rules:
        say(f"{segment_label(rule.id, settings)} ({rule.id})")
        say(f"  {segment_description(rule.id, settings)}")


def _show_segments(shop: Any, as_json: bool) -> None:
    from perenne.segments import segment_label

    rows = shop.segments().rows()
    if as_json:
        print_json(rows)
        return
    currency = shop.context.currency
    shown = [
        [
            segment_label(row["segment"], shop.settings.segments),
            format_number(row["customers"]),
            format_percent(row["share"]),
            format_money(row["revenue"], currency, decimals=0),
            format_percent(row["revenue_share"]),
            format_number(row["mean_orders"], decimals=1),
            format_number(row["median_recency"], decimals=0),
            format_money(row["opportunity"], currency, decimals=0),
        ]
        for row in rows
    ]
    header = [
        _("Segment"),
        _("Customers"),
        _("Share"),
        _("Revenue"),
        _("Share of revenue"),
        _("Orders each"),
        _("Days since order"),
        _("Opportunity"),
    ]
    print_table(header, shown, right=range(1, 8))


def _show_movements(shop: Any, since: str, as_json: bool) -> None:
    from perenne.segments import segment_label

    rows = shop.movements(since).rows()
    if as_json:
        print_json(rows)
        return

    def name(segment: str | None) -> str:
        return segment_label(segment, shop.settings.segments) if segment else UNKNOWN

    shown = [_movement_row(row, name, shop.context.currency) for row in rows]
    print_table([_("Before"), _("Now"), _("Customers"), _("Value")], shown, right=(2, 3))


def _movement_row(row: Mapping[str, Any], name: Any, currency: str) -> list[str]:
    return [
        name(row["segment_before"]),
        name(row["segment_after"]),
        format_number(row["customers"]),
        format_money(row["value"], currency, decimals=0),
    ]


COMMANDS = {"segments": segments_command}
