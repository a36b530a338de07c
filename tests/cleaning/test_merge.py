"""Repeated rows, overlapping exports, and orders that lived on between two exports."""

from datetime import date

from tests.cleaning.shop import Import, item, line, order, refund, run, run_rows

OLD, NEW = date(2025, 3, 1), date(2025, 3, 8)


def lines_file(rows: list[dict[str, object]], n: int = 1, **values: str) -> Import:
    return Import({"order_lines": rows}, name=f"{n}-file", seq=n, **values)  # type: ignore[arg-type]


def test_identical_lines_of_one_file_are_merged_and_counted() -> None:
    shop = run_rows(order_lines=[line(), line(), line(product="cup", price=5)])
    assert shop.fate("order_lines") == (2, 1)
    assert (shop.order("A")["net"], shop.flows()["merged"]) == (15, 10)


def test_identical_lines_are_kept_by_occurrence_where_the_preset_says_so() -> None:
    twice = lines_file([line(), line()], identical="keep")
    shop = run(twice)
    assert (shop.fate("order_lines"), shop.order("A")["net"]) == ((2, 0), 20)


def test_kept_twins_still_merge_with_the_same_twins_of_another_file() -> None:
    shop = run(
        lines_file([line(), line()], 1, identical="keep"),
        lines_file([line(), line(), line()], 2, identical="keep"),
    )
    assert (shop.fate("order_lines"), shop.order("A")["net"]) == ((3, 2), 30)


def test_any_difference_tells_two_lines_apart_even_a_blank() -> None:
    variants = [line(), line(coupon=""), line(coupon="X"), line(quantity=2), line(discount=0)]
    shop = run_rows(order_lines=variants)
    assert shop.fate("order_lines") == (5, 0)


def test_the_same_content_in_two_orders_is_two_sales() -> None:
    assert run_rows(order_lines=[line("A"), line("B")]).fate("order_lines") == (2, 0)


def test_the_same_order_number_in_two_sources_is_two_orders() -> None:
    shop = run(lines_file([line()], 1), lines_file([line()], 2, source="other"))
    assert shop.order("A")["net"] == shop.order("A", "other")["net"] == 10


def test_the_status_of_a_line_may_change_between_two_files() -> None:
    shop = run(lines_file([line(status="paid")], 1), lines_file([line(status="cancelled")], 2))
    assert shop.fate("order_lines") == (1, 1)
    assert shop.order("A")["excluded_by"] == "cancelled"


def test_overlapping_files_of_lines_add_what_is_new() -> None:
    shop = run(
        lines_file([line("A"), line("B")], 1),
        lines_file([line("B"), line("C")], 2),
    )
    assert {o["source_order_id"] for o in shop.tables["orders"]} == {"A", "B", "C"}
    assert shop.fate("order_lines") == (3, 1)


def test_a_line_number_is_the_key_whatever_else_changed() -> None:
    shop = run(
        lines_file([line(line_number="1"), line(line_number="2")], 1),
        lines_file([line(line_number="1", price=12)], 2),
    )
    assert sorted(x["net"] for x in shop.lines("A")) == [10, 12]
    assert shop.fate("order_lines") == (2, 1)


def whole(n: int, *products: str, **values: object) -> Import:
    rows = [item(product=product) for product in products]
    return Import(
        {"orders": [order(**values)], "order_lines": rows},  # type: ignore[arg-type]
        name=f"{n}-file",
        seq=n,
    )


def test_a_later_copy_of_an_order_replaces_it_whole() -> None:
    shop = run(whole(1, "mug", "cup", status="paid"), whole(2, "mug", status="cancelled"))
    assert [x["product_id"] for x in shop.lines("A")] == ["mug"]
    assert (shop.order("A")["status"], shop.order("A")["excluded_by"]) == ("cancelled",) * 2
    assert (shop.fate("orders"), shop.fate("order_lines")) == ((1, 1), (1, 2))


