"""What people read for the codes of the segments table."""

from __future__ import annotations

from perenne.core import PerenneError
from perenne.segments.settings import Rule, SegmentSettings
from perenne.text import bilingual, pgettext
from perenne.text import gettext as _

STATUSES = ("new", "active", "reactivated", "inactive")
REASONS = ("first_order", "ordered_again", "back_after_gap", "no_order_for_window")
SIZES = ("small", "medium", "large")
NOTES = ("history_too_short", "too_few_customers")


def segment_label(segment: str, settings: SegmentSettings) -> str:
    """The segment's name in the current language; its id when the settings no longer hold it."""
    rule = _rule(segment, settings)
    return bilingual(rule.label) if rule else segment


def segment_description(segment: str, settings: SegmentSettings) -> str:
    """One sentence on who is in the segment, in the current language; may be empty."""
    rule = _rule(segment, settings)
    return bilingual(rule.description) if rule else ""


def _rule(segment: str, settings: SegmentSettings) -> Rule | None:
    return next((rule for rule in settings.rules if rule.id == segment), None)


def status_label(status: str) -> str:
    """The status in the current language. Raises `PerenneError` for another code."""
    labels = {
        "new": pgettext("customer status", "New"),
        "active": pgettext("customer status", "Active"),
        "reactivated": pgettext("customer status", "Reactivated"),
        "inactive": pgettext("customer status", "Inactive"),
    }
    return _known(labels, status)


def reason_label(reason: str, *, inactivity_days: int) -> str:
    """Why a status changed, in the current language. Raises `PerenneError` for another code."""
    labels = {
        "first_order": _("placed a first order"),
        "ordered_again": _("ordered again"),
        "back_after_gap": _("came back after more than {days} days without an order"),
        "no_order_for_window": _("no order for more than {days} days"),
    }
    return _known(labels, reason).format(days=inactivity_days)


def size_label(size: str) -> str:
    """The size of a buyer in the current language. Raises `PerenneError` for another code."""
    labels = {
        "small": _("Small buyers"),
        "medium": _("Medium buyers"),
        "large": _("Large buyers"),
    }
    return _known(labels, size)


def opportunity_note_label(note: str) -> str:
    """Why there is no opportunity, in the current language. Raises for another code."""
    labels = {
        "history_too_short": _("the history is too short to see who orders again"),
        "too_few_customers": _("too few customers like this one to see who orders again"),
    }
    return _known(labels, note)


def _known(labels: dict[str, str], code: str) -> str:
    if code in labels:
        return labels[code]
    raise PerenneError(
        _("“{code}” is not a code of the segments table.").format(code=code),
        given=code,
        allowed=labels,
        next_step=_("Use one of: {codes}.").format(codes=", ".join(labels)),
    )
