"""Discounts, taxes, shipping and gift cards: shares add up, and tax leaves exactly once."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from perenne.cleaning import TaxSettings
from tests.cleaning.shop import Import, Row, item, line, order, run, run_rows, settings

CENTS = st.decimals(Decimal("0.01"), Decimal("999.99"), places=2)


def net(*lines: Row, policy: object = None, **head: object) -> dict[str, object]:
    """The only order of a shop, with these lines."""
    rows = {"orders": [order(**head)], "order_lines": list(lines)}  # type: ignore[arg-type]
    return run_rows(policy=policy, **rows).order("A")  # type: ignore[arg-type]


def test_an_order_alone_is_worth_its_subtotal() -> None:
    found = net(subtotal=90, discount=10, shipping=5, total=95)
    assert (found["gross"], found["discount"], found["net"]) == (100, 10, 90)
    assert (found["shipping"], found["total"]) == (5, 95)


def test_an_order_alone_without_subtotal_is_worth_its_total_less_shipping() -> None:
    assert net(total=95, shipping=5)["net"] == 90


def test_an_order_alone_without_any_amount_has_no_product() -> None:
    assert net()["excluded_by"] == "no_product"


def test_lines_of_a_separate_file_replace_the_order_s_own_amount() -> None:
    found = net(item(price=10), item(product="cup", price=5), total=16, shipping=1)
    assert (found["net"], found["total"]) == (15, 16)


def test_the_order_s_discount_that_lines_do_not_state_is_shared() -> None:
    rows = (item(price=30, discount=2), item(product="cup", price=10))
    found = net(*rows, discount=6)
    assert (found["gross"], found["discount"], found["net"]) == (40, 6, 34)


def test_the_share_of_a_line_is_in_proportion_to_its_value() -> None:
    shop = run_rows(
        orders=[order(discount=4)], order_lines=[item(price=30), item(product="cup", price=10)]
    )
    shares = {x["product_id"]: (x["gross"], x["discount"], x["net"]) for x in shop.lines("A")}
    assert shares == {"mug": (30, 3, 27), "cup": (10, 1, 9)}


def test_the_subtotal_says_the_discount_best() -> None:
    assert net(item(price=50), subtotal=45, discount=0)["discount"] == 5


def test_a_discount_that_is_already_in_the_lines_is_not_taken_twice() -> None:
    assert net(item(price=50, discount=5), subtotal=45, discount=5)["net"] == 45


def test_lines_set_aside_bear_no_discount() -> None:
    found = net(item(price=50), item(product="Frais de port", price=50), discount=5)
    assert (found["net"], found["discount"]) == (45, 5)


def test_an_amount_is_after_the_line_s_discount() -> None:
    shop = run_rows(order_lines=[line(price=10, quantity=3, amount=27, discount=3)])
    assert (shop.order("A")["gross"], shop.order("A")["net"]) == (30, 27)


def test_tax_in_the_prices_is_taken_out_of_every_line() -> None:
    rows = (item(price=60), item(product="cup", price=60))
    found = net(*rows, tax=20, tax_included=True, total=120)
    assert (found["gross"], found["net"], found["tax"]) == (100, 100, 20)


def test_tax_on_top_of_the_prices_changes_nothing() -> None:
    found = net(item(price=100), tax=20, tax_included=False, total=120)
    assert (found["net"], found["tax"]) == (100, 20)


def test_tax_stated_by_the_lines_is_their_own() -> None:
    rows = [item(price=110, tax=10, tax_included=True), item(product="cup", price=12, tax=2)]
    shop = run_rows(orders=[order(tax=12, tax_included=True)], order_lines=rows)
    assert {x["product_id"]: x["net"] for x in shop.lines("A")} == {"mug": 100, "cup": 10}


def test_shipping_bears_its_part_of_the_tax() -> None:
    found = net(item(price=100), shipping=20, tax=20, tax_included=True, total=120)
    assert found["net"] == Decimal("83.3333")
    assert found["shipping"] == Decimal("16.6667")


def test_shipping_without_tax_stays_as_it_is() -> None:
    found = net(item(price=100), shipping=10, tax=22, tax_included=False, total=132)
    assert (found["net"], found["shipping"]) == (100, 10)


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({"total": 120, "tax": 20}, 100),
        ({"total": 126, "tax": 21, "shipping": 6}, 100),
        ({"subtotal": 100, "total": 126, "tax": 21, "shipping": 5}, 100),
        ({"subtotal": 120, "total": 126, "tax": 21, "shipping": 6}, 100),
        ({"subtotal": 100, "tax": 20}, 100),
        ({"subtotal": 100, "total": 100, "tax": 0}, 100),
    ],
)
def test_where_the_source_is_silent_the_order_s_own_figures_tell(
    figures: dict[str, object], expected: int
) -> None:
    assert net(**figures)["net"] == expected


def test_lines_tell_too_whether_they_hold_the_tax_of_the_total() -> None:
    rows = (item(price=100), item(product="Frais de port", price=20))
    assert net(*rows, total=120, tax=20)["net"] == Decimal("83.3333")
    assert net(*rows, total=140, tax=20)["net"] == 100


def with_tax(**values: object) -> object:
    return settings(tax=TaxSettings(**values))  # type: ignore[arg-type]


def test_the_setting_wins_over_what_the_source_says() -> None:
    included = with_tax(prices="included")
    assert net(item(price=120), tax=20, tax_included=False, policy=included)["net"] == 100
    excluded = with_tax(prices="excluded")
    assert net(item(price=120), tax=20, tax_included=True, policy=excluded)["net"] == 120


def test_the_default_rate_stands_in_where_no_tax_is_stated_and_only_there() -> None:
    policy = with_tax(default_rate=Decimal("0.2"))
    assert net(item(price=120), policy=policy)["net"] == 100
    assert net(item(price=120), tax=0, policy=policy)["net"] == 120
    assert net(item(price=110, tax=10), policy=policy)["net"] == 100
    free = net(item(price=120, discount=120), policy=policy)
    assert (free["gross"], free["discount"], free["net"]) == (100, 100, 0)


def test_gift_cards_of_a_mixed_order_bear_neither_discount_nor_tax() -> None:
    rows = [item(price=120), item(product="Carte cadeau", price=50)]
    head = order(subtotal=158, discount=12, tax=18, total=158, tax_included=True)
    shop = run_rows(orders=[head], order_lines=rows)
    found = shop.order("A")
    assert (found["gross"], found["discount"], found["net"]) == (100, 10, 90)


def test_a_gift_card_alone_is_no_purchase() -> None:
    found = net(item(product="Carte cadeau", price=50), subtotal=50, total=50)
    assert (found["is_purchase"], found["excluded_by"], found["net"]) == (False, "no_product", 0)


ORDERS = st.lists(
    st.tuples(
        st.lists(CENTS, min_size=1, max_size=7),
        st.decimals(0, 1, places=3),
        st.sampled_from(["0", "0.055", "0.10", "0.20"]),
        st.booleans(),
        st.one_of(st.none(), CENTS),
    ),
    min_size=1,
    max_size=40,
)


def _staged(orders: list[tuple[list[Decimal], Decimal, str, bool, Decimal | None]]) -> list[Row]:
    """Order rows whose figures agree with the lines, to the awkward cent."""
    heads = []
    for n, (prices, share, rate, included, shipping) in enumerate(orders):
        subtotal = sum(prices) - (sum(prices) * share).quantize(Decimal("0.01"))
        taxed = subtotal + (shipping or 0)
        part = Decimal(rate) / (1 + Decimal(rate)) if included else Decimal(rate)
        tax = (taxed * part).quantize(Decimal("0.01"))
        total = taxed if included else taxed + tax
        heads.append(
            order(
                str(n),
                subtotal=subtotal,
                shipping=shipping,
                tax=tax,
                total=total,
                tax_included=included,
            )
        )
    return heads


@pytest.mark.slow
@effort(max_examples=8)
@given(ORDERS)
def test_shares_of_discount_and_tax_add_up_exactly(
    orders: list[tuple[list[Decimal], Decimal, str, bool, Decimal | None]],
) -> None:
    heads = _staged(orders)
    rows = [
        item(str(n), f"P{i}", price)
        for n, (prices, *_) in enumerate(orders)
        for i, price in enumerate(prices)
    ]
    shop = run_rows(orders=heads, order_lines=rows)
    for n, head in enumerate(heads):
        found, lines = shop.order(str(n)), shop.lines(str(n))
        for name in ("gross", "discount", "net"):
            assert found[name] == sum(x[name] for x in lines)
        assert all(x["gross"] - x["discount"] == x["net"] for x in lines)
        paid, shipping = head["subtotal"], head["shipping"] or Decimal(0)
        taxed = paid + shipping
        tax = head["tax"] * paid / taxed if head["tax_included"] and taxed else Decimal(0)
        assert abs(found["net"] - (paid - tax)) <= Decimal("0.0001")
        if not head["tax_included"]:
            assert found["net"] == paid


@pytest.mark.parametrize("discount", [None, 6], ids=["nothing shared", "a discount shared"])
@pytest.mark.parametrize("number", [1, 2, 5, 101, 250])
def test_lines_are_numbered_by_their_row_however_they_lie(
    number: int, discount: int | None
) -> None:
    rows = [9 * place % 997 + 2 for place in range(number)]
    lines = [{**item(product=f"p{row}", price=1), "row_number": row} for row in rows]
    shop = run_rows(orders=[order(discount=discount)], order_lines=lines)
    places = {x["product_id"]: int(x["order_line_id"].rsplit("/")[-1]) for x in shop.lines("A")}
    assert places == {f"p{row}": place for place, row in enumerate(sorted(rows))}


def test_lines_of_two_imports_are_numbered_one_after_the_other() -> None:
    def brought(batch: str, seq: int, *rows: int) -> Import:
        lines = [{**line(product=f"{batch}{row}", price=1), "row_number": row} for row in rows]
        return Import({"order_lines": lines}, name=batch, seq=seq)

    shop = run(brought("b1", 1, 7, 3), brought("b2", 2, 5, 4))
    places = {x["product_id"]: int(x["order_line_id"].rsplit("/")[-1]) for x in shop.lines("A")}
    assert places == {"b13": 0, "b17": 1, "b24": 2, "b25": 3}
