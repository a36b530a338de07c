"""Clean: merge what repeats, set aside what is no sale, take tax out, account for every row."""

from perenne.cleaning.jobs import Cleaned, Policy, clean
from perenne.cleaning.rules import RULE_IDS, rule_label
from perenne.cleaning.settings import CleaningSettings, ExchangeRate, TaxSettings

__all__ = [
    "RULE_IDS",
    "Cleaned",
    "CleaningSettings",
    "ExchangeRate",
    "Policy",
    "TaxSettings",
    "clean",
    "rule_label",
]
