"""The record of an account as a notebook or a program holds it: values that become a page."""

from __future__ import annotations

from dataclasses import dataclass, fields

from perenne.reports.account.page import render_account
from perenne.reports.account.record import Account
from perenne.text import Language, current_language, use_language


@dataclass(frozen=True, repr=False)
class AccountRecord(Account):
    """One account as one record; see `Account` for its fields."""

    def html(self, *, language: Language | None = None) -> str:
        """The record as one HTML page that needs nothing else; in the current language unless
        another is named."""
        with use_language(language or current_language()):
            return render_account(self)


def shown_account(account: Account) -> AccountRecord:
    """The same record, that can show itself."""
    return AccountRecord(**{one.name: getattr(account, one.name) for one in fields(Account)})
