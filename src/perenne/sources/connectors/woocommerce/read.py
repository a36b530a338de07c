"""What WooCommerce gives, as rows of staged tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from perenne.sources.connectors.answers import Answer, read_records
from perenne.sources.connectors.model import Page, Row, Span, Stream

_STATUS = {
    "pending": "pending",
    "on-hold": "pending",
    # Nobody placed them: as in the presets of WooCommerce's files.
    "checkout-draft": "cancelled",
    "auto-draft": "cancelled",
    "processing": "paid",
    "completed": "paid",
    "cancelled": "cancelled",
    "failed": "cancelled",
    "trash": "cancelled",
    "refunded": "refunded",
}
_VARIABLE = ("variable", "variable-subscription")
# The hour that comes twice in autumn (paging.py), and changes that are seen a little late.
_OVERLAP = 3600 + 600
_UTM = ("utm_source", "utm_medium")


def orders(client: Any, span: Span) -> Iterator[Page]:
    """Orders with their lines, refunds and customers, oldest change first.

    Those in the bin have to be asked for by themselves: beside `any` no other status counts. They
    come first, so that of an order that is taken out of the bin meanwhile the last word is read.
    """
    for page in client.changed("orders", span.start, status="trash"):
        yield Page(read_records(_whole(client, page), _order))
    # What goes into the bin from here on has changed after `until`, and comes next time.
    for page, position in _placed(client.changed("orders", span.start), span):
        yield Page(read_records(_whole(client, page), _order), position)


def _whole(client: Any, page: list[Any]) -> list[dict[str, Any]]:
    return [
        {**one, "_refunds": client.refunds(one["id"]) if one.get("refunds") else []} for one in page
    ]


def products(client: Any, span: Span) -> Iterator[Page]:
    """Products with their variations, oldest change first."""
    for page, position in _placed(client.changed("products", span.start), span):
        whole = [{**one, "_variations": _variations(client, one)} for one in page]
        yield Page(read_records(whole, _product), position)


def _variations(client: Any, product: dict[str, Any]) -> list[Any]:
    """One more request for a product that has variations: lists name products alone."""
    if product.get("type") not in _VARIABLE:
        return []
    return [one for page in client.variations(product["id"]) for one in page]


def customers(client: Any, span: Span) -> Iterator[Page]:
    """Every customer: WooCommerce cannot be asked for those that changed. Whoever has an account
    may buy, subscribers and those who run the shop too."""
    for page in client.every("customers", role="all"):
        yield Page(read_records(page, _customer))
    yield Page((), span.until.isoformat())


def _placed(pages: Iterator[list[Any]], span: Span) -> Iterator[tuple[list[Any], str | None]]:
    """Pages and how far they have come, which never goes back, nor beyond `until`."""
    reached: datetime | None = None
    for page in pages:
        changes = [datetime.fromisoformat(f"{one['date_modified_gmt']}+00:00") for one in page]
        reached = max(filter(None, [reached, *changes]), default=None)
        yield page, min(reached, span.until).isoformat() if reached else None


def _order(order: Answer) -> tuple[str, list[Row]]:
    key = order.known("id")
    number = order.text("number") or key
    billing = order.inner("billing")
    who = _who(order, billing)
    when = {"ordered_at": order.moment("date_created_gmt", zone="Z")}
    base = {"source_order_id": number, **when, "currency": order.text("currency")}
    lines = [_line(line, base) for line in order.many("line_items")]
    lines += [_fee(fee, base) for fee in order.many("fee_lines")]
    refunds = [_refund(one, base) for one in order.many("_refunds", optional=True)]
    status = order.known("status")
    row: dict[str, object] = {
        **base,
        **who,
        "document": "sale",
        "status": _status(status, refunds),
        "status_text": status,
        "subtotal": sum((Decimal(str(line["amount"])) for line in lines), Decimal(0)),
        "discount": order.number("discount_total"),
        "shipping": order.number("shipping_total"),
        "tax": order.number("total_tax"),
        "total": order.number("total"),
        "refunded": sum((Decimal(str(one["amount"])) for one in refunds), Decimal(0)),
        "refunds_told_on": order.moment("date_modified_gmt", zone="Z"),
        "tax_included": False,
        "coupon": next((c.text("code") for c in order.many("coupon_lines")), None),
        "country": _country(order, billing),
        "attributes": _attribution(order),
    }
    rows: list[Row] = [("orders", row)]
    rows += [("order_lines", line) for line in lines]
    rows += [("refunds", one) for one in refunds]
    if who["customer_ref"] and billing:
        rows.append(("customers", {**who, **_person(billing), **_told(when["ordered_at"])}))
    return key, rows


def _status(status: str, refunds: list[dict[str, object]]) -> str:
    known = _STATUS.get(status, "other")
    return "partial" if known == "paid" and refunds else known


def _who(order: Answer, billing: Answer | None) -> dict[str, object]:
    """The customer's account, else the e-mail of a guest."""
    account = order.text("customer_id")
    if account and account != "0":
        return {"customer_ref": account, "customer_ref_kind": "id"}
    email = billing.text("email", optional=True) if billing else None
    if email:
        return {"customer_ref": email.lower(), "customer_ref_kind": "email"}
    return {"customer_ref": None, "customer_ref_kind": None}


