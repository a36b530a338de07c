"""Every kind of dirt is there, as often as the truth says."""

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from tests.demo.plain_reader import Export, Row

KINDS = (
    "broken_date_rows",
    "broken_figure_rows",
    "cancelled_orders",
    "duplicate_rows",
    "emails_in_other_case",
    "free_gift_lines",
    "free_orders",
    "future_orders",
    "gift_card_lines",
    "gift_card_only_orders",
    "missing_order_id_rows",
    "orders_of_unknown_channel",
    "orders_with_notes",
    "orders_with_shipping",
    "orders_with_unusual_names",
    "orders_without_email",
    "overlapping_orders",
    "overlapping_rows",
    "pending_orders",
    "refunds",
    "refunds_of_cancelled_orders",
    "test_orders",
    "voided_orders",
)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_occurs(kind: str, truth: dict[str, Any]) -> None:
    assert truth["planted"][kind] > 0


def test_no_kind_is_unknown(truth: dict[str, Any]) -> None:
    assert sorted(truth["planted"]) == sorted(KINDS)


def _names(rows: list[Row]) -> list[str]:
    """Order names in their order, without the rows that have lost theirs."""
    return list(dict.fromkeys(row["Name"] for row in rows if row["Name"]))


def test_refused_rows(export: Export, truth: dict[str, Any]) -> None:
    reasons = Counter(
        "missing_order_id_rows" if not row["Name"]
        else "future_orders" if row["Created at"].startswith("2099")
        else "broken_date_rows" if "/" in row["Created at"]
        else "broken_figure_rows"
        for row in export.refused
    )  # fmt: skip
    assert reasons == {kind: truth["planted"][kind] for kind in reasons}
    assert len(reasons) == 4


def test_copies_and_overlaps(export: Export, truth: dict[str, Any]) -> None:
    assert export.copies == truth["planted"]["duplicate_rows"]
    files = [_names(rows) for rows in export.rows.values()]
    shared = sum(len(set(a) & set(b)) for a, b in pairwise(files))
    assert shared == truth["planted"]["overlapping_orders"]
    rows = sum(len(part) for part in export.rows.values())
    lines = sum(len(order.lines) for order in export.orders.values())
    counted = truth["planted"]["overlapping_rows"] + export.copies + len(export.refused)
    assert rows == lines + counted


def test_each_file_starts_with_the_last_days_of_the_one_before(export: Export) -> None:
    files = list(export.rows.values())
    assert len(files) == 3
    for before, after in pairwise(files):
        shared = set(_names(before)) & set(_names(after))
        assert len(shared) > 20
        assert shared == set(_names(before)[-len(shared) :]) == set(_names(after)[: len(shared)])


def test_orders_by_status(export: Export, truth: dict[str, Any]) -> None:
    orders, planted = export.orders.values(), truth["planted"]
    assert sum(order.is_test for order in orders) == planted["test_orders"]
    assert sum(bool(order.head["Cancelled at"]) for order in orders) == planted["cancelled_orders"]
    statuses = Counter(order.head["Financial Status"] for order in orders)
    assert statuses["pending"] == planted["pending_orders"]
    assert statuses["voided"] == planted["voided_orders"]
    assert sum(not order.email for order in orders) == planted["orders_without_email"]
    free = [o for o in export.purchases if o.head["Total"] == "0.00"]
    assert len(free) == planted["free_orders"]


def test_a_test_order_bears_two_signs(export: Export) -> None:
    for order in export.orders.values():
        signs = [
            "test" in order.head["Tags"].split(", "),
            order.head["Payment Method"] == "bogus",
            order.head["Email"] == "test@example.com",
            "Test" in order.head["Billing Name"].split(),
        ]
        assert sum(signs) >= 2 if order.is_test else not any(signs)


def test_lines_of_each_kind(export: Export, truth: dict[str, Any]) -> None:
    orders, planted = export.orders.values(), truth["planted"]
    gift = sum(x["Lineitem taxable"] == "false" for order in orders for x in order.lines)
    free = sum(
        x["Lineitem price"] == "0.00" and order.head["Total"] != "0.00"
        for order in orders
        for x in order.lines
    )
    assert gift == planted["gift_card_lines"]
    assert free == planted["free_gift_lines"]
    assert len(export.refunds) == planted["refunds"]


def test_untidy_text(export: Export, truth: dict[str, Any]) -> None:
    orders, planted = export.orders.values(), truth["planted"]
    assert sum(o.head["Email"] != o.email for o in orders) == planted["emails_in_other_case"]
    assert sum(o.head["Notes"] != "" for o in orders) == planted["orders_with_notes"]
    assert any("\n" in order.head["Notes"] for order in orders)
    assert any('"' in order.head["Notes"] for order in orders)
    names = {order.head["Billing Name"] for order in orders}
    assert any("\U0001f300" <= letter <= "\U0001faff" for name in names for letter in name)
    assert any("\u0590" <= letter <= "\u06ff" for name in names for letter in name)
