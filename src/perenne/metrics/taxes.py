"""What is said of amounts that hold a tax which nothing tells."""

from __future__ import annotations

from collections.abc import Sequence

from perenne.text import format_number, ngettext
from perenne.text import gettext as _

_NAMED = 3
"""Files that a sentence names; it counts the others."""


def files_named(files: Sequence[str]) -> str:
    """`a.csv, b.csv and c.csv`, or three of them and how many more."""
    named, left = ", ".join(files[:_NAMED]), len(files) - _NAMED
    if left <= 0:
        *others, last = files
        if not others:
            return last
        return _("{first} and {last}").format(first=", ".join(others), last=last)
    return ngettext("{files} and {n} more", "{files} and {n} more", left).format(
        files=named, n=format_number(left)
    )


def tax_exception(files: Sequence[str]) -> str:
    """What follows a sentence that says “without tax”; nothing where it is true of all files."""
    if not files:
        return ""
    return _(
        "Except for the amounts of {files}: they hold tax that no column tells, and no "
        "default_rate under [tax] takes it out."
    ).format(files=files_named(files))
