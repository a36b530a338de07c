"""Pages that come again for ever: a sync must end by itself."""

from __future__ import annotations

from perenne.core import PerenneError
from perenne.text import gettext as _


class Repeats:
    """Marks of the pages seen of one list (the last id, the address of the next page)."""

    def __init__(self, platform: str, path: str) -> None:
        self._platform, self._path = platform, path
        self._seen: set[str] = set()

    def refuse_again(self, mark: str) -> None:
        """Note a page. Raises PerenneError when it was there before."""
        if mark in self._seen:
            raise same_page(self._platform, self._path)
        self._seen.add(mark)


def same_page(platform: str, path: str) -> PerenneError:
    """The refusal of a page that was there before."""
    return PerenneError(
        _("{platform} gives the same page of {path} again and again.").format(
            platform=platform, path=path
        ),
        given=path,
        next_step=_(
            "A cache or a proxy in between answers without looking at what is asked: let the "
            "addresses of the interface pass it by, then run perenne sync again."
        ),
    )
