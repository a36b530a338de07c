"""Why a customer's prediction is what it is: codes with figures, and words at reading time."""

from perenne.models.reasons.codes import reasons, simple_reasons
from perenne.models.reasons.words import in_words, reason_text

__all__ = ["in_words", "reason_text", "reasons", "simple_reasons"]
