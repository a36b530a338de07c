"""What Stripe gives, as rows of staged tables. Amounts come in the smallest unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from perenne.sources.connectors.answers import Answer, read_records
from perenne.sources.connectors.model import Page, Row, Span, Stream

# Currencies that Stripe counts in whole units, and in thousandths; all others in hundredths, among
# them ISK and UGX, which have no cents and are still written with two decimals.
WHOLE = frozenset(
    {
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    }
)
THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})

_CHARGE = {"succeeded": "paid", "pending": "pending", "failed": "cancelled"}
_SUBSCRIPTION = {
    "active": "active",
    "trialing": "trialing",
    "past_due": "past_due",
    "unpaid": "past_due",
    "incomplete": "past_due",
    "incomplete_expired": "expired",
    "canceled": "cancelled",
    "paused": "paused",
}
# Written as in the preset of Stripe's own export.
_ORDER_NAMED = re.compile(
    r"(?:commande|cde|order|bestellung)[^a-z0-9]*(?:n[°o]?|num[ée]ro|number|#)?[^a-z0-9]*"
    r"([a-z]{0,4}[0-9][a-z0-9/_-]*)",
    re.IGNORECASE,
)
_DAY = 86_400
# Stripe cannot be asked for what changed: a payment may settle, or be refunded, for a month.
_SETTLING = 30 * _DAY


def _made(path: str, make: Callable[[Answer], tuple[str, list[Row]]]) -> Any:
    """A reader of objects by the time of their making, a window at a time."""

    def read(client: Any, span: Span) -> Iterator[Page]:
        for start, end in client.windows(span):
            for page in client.created(path, start, end):
                yield Page(read_records(page, make))
            yield Page((), end.isoformat())

    return read


def subscriptions(client: Any, span: Span) -> Iterator[Page]:
    """Every subscription, also ended ones: they change long after they are made."""
    for page in client.every("/v1/subscriptions", {"status": "all"}):
        yield Page(read_records(page, _subscription))
    yield Page((), span.until.isoformat())


def customers(client: Any, span: Span) -> Iterator[Page]:
    """Every customer: their e-mail may change at any time."""
    for page in client.every("/v1/customers", {}):
        yield Page(read_records(page, _customer))
    yield Page((), span.until.isoformat())


def major(amount: Decimal, currency: str) -> Decimal:
    """An amount of smallest units in units of the currency."""
    code = currency.upper()
    places = 0 if code in WHOLE else 3 if code in THOUSANDTHS else 2
    return amount.scaleb(-places)


def _money(answer: Answer, name: str, currency: str) -> Decimal:
    return major(answer.decimal(name), currency)


def _charge(charge: Answer) -> tuple[str, list[Row]]:
    key = charge.known("id")
    currency = charge.known("currency").upper()
    details = charge.inner("billing_details")
    email = (details.text("email") if details else None) or charge.text("receipt_email")
    customer = charge.text("customer")
    address = details.inner("address") if details else None
    refunded = _money(charge, "amount_refunded", currency)
    amount = _money(charge, "amount", currency)
    status = charge.known("status")
    row = {
        "source_order_id": key,
        "ordered_at": charge.unix("created"),
        "customer_ref": customer or (email.lower() if email else None),
        "customer_ref_kind": "id" if customer else "email" if email else None,
        "document": "payment",
        "pays_order": _order_named(charge),
        "status": _charge_status(charge, status, amount, refunded),
        "status_text": status,
        "is_test": charge.flag("livemode") is False,
        "currency": currency,
        "total": amount,
        "refunded": refunded,
        "country": address.text("country") if address else None,
    }
    return key, [("orders", row)]


def _order_named(charge: Answer) -> str | None:
    """The order number in a payment's description, as shop platforms write it there."""
    found = _ORDER_NAMED.search(charge.text("description", optional=True) or "")
    return found[1] if found else None


def _charge_status(charge: Answer, status: str, amount: Decimal, refunded: Decimal) -> str:
    if status == "succeeded" and charge.flag("captured") is False:
        return "pending"
    if status == "succeeded" and refunded > 0:
        return "refunded" if refunded >= amount else "partial"
    return _CHARGE.get(status, "other")