def _told(ordered_at: str | None) -> dict[str, object]:
    """On the day of the order: what a list of customers says comes before it."""
    return {"told_on": ordered_at, "first_told_on": ordered_at}


def _line(line: Answer, base: dict[str, Any]) -> dict[str, object]:
    """Amounts come without tax: `subtotal` before the discount, `total` after it."""
    before, after = line.decimal("subtotal"), line.decimal("total")
    return {
        **base,
        "document": "sale",
        "line_number": line.known("id"),
        "product_id": line.text("sku", optional=True) or line.text("product_id"),
        "product_name": line.text("name"),
        "quantity": line.number("quantity"),
        "discount": before - after,
        "tax": line.number("total_tax"),
        "amount": after,
        "tax_included": False,
    }


def _fee(fee: Answer, base: dict[str, Any]) -> dict[str, object]:
    amount = fee.decimal("total")
    return {
        **base,
        "document": "sale",
        "line_number": f"fee/{fee.known('id')}",
        "product_name": fee.text("name"),
        "kind": "fee",
        "quantity": 1,
        "amount": amount,
        "tax": fee.number("total_tax"),
        "tax_included": False,
    }


def _refund(refund: Answer, base: dict[str, Any]) -> dict[str, object]:
    return {
        "source_order_id": base["source_order_id"],
        "source_refund_id": refund.known("id"),
        "refunded_at": refund.moment("date_created_gmt", zone="Z"),
        "amount": abs(refund.decimal("amount")),
        "shipping": sum(map(_with_tax, refund.many("shipping_lines", optional=True)), Decimal(0)),
        "currency": base["currency"],
        "reason": refund.text("reason", optional=True),
    }


def _with_tax(line: Answer) -> Decimal:
    """What a line of a refund gave back, tax included."""
    return abs(line.decimal("total")) + abs(line.decimal("total_tax", optional=True))


def _country(order: Answer, billing: Answer | None) -> str | None:
    shipping = order.inner("shipping")
    country = shipping.text("country", optional=True) if shipping else None
    return country or (billing.text("country", optional=True) if billing else None)


def _attribution(order: Answer) -> str:
    """The order attribution that WooCommerce keeps, as lines `utm_source: x`. Any plugin writes
    beside it what it likes, in any form: an order is not refused for that."""
    noted = order.raw("meta_data", optional=True)
    noted = noted.values() if isinstance(noted, dict) else noted
    said = []
    for one in noted if isinstance(noted, Iterable) else ():
        key = str(one.get("key", "")) if isinstance(one, dict) else ""
        name = key.removeprefix("_wc_order_attribution_")
        if name in _UTM and key != name and isinstance(one["value"], str):
            said.append(f"{name}: {one['value']}")
    return "\n".join(said)


def _person(billing: Answer) -> dict[str, object]:
    return {
        "email": billing.text("email", optional=True),
        "phone": billing.text("phone", optional=True),
        "first_name": billing.text("first_name", optional=True),
        "last_name": billing.text("last_name", optional=True),
        "company": billing.text("company", optional=True),
        "address": billing.text("address_1", optional=True),
        "postcode": billing.text("postcode", optional=True),
        "city": billing.text("city", optional=True),
        "region": billing.text("state", optional=True),
        "country": billing.text("country", optional=True),
    }


def _customer(customer: Answer) -> tuple[str, list[Row]]:
    key = customer.known("id")
    billing = customer.inner("billing")
    person = _person(billing) if billing else {}
    return key, [
        (
            "customers",
            {
                **person,
                "customer_ref": key,
                "customer_ref_kind": "id",
                "email": customer.text("email"),
                "first_name": customer.text("first_name") or person.get("first_name"),
                "last_name": customer.text("last_name") or person.get("last_name"),
                "created_on": customer.moment("date_created_gmt", zone="Z"),
            },
        )
    ]


def _product(product: Answer) -> tuple[str, list[Row]]:
    key = product.known("id")
    categories = [c.text("name") for c in product.many("categories", optional=True)]
    own: dict[str, object] = {
        "product_id": product.text("sku") or key,
        "product_name": product.text("name"),
        "category": next((name for name in categories if name), None),
        **_priced(product),
    }
    rows: list[Row] = [("products", own)]
    for one in product.many("_variations", optional=True):
        # Without a number of its own, a variation has that of its product, in lines too.
        number = one.text("sku", optional=True)
        if number and number != own["product_id"]:
            rows.append(("products", {**own, "product_id": number, **_priced(one)}))
    return key, rows


def _priced(one: Answer) -> dict[str, object]:
    return {
        "price": one.number("regular_price", optional=True) or one.number("price"),
        "stock": one.number("stock_quantity", optional=True),
    }


STREAMS = (
    Stream(
        "orders",
        "GET /wp-json/wc/v3/orders",
        ("orders", "order_lines", "refunds", "customers"),
        orders,
        _OVERLAP,
    ),
    Stream("customers", "GET /wp-json/wc/v3/customers", ("customers",), customers),
    Stream("products", "GET /wp-json/wc/v3/products", ("products",), products, _OVERLAP),
)
