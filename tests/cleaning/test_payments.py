"""Payments beside the orders that they pay count once; payments of nothing else count."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.cleaning.shop import Import, Row, Shop, line, order, refund, run, settings

DAY = date(2025, 3, 1)
AS_OF = date(2025, 12, 30)
"""A day of their own: pipelines are kept by day, and these have payments from the start."""


def payment(number: str, total: object, *, days: int = 0, pays: str | None = None) -> Row:
    values: Row = {"document": "payment", "total": total, "pays_order": pays, "currency": "EUR"}
    return order(number, customer="cus_1", day=DAY + timedelta(days), **values)


def shop(*payments: Row, mode: Any = "match", **more: list[Row]) -> Shop:
    """A web shop, a till that tells lines alone, and a payment platform."""
    mail = {"customer_ref": "ann@mail.example", "customer_ref_kind": "email"}
    web = Import({"orders": [order("#1001", day=DAY, total=50, **mail)]}, source="web")
    sold = [line("B7", "cup", 12, quantity=2, day=DAY, discount=4)]
    till = Import({"order_lines": sold}, source="till", name="2-till", seq=2)
    persons = [{"customer_ref": "cus_1", "customer_ref_kind": "id", "email": "ANN@mail.example"}]
    paid = Import(
        {"orders": list(payments), "customers": persons, **more},
        source="pay",
        name="3-pay",
        seq=3,
    )
    return run(web, till, paid, policy=settings(payments=mode), as_of=AS_OF)


def aside(found: Shop) -> dict[str, str | None]:
    rows = [row for row in found.tables["orders"] if row["source"] == "pay"]
    return {row["source_order_id"]: row["excluded_by"] for row in rows}


@pytest.mark.parametrize(
    ("one", "counted"),
    [
        (payment("p", 50, pays="1001"), False),
        (payment("p", 20, days=30, pays="#1001"), False),
        (payment("p", 20, pays="b7"), False),
        (payment("p", 50, days=61, pays="1001"), True),
        (payment("p", 50, pays="1002", days=9), True),
        (payment("p", 50), False),
        (payment("p", 50, days=2), False),
        (payment("p", 50, days=3), True),
        (payment("p", 49, days=0), True),
        (payment("p", 20, days=0), True),
    ],
    ids=["number", "part later", "lines alone", "too late", "another number", "alike",
         "two days", "three days", "another amount", "another person"],
)  # fmt: skip
def test_a_payment_counts_only_where_nobody_else_tells_its_order(one: Row, counted: bool) -> None:
    assert aside(shop(one)) == {"p": None if counted else "payment"}


def test_the_account_names_what_was_set_aside() -> None:
    found = shop(payment("p", 50, pays="1001"), payment("q", 30))
    assert found.flows() == {"counted": 50 + 24 + 30, "payment": 50}
    assert sum(row["net"] for row in found.tables["orders"] if row["is_purchase"]) == 50 + 20 + 30


def test_what_is_refunded_of_such_a_payment_gives_nothing_back_twice() -> None:
    back = [refund("p", 50, DAY), refund("q", 10, DAY)]
    found = shop(payment("p", 50, pays="1001"), payment("q", 30), refunds=back)
    assert [row["net"] for row in found.refunds()] == [10]


@pytest.mark.parametrize(
    ("mode", "kept"),
    [("orders", {"p": None, "q": None}), ("aside", {"p": "payment", "q": "payment"})],
)
def test_the_owner_may_count_all_or_none(mode: str, kept: dict[str, str | None]) -> None:
    assert aside(shop(payment("p", 50, pays="1001"), payment("q", 30), mode=mode)) == kept


def test_payments_alone_are_orders() -> None:
    paid = Import({"orders": [payment("p", 50, pays="1001")]}, source="pay")
    found = run(paid, as_of=AS_OF)
    assert aside(found) == {"p": None}
