"""Who: RFM scores, named segments, high-value customers, opportunities, status and movements."""

from perenne.segments.conditions import Condition, Range
from perenne.segments.coverage import RuleProblem, validate_rules
from perenne.segments.labels import (
    NOTES,
    REASONS,
    SIZES,
    STATUSES,
    opportunity_note_label,
    reason_label,
    segment_description,
    segment_label,
    size_label,
    status_label,
)
from perenne.segments.schema import SEGMENTS
from perenne.segments.settings import (
    Rule,
    SegmentSettings,
    Sizes,
    Thresholds,
    default_rules,
    read_settings,
)
from perenne.segments.tables import assign, movements, name_segments, score, status, summary

__all__ = [
    "NOTES",
    "REASONS",
    "SEGMENTS",
    "SIZES",
    "STATUSES",
    "Condition",
    "Range",
    "Rule",
    "RuleProblem",
    "SegmentSettings",
    "Sizes",
    "Thresholds",
    "assign",
    "default_rules",
    "movements",
    "name_segments",
    "opportunity_note_label",
    "read_settings",
    "reason_label",
    "score",
    "segment_description",
    "segment_label",
    "size_label",
    "status",
    "status_label",
    "summary",
    "validate_rules",
]