def _refund(refund: Answer) -> tuple[str, list[Row]]:
    key = refund.known("id")
    currency = refund.known("currency").upper()
    status = refund.text("status")
    charge = refund.text("charge")
    if charge is None:
        return key, []
    # A refund that fails after all is told again, and then takes nothing back.
    failed = status in ("failed", "canceled")
    row = {
        "source_order_id": charge,
        "source_refund_id": key,
        "refunded_at": refund.unix("created"),
        "amount": Decimal(0) if failed else _money(refund, "amount", currency),
        "currency": currency,
        "reason": refund.text("reason"),
    }
    return key, [("refunds", row)]


def _customer(customer: Answer) -> tuple[str, list[Row]]:
    key = customer.known("id")
    address = customer.inner("address", optional=True)
    row = {
        "customer_ref": key,
        "customer_ref_kind": "id",
        "email": customer.text("email"),
        "phone": customer.text("phone"),
        "first_name": customer.text("name"),
        "created_on": customer.unix("created"),
    }
    if address:
        row |= {
            "address": address.text("line1"),
            "postcode": address.text("postal_code"),
            "city": address.text("city"),
            "country": address.text("country"),
        }
    return key, [("customers", row)]


def _intent(intent: Answer) -> tuple[str, list[Row]]:
    """A payment that was begun. Money counts by its charges; this tells who went to pay."""
    key = intent.known("id")
    currency = intent.known("currency").upper()
    customer = intent.text("customer")
    row = {
        "source_event_id": key,
        "occurred_at": intent.unix("created"),
        "customer_ref": customer,
        "customer_ref_kind": "id" if customer else None,
        "event": "checkout",
        "event_text": "payment_intent",
        "status": intent.text("status"),
        "value": _money(intent, "amount", currency),
        "currency": currency,
    }
    return key, [("events", row)]


def _subscription(subscription: Answer) -> tuple[str, list[Row]]:
    key = subscription.known("id")
    listed = subscription.inner("items")
    items = list(listed.many("data")) if listed else []
    price = items[0].inner("price") if items else None
    recurring = price.inner("recurring") if price else None
    currency = subscription.known("currency").upper()
    status = subscription.known("status")
    details = subscription.inner("cancellation_details", optional=True)
    row = {
        "source_subscription_id": key,
        "customer_ref": subscription.known("customer"),
        "customer_ref_kind": "id",
        "status": _SUBSCRIPTION.get(status, "other"),
        "status_text": status,
        "started_at": subscription.unix("start_date"),
        "trial_until_on": subscription.unix("trial_end"),
        "cancelled_on": subscription.unix("canceled_at"),
        "ended_on": subscription.unix("ended_at"),
        "cancel_reason": details.text("reason") if details else None,
        "plan": (price.text("nickname") or price.text("id")) if price else None,
        "product_id": price.text("product") if price else None,
        "price": _per_interval(items, currency),
        "quantity": 1,
        "currency": currency,
        "interval_unit": recurring.text("interval") if recurring else None,
        "interval_count": recurring.number("interval_count") if recurring else None,
    }
    return key, [("subscriptions", row)]


def _per_interval(items: list[Answer], currency: str) -> Decimal | None:
    """What all items of a subscription cost per interval; None where one has no fixed price."""
    whole = Decimal(0)
    for item in items:
        price = item.inner("price")
        unit = price.number("unit_amount_decimal") if price else None
        if unit is None:
            return None
        whole += Decimal(unit) * (item.decimal("quantity", optional=True) or 1)
    return major(whole, currency)


STREAMS = (
    Stream("charges", "GET /v1/charges", ("orders",), _made("/v1/charges", _charge), _SETTLING),
    Stream("refunds", "GET /v1/refunds", ("refunds",), _made("/v1/refunds", _refund), _SETTLING),
    Stream("customers", "GET /v1/customers", ("customers",), customers),
    Stream(
        "payment_intents",
        "GET /v1/payment_intents",
        ("events",),
        _made("/v1/payment_intents", _intent),
        _SETTLING,
    ),
    Stream("subscriptions", "GET /v1/subscriptions", ("subscriptions",), subscriptions),
)
