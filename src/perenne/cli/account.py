"""The command about companies: all of them, or one as text, JSON or a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from perenne.cli import options as opts
from perenne.cli.person import SHOWN, format_of, record_options, show_record
from perenne.cli.printing import print_json, print_table, progress, tell
from perenne.text import format_date, format_money, format_number
from perenne.text import gettext as _

# So many accounts unless more are asked for.
LISTED = 20


def account_command() -> click.Command:
    @click.command(
        "account",
        help=_("One company: its contacts, value, timeline; without ACCOUNT, the largest ones."),
    )
    @click.argument("account", metavar=_("[ACCOUNT]"), required=False)
    @record_options(
        limit=_("How many entries of the timeline, or accounts, to show; default: 50, or 20.")
    )
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def account(
        account: str | None,
        format_: str | None,
        output: Path | None,
        personal: bool,
        limit: int | None,
        every: bool,
        workspace: Path | None,
        lang: str | None,
        as_json: bool,
    ) -> None:
        with opts.shop_of(workspace, lang) as shop:
            if account is None:
                _list(shop, limit or LISTED, personal=personal, as_json=as_json)
                return
            shown = limit if limit is not None or every else SHOWN
            with progress(_("Reading")):
                found = shop.account_record(
                    account, personal=personal, every_event=every, limit=shown
                )
            form = "json" if as_json else format_ or format_of(output)
            show_record(found, form, output, printed="print_account")

    return account


def _list(shop: Any, limit: int, *, personal: bool, as_json: bool) -> None:
    from perenne.workspace.accounts import listed

    rows = listed(shop.desk, limit=limit)
    called = shop.account_names({row["account_id"] for row in rows}, personal=personal)
    if as_json:
        print_json([{**row, "name": called.get(row["account_id"])} for row in rows])
        return
    if not rows:
        tell(
            _(
                "No account is known. Import customers with a column for their company "
                "(--map account=COLUMN), or set by_company or by_domain under [accounts] in "
                "perenne.toml, then perenne refresh."
            )
        )
        return
    currency = shop.context.currency
    header = [_("Account"), _("Name"), _("Contacts"), _("Orders"), _("Revenue"), _("Last order")]
    table = [
        [
            row["account_id"],
            called.get(row["account_id"], ""),
            format_number(row["contacts"]),
            format_number(row["orders"]),
            format_money(row["revenue"], currency) if row["revenue"] is not None else "",
            format_date(row["last_order_on"], "medium") if row["last_order_on"] else "",
        ]
        for row in rows
    ]
    print_table(header, table, right=(2, 3, 4))
    tell()
    tell(_("One of them in full: perenne account ACCOUNT (its id, or its name)"))


COMMANDS = {"account": account_command}
