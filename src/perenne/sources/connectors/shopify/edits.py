"""Units that an edit took out of an order: never paid, so never sold.

Shopify leaves them in a line's `quantity` and amounts, as it does with refunded units, and takes
both out of `currentQuantity`. A bulk query cannot reach the lines of refunds, so that money tells
them apart: what is missing beyond what was refunded, and was neither received nor is outstanding.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from perenne.sources.connectors.answers import Answer

_FINE = Decimal("0.0001")
_NOTHING = Decimal(0)


def shop_money(answer: Answer, name: str, *, optional: bool = False) -> str | None:
    """An amount in the currency of the shop."""
    money = answer.inner(name, optional=optional)
    shop = money.inner("shopMoney") if money else None
    return shop.number("amount") if shop else None


def amount(answer: Answer, name: str, *, optional: bool = False) -> Decimal:
    """`shop_money` to reckon with; nothing counts as 0."""
    return Decimal(shop_money(answer, name, optional=optional) or 0)


def line_tax(line: Answer) -> Decimal:
    """All taxes of a line."""
    return sum((amount(tax, "priceSet") for tax in line.many("taxLines")), _NOTHING)


def kept_shares(order: Answer, lines: Iterable[Answer]) -> list[Decimal]:
    """Of each line, the part of its units and amounts that no edit took out."""
    found = list(lines)
    missing = [_missing(line) for line in found]
    if not any(missing):
        return [Decimal(1)] * len(found)
    taxed = order.flag("taxesIncluded")
    values = [
        share * (amount(line, "discountedTotalSet") + (_NOTHING if taxed else line_tax(line)))
        for line, share in zip(found, missing, strict=True)
    ]
    gone = sum(values, _NOTHING)
    removed = max(_NOTHING, min(gone - _refunded_goods(order), _never_paid(order, gone)))
    # Where some units were refunded and others removed, each line is cut alike.
    part = removed / gone if gone else _NOTHING
    return [1 - share * part for share in missing]


def _missing(line: Answer) -> Decimal:
    """The part of a line's units that were refunded or removed."""
    units, now = line.decimal("quantity"), line.number("currentQuantity", optional=True)
    return (units - Decimal(now)) / units if now is not None and units else _NOTHING


def _refunded_goods(order: Answer) -> Decimal:
    shipping = amount(order, "totalRefundedShippingSet", optional=True)
    return amount(order, "totalRefundedSet") - shipping


def _never_paid(order: Answer, unknown: Decimal) -> Decimal:
    received = shop_money(order, "totalReceivedSet", optional=True)
    if received is None:
        return unknown
    owed = amount(order, "totalOutstandingSet", optional=True)
    return amount(order, "totalPriceSet") - Decimal(received) - owed


def cut(whole: Decimal, share: Decimal) -> Decimal:
    """The part of an amount that stays."""
    return whole if share == 1 else (whole * share).quantize(_FINE)


def without_shipping(refunds: list[Decimal], shipping: Decimal) -> list[Decimal]:
    """Refunds of an order less the shipping that they give back together.

    Only the order tells how much that is: it is taken from the refund of just that amount, else
    from the refunds in turn.
    """
    if shipping in refunds:
        place = refunds.index(shipping)
        return [_NOTHING if nth == place else one for nth, one in enumerate(refunds)]
    left, found = shipping, []
    for one in refunds:
        found.append(one - min(one, left))
        left -= min(one, left)
    return found
