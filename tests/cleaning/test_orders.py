"""Where orders come from, what is known at a date, and lines that cannot be placed."""

from datetime import UTC, date, datetime

import pytest

from perenne.core import PerenneError
from tests.cleaning.shop import Import, Shop, item, line, order, refund, run, run_rows

MARCH, APRIL, MAY = date(2025, 3, 1), date(2025, 4, 1), date(2025, 5, 1)


def ids(shop: Shop) -> set[str]:
    return {row["source_order_id"] for row in shop.tables["orders"]}


def at(as_of: date | None, **tables: object) -> Shop:
    return run(Import(tables), as_of=as_of)  # type: ignore[arg-type]


def test_orders_up_to_the_date_count_and_later_ones_wait() -> None:
    rows = [line("A", day=MARCH), line("B", day=APRIL), line("C", day=MAY)]
    shop = at(APRIL, order_lines=rows)
    assert ids(shop) == {"A", "B"}
    assert shop.flows() == {"counted": 20, "later": 10}


def test_refunds_up_to_the_date_count_and_later_ones_wait() -> None:
    backs = [refund("A", 1, MARCH), refund("A", 2, APRIL), refund("A", 4, MAY)]
    shop = at(APRIL, orders=[order(total=50)], refunds=backs)
    assert sorted(r["net"] for r in shop.refunds()) == [1, 2]


def test_credit_notes_after_the_date_wait_too() -> None:
    rows = [line(), line("C", quantity=-1, document="return", day=MAY)]
    shop = at(APRIL, order_lines=rows)
    assert (ids(shop), shop.refunds()) == ({"A"}, [])


def test_an_order_counts_until_the_day_it_is_called_off() -> None:
    heads = [
        order("now", status="cancelled", cancelled_on=APRIL, total=10),
        order("later", status="cancelled", cancelled_on=MAY, total=10),
        order("some day", status="cancelled", total=10),
    ]
    shop = at(APRIL, orders=heads)
    rules = {o["source_order_id"]: o["excluded_by"] for o in shop.tables["orders"]}
    assert rules == {"now": "cancelled", "later": None, "some day": "cancelled"}


def test_without_a_date_the_last_sale_s_day_is_it() -> None:
    heads = [
        order("A", day=MARCH, total=10),
        order("B", day=APRIL, total=10),
        order("off", day=MAY, total=10, status="cancelled"),
        order("test", day=MAY, total=10, is_test=True),
        order("back", day=MAY, total=-10, document="return"),
    ]
    assert at(None, orders=heads).as_of == APRIL


def test_a_shop_without_an_order_to_count_is_refused() -> None:
    with pytest.raises(PerenneError) as refused:
        at(None, orders=[order(status="voided", total=10)])
    assert str(refused.value) == (
        "There is no order to count yet. Import a file with orders: perenne import FILE."
    )


def test_orders_and_lines_may_come_in_separate_files() -> None:
    shop = run(
        Import({"orders": [order(total=16, channel="email", country="FR")]}, name="1", seq=1),
        Import({"order_lines": [item(), item(product="cup", price=5)]}, name="2", seq=2),
    )
    found = shop.order("A")
    assert (found["net"], found["total"], found["channel"]) == (15, 16, "email")
    assert found["customer_id"] is not None
    assert all(x["ordered_on"] == MARCH for x in shop.lines("A"))
    assert shop.flows() == {"counted": 15, "told_by_lines": 16}


def test_an_order_of_a_file_of_orders_alone_is_one_line() -> None:
    shop = run_rows(orders=[order(total=50)])
    (found,) = shop.lines("A")
    assert (found["product_id"], found["net"], found["as_given"]) == (None, 50, 50)


def test_an_order_whose_lines_were_all_refused_has_no_product() -> None:
    shop = run_rows(orders=[order("A", total=50), order("B", total=10)], order_lines=[item("B")])
    assert (shop.order("A")["excluded_by"], shop.order("A")["net"]) == ("no_product", 0)
    assert shop.flows() == {"counted": 10, "no_product": 0}


def test_lines_alone_make_their_orders() -> None:
    early, late = (datetime(2025, 3, 1, hour, tzinfo=UTC) for hour in (8, 9))
    rows = [line(at=late, channel="shop"), line(product="cup", at=early, channel="shop")]
    found = run_rows(order_lines=rows).order("A")
    assert (found["ordered_at"], found["net"], found["channel"]) == (early, 20, "shop")
    assert (found["status"], found["total"]) == ("paid", 20)


def test_lines_of_an_order_without_a_date_are_kept_apart_and_counted() -> None:
    shop = run_rows(order_lines=[item("lost", price=7), line("A")])
    assert ids(shop) == {"A"}
    assert shop.flows() == {"counted": 10, "undated": 7}
    assert [row["value"] for row in shop.tables["quarantine"]] == ["lost"]


def test_what_a_line_was_written_as_is_kept_beside_its_net() -> None:
    shop = run_rows(orders=[order(subtotal=8)], order_lines=[item(price=5, quantity=2)])
    (found,) = shop.lines("A")
    assert (found["as_given"], found["net"]) == (10, 8)
