"""Account 360: one company as one record, as text, JSON and a page."""

from perenne.reports.account.assembling import assemble_account
from perenne.reports.account.face import AccountRecord, shown_account
from perenne.reports.account.naming import AccountName, account_names
from perenne.reports.account.record import Account, account_schema

__all__ = [
    "Account",
    "AccountName",
    "AccountRecord",
    "account_names",
    "account_schema",
    "assemble_account",
    "shown_account",
]
