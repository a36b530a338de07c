"""The cleaning rules: their ids, the kinds of line they speak of, and how product texts tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perenne.cleaning.settings import KIND_RULES, CleaningSettings
from perenne.text import gettext as _

# Canonical name of the rule that set a line of that kind aside.
KIND_RULE_IDS: Mapping[str, str] = {
    **{kind: kind for kind in KIND_RULES},
    "discount": "discount_line",
}

# Whole product ids or names that say what a line is, whatever the platform. Case-insensitive.
PATTERNS: Mapping[str, Sequence[str]] = {
    "shipping": (
        r"shipping|postage|carriage|delivery( charge| fee)?",
        r"(frais de )?(port|livraison|exp[ée]dition)",
        r"frais de (port|livraison|exp[ée]dition) .*",
        r"livraison (express|standard|rapide|offerte|gratuite|[àa] domicile|(en )?point relais)",
    ),
    "fee": (
        r"bank charges?|(transaction|service|handling|payment) fee",
        r"frais (bancaires?|de .*)",
        r"tips?|gratuity|pourboires?|emballages?[ -]cadeaux?|gift ?wrap(ping)?",
        r"consignes?( (bouteilles?|verres?|bocal|bocaux|emballages?))?",
    ),
    "adjustment": (
        r"manual( adjustment)?|adjustment|bad debt",
        r"ajustement|r[ée]gularisation",
        # A deposit is deducted from the order that it was paid for: both lines aside, the goods
        # count once.
        r"((d[ée]duction|reprise) (d['’]|de l['’]|des? )?)?(acomptes?|arrhes)( .*)?",
    ),
    "discount": (r"discount|remise|rabais|bon de r[ée]duction",),
    "gift_card": (r"(e-?)?gift ?(card|voucher).*", r"(e-?)?(carte|ch[èe]que|bon)[ -]cadeau.*"),
    "test": (r"test( product)?|produit (de )?test",),
}

RULE_IDS: tuple[str, ...] = (
    "cancelled",
    "pending",
    "test",
    "adjustment",
    "payment",
    "return",
    "shipping",
    "fee",
    "discount_line",
    "sample",
    "gift_card",
    "stock_movement",
    "zero_price_line",
    "no_product",
)


def patterns(settings: CleaningSettings) -> dict[str, str]:
    """One anchored, case-insensitive regular expression per line kind."""
    kinds = dict.fromkeys((*PATTERNS, *settings.product_patterns))
    return {
        kind: "^("
        + "|".join((*PATTERNS.get(kind, ()), *settings.product_patterns.get(kind, ())))
        + ")$"
        for kind in kinds
    }


def rule_label(rule: str) -> str:
    """What a rule set aside, in the person's language; unknown ids come back as they are."""
    return {
        "merged": _("Duplicates merged"),
        "quarantined": _("Refused rows (quarantine)"),
        "cancelled": _("Cancelled and voided orders"),
        "pending": _("Unpaid orders"),
        "test": _("Test orders and products"),
        "adjustment": _("Manual adjustments and bad debt"),
        "payment": _("Payments of orders that are there"),
        "return": _("Cancellations and returns"),
        "shipping": _("Shipping lines"),
        "fee": _("Fees"),
        "discount_line": _("Discount lines"),
        "sample": _("Samples"),
        "gift_card": _("Gift cards"),
        "stock_movement": _("Stock movements at zero price"),
        "zero_price_line": _("Free lines of paid orders"),
        "no_product": _("Orders without a product line"),
        "counted": _("Product sales kept"),
        "later": _("After the as-of date"),
        "undated": _("Lines whose order has no date"),
        "order_unknown": _("Refunds of orders that are not there"),
        "order_without_date": _("Lines whose order has no date"),
        "told_by_lines": _("Orders counted by their lines"),
        "moved": _(
            "Lines of another month than their order or without a date, counted in its month"
        ),
    }.get(rule, rule)
