"""What WooCommerce gives, as rows of staged tables."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from perenne.sources.connectors.answers import Answer, read_records
from perenne.sources.connectors.model import Page, Row, Span, Stream

_STATUS = {
    "pending": "pending",
    "on-hold": "pending",
    "checkout-draft": "pending",
    "auto-draft": "pending",
    "processing": "paid",
    "completed": "paid",
    "cancelled": "cancelled",
    "failed": "cancelled",
    "trash": "cancelled",
    "refunded": "refunded",
}
_UTM = ("utm_source", "utm_medium")


def orders(client: Any, span: Span) -> Iterator[Page]:
    """Orders with their lines, refunds and customers, oldest change first."""
    for page in client.changed("orders", span.start):
        whole = [
            {**one, "_refunds": client.refunds(one["id"]) if one.get("refunds") else []}
            for one in page
        ]
        yield Page(read_records(whole, _order), _last_change(page))


def products(client: Any, span: Span) -> Iterator[Page]:
    """Products, oldest change first."""
    for page in client.changed("products", span.start):
        yield Page(read_records(page, _product), _last_change(page))


def customers(client: Any, span: Span) -> Iterator[Page]:
    """Every customer: WooCommerce cannot be asked for those that changed."""
    for page in client.every("customers"):
        yield Page(read_records(page, _customer))
    yield Page((), span.until.isoformat())


def _last_change(page: list[Any]) -> str | None:
    return f"{page[-1]['date_modified_gmt']}+00:00" if page else None


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
        "tax_included": False,
        "coupon": next((c.text("code") for c in order.many("coupon_lines")), None),
        "country": _country(order, billing),
        "attributes": _attribution(order),
    }
    rows: list[Row] = [("orders", row)]
    rows += [("order_lines", line) for line in lines]
    rows += [("refunds", one) for one in refunds]
    if who.get("customer_ref") and who["customer_ref_kind"] != "id" and billing:
        rows.append(("customers", {**who, **_person(billing)}))
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
        "currency": base["currency"],
        "reason": refund.text("reason", optional=True),
    }


def _country(order: Answer, billing: Answer | None) -> str | None:
    shipping = order.inner("shipping")
    country = shipping.text("country", optional=True) if shipping else None
    return country or (billing.text("country", optional=True) if billing else None)


def _attribution(order: Answer) -> str:
    """The order attribution that WooCommerce keeps, as lines `utm_source: x`."""
    said = []
    for one in order.many("meta_data", optional=True):
        key = one.text("key", optional=True) or ""
        name = key.removeprefix("_wc_order_attribution_")
        if name in _UTM and key != name:
            said.append(f"{name}: {one.text('value')}")
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
    return key, [
        (
            "products",
            {
                "product_id": product.text("sku") or key,
                "product_name": product.text("name"),
                "category": next((name for name in categories if name), None),
                "price": product.number("regular_price", optional=True) or product.number("price"),
                "stock": product.number("stock_quantity", optional=True),
            },
        )
    ]


STREAMS = (
    Stream(
        "orders",
        "GET /wp-json/wc/v3/orders",
        ("orders", "order_lines", "refunds", "customers"),
        orders,
    ),
    Stream("customers", "GET /wp-json/wc/v3/customers", ("customers",), customers),
    Stream("products", "GET /wp-json/wc/v3/products", ("products",), products),
)
