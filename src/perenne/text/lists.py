"""Names in a sentence: the first few and how many more, however many there are."""

from __future__ import annotations

from collections.abc import Sequence

from perenne.text.messages import ngettext
from perenne.text.numerals import format_number

MOST_NAMES = 12
LONGEST_NAME = 60


def listed(names: Sequence[str], *, most: int = MOST_NAMES) -> str:
    """The first `most` names and how many more there are; long names are cut."""
    shown = ", ".join(_short(name) for name in names[:most])
    more = len(names) - most
    if more <= 0:
        return shown
    return ngettext("{names} and {n} more", "{names} and {n} more", more).format(
        names=shown, n=format_number(more)
    )


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
