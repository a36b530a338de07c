"""One account of a shop: found by its id, by that of a source or of a customer, or by its name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perenne.core import PerenneError
from perenne.text import format_number, ngettext
from perenne.text import gettext as _
from perenne.workspace import tables as queries
from perenne.workspace.persons import MOST_LISTED, Desk, Found

if TYPE_CHECKING:
    from perenne.reports import Account, AccountName


def account(
    desk: Desk,
    words: str,
    *,
    personal: bool,
    every_event: bool = False,
    limit: int | None = None,
) -> Account:
    """The record of the account that is meant. Raises PerenneError for none and for several."""
    from perenne.reports import assemble_account

    account_id = _found(desk, words)
    people = queries.members(desk.tables["customers"], account_id)
    members = sorted(desk.engine.fetch(people)["customer_id"].to_pylist())
    told = replace(desk.told(Found(account_id)), members=tuple(members))
    return assemble_account(told, personal=personal, every_event=every_event, limit=limit)


def names(desk: Desk, accounts: Collection[str] | None = None) -> dict[str, AccountName]:
    """What accounts are called, of those that anybody names; all of them unless some are asked."""
    from perenne.reports import account_names

    told = queries.company_names(desk.tables["contacts"], desk.tables["customers"], accounts)
    return account_names(desk.engine.fetch(told).to_pylist())


def listed(desk: Desk, *, limit: int) -> list[Mapping[str, Any]]:
    """The accounts of the most revenue: account_id, contacts, orders, revenue, last order."""
    tables = desk.tables
    found = queries.accounts_table(tables["customers"], tables["customer_facts"])
    return list(desk.engine.fetch(found.limit(limit)).to_pylist())


def _found(desk: Desk, words: str) -> str:
    text = words.strip()
    found = queries.accounts_of(desk.tables["customers"], text)
    holders: list[str] = sorted(desk.engine.fetch(found)["account_id"].to_pylist())
    if not holders and text:
        holders = _called(desk, text)
    if len(holders) == 1:
        return holders[0]
    raise _several(desk, holders, words) if holders else _nothing(desk, words)


def _called(desk: Desk, text: str) -> list[str]:
    """Accounts of this name, else those whose name holds it; case and accents do not matter."""
    from perenne.reports.account.naming import plain

    wanted = plain(text)
    known = {one: plain(name.text) for one, name in names(desk).items()}
    same = sorted(one for one, name in known.items() if name == wanted)
    return same or sorted(one for one, name in known.items() if wanted and wanted in name)


def _several(desk: Desk, holders: list[str], words: str) -> PerenneError:
    shown = holders[:MOST_LISTED]
    left = len(holders) - len(shown)
    more = "\n  " + _("and {n} more").format(n=format_number(left)) if left else ""
    return PerenneError(
        ngettext(
            "“{given}” may be {n} account.", "“{given}” may be {n} accounts.", len(holders)
        ).format(given=words, n=format_number(len(holders))),
        given=words,
        allowed=holders,
        next_step=_("Ask for one of them by its id:") + "".join(f"\n  {o}" for o in shown) + more,
    )


def _nothing(desk: Desk, words: str) -> PerenneError:
    return PerenneError(
        _("No account in snapshot {snapshot} is “{given}”.").format(
            snapshot=desk.snapshot.id, given=words
        ),
        given=words,
        allowed=(_("account_id"), _("id of a source"), _("customer_id"), _("name")),
        next_step=_(
            "perenne account lists them. Whoever belongs to no company has a page of their own: "
            "perenne person CUSTOMER"
        ),
    )
