"""Products and spend: the newest word, and days that add up."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from tests.cleaning.shop import Import, Row, Shop, item, line, order, run, run_rows

DAY = date(2025, 3, 1)


def spend(amount: object, days: int = 1, channel: str = "ads", **values: Any) -> Row:
    until = DAY + timedelta(days=days - 1)
    return {"from_on": DAY, "to_on": until, "channel": channel, "amount": amount, **values}


def test_spend_over_several_days_is_spread_evenly() -> None:
    found = run_rows(order_lines=[line()], costs=[spend(30, 3)]).tables["costs"]
    by_day = {row["day"]: row["amount"] for row in found}
    assert by_day == {DAY + timedelta(days=n): 10 for n in range(3)}


def test_a_day_is_a_day_and_spend_is_for_acquisition_unless_said() -> None:
    rows = [spend(3, campaign="x"), spend(4, kind="retention", channel="mail")]
    found = run_rows(order_lines=[line()], costs=rows).tables["costs"]
    assert [type(row["day"]) for row in found] == [date, date]
    kinds = {row["channel"]: (row["kind"], row["campaign"]) for row in found}
    assert kinds == {"ads": ("acquisition", "x"), "mail": ("retention", None)}


def test_spend_that_ends_before_it_starts_stays_on_its_first_day() -> None:
    rows = [spend(7, days=-3)]
    found = run_rows(order_lines=[line()], costs=rows).tables["costs"]
    assert [(row["day"], row["amount"]) for row in found] == [(DAY, 7)]


def test_spend_after_the_date_does_not_count_yet() -> None:
    shop = run(Import({"order_lines": [line()], "costs": [spend(30, 3)]}), as_of=None)
    assert shop.as_of == DAY
    assert [(row["day"], row["amount"]) for row in shop.tables["costs"]] == [(DAY, 10)]


@pytest.mark.slow
@effort(max_examples=8)
@given(
    st.lists(
        st.tuples(st.decimals(0, 99999, places=2), st.integers(1, 400)), min_size=1, max_size=25
    )
)
def test_days_of_spend_add_up_exactly(rows: list[tuple[Decimal, int]]) -> None:
    costs = [spend(amount, days, f"c{n}") for n, (amount, days) in enumerate(rows)]
    found = run(
        Import({"order_lines": [line()], "costs": costs}), as_of=DAY + timedelta(days=500)
    ).tables["costs"]
    for n, (amount, days) in enumerate(rows):
        parts = [row["amount"] for row in found if row["channel"] == f"c{n}"]
        assert (len(parts), sum(parts)) == (days, amount)
        assert max(parts) - min(parts) <= Decimal("0.0001")


def product(**values: Any) -> Row:
    return {"product_id": "mug", **values}


def listed(*files: Row, lines: list[Row] | None = None) -> Shop:
    """A sale of a mug, and product lists one after the other."""
    products = [
        Import({"products": [row]}, source=row.pop("source", "shop"), name=f"p{n}", seq=n)
        for n, row in enumerate((dict(row) for row in files), start=2)
    ]
    return run(Import({"order_lines": lines or [line(quantity=3)]}), *products)


def test_the_newest_list_says_what_a_product_is() -> None:
    shop = listed(product(category="old", cost=9), product(category="new", cost=4))
    (found,) = shop.tables["products"]
    assert (found["category"], found["cost"], found["is_gift_card"]) == ("new", 4, False)
    assert (shop.lines("A")[0]["category"], shop.lines("A")[0]["cost"]) == ("new", 12)
    assert shop.fate("products") == (1, 1)


def test_a_line_s_own_category_and_cost_win_over_the_list() -> None:
    own = [line(category="own", unit_cost=1)]
    (found,) = listed(product(category="list", cost=4), lines=own).lines("A")
    assert (found["category"], found["cost"]) == ("own", 1)


def test_a_gift_card_of_the_list_is_no_sale() -> None:
    shop = listed(product(is_gift_card=True))
    assert [x["excluded_by"] for x in shop.lines("A")] == ["gift_card"]


def test_a_list_of_another_source_fills_what_the_own_one_leaves_open() -> None:
    shop = listed(product(category="shop's"), product(category="x", cost=4, source="files"))
    (found,) = shop.lines("A")
    assert (found["category"], found["cost"]) == ("shop's", 12)


def test_two_other_lists_that_both_know_a_cost_are_not_guessed_between() -> None:
    shop = listed(product(cost=4, source="files"), product(cost=5, source="erp"))
    assert [x["cost"] for x in shop.lines("A")] == [None]


def test_an_order_with_one_unknown_cost_has_no_cost() -> None:
    rows = [line(unit_cost=2), line(product="cup"), line("B", unit_cost=2, quantity=2)]
    shop = run_rows(order_lines=[*rows, line("B", "Frais de port", 5)])
    assert (shop.order("A")["cost"], shop.order("B")["cost"]) == (None, 4)


def test_products_do_not_multiply_lines() -> None:
    rows = [product(category="a"), product(category="b"), product(category="c")]
    shop = run_rows(orders=[order()], order_lines=[item()], products=rows)
    assert [x["net"] for x in shop.lines("A")] == [10]
    assert len(shop.tables["products"]) == 1


@pytest.mark.parametrize(
    "named", [{"product_id": "13110"}, {"product_id": "SW-1"}, {"product_id": "3700000000017"}]
)
def test_lines_may_name_a_product_by_any_code_of_its_list(named: dict[str, str]) -> None:
    listed = {"product_id": "SW-1", "other_id": "13110", "sku": "SW-1", "gtin": "3700000000017"}
    shop = run_rows(
        order_lines=[line(product=named["product_id"], product_name=None)],
        products=[{**listed, "cost": 4, "category": "Swim", "product_name": "One piece"}],
    )
    (found,) = shop.lines("A")
    told = (found["product_id"], found["cost"], found["category"], found["product_name"])
    assert told == (named["product_id"], 4, "Swim", "One piece")


def test_a_code_of_two_products_tells_of_neither_and_an_id_comes_first() -> None:
    products = [
        {"product_id": "a", "gtin": "1", "other_id": "c", "cost": 4},
        {"product_id": "b", "gtin": "1", "other_id": "2", "cost": 5},
        {"product_id": "c", "cost": 6},
    ]
    lines = [line(product=name) for name in ("1", "2", "c")]
    found = run_rows(order_lines=lines, products=products).lines("A")
    assert {row["product_id"]: row["cost"] for row in found} == {"1": None, "2": 5, "c": 6}


def test_a_number_of_another_shop_s_list_is_no_code_here_and_its_gtin_is() -> None:
    listed = {"product_id": "SW-1", "other_id": "5", "gtin": "3700000000017", "cost": 4}
    lines = [line(product="5"), line(product="3700000000017")]
    shop = run(
        Import({"order_lines": lines}, source="till", name="2-file", seq=2),
        Import({"products": [listed]}),
    )
    found = shop.lines("A", source="till")
    assert {row["product_id"]: row["cost"] for row in found} == {"5": None, "3700000000017": 4}
