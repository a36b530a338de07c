"""How far an import may be trusted: checks per table, thresholds, what to do next."""

from perenne.quality.checks import LIMITS, Check, Facts, Limits
from perenne.quality.jobs import Subject, Subjects, judge
from perenne.quality.offer_words import SEVERITY_WORDS, kind_words, said_words
from perenne.quality.offers import Consistency, Difference, Offer, Tolerance, compare
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
    "SEVERITY_WORDS",
    "TABLES",
    "Check",
    "Consistency",
    "Difference",
    "Facts",
    "ImportQuality",
    "Level",
    "LimitSettings",
    "Limits",
    "Offer",
    "Outcome",
    "QualitySettings",
    "Subject",
    "Subjects",
    "TableQuality",
    "Tolerance",
    "advice",
    "asked",
    "available",
    "column_words",
    "compare",
    "found",
    "judge",
    "kind_words",
    "said_words",
    "verdict",
]
