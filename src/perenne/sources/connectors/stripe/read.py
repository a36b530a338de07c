"""What Stripe gives, as rows of staged tables. Amounts come in the smallest unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from perenne.sources.connectors.answers import Answer, read_records
from perenne.sources.connectors.model import Page, Row, Span, Stream
from perenne.sources.connectors.stripe.money import money
from perenne.sources.connectors.stripe.subscribed import subscription

_CHARGE = {"succeeded": "paid", "pending": "pending", "failed": "cancelled"}
# Written as in the preset of Stripe's own export.
_ORDER_NAMED = re.compile(
    r"(?:commande|cde|order|bestellung)[^a-z0-9]*(?:n[°o]?|num[ée]ro|number|#)?[^a-z0-9]*"
    r"([a-z]{0,4}[0-9][a-z0-9/_-]*)",
    re.IGNORECASE,
)
_TAKES_NOTHING = frozenset(
    {"won", "warning_needs_response", "warning_under_review", "warning_closed"}
)
_DAY = 86_400
# Stripe cannot be asked for what changed: a payment may settle, or be refunded, for a month.
_SETTLING = 30 * _DAY
# Banks take months to settle a dispute.
_DISPUTED = 240 * _DAY
Make = Callable[[Answer], tuple[str, list[Row]]]


def live(make: Make) -> Make:
    """`make`, but that a payment of test mode is marked as a test, and that nothing else of it is
    kept: its persons and subscriptions are made up."""

    def made(answer: Answer) -> tuple[str, list[Row]]:
        key, rows = make(answer)
        if answer.flag("livemode", optional=True) is False:
            rows = [(table, {**row, "is_test": True}) for table, row in rows if table == "orders"]
        return key, rows

    return made


def _made(path: str, make: Make) -> Any:
    """A reader of objects by the time of their making, a window at a time."""

    def read(client: Any, span: Span) -> Iterator[Page]:
        for start, end in client.windows(span):
            for page in client.created(path, start, end):
                yield Page(read_records(page, live(make)))
            yield Page((), end.isoformat())

    return read


def subscriptions(client: Any, span: Span) -> Iterator[Page]:
    """Every subscription, also ended ones: they change long after they are made."""

    def make(answer: Answer) -> tuple[str, list[Row]]:
        return subscription(answer, now=span.until)

    for page in client.subscriptions():
        yield Page(read_records(page, live(make)))
    yield Page((), span.until.isoformat())


def customers(client: Any, span: Span) -> Iterator[Page]:
    """Every customer: their e-mail may change at any time."""
    for page in client.every("/v1/customers", {}):
        yield Page(read_records(page, live(_customer)))
    yield Page((), span.until.isoformat())


def _charge(charge: Answer) -> tuple[str, list[Row]]:
    key = charge.known("id")
    currency = charge.known("currency").upper()
    details = charge.inner("billing_details")
    email = (details.text("email") if details else None) or charge.text("receipt_email")
    customer = charge.text("customer")
    address = details.inner("address") if details else None
    refunded = money(charge, "amount_refunded", currency)
    amount = money(charge, "amount", currency)
    status = charge.known("status")
    row = {
        "source_order_id": key,
        "ordered_at": charge.unix("created"),
        "customer_ref": customer or (email.lower() if email else None),
        "customer_ref_kind": "id" if customer else "email" if email else None,
        "document": "payment",
        "pays_order": _order_named(charge),
        "status": _charge_status(charge, status, amount, refunded),
        "status_text": status if charge.flag("captured") else f"{status}, not captured",
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
        # Money that is held and not taken: no sale until it is, and none once it is let go.
        return "voided"
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
        "amount": Decimal(0) if failed else money(refund, "amount", currency),
        "currency": currency,
        "reason": refund.text("reason"),
    }
    return key, [("refunds", row)]


def _dispute(dispute: Answer) -> tuple[str, list[Row]]:
    """A chargeback: Stripe takes the amount at once, and gives it back once the dispute is won.

    So it is given back from its own day on, also while it is looked at; one that is won, or that
    is but a question of the bank, takes nothing. Stripe's fee is a cost, not revenue.
    """
    key = dispute.known("id")
    currency = dispute.known("currency").upper()
    status = dispute.known("status")
    row = {
        "source_order_id": dispute.known("charge"),
        "source_refund_id": key,
        "refunded_at": dispute.unix("created"),
        "amount": Decimal(0) if status in _TAKES_NOTHING else money(dispute, "amount", currency),
        "currency": currency,
        "reason": f"dispute, {status}",
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
        "value": money(intent, "amount", currency),
        "currency": currency,
    }
    return key, [("events", row)]


STREAMS = (
    Stream("charges", "GET /v1/charges", ("orders",), _made("/v1/charges", _charge), _SETTLING),
    Stream("refunds", "GET /v1/refunds", ("refunds",), _made("/v1/refunds", _refund), _SETTLING),
    Stream(
        "disputes", "GET /v1/disputes", ("refunds",), _made("/v1/disputes", _dispute), _DISPUTED
    ),
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
