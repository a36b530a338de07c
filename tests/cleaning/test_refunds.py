"""What was given back: refund files, amounts an order states, credit notes."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.cleaning.shop import (
    Import,
    Row,
    Shop,
    item,
    line,
    order,
    refund,
    run,
    run_rows,
    settings,
)

SOLD, BACK = date(2025, 3, 1), date(2025, 4, 1)


def given_back(shop: Shop) -> list[tuple[object, ...]]:
    return [(r["order_id"], r["refunded_on"], r["net"]) for r in shop.refunds()]


@pytest.mark.parametrize("written", ["#1001", "1001", " 1001 ", "#1001/5000032800768"])
@pytest.mark.parametrize("asked", ["#1001", "1001", "#1001/5000032800768"])
def test_a_refund_meets_its_order_however_the_number_is_written(written: str, asked: str) -> None:
    shop = run(
        Import({"orders": [order(written, total=50), order("1002", total=50)]}, source="shopify"),
        Import({"refunds": [refund(asked, 20)]}, source="files", name="2", seq=2),
    )
    assert given_back(shop) == [(f"shopify/{written}", BACK, 20)]


def test_a_refund_belongs_to_the_order_of_its_own_source_first() -> None:
    shop = run(
        Import({"orders": [order("7", total=50)], "refunds": [refund("7", 20)]}, source="a"),
        Import({"orders": [order("7", total=50)]}, source="b", name="2", seq=2),
    )
    assert given_back(shop) == [("a/7", BACK, 20)]


def test_a_number_that_two_other_sources_use_is_not_guessed() -> None:
    shop = run(
        Import({"orders": [order("7", total=50)]}, source="a"),
        Import({"orders": [order("7", total=50)]}, source="b", name="2", seq=2),
        Import({"refunds": [refund("7", 20)]}, source="files", name="3", seq=3),
    )
    assert given_back(shop) == []


def test_several_refunds_of_one_order_give_back_no_more_than_its_products() -> None:
    shop = run_rows(
        orders=[order(total=60, shipping=10, subtotal=50)],
        refunds=[
            refund("A", 20, date(2025, 4, 1)),
            refund("A", 20, date(2025, 4, 2)),
            refund("A", 20, date(2025, 4, 3)),
        ],
    )
    by_day = sorted((r["refunded_on"].day, r["net"]) for r in shop.refunds())
    assert by_day == [(1, 20), (2, 20), (3, 10)]


def test_a_refund_holds_the_tax_that_its_order_held() -> None:
    head = order(subtotal=120, shipping=12, tax=22, total=132, tax_included=True)
    shop = run_rows(orders=[head], refunds=[refund("A", 60), refund("A", 72, date(2025, 5, 1))])
    assert sorted(r["net"] for r in shop.refunds()) == [50, 50]


def test_tax_on_top_is_part_of_what_was_paid_for_products() -> None:
    head = order(subtotal=100, tax=20, total=120, tax_included=False)
    shop = run_rows(orders=[head], refunds=[refund("A", 60)])
    assert [r["net"] for r in shop.refunds()] == [50]


def test_what_the_order_says_beyond_its_dated_refunds_stands_on_the_order_s_day() -> None:
    shop = run_rows(orders=[order(total=50, refunded=30)], refunds=[refund("A", 20)])
    found = [(r["refunded_on"], r["date_known"], r["net"]) for r in shop.refunds()]
    assert sorted(found) == [(SOLD, False, 10), (BACK, True, 20)]


def test_dated_refunds_that_reach_what_the_order_says_leave_no_remainder() -> None:
    shop = run_rows(orders=[order(total=50, refunded=20)], refunds=[refund("A", 20)])
    assert [r["date_known"] for r in shop.refunds()] == [True]


def test_a_refund_of_shipping_alone_leaves_the_products() -> None:
    shop = run_rows(
        orders=[order(subtotal=50, shipping=10, total=60, refunded=60)], refunds=[refund("A", 50)]
    )
    assert sum(r["net"] for r in shop.refunds()) == 50


@pytest.mark.parametrize("status", ["cancelled", "voided"])
def test_the_refund_of_a_cancelled_order_is_not_taken_off_again(status: str) -> None:
    head = order(total=50, refunded=50, status=status)
    assert run_rows(orders=[head], refunds=[refund("A", 50)]).refunds() == []


def test_the_refund_carries_customer_channel_and_country_of_its_order() -> None:
    shop = run_rows(
        orders=[order(total=50, channel="email", country="FR")], refunds=[refund("A", 5)]
    )
    (found,) = shop.refunds()
    assert (found["channel"], found["country"]) == ("email", "FR")
    assert found["customer_id"] == shop.order("A")["customer_id"] is not None


def test_a_product_given_back_brings_its_own_cost_back() -> None:
    lines = [
        item(price=30, unit_cost=9, quantity=2, category="kitchen"),
        item(product="cup", price=40, unit_cost=4, category="bar"),
    ]
    shop = run_rows(
        orders=[order()],
        order_lines=lines,
        refunds=[refund("A", 30, product_id="mug", quantity=1), refund("A", 50, date(2025, 5, 1))],
    )
    own, gesture = sorted(shop.refunds(), key=lambda r: r["refunded_on"])
    assert (own["net"], own["cost"], own["category"]) == (30, 9, "kitchen")
    assert (gesture["net"], gesture["cost"], gesture["category"]) == (50, 0, None)


def test_an_order_paid_back_whole_brings_all_its_goods_back() -> None:
    shop = run_rows(orders=[order(total=50, cost=20)], refunds=[refund("A", 50)])
    assert [(r["net"], r["cost"]) for r in shop.refunds()] == [(50, 20)]


@pytest.mark.parametrize("back", [refund("A", 50), refund("A", 5, product_id="mug", quantity=1)])
def test_the_cost_given_back_is_unknown_where_the_order_s_is(back: Row) -> None:
    shop = run_rows(orders=[order(total=50)], refunds=[back])
    assert shop.refunds()[0]["cost"] is None


def test_refunds_that_pay_an_order_back_in_parts_add_up_to_its_net() -> None:
    head = order(subtotal=100, shipping=20, tax=20, total=120, tax_included=True, refunded=119)
    days = [date(2025, 4, day) for day in range(1, 8)]
    shop = run_rows(orders=[head], refunds=[refund("A", "13.37", day) for day in days])
    assert shop.order("A")["net"] == Decimal("83.3333")
    assert sum(r["net"] for r in shop.refunds()) == Decimal("83.3333")
    assert len(shop.refunds()) == 8


def test_without_returns_nothing_is_given_back() -> None:
    shop = run_rows(
        policy=settings(returns=False),
        orders=[order(total=50, refunded=10)],
        refunds=[refund("A", 5)],
        order_lines=[line("C", quantity=-1, document="return"), line("D")],
    )
    assert shop.refunds() == []
    assert shop.order("C")["net"] == -10


# Credit notes ---------------------------------------------------------------------------------


def sale(number: str, day: int, *, quantity: object = 2, **values: object) -> Row:
    at = datetime(2025, 3, day, 12, tzinfo=UTC)
    return line(number, day=at.date(), at=at, quantity=quantity, **values)  # type: ignore[arg-type]


def note(number: str, day: int, quantity: object = -1, **values: object) -> Row:
    return sale(number, day, quantity=quantity, document="return", **values)


def matched(*rows: Row) -> object:
    (found,) = run_rows(order_lines=list(rows)).refunds()
    return found["order_id"] and found["order_id"].removeprefix("shop/")


def test_a_credit_note_goes_to_the_latest_earlier_sale() -> None:
    assert matched(sale("1", 1), sale("2", 5), sale("3", 9), note("C", 7)) == "2"


def test_a_sale_at_the_same_instant_is_early_enough() -> None:
    assert matched(sale("1", 7), note("C", 7)) == "1"


def test_a_later_sale_is_none_it_can_come_from() -> None:
    assert matched(sale("1", 8), note("C", 7)) is None


def test_the_sale_must_hold_the_quantity_given_back() -> None:
    assert matched(sale("1", 1, quantity=3), sale("2", 5), note("C", 7, -3)) == "1"
    assert matched(sale("1", 1), note("C", 7, -3)) is None
    assert matched(sale("1", 1), note("C", 7, -2)) == "1"


@pytest.mark.parametrize("other", [{"customer": "bob"}, {"product": "cup"}])
def test_the_sale_must_be_of_the_same_customer_and_product(other: Row) -> None:
    assert matched(sale("1", 1, **other), note("C", 7)) is None


def test_a_sale_set_aside_gives_nothing_back() -> None:
    assert matched(sale("1", 1), sale("2", 5, status="cancelled"), note("C", 7)) == "1"


def test_a_credit_note_without_its_sale_still_counts() -> None:
    shop = run_rows(order_lines=[line(), note("C", 7, -3, customer="bob", price=12)])
    (found,) = shop.refunds()
    assert (found["order_id"], found["net"], found["quantity"]) == (None, 36, 3)
    assert found["refunded_on"] == date(2025, 3, 7)
    assert found["date_known"]
    assert shop.order("C")["excluded_by"] == "return"


def test_a_credit_note_takes_the_channel_of_its_sale_and_gives_its_cost_back() -> None:
    shop = run_rows(
        order_lines=[
            sale("1", 1, channel="ads", unit_cost=4),
            note("C", 7, -2, channel="phone", unit_cost=4),
        ]
    )
    (found,) = shop.refunds()
    assert (found["channel"], found["net"], found["cost"]) == ("ads", 20, 8)


def test_postage_on_a_credit_note_is_no_product_value() -> None:
    rows = [sale("1", 1), note("C", 7), note("C", 7, product="Postage", price=3)]
    assert [r["net"] for r in run_rows(order_lines=rows).refunds()] == [10]


def test_refunds_of_guests_belong_to_nobody() -> None:
    (found,) = run_rows(
        order_lines=[sale("1", 1, customer=None), note("C", 7, customer=None)]
    ).refunds()
    assert (found["customer_id"], found["net"]) == (None, Decimal(10))


def test_goods_that_cannot_be_sold_again_bring_no_cost_back() -> None:
    shop = run_rows(
        policy=settings(returned_goods_resold=False),
        orders=[order(total=50, cost=20)],
        refunds=[refund("A", 50)],
    )
    assert [(r["net"], r["cost"]) for r in shop.refunds()] == [(50, 0)]


def test_a_refund_of_an_order_that_is_not_there_is_kept_apart_and_named() -> None:
    shop = run_rows(order_lines=[line("A")], refunds=[refund("A", amount=1), refund("Z", amount=2)])
    apart = [(row["value"], row["reason"], row["table"]) for row in shop.tables["quarantine"]]
    assert apart == [("Z", "order_unknown", "refunds")]
    assert [row["net"] for row in shop.tables["refunds"]] == [1]


def test_a_year_and_number_is_an_order_number_as_it_stands() -> None:
    rows = [line("2025/001", price=60), line("2025/002", price=40)]
    shop = run_rows(order_lines=rows, refunds=[refund("2025/001", amount=60)])
    assert [row["order_id"] for row in shop.tables["refunds"]] == ["shop/2025/001"]


def test_an_order_whose_lines_are_all_negative_is_a_return() -> None:
    shop = run_rows(order_lines=[line("A", price=60), line("R", price=60, quantity=-1)])
    assert [row["net"] for row in shop.tables["refunds"]] == [60]
    bought = {one["source_order_id"]: one["is_purchase"] for one in shop.tables["orders"]}
    assert bought == {"A": True, "R": False}


def test_a_refunded_order_that_says_no_amount_was_paid_back_whole() -> None:
    shop = run_rows(orders=[order("A", total=10, status="refunded")])
    assert [(row["net"], row["date_known"]) for row in shop.tables["refunds"]] == [(10, False)]


def test_shipping_that_was_given_back_is_no_return_of_products() -> None:
    """Order of 60, 10 of it shipping: 10 of shipping, then 30, of which 4 of shipping."""
    shop = run_rows(
        orders=[order(total=60, shipping=10, subtotal=50, refunded=40)],
        refunds=[
            refund("A", 10, date(2025, 4, 1), shipping=10, source_refund_id="1"),
            refund("A", 30, date(2025, 4, 2), shipping=4, source_refund_id="2"),
        ],
    )
    assert [r["net"] for r in shop.refunds()] == [0, 26]


def test_what_an_order_says_beyond_a_refund_of_shipping_is_products() -> None:
    shop = run_rows(
        orders=[order(total=60, shipping=10, subtotal=50, refunded=30)],
        refunds=[refund("A", 10, shipping=10)],
    )
    assert sorted((r["net"], r["date_known"]) for r in shop.refunds()) == [(0, True), (20, False)]


LATER = date(2025, 5, 1)


def _taken_back(newer: Row, *, as_of: date, retold: list[Row] | None = None) -> list[Decimal]:
    """What was given back of an order with two refunds that an import tells again as `newer`."""
    told = [refund("A", n, source_refund_id=str(n)) for n in (20, 5)]
    older = order(total=50, refunded=25, refunds_told_on=BACK)
    shop = run(
        Import({"orders": [older, order("B", customer="bob", total=9)], "refunds": told}),
        Import({"orders": [newer], "refunds": retold or []}, name="2", seq=2),
        as_of=as_of,
    )
    return sorted(r["net"] for r in shop.refunds())


@pytest.mark.parametrize(("as_of", "net"), [(date(2025, 4, 30), [5, 20]), (LATER, [5])])
def test_a_refund_that_its_order_tells_no_more_counts_until_then(
    as_of: date, net: list[int]
) -> None:
    newer = order(total=50, refunded=5, refunds_told_on=LATER)
    assert _taken_back(newer, as_of=as_of, retold=[refund("A", 5, source_refund_id="5")]) == net


def test_the_first_import_that_tells_it_no_more_says_since_when() -> None:
    told = order(total=50, refunded=20, refunds_told_on=BACK)
    shop = run(
        Import({"orders": [told], "refunds": [refund("A", 20, source_refund_id="1")]}),
        *(
            Import({"orders": [order(total=50, refunds_told_on=day)]}, name=str(seq), seq=seq)
            for seq, day in ((2, LATER), (3, date(2025, 6, 1)))
        ),
        as_of=LATER,
    )
    assert not shop.refunds()


def test_an_import_that_does_not_tell_all_refunds_takes_none_back() -> None:
    assert _taken_back(order(total=50, refunded=5), as_of=LATER) == [5, 20]


def test_refunds_of_a_file_are_not_taken_back() -> None:
    """Nobody said that the order tells them."""
    shop = run(
        Import({"refunds": [refund("A", 20, source_refund_id="1")]}),
        Import({"orders": [order(total=50, refunds_told_on=BACK)]}, name="2", seq=2),
        Import({"orders": [order(total=50, refunds_told_on=LATER)]}, name="3", seq=3),
    )
    assert [r["net"] for r in shop.refunds()] == [20]
