"""Translations: one `locale/fr.po` per part, merged in memory the first time French is spoken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from perenne.text.po import key, read_po

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@dataclass(frozen=True)
class Conflict:
    """One message that two parts translate differently."""

    message: str
    translations: tuple[tuple[str, tuple[str, ...]], ...]
    """(part, its forms), in the order of the parts' names."""


@dataclass(frozen=True)
class Catalogue:
    """Messages of one language: message -> its forms (one, or singular and plural)."""

    forms: dict[str, tuple[str, ...]] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()

    def find(self, message: str, *, context: str | None = None) -> str:
        """Return the translation of `message`, or `message` itself when there is none."""
        found = self.forms.get(key(message, context))
        return found[0] if found else message

    def find_plural(self, singular: str, plural: str, *, n: int) -> str:
        """Return the form for `n` things: the translated one, or the English one."""
        found = self.forms.get(singular)
        if found and len(found) > 1:
            return found[1] if _is_plural_in_french(n) else found[0]
        return singular if n == 1 else plural


@cache
def french() -> Catalogue:
    """Read every part's French catalogue once: a few milliseconds for 800 messages."""
    return merge(dict(_catalogue_files()))


def merge(files: dict[str, str]) -> Catalogue:
    """Merge `.po` files by part; the first part by name wins, each disagreement is recorded."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for part in sorted(files):
        for message, forms in read_po(files[part]).items():
            found.setdefault(message, {})[part] = forms
    first = {message: next(iter(by_part.values())) for message, by_part in found.items()}
    conflicts = tuple(
        Conflict(message, tuple(by_part.items()))
        for message, by_part in found.items()
        if len(set(by_part.values())) > 1
    )
    return Catalogue(first, conflicts)


def _catalogue_files() -> Iterator[tuple[str, str]]:
    from importlib import resources  # slow to import, and needed by French alone

    for part in resources.files("perenne").iterdir():
        file = _french_file(part)
        if file is not None:
            yield part.name, file.read_text(encoding="utf-8")


def _french_file(part: Traversable) -> Traversable | None:
    if not part.is_dir():
        return None
    file = part.joinpath("locale").joinpath("fr.po")
    return file if file.is_file() else None


def _is_plural_in_french(n: int) -> bool:
    """French counts 0 and 1 as singular (CLDR, `nplurals=2; plural=(n > 1)`)."""
    return abs(n) > 1
