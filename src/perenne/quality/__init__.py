"""How far an import may be trusted: checks per table, thresholds, what to do next."""

from perenne.quality.checks import LIMITS, Check, Facts, Limits
from perenne.quality.jobs import Subject, Subjects, judge
from perenne.quality.results import LEVELS, ImportQuality, Level, Outcome, TableQuality
from perenne.quality.settings import LimitSettings, QualitySettings
from perenne.quality.validation import available
from perenne.quality.words import (
    LEVEL_WORDS,
    TABLES,
    advice,
    asked,
    column_words,
    found,
    verdict,
)

__all__ = [
    "LEVELS",
    "LEVEL_WORDS",
    "LIMITS",
    "TABLES",
    "Check",
    "Facts",
    "ImportQuality",
    "Level",
    "LimitSettings",
    "Limits",
    "Outcome",
    "QualitySettings",
    "Subject",
    "Subjects",
    "TableQuality",
    "advice",
    "asked",
    "available",
    "column_words",
    "found",
    "judge",
    "verdict",
]