def test_the_later_import_wins_and_not_the_later_row_or_name() -> None:
    first = Import({"orders": [order(total=10)]}, name="z-last-by-name", seq=1)
    second = Import({"orders": [order(total=12)]}, name="a-first-by-name", seq=2)
    assert run(second, first).order("A")["net"] == 12


def test_a_refunded_amount_that_changed_counts_once() -> None:
    shop = run(
        Import({"orders": [order(total=50)]}, name="1", seq=1),
        Import({"orders": [order(total=50, refunded=20)]}, name="2", seq=2),
        Import({"orders": [order(total=50, refunded=30)]}, name="3", seq=3),
    )
    assert [r["net"] for r in shop.refunds()] == [30]
    assert shop.order("A")["net"] == 50


def test_the_same_order_row_twice_in_a_file_counts_once() -> None:
    shop = run_rows(orders=[order(total=50, discount=5), order(total=50, discount=5)])
    assert (shop.fate("orders"), shop.order("A")["net"]) == ((1, 1), 50)


def test_a_refund_is_known_by_its_number_and_product() -> None:
    shop = run_rows(
        orders=[order(total=50)],
        refunds=[
            refund("A", 5, source_refund_id="r1", product_id="mug"),
            refund("A", 5, source_refund_id="r1", product_id="mug"),
            refund("A", 5, source_refund_id="r1", product_id="cup"),
            refund("A", 5, source_refund_id="r2", product_id="mug"),
        ],
    )
    assert (shop.fate("refunds"), sum(r["net"] for r in shop.refunds())) == ((3, 1), 15)


def test_refunds_without_a_number_are_told_apart_by_their_content() -> None:
    rows = [refund("A", 5), refund("A", 5), refund("A", 6), refund("A", 5, date(2025, 4, 2))]
    shop = run_rows(orders=[order(total=50)], refunds=rows)
    assert (shop.fate("refunds"), sum(r["net"] for r in shop.refunds())) == ((3, 1), 16)


def test_a_refund_given_again_by_a_later_file_takes_its_amount() -> None:
    shop = run(
        Import({"orders": [order(total=50)], "refunds": [refund("A", 5, source_refund_id="r1")]}),
        Import({"refunds": [refund("A", 7, source_refund_id="r1")]}, name="2", seq=2),
    )
    assert [r["net"] for r in shop.refunds()] == [7]


def spend(amount: object, channel: str = "ads", **values: object) -> dict[str, object]:
    return {"from_on": OLD, "to_on": OLD, "channel": channel, "amount": amount, **values}


def test_spend_of_the_same_days_and_campaign_is_replaced_by_the_later_file() -> None:
    shop = run(
        lines_file([line()]),
        Import({"costs": [spend(10, campaign="x"), spend(4), spend(4)]}, name="c1", seq=2),
        Import({"costs": [spend(12, campaign="x"), spend(1, "mail")]}, name="c2", seq=3),
    )
    found = sorted((row["channel"], row["amount"]) for row in shop.tables["costs"])
    assert found == [("ads", 4), ("ads", 12), ("mail", 1)]
    assert shop.fate("costs") == (3, 2)


def test_two_spends_of_one_day_with_different_amounts_both_count() -> None:
    shop = run_rows(order_lines=[line()], costs=[spend(10), spend(3)])
    assert sum(row["amount"] for row in shop.tables["costs"]) == 13


def test_a_state_told_again_in_one_file_counts_once_and_the_last_word_holds() -> None:
    rows = [order("2", total=20, status="pending"), order("2", total=20, status="paid")]
    shop = run_rows(orders=rows)
    assert [(one["net"], one["status"]) for one in shop.tables["orders"]] == [(20, "paid")]


def test_a_number_that_two_customers_share_is_two_orders() -> None:
    rows = [order("7", total=100), order("7", customer="bob", total=80)]
    shop = run_rows(orders=rows)
    assert sorted(one["net"] for one in shop.tables["orders"]) == [80, 100]
    assert len({one["customer_id"] for one in shop.tables["orders"]}) == 2
