"""Regular expressions that people write: engines read them only once there are rows."""

from __future__ import annotations

from perenne.text import gettext as _


def pattern_fault(pattern: str) -> str | None:
    """Why a regular expression cannot be used, None where it can. Arrow reads the dialect (RE2) of
    the engines."""
    import pyarrow as pa
    from pyarrow import compute

    if not pattern.strip():
        return _("an empty pattern fits everything")
    try:
        compute.match_substring_regex(pa.array([""]), pattern=pattern)
    except pa.ArrowInvalid as error:
        reason = str(error).removeprefix("Invalid regular expression: ").rstrip(".")
        return _("“{pattern}” is no regular expression: {reason}").format(
            pattern=pattern, reason=reason
        )
    return None
