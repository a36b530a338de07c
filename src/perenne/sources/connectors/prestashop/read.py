"""What PrestaShop gives, as rows of staged tables. Its dates are local, its numbers texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from perenne.sources.connectors.answers import Answer, read_records
from perenne.sources.connectors.model import Page, Row, Span, Stream
from perenne.text import gettext as _

Instant = Callable[[str], str]

# When the clocks go back, an hour of local dates comes twice.
_TWICE = 2 * 3600
_OPTIONAL = ("newsletter_date_add",)
_FINE = Decimal("0.0001")
_CENT = Decimal("0.01")
_CALLED_OFF = ("order_canceled", "payment_error")


def orders(client: Any, span: Span) -> Iterator[Page]:
    """Orders with their lines, oldest change first."""
    currencies = {key: row.get("iso_code") for key, row in client.table("currencies").items()}
    states = client.table("order_states")

    def make(order: Answer, instant: Instant) -> tuple[str, list[Row]]:
        return _order(order, instant, currencies, states)

    yield from _changed(client, "orders", span, make)


def slips(client: Any, span: Span) -> Iterator[Page]:
    """Credit slips: what was given back."""
    yield from _changed(client, "order_slip", span, _slip)


def customers(client: Any, span: Span) -> Iterator[Page]:
    yield from _changed(client, "customers", span, _customer)


def products(client: Any, span: Span) -> Iterator[Page]:
    yield from _changed(client, "products", span, _product)


def _changed(
    client: Any, resource: str, span: Span, make: Callable[[Answer, Instant], tuple[str, list[Row]]]
) -> Iterator[Page]:
    def made(answer: Answer) -> tuple[str, list[Row]]:
        return make(answer, client.instant)

    for page in client.changed(resource, span.start):
        position = client.instant(page[-1]["date_upd"]) if page else None
        yield Page(read_records(page, made), position)


def _at(answer: Answer, name: str, instant: Instant) -> str | None:
    """A date of the shop as an instant."""
    local = answer.moment(name, optional=name in _OPTIONAL)
    return instant(local) if local else None


def _order(
    order: Answer, instant: Instant, currencies: dict[str, Any], states: dict[str, Any]
) -> tuple[str, list[Row]]:
    key = order.known("id")
    currency = currencies.get(order.known("id_currency"))
    if currency is None:
        order.refuse("id_currency", order.text("id_currency"), _("an unknown currency"))
    base = {
        "source_order_id": key,
        "ordered_at": _at(order, "date_add", instant),
        "currency": currency,
    }
    state = states.get(order.known("current_state"), {})
    with_tax, without = order.decimal("total_paid_tax_incl"), order.decimal("total_paid_tax_excl")
    customer = order.text("id_customer")
    row: dict[str, object] = {
        **base,
        "customer_ref": customer if customer != "0" else None,
        "customer_ref_kind": "id" if customer != "0" else None,
        "document": "sale",
        "status": _status(order, state),
        "status_text": _said(state.get("name")) or order.text("current_state"),
        "subtotal": order.decimal("total_products") - order.decimal("total_discounts_tax_excl"),
        "discount": order.number("total_discounts_tax_excl"),
        "shipping": order.number("total_shipping_tax_excl"),
        "tax": with_tax - without,
        "total": with_tax,
        "tax_included": False,
    }
    rows: list[Row] = [("orders", row)]
    listed = order.inner("associations")
    lines = listed.many("order_rows") if listed else iter(())
    rows += [("order_lines", _line(line, base)) for line in lines]
    return key, rows


def _status(order: Answer, state: dict[str, Any]) -> str:
    """`valid` says whether the order counts; the mail of its state tells why it does not."""
    template = _said(state.get("template")) or ""
    if template == "refund":
        return "refunded"
    if template in _CALLED_OFF:
        return "cancelled"
    return "paid" if order.flag("valid") else "pending"


def _line(line: Answer, base: dict[str, Any]) -> dict[str, object]:
    quantity, unit = line.decimal("product_quantity"), line.decimal("unit_price_tax_excl")
    return {
        **base,
        "document": "sale",
        "line_number": line.known("id"),
        "product_id": line.text("product_reference") or line.text("product_id"),
        "product_name": line.text("product_name"),
        "quantity": quantity,
        "amount": (quantity * unit).quantize(_FINE),
        "tax_included": False,
    }


def _slip(slip: Answer, instant: Instant) -> tuple[str, list[Row]]:
    key = slip.known("id")
    # Slips of before 1.6 tell shipping by `shipping_cost_amount` alone.
    shipping = slip.decimal("total_shipping_tax_incl") or slip.decimal(
        "shipping_cost_amount", optional=True
    )
    row = {
        "source_order_id": slip.known("id_order"),
        "source_refund_id": key,
        "refunded_at": _at(slip, "date_add", instant),
        "amount": _products_of(slip) + shipping,
        "shipping": shipping,
    }
    return key, [("refunds", row)]


def _products_of(slip: Answer) -> Decimal:
    """What was given back for products, tax included.

    `amount` is the products' total with or without tax, as the shop enters prices, unless the
    merchant chose another: then that was paid, whatever the products were worth. Nothing else in
    a slip says so: `partial` is 0 since 1.6, and the choice itself is not kept.
    """
    whole, net = slip.decimal("total_products_tax_incl"), slip.decimal("total_products_tax_excl")
    amount = slip.decimal("amount", optional=True)
    chosen = amount and all(abs(amount - total) > _CENT for total in (whole, net))
    return amount if chosen else whole


def _customer(customer: Answer, instant: Instant) -> tuple[str, list[Row]]:
    key = customer.known("id")
    who = {"customer_ref": key, "customer_ref_kind": "id"}
    rows: list[Row] = [
        (
            "customers",
            {
                **who,
                "email": customer.text("email"),
                "first_name": customer.text("firstname"),
                "last_name": customer.text("lastname"),
                "company": customer.text("company", optional=True),
                "birth_on": customer.moment("birthday", optional=True),
                "created_on": _at(customer, "date_add", instant),
            },
        )
    ]
    subscribed = customer.flag("newsletter", optional=True)
    if subscribed is not None:
        consent = {
            **who,
            "channel": "email",
            "purpose": "marketing",
            "status": "subscribed" if subscribed else "unsubscribed",
            "suppressed": False,
            "status_text": "newsletter",
            "said_at": _at(customer, "newsletter_date_add", instant),
        }
        rows.append(("consents", consent))
    return key, rows


def _product(product: Answer, _instant: Instant) -> tuple[str, list[Row]]:
    key = product.known("id")
    active = product.flag("active", optional=True)
    row = {
        "product_id": product.text("reference") or key,
        "product_name": _said(product.raw("name")),
        "price": product.number("price"),
        "cost": product.number("wholesale_price", optional=True),
        "vendor": product.text("manufacturer_name", optional=True),
        "status": None if active is None else "active" if active else "archived",
    }
    return key, [("products", row)]


def _said(value: Any) -> str | None:
    """A text that PrestaShop keeps in several languages: the first."""
    if isinstance(value, dict):
        value = value.get("language")
    if isinstance(value, list):
        value = value[0].get("value") if value and isinstance(value[0], dict) else None
    return str(value) if value else None


STREAMS = (
    Stream("orders", "GET /api/orders", ("orders", "order_lines"), orders, _TWICE),
    Stream("order_slips", "GET /api/order_slip", ("refunds",), slips, _TWICE),
    Stream("customers", "GET /api/customers", ("customers", "consents"), customers, _TWICE),
    Stream("products", "GET /api/products", ("products",), products, _TWICE),
)
