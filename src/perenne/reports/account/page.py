"""The account as one HTML page, in the dress of a customer's."""

from __future__ import annotations

from perenne.reports.account.record import Account
from perenne.reports.account.sections import chapters, highlights, sources
from perenne.reports.html.blocks import Fact
from perenne.reports.person.page import PersonPage, render_page
from perenne.text import current_language, format_date, format_number
from perenne.text import gettext as _


def render_account(account: Account) -> str:
    """Return the record in the current language as one HTML page."""
    name = account_title(account)
    return render_page(
        PersonPage(
            language=current_language(),
            title=_("{name}: account record").format(name=name),
            name=name,
            shop=account.shop or _("Your shop"),
            kind=_("account record"),
            skip=_("Skip to the record"),
            covers=[
                Fact(_("Contacts"), format_number(len(account.members))),
                Fact(_("As of"), format_date(account.as_of, "medium")),
                Fact(_("Id that a source gives"), sources(account)),
                Fact(_("Account id"), account.account_id),
            ],
            highlights=highlights(account),
            chapters=chapters(account),
            foot=_foot(account),
        )
    )


def account_title(account: Account) -> str:
    """What the page is called by: the name of the company, else the account's id."""
    return account.name or account.account_id


def _foot(account: Account) -> str:
    personal = (
        _("This page holds personal data in clear: keep it where only those who need it can read.")
        if account.personal
        else _("Names of persons, ids of sources and free texts are masked.")
    )
    written = _("Written by Perenne from snapshot {snapshot}, from the data of this shop alone.")
    return f"{written.format(snapshot=account.snapshot)} {personal}"
