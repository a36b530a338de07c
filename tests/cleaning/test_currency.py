"""Amounts in other currencies: the rate of the day, or a refusal that lists what was found."""

from datetime import date
from decimal import Decimal

import pytest

from perenne.cleaning import ExchangeRate, Policy
from perenne.core import PerenneError
from tests.cleaning.shop import Import as File
from tests.cleaning.shop import Row, item, line, order, refund, run, run_rows, settings

BEFORE, CHANGE, AFTER = date(2025, 2, 28), date(2025, 3, 1), date(2025, 3, 2)
RATES = (
    ExchangeRate(currency="USD", rate=Decimal("0.9"), since=date(2024, 1, 1)),
    ExchangeRate(currency="USD", rate=Decimal("0.8"), since=CHANGE),
    ExchangeRate(currency="GBP", rate=Decimal("1.2")),
)
EUROS = settings(rates=RATES)


@pytest.mark.parametrize(("day", "expected"), [(BEFORE, 9), (CHANGE, 8), (AFTER, 8)])
def test_a_sale_takes_the_rate_of_its_day(day: date, expected: int) -> None:
    shop = run_rows(policy=EUROS, order_lines=[line(currency="USD", day=day)])
    assert shop.order("A")["net"] == expected
    assert shop.order("A")["currency"] == "USD"


def test_the_shop_s_own_currency_and_silence_stay_as_they_are() -> None:
    rows = [line("A", currency="EUR", price="0.07"), line("B", price="0.07")]
    shop = run_rows(policy=EUROS, order_lines=rows)
    assert shop.order("A")["net"] == shop.order("B")["net"] == Decimal("0.07")


def test_every_amount_of_the_order_is_converted_and_the_written_value_is_not() -> None:
    head = order(
        currency="GBP",
        subtotal=120,
        shipping=12,
        tax=22,
        total=132,
        tax_included=True,
        cost=50,
        day=BEFORE,
    )
    shop = run_rows(policy=EUROS, orders=[head])
    found = shop.order("A")
    assert (found["net"], found["shipping"], found["tax"]) == (120, 12, Decimal("26.4"))
    assert (found["total"], found["cost"]) == (Decimal("158.4"), 60)
    assert [x["as_given"] for x in shop.lines("A")] == [132]


def test_a_refund_in_its_order_s_currency_takes_the_rate_of_the_order() -> None:
    shop = run_rows(
        policy=EUROS,
        orders=[order(currency="USD", day=BEFORE, total=10, refunded=10)],
        refunds=[refund("A", 10, AFTER)],
    )
    assert [(r["net"], r["date_known"]) for r in shop.refunds()] == [(9, True)]


def test_a_refund_in_another_currency_takes_its_own_rate() -> None:
    shop = run_rows(
        policy=EUROS,
        orders=[order(currency="USD", day=BEFORE, total=10)],
        refunds=[refund("A", 5, AFTER, currency="GBP")],
    )
    assert [r["net"] for r in shop.refunds()] == [6]


def test_spend_and_product_costs_are_converted_too() -> None:
    spend: Row = {"from_on": AFTER, "to_on": AFTER, "channel": "ads", "amount": 10}
    shop = run_rows(
        policy=EUROS,
        order_lines=[line(currency="GBP", day=BEFORE)],
        products=[{"product_id": "mug", "cost": 5, "currency": "USD"}],
        costs=[{**spend, "currency": "USD"}, {**spend, "channel": "mail"}],
    )
    assert sorted(row["amount"] for row in shop.tables["costs"]) == [8, 10]
    assert shop.order("A")["cost"] == Decimal("4.5")


SPEND: Row = {"from_on": AFTER, "to_on": AFTER, "channel": "ads", "amount": 10, "currency": "USD"}
FOREIGN = {
    "lines": {"order_lines": [line(), line("B", currency="USD"), line("C", currency="USD")]},
    "orders": {"orders": [order(currency="USD"), order("C", currency="USD")]},
    "refunds": {"orders": [order()], "refunds": [refund("A", 1, currency="USD")] * 2},
    "spend": {"order_lines": [line()], "costs": [SPEND, {**SPEND, "channel": "b"}]},
    "product costs": {
        "order_lines": [line()],
        "products": [
            {"product_id": "mug", "cost": 5, "currency": "USD"},
            {"product_id": "cup", "cost": 5, "currency": "USD"},
        ],
    },
}


@pytest.mark.parametrize("where", FOREIGN)
def test_currencies_without_a_rate_are_refused_with_the_list_found(where: str) -> None:
    with pytest.raises(PerenneError) as refused:
        run(File(FOREIGN[where]), as_of=None)
    message = str(refused.value)
    rows = 1 if where == "refunds" else 2
    assert f"USD ({rows})" in message
    assert "The files are in several currencies" in message
    assert "The workspace counts in EUR." in message
    assert 'currency = "USD"' in message


def test_amounts_older_than_the_first_rate_are_refused() -> None:
    late: Policy = settings(rates=[ExchangeRate(currency="USD", rate=Decimal(1), since=CHANGE)])
    with pytest.raises(PerenneError, match=r"no rate for USD on 2025-02-28: .* from 2025-03-01 on"):
        run(File({"order_lines": [line(currency="USD", day=BEFORE)]}), policy=late, as_of=None)


def test_a_price_list_may_name_a_currency_as_long_as_it_names_no_cost() -> None:
    listed: Row = {"product_id": "mug", "price": 5, "currency": "USD"}
    shop = run(File({"order_lines": [line()], "products": [listed]}), as_of=None)
    assert shop.order("A")["net"] == 10


def test_lines_take_the_currency_of_their_order() -> None:
    shop = run_rows(policy=EUROS, orders=[order(currency="GBP")], order_lines=[item(price=10)])
    assert shop.order("A")["net"] == 12
