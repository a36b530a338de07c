"""Units that an edit removes were never sold; refunded ones were. Shipping given back is none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from perenne.sources.connectors.answers import Answer
from perenne.sources.connectors.shopify.edits import without_shipping
from perenne.sources.connectors.shopify.read import _order


def _money(amount: object) -> dict[str, Any]:
    return {"shopMoney": {"amount": str(amount), "currencyCode": "EUR"}}


def _line(number: int, units: int, now: int, price: int, tax: int = 0) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "name": f"Produit {number}",
        "sku": f"SKU-{number}",
        "quantity": units,
        "currentQuantity": now,
        "isGiftCard": False,
        "requiresShipping": True,
        "originalTotalSet": _money(price),
        "discountedTotalSet": _money(price),
        "taxLines": [{"priceSet": _money(tax)}],
        "product": None,
    }


def _sold(
    *lines: dict[str, Any],
    received: int,
    outstanding: int = 0,
    refunds: tuple[int, ...] = (),
    shipping: int = 0,
    refunded_shipping: int = 0,
    total: int = 0,
    **said: Any,
) -> tuple[dict[str, Decimal], list[tuple[Decimal, Decimal]], list[Decimal]]:
    """Sums of the order, units and amounts of its lines, and what was given back."""
    worth = sum(int(one["discountedTotalSet"]["shopMoney"]["amount"]) for one in lines)
    order = {
        "id": "gid://shopify/Order/1",
        "legacyResourceId": "1",
        "name": "#1",
        "createdAt": "2025-03-01T10:00:00Z",
        "cancelledAt": None,
        "test": False,
        "displayFinancialStatus": "PAID",
        "currencyCode": "EUR",
        "taxesIncluded": True,
        "email": None,
        "phone": None,
        "tags": [],
        "discountCodes": [],
        "subtotalPriceSet": _money(worth),
        "totalDiscountsSet": _money(0),
        "totalShippingPriceSet": _money(shipping),
        "totalTaxSet": _money(0),
        "totalPriceSet": _money(total or worth + shipping),
        "totalRefundedSet": _money(sum(refunds)),
        "totalRefundedShippingSet": _money(refunded_shipping),
        "totalReceivedSet": _money(received),
        "totalOutstandingSet": _money(outstanding),
        "customAttributes": [],
        "customerJourneySummary": None,
        "customer": None,
        "shippingAddress": None,
        "billingAddress": None,
        "refunds": [
            {
                "legacyResourceId": str(90 + nth),
                "createdAt": "2025-03-02T10:00:00Z",
                "note": None,
                "totalRefundedSet": _money(one),
            }
            for nth, one in enumerate(refunds)
        ],
        "_children": list(lines),
        **said,
    }
    answer = Answer(order)
    _key, rows = _order(answer)
    assert answer.fault is None
    (head,) = (row for table, row in rows if table == "orders")
    sums = {name: Decimal(str(head[name])) for name in ("subtotal", "total", "refunded")}
    told = [
        (Decimal(str(row["quantity"])), Decimal(str(row["amount"])))
        for table, row in rows
        if table == "order_lines"
    ]
    back = [Decimal(str(row["amount"])) for table, row in rows if table == "refunds"]
    return sums, told, back


def test_a_unit_removed_before_it_is_paid_is_no_sale() -> None:
    sums, lines, _back = _sold(_line(1, 2, 1, 240), received=120, refunds=(0,))
    assert sums == {"subtotal": 120, "total": 120, "refunded": 0}
    assert lines == [(1, 120)]


def test_so_it_is_of_an_order_that_is_not_paid_yet() -> None:
    _sums, lines, _back = _sold(_line(1, 2, 1, 240), received=0, outstanding=120)
    assert lines == [(1, 120)]


@pytest.mark.parametrize("refund", [120, 90])
def test_a_refunded_unit_stays_sold(refund: int) -> None:
    """Also where the shop keeps a part of the money: the unit was paid."""
    sums, lines, back = _sold(_line(1, 2, 1, 240), received=240, refunds=(refund,))
    assert sums["total"] == 240
    assert lines == [(2, 240)]
    assert back == [refund]


def test_a_removed_and_a_refunded_unit_together() -> None:
    """Revenue is right to the cent; which line it was, money cannot tell."""
    sums, lines, back = _sold(
        _line(1, 1, 0, 100), _line(2, 1, 0, 50), _line(3, 1, 1, 30), received=130, refunds=(100,)
    )
    assert sums["total"] == sum(amount for _units, amount in lines) == 130
    assert lines[2] == (1, 30)
    assert back == [100]


def test_taxes_that_come_on_top_are_removed_as_well() -> None:
    sums, lines, _back = _sold(
        _line(1, 2, 1, 200, tax=40), received=120, total=240, taxesIncluded=False
    )
    assert (sums["total"], sums["subtotal"]) == (120, 100)
    assert lines == [(1, 100)]


def test_an_order_that_nothing_was_paid_into_here_is_whole() -> None:
    """Orders imported into Shopify have no payments there."""
    _sums, lines, _back = _sold(_line(1, 2, 2, 240), received=0)
    assert lines == [(2, 240)]


def test_shipping_given_back_is_no_return() -> None:
    sums, _lines, back = _sold(
        _line(1, 1, 1, 120), received=126, shipping=6, refunds=(6,), refunded_shipping=6
    )
    assert (sums["refunded"], back) == (0, [0])
    _sums, _lines, back = _sold(
        _line(1, 1, 0, 120), received=126, shipping=6, refunds=(126,), refunded_shipping=6
    )
    assert back == [120]


@pytest.mark.parametrize(
    ("refunds", "shipping", "expected"),
    [([40, 6], 6, [40, 0]), ([40, 20], 6, [34, 20]), ([4, 20], 6, [0, 18]), ([40], 0, [40])],
)
def test_which_refund_gave_shipping_back(
    refunds: list[int], shipping: int, expected: list[int]
) -> None:
    assert without_shipping([Decimal(one) for one in refunds], Decimal(shipping)) == expected
