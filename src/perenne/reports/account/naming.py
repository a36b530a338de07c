"""What an account is called: the company that most of its contacts name, unless it names a person.

The name of a company is no personal data; that of somebody who trades alone is. So a name stands in
clear where two contacts or more tell it and it bears nobody's name, and is masked otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from perenne.reports.person.masking import masked_value

_SHORTEST = 3
ENOUGH = 2
"""Contacts who tell a name: one alone may be its owner."""


@dataclass(frozen=True)
class AccountName:
    """`personal`: it may be that of a person."""

    text: str
    personal: bool

    def shown(self, *, personal: bool) -> str:
        """In clear where that is asked for, or harms nobody."""
        return self.text if personal or not self.personal else masked_value("company", self.text)


def account_names(rows: Iterable[Mapping[str, Any]]) -> dict[str, AccountName]:
    """By account; `rows` are contacts: account_id, customer_id, company, first_name, last_name."""
    told: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        told[row["account_id"]].append(row)
    found = {account: _name(contacts) for account, contacts in told.items()}
    return {account: name for account, name in found.items() if name}


def _name(contacts: list[Mapping[str, Any]]) -> AccountName | None:
    """The name of most customers, of equal ones the first in the alphabet."""
    holders: dict[str, set[str]] = defaultdict(set)
    written: dict[str, str] = {}
    for row in contacts:
        words = plain(row["company"])
        if words:
            holders[words].add(row["customer_id"])
            # Lower case and accents come last, and read best.
            written[words] = max(written.get(words, ""), row["company"])
    if not holders:
        return None
    best = min(holders, key=lambda words: (-len(holders[words]), words))
    persons = {
        word
        for row in contacts
        for name in (row["first_name"], row["last_name"])
        for word in _words(name)
        if len(word) >= _SHORTEST
    }
    alone = len(holders[best]) < ENOUGH
    return AccountName(written[best], personal=alone or bool(persons & set(best.split())))


def plain(text: str | None) -> str:
    """Words without case, accents and marks: names that are alike are one."""
    return " ".join(_words(text))


def _words(text: str | None) -> list[str]:
    plain = unicodedata.normalize("NFKD", (text or "").lower())
    return re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c)))
