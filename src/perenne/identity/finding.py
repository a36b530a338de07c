"""Who an e-mail, a telephone number or an id of a source is, read as the refresh reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perenne.identity.identifiers import normal_emails, normal_phones
from perenne.identity.tables import lookup

if TYPE_CHECKING:
    from perenne.warehouse import Table

_PHONE = re.compile(r"[+0-9][0-9\s.()'/-]{5,}")
# Shared last digits make a telephone worth normalising: every way of writing it ends in them.
_TAIL = 7


@dataclass(frozen=True)
class Directory:
    """Where to look: links and contacts of a snapshot, and the staged customers it rests on.

    `country` is that of telephone numbers without a prefix.
    """

    links: Table
    contacts: Table
    staged: Table | None
    country: str
    fetch: Callable[[Any], Any]

    def holders(self, text: str) -> frozenset[str]:
        """Customers whom a source knows by this id, or who have this e-mail or telephone."""
        found = self.fetch(lookup.of_source(self.links, text))["customer_id"].to_pylist()
        if "@" in text:
            return frozenset(found) | self._of("email", text)
        if _PHONE.fullmatch(text):
            return frozenset(found) | self._of("phone", text)
        return frozenset(found)

    def _of(self, kind: str, text: str) -> frozenset[str]:
        (asked,) = self.fetch(lookup.asked(kind, text)).to_pylist()
        wanted = asked["text"] if asked["plain"] else self._normal(kind, asked["text"])
        if wanted is None:
            return frozenset()
        every = lookup.written(self.links, self.contacts, self.staged)
        digits = re.sub("[^0-9]", "", wanted)[-_TAIL:]
        near = lookup.candidates(every, kind, text=asked["text"], digits=digits)
        return frozenset(
            row["customer_id"]
            for row in self.fetch(near).to_pylist()
            if (row["text"] if row["plain"] else self._normal(kind, row["text"], row["country"]))
            == wanted
        )

    def _normal(self, kind: str, text: str, country: str | None = None) -> str | None:
        if kind == "email":
            return normal_emails([text])[0]
        return normal_phones([(text, country)], default_country=self.country)[0]
