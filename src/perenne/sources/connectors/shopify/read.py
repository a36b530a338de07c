"""What Shopify gives, as rows of staged tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import islice
from string import Template
from typing import Any

from perenne.sources.connectors.answers import Answer, read_records
from perenne.sources.connectors.model import Page, Row, Span, Stream
from perenne.sources.connectors.shopify import queries
from perenne.sources.connectors.shopify.edits import (
    amount,
    cut,
    kept_shares,
    line_tax,
    shop_money,
    without_shipping,
)

# The index that answers `updated_at` lags a little behind the shop.
_LAG = 600
_AT_ONCE = 1000
_STATUS = {
    "PENDING": "pending",
    "AUTHORIZED": "pending",
    "PARTIALLY_PAID": "paid",
    "PAID": "paid",
    "PARTIALLY_REFUNDED": "partial",
    "REFUNDED": "refunded",
    "VOIDED": "voided",
    "EXPIRED": "cancelled",
}
_CONSENT = {"SUBSCRIBED": "subscribed", "UNSUBSCRIBED": "unsubscribed"}
_TIPS = ("tip", "pourboire")


def _bulk(query: Template, make: Callable[[Answer], tuple[str, list[Row]]]) -> Any:
    """A reader of one bulk operation over the whole span."""

    def read(client: Any, span: Span) -> Iterator[Page]:
        for part in _parts(client.bulk(query, span)):
            yield Page(read_records(part, make))
        yield Page((), span.until.isoformat())

    return read


def _parts(objects: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while part := list(islice(objects, _AT_ONCE)):
        yield part


def _order(order: Answer) -> tuple[str, list[Row]]:
    key = order.known("legacyResourceId")
    base: dict[str, Any] = {
        # As in Shopify's own export, so that both tell of the same order.
        "source_order_id": f"{order.known('name')}/{key}",
        "ordered_at": order.moment("createdAt"),
        "currency": order.text("currencyCode"),
    }
    included = order.flag("taxesIncluded")
    children = list(order.many("_children"))
    shares = kept_shares(order, children)
    lines = [
        _line(line, base, included, share) for line, share in zip(children, shares, strict=True)
    ]
    refunds = _refunds(order, base)
    status = order.text("displayFinancialStatus")
    cancelled = order.moment("cancelledAt")
    tags = [str(tag) for tag in order.values("tags")]
    row: dict[str, object] = {
        **base,
        **_who(order),
        "document": "sale",
        "status": "cancelled" if cancelled else _STATUS.get(status or "", "other"),
        "status_text": status,
        "is_test": bool(order.flag("test")) or "test" in map(str.casefold, tags),
        "cancelled_on": cancelled,
        **_sums(order, children, shares),
        "tax_included": included,
        "coupon": ", ".join(str(code) for code in order.values("discountCodes")) or None,
        "country": _country(order),
        "attributes": _attributes(order),
        "tags": ", ".join(tags),
    }
    return key, [
        ("orders", row),
        *(("order_lines", line) for line in lines),
        *(("refunds", one) for one in refunds),
    ]


def _who(order: Answer) -> dict[str, object]:
    """The customer, else the e-mail or telephone of the order."""
    customer = order.inner("customer")
    email, phone = order.text("email"), order.text("phone")
    if customer:
        return {"customer_ref": customer.known("legacyResourceId"), "customer_ref_kind": "id"}
    if email:
        return {"customer_ref": email.lower(), "customer_ref_kind": "email"}
    digits = "".join(sign for sign in phone or "" if sign.isdigit())
    return {"customer_ref": digits or None, "customer_ref_kind": "phone" if digits else None}


def _sums(order: Answer, lines: list[Answer], shares: list[Decimal]) -> dict[str, object]:
    """Amounts of the order, less those of units that an edit took out."""
    gone = {"subtotal": Decimal(0), "discount": Decimal(0), "tax": Decimal(0)}
    for line, share in zip(lines, shares, strict=True):
        before, after = amount(line, "originalTotalSet"), amount(line, "discountedTotalSet")
        tax = line_tax(line)
        gone["subtotal"] += after - cut(after, share)
        gone["discount"] += before - after - cut(before - after, share)
        gone["tax"] += tax - cut(tax, share)
    untaxed = Decimal(0) if order.flag("taxesIncluded") else gone["tax"]
    return {
        "subtotal": _less(order, "subtotalPriceSet", gone["subtotal"]),
        "discount": _less(order, "totalDiscountsSet", gone["discount"]),
        "shipping": shop_money(order, "totalShippingPriceSet"),
        "tax": _less(order, "totalTaxSet", gone["tax"]),
        "total": _less(order, "totalPriceSet", gone["subtotal"] + untaxed),
        "refunded": _less(
            order, "totalRefundedSet", amount(order, "totalRefundedShippingSet", optional=True)
        ),
    }


def _less(order: Answer, name: str, gone: Decimal) -> Decimal | str | None:
    told = shop_money(order, name)
    return told if told is None or not gone else max(Decimal(0), Decimal(told) - gone)


def _line(
    line: Answer, base: dict[str, Any], included: bool | None, share: Decimal
) -> dict[str, object]:
    before, after = amount(line, "originalTotalSet"), amount(line, "discountedTotalSet")
    product = line.inner("product")
    return {
        **base,
        "document": "sale",
        "line_number": line.known("id").rsplit("/", 1)[-1],
        "product_id": line.text("sku") or line.text("name"),
        "product_name": line.text("name"),
        "category": product.text("productType") if product else None,
        "kind": _kind(line),
        "quantity": cut(line.decimal("quantity"), share),
        "discount": cut(before - after, share),
        "tax": cut(line_tax(line), share),
        "amount": cut(after, share),
        "tax_included": included,
    }


def _kind(line: Answer) -> str:
    if line.flag("isGiftCard"):
        return "gift_card"
    ships, name = line.flag("requiresShipping"), (line.text("name") or "").casefold()
    return "fee" if not ships and name in _TIPS else "product"


def _refunds(order: Answer, base: dict[str, Any]) -> list[dict[str, object]]:
    """What was given back for products: shipping that is given back is no return."""
    told = list(order.many("refunds"))
    amounts = [amount(refund, "totalRefundedSet") for refund in told]
    shipping = amount(order, "totalRefundedShippingSet", optional=True)
    return [
        {
            "source_order_id": base["source_order_id"],
            "source_refund_id": refund.known("legacyResourceId"),
            "refunded_at": refund.moment("createdAt"),
            "amount": given_back,
            "currency": base["currency"],
            "reason": refund.text("note"),
        }
        for refund, given_back in zip(told, without_shipping(amounts, shipping), strict=True)
    ]


def _country(order: Answer) -> str | None:
    for name in ("shippingAddress", "billingAddress"):
        place = order.inner(name)
        if place and (code := place.text("countryCodeV2")):
            return code
    return None


def _attributes(order: Answer) -> str:
    """utm parameters of the last visit, then what the shop noted, as lines `utm_source: x`."""
    said = []
    journey = order.inner("customerJourneySummary")
    visit = journey.inner("lastVisit") if journey else None
    utm = visit.inner("utmParameters") if visit else None
    if utm:
        said += [f"utm_{name}: {utm.text(name)}" for name in ("source", "medium") if utm.text(name)]
    said += [f"{one.text('key')}: {one.text('value')}" for one in order.many("customAttributes")]
    return "\n".join(said)


def _customer(customer: Answer) -> tuple[str, list[Row]]:
    key = customer.known("legacyResourceId")
    who: dict[str, object] = {"customer_ref": key, "customer_ref_kind": "id"}
    email, phone = customer.inner("defaultEmailAddress"), customer.inner("defaultPhoneNumber")
    place, spent = customer.inner("defaultAddress"), customer.inner("amountSpent")
    row = {
        **who,
        "email": email.text("emailAddress") if email else None,
        "phone": (phone.text("phoneNumber") if phone else None)
        or (place.text("phone") if place else None),
        "first_name": customer.text("firstName"),
        "last_name": customer.text("lastName"),
        "created_on": customer.moment("createdAt"),
        "tags": ", ".join(str(tag) for tag in customer.values("tags")),
        "total_orders": customer.number("numberOfOrders"),
        "total_spent": spent.number("amount") if spent else None,
        **(_place(place) if place else {}),
    }
    rows: list[Row] = [("customers", row)]
    if email:
        rows.append(("consents", {**who, **_mail_consent(email)}))
    if phone and (said := phone.inner("smsMarketingConsent")):
        rows.append(("consents", {**who, **_sms_consent(said)}))
    return key, rows


def _place(place: Answer) -> dict[str, object]:
    return {
        "company": place.text("company"),
        "address": place.text("address1"),
        "postcode": place.text("zip"),
        "city": place.text("city"),
        "region": place.text("province"),
        "country": place.text("countryCodeV2"),
    }


def _mail_consent(email: Answer) -> dict[str, object]:
    state = email.known("marketingState")
    return {
        "channel": "email",
        "purpose": "marketing",
        "status": _CONSENT.get(state, "unknown"),
        "suppressed": False,
        "status_text": state,
        "said_at": email.moment("marketingUpdatedAt"),
        "proof": email.text("marketingOptInLevel"),
    }


def _sms_consent(said: Answer) -> dict[str, object]:
    state = said.known("state")
    return {
        "channel": "sms",
        "purpose": "marketing",
        "status": _CONSENT.get(state, "unknown"),
        "suppressed": False,
        "status_text": state,
        "said_at": said.moment("updatedAt"),
    }


def _variant(variant: Answer) -> tuple[str, list[Row]]:
    key = variant.known("legacyResourceId")
    product, item = variant.inner("product"), variant.inner("inventoryItem")
    cost = item.inner("unitCost") if item else None
    name = variant.text("displayName")
    row: dict[str, object] = {
        "product_id": variant.text("sku") or name,
        "product_name": name,
        "price": variant.number("price"),
        "cost": cost.number("amount") if cost else None,
        "currency": cost.text("currencyCode") if cost else None,
        "stock": variant.number("inventoryQuantity"),
    }
    if product:
        row |= {
            "category": product.text("productType"),
            "vendor": product.text("vendor"),
            "status": _shelf((product.text("status") or "").lower()),
            "is_gift_card": product.flag("isGiftCard"),
        }
    return key, [("products", row)]


def _shelf(status: str) -> str | None:
    return {"unlisted": "active"}.get(status, status) or None


STREAMS = (
    Stream(
        "orders",
        "bulkOperationRunQuery orders",
        ("orders", "order_lines", "refunds"),
        _bulk(queries.ORDERS, _order),
        _LAG,
    ),
    Stream(
        "customers",
        "bulkOperationRunQuery customers",
        ("customers", "consents"),
        _bulk(queries.CUSTOMERS, _customer),
        _LAG,
    ),
    Stream(
        "products",
        "bulkOperationRunQuery productVariants",
        ("products",),
        _bulk(queries.PRODUCTS, _variant),
        _LAG,
    ),
)
