"""Which language a text is written in: detected once by a door, then held per context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Literal

from perenne.core import PerenneError

Language = Literal["fr", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("fr", "en")
DEFAULT_LANGUAGE: Final[Language] = "en"

# gettext's own order, with the product's variable in front of the system's.
_VARIABLES: Final = ("PERENNE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")

_current: ContextVar[Language] = ContextVar("perenne_language", default=DEFAULT_LANGUAGE)


def current_language() -> Language:
    """Return the language in which texts and figures are written now."""
    return _current.get()


def set_language(language: str) -> None:
    """Write everything that follows in this context in `language` (`"fr"` or `"en"`).

    Raises `PerenneError` for another language.
    """
    _current.set(_checked(language))


@contextmanager
def use_language(language: str) -> Iterator[None]:
    """Write in `language` inside the `with` block, then return to the language before it.

    Raises `PerenneError` for another language.
    """
    token = _current.set(_checked(language))
    try:
        yield
    finally:
        _current.reset(token)


def detect_language(argv: Sequence[str], environ: Mapping[str, str]) -> Language:
    """Return the language asked for by `--lang`, else by the environment, else English.

    Reads `PERENNE_LANG`, `LC_ALL`, `LC_MESSAGES` and `LANG` in that order; the first that is set
    decides, so that `LC_ALL=C` means English whatever `LANG` says.
    """
    asked = _flag(argv) or next((environ[name] for name in _VARIABLES if environ.get(name)), "")
    return _supported(asked) or DEFAULT_LANGUAGE


def bilingual(texts: Mapping[str, str]) -> str:
    """Return the text of the current language from `{"fr": ..., "en": ...}`.

    Falls back to English, then to whatever there is; an empty mapping gives an empty string.
    """
    for language in (current_language(), DEFAULT_LANGUAGE):
        if texts.get(language):
            return texts[language]
    return next((text for text in texts.values() if text), "")


def _flag(argv: Sequence[str]) -> str:
    for index, argument in enumerate(argv):
        if argument == "--":
            break
        if argument == "--lang" and index + 1 < len(argv):
            return argv[index + 1]
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
    return ""


def _supported(name: str) -> Language | None:
    """Read `fr`, `fr_FR.UTF-8`, `fr-CA` as French; a language not spoken here as None."""
    code = name.strip().lower().replace("-", "_").split("_")[0].split(".")[0].split("@")[0]
    return code if code in LANGUAGES else None


def _checked(language: str) -> Language:
    if language in LANGUAGES:
        return language
    raise PerenneError(
        bilingual(
            {
                "en": f"The language “{language}” is not available.",
                "fr": f"La langue «\u00a0{language}\u00a0» n’est pas disponible.",
            }
        ),
        given=language,
        allowed=LANGUAGES,
        next_step=bilingual({"en": "Choose fr or en.", "fr": "Choisissez fr ou en."}),
    )
