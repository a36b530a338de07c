"""Texts that a user reads: English in the code, French from the catalogues."""

from __future__ import annotations

from dataclasses import dataclass

from perenne.text.catalogues import french
from perenne.text.languages import current_language


def gettext(message: str) -> str:
    """Return `message` in the current language; English when it has no translation.

    Imported as `_`. Names are filled in afterwards: `_("Hello {name}").format(name=name)`.
    """
    if current_language() == "en" or not message:
        return message
    return french().find(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """Return the form for `n` things; French says 0 in the singular, English in the plural."""
    if current_language() == "en":
        return singular if n == 1 else plural
    return french().find_plural(singular, plural, n=n)


def pgettext(context: str, message: str) -> str:
    """Return `message` as it is said in `context`, where one English word has two in French."""
    if current_language() == "en" or not message:
        return message
    return french().find(message, context=context)


def lazy_gettext(message: str) -> LazyText:
    """Mark a text that is written down once but read later, in the reader's language."""
    return LazyText(message)


@dataclass(frozen=True)
class LazyText:
    """A message translated when it is shown, not when it is written."""

    message: str

    def __str__(self) -> str:
        return gettext(self.message)

    def format(self, **names: object) -> str:
        """Translate now, then fill in `{names}`."""
        return str(self).format(**names)
