"""What each cleaning rule means for the figures, in one sentence."""

from __future__ import annotations

from perenne.text import gettext as _


def meaning(rule: str) -> str:
    """Explain a rule of the cleaning, empty for one that is unknown here."""
    return {
        "counted": _("Product lines of valid orders: what revenue is made of, before returns."),
        "merged": _("Rows that repeat another one in full, counted once."),
        "quarantined": _("Rows that cannot be read, kept in quarantine with their reason."),
        "cancelled": _("Orders taken back before they counted as a sale."),
        "pending": _("Orders that are not paid yet."),
        "test": _("Orders and products made to try out the shop."),
        "adjustment": _("Accounting entries that sell nothing."),
        "payment": _("What customers paid for orders that another source tells already."),
        "return": _("Goods given back: taken off revenue on the day of the return."),
        "shipping": _("Postage charged to customers: not product revenue."),
        "fee": _("Bank, marketplace and service fees."),
        "discount_line": _("Discounts written as a line of their own."),
        "sample": _("Samples sent out."),
        "gift_card": _("Value sold, counted when it is used."),
        "stock_movement": _("Write-offs and stock counts, without a customer or a price."),
        "zero_price_line": _("Free lines beside paid ones; the order itself counts."),
        "no_product": _("Orders left without any product line."),
        "later": _("Sales after the day of this report."),
        "undated": _("Lines that cannot be placed in time."),
        "told_by_lines": _("Orders whose amount is already in their lines."),
        "moved": _("They count on the day of their order: the same amount, another month."),
    }.get(rule, "")
