"""Texts that a user reads: English in the code, French from the catalogues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from perenne.text.catalogues import french
from perenne.text.languages import LANGUAGES, Language, current_language, use_language

_remembers: ContextVar[bool] = ContextVar("perenne_remembers", default=False)


def gettext(message: str) -> str:
    """Return `message` in the current language; English when it has no translation.

    Imported as `_`. Names are filled in afterwards: `_("Hello {name}").format(name=name)`.
    """
    if _remembers.get():
        return _Remembered.of(lambda: _message(message))
    return _message(message)


def _message(message: str) -> str:
    if current_language() == "en" or not message:
        return message
    return french().find(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """Return the form for `n` things; French says 0 in the singular, English in the plural."""
    if _remembers.get():
        return _Remembered.of(lambda: _form(singular, plural, n))
    return _form(singular, plural, n)


def _form(singular: str, plural: str, n: int) -> str:
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


@contextmanager
def remembered() -> Iterator[None]:
    """Texts made inside the `with` block can be said again in another language, by `spoken`.

    For what is stored under one language and read under another, such as a refusal.
    """
    token = _remembers.set(True)
    try:
        yield
    finally:
        _remembers.reset(token)


def spoken(*texts: str) -> dict[str, str]:
    """The texts, joined, in each language; as they are where they were not `remembered`.

    Names filled in are said again too; figures keep the writing that they were given.
    """
    return {language: _in(language, texts) for language in LANGUAGES}


def _in(language: Language, texts: tuple[str, ...]) -> str:
    with use_language(language):
        return " ".join(str(_again(text)) for text in texts if text)


def _again(text: object) -> object:
    return text.say() if isinstance(text, _Remembered) else text


class _Remembered(str):
    """A text that knows how it was made."""

    say: Callable[[], str]

    @classmethod
    def of(cls, say: Callable[[], str]) -> _Remembered:
        text = cls(say())
        text.say = say
        return text

    def format(self, *values: object, **names: object) -> str:
        return self.of(
            lambda: str(self.say()).format(
                *map(_again, values), **{name: _again(value) for name, value in names.items()}
            )
        )


@dataclass(frozen=True)
class LazyText:
    """A message translated when it is shown, not when it is written."""

    message: str

    def __str__(self) -> str:
        return gettext(self.message)

    def format(self, **names: object) -> str:
        """Translate now, then fill in `{names}`."""
        return str(self).format(**names)
