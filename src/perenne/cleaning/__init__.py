"""Clean: merge what repeats, set aside what is no sale, take tax out, account for every row."""

from perenne.cleaning import settling
from perenne.cleaning.account import Account, RowLine, ValueLine
from perenne.cleaning.jobs import Cleaned, Counted, clean, count
from perenne.cleaning.rules import RULE_IDS, rule_label
from perenne.cleaning.settings import CleaningSettings, ExchangeRate, Policy, TaxSettings
from perenne.cleaning.tables.refunds import order_of_refund

__all__ = [
    "RULE_IDS",
    "Account",
    "Cleaned",
    "CleaningSettings",
    "Counted",
    "ExchangeRate",
    "Policy",
    "RowLine",
    "TaxSettings",
    "ValueLine",
    "clean",
    "count",
    "order_of_refund",
    "rule_label",
    "settling",
]
