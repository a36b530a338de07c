"""Each rule sets its rows aside when it is on, and lets them count as sales when it is off."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from perenne.cleaning import RULE_IDS, CleaningSettings, rule_label
from perenne.cleaning.tables.lines import product_kinds, product_texts
from perenne.warehouse import STAGED, DuckEngine
from tests.cleaning.shop import Row, Shop, item, line, order, run_rows, settings

SWITCHES = {
    "cancelled": "cancelled_orders",
    "pending": "pending_orders",
    "test": "test_orders",
    "adjustment": "adjustments",
    "return": "returns",
    "shipping": "shipping_lines",
    "fee": "fee_lines",
    "discount_line": "discount_lines",
    "sample": "samples",
    "gift_card": "gift_cards",
    "stock_movement": "stock_movements",
    "zero_price_line": "zero_price_lines",
}
ON = dict.fromkeys(SWITCHES.values(), True)
OFF = dict.fromkeys(SWITCHES.values(), False)


def sold(number: str, **other: object) -> list[Row]:
    """An order of one mug at 10, and beside it the line in question."""
    return [line(number), line(number, **other)]  # type: ignore[arg-type]  # any column


LINES: list[Row] = [
    line("cancelled", status="cancelled"),
    line("voided", status="voided"),
    line("pending", status="pending"),
    *sold("test product", product="TEST"),
    *sold("test kind", product="X1", kind="test"),
    line("adjustment document", "Adjust bad debt", -5, document="adjustment"),
    *sold("adjustment line", product="Manual", price=3),
    line("return", "mug", 10, quantity=-1, document="return"),
    *sold("shipping", product="Frais de port", price=4),
    *sold("shipping kind", product="POST", price=4, kind="shipping"),
    *sold("fee", product="Bank charges", price=2),
    *sold("discount", product="Remise", price=-2),
    *sold("sample", product="S", price=1, kind="sample"),
    *sold("gift card", product="Carte cadeau 50 €", price=50),
    *sold("free line", product="pen", price=0),
    line("stock", "mug", 0, customer=None, quantity=-7),
    line("free order", "mug", 0),
    line("guest", "mug", 10, customer=None),
]
ASIDE = {
    "cancelled": "cancelled",
    "voided": "cancelled",
    "pending": "pending",
    "test product": "test",
    "test kind": "test",
    "adjustment document": "adjustment",
    "adjustment line": "adjustment",
    "return": "return",
    "shipping": "shipping",
    "shipping kind": "shipping",
    "fee": "fee",
    "discount": "discount_line",
    "sample": "sample",
    "gift card": "gift_card",
    "free line": "zero_price_line",
    "stock": "stock_movement",
}


@pytest.fixture(scope="module")
def strict() -> Shop:
    return run_rows(policy=settings(**ON), order_lines=LINES)


@pytest.fixture(scope="module")
def lenient() -> Shop:
    return run_rows(policy=settings(**OFF), order_lines=LINES)


@pytest.mark.parametrize(("number", "rule"), ASIDE.items())
def test_a_rule_that_is_on_sets_its_line_aside(strict: Shop, number: str, rule: str) -> None:
    *rest, last = strict.lines(number)
    assert last["excluded_by"] == rule
    assert all(kept["excluded_by"] is None for kept in rest)
    assert strict.order(number)["net"] == 10 * len(rest)


@pytest.mark.parametrize("number", ASIDE)
def test_a_rule_that_is_off_counts_its_line_as_a_sale(lenient: Shop, number: str) -> None:
    lines = lenient.lines(number)
    assert [one["excluded_by"] for one in lines] == [None] * len(lines)
    assert lenient.order(number)["net"] == sum(one["as_given"] for one in lines)
    assert lenient.order(number)["is_purchase"]


@pytest.mark.parametrize("number", ["cancelled", "voided", "pending", "return", "stock"])
def test_an_order_without_a_line_that_counts_says_the_rule(strict: Shop, number: str) -> None:
    found = strict.order(number)
    assert (found["is_purchase"], found["excluded_by"]) == (False, ASIDE[number])
    assert found["order_number"] is None


def test_an_order_worth_nothing_stays_as_activity(strict: Shop) -> None:
    found = strict.order("free order")
    assert found["is_purchase"]
    assert (found["net"], found["order_number"] is not None) == (0, True)


def test_a_guest_counts_in_revenue_and_belongs_to_nobody(strict: Shop) -> None:
    found = strict.order("guest")
    assert (found["is_purchase"], found["net"]) == (True, 10)
    assert (found["customer_id"], found["order_number"]) == (None, None)


def test_every_switch_stands_for_one_rule_and_every_rule_has_words() -> None:
    assert set(RULE_IDS) == {*SWITCHES, "no_product", "payment"}
    assert all(rule_label(rule) != rule for rule in RULE_IDS)


def test_unpaid_orders_count_unless_the_shop_says_otherwise() -> None:
    assert run_rows(order_lines=[line(status="pending")]).order("A")["is_purchase"]


def test_a_test_order_is_set_aside_whole() -> None:
    shop = run_rows(orders=[order("T", is_test=True)], order_lines=[item("T"), item("T", "cup", 5)])
    assert [x["excluded_by"] for x in shop.lines("T")] == ["test", "test"]
    assert shop.order("T")["excluded_by"] == "test"


def test_a_free_line_stays_where_nothing_of_the_order_was_paid() -> None:
    shop = run_rows(
        order_lines=[
            line(product="mug", price=0),
            line(product="cup", price=0),
            line("B", price=0),
            line("B", "Frais de port", 5),
        ]
    )
    assert [x["excluded_by"] for x in shop.lines("A")] == [None, None]
    assert sorted(str(x["excluded_by"]) for x in shop.lines("B")) == ["None", "shipping"]


def test_a_free_order_of_a_guest_that_states_its_total_is_no_stock_movement() -> None:
    shop = run_rows(orders=[order("Z", customer=None, total=0)], order_lines=[item("Z", price=0)])
    assert shop.order("Z")["is_purchase"]


def test_an_order_of_shipping_alone_has_no_product() -> None:
    shop = run_rows(order_lines=[line(product="Shipping", price=5)])
    assert shop.order("A")["excluded_by"] == "no_product"
    assert shop.order("A")["net"] == 0


NAMES: list[tuple[str, str | None]] = [
    ("Shipping", "shipping"),
    ("  delivery charge ", "shipping"),
    ("Frais d'expédition", None),
    ("Frais de livraison", "shipping"),
    ("Frais bancaires", "fee"),
    ("Transaction fee", "fee"),
    ("Gift voucher 20", "gift_card"),
    ("Chèque-cadeau", "gift_card"),
    ("Test", "test"),
    ("Rabais", "discount_line"),
    ("Testament of Mary", None),
    ("Shipping crate toy", None),
    ("Discount mug", None),
    ("Manual coffee grinder", None),
    ("Porte-clés", None),
    ("Pourboire", "fee"),
    ("Emballage cadeau", "fee"),
    ("Consigne", "fee"),
    ("Consigne bouteille", "fee"),
    ("Livraison express", "shipping"),
    ("Frais de port Colissimo", "shipping"),
    ("Acompte", "adjustment"),
    ("Acompte table en chêne", "adjustment"),
    ("Déduction acompte", "adjustment"),
    ("Déduction d’acompte 12", "adjustment"),
    ("Arrhes", "adjustment"),
    # An order of nothing but free samples is an order, as in the other systems of a shop.
    ("Échantillon gratuit", None),
    ("Livre de recettes", None),
    ("Livraison des anges (roman)", None),
    ("Consignes de cuisine (livre)", None),
    ("Acompteur", None),
    ("Coffret échantillons", None),
    ("Pourboire mug", None),
]


def test_product_texts_tell_what_a_line_is_and_only_whole_ones() -> None:
    rows = [
        each
        for n, (name, _) in enumerate(NAMES)
        for each in (line(str(n)), line(str(n), f"P{n}", product_name=name))
    ]
    shop = run_rows(order_lines=rows)
    for n, (name, rule) in enumerate(NAMES):
        (found,) = [x for x in shop.lines(str(n)) if x["product_id"] == f"P{n}"]
        assert found["excluded_by"] == rule, name


def test_a_deposit_is_no_order_and_its_deduction_no_loss() -> None:
    rows = [
        line("A", "P", product_name="Acompte table", price=30),
        line("B", "D", product_name="Déduction acompte", price=-30),
        line("B", "T", product_name="Table", price=100),
    ]
    shop = run_rows(order_lines=rows)
    assert (shop.order("A")["is_purchase"], shop.order("B")["is_purchase"]) == (False, True)
    assert (shop.order("A")["net"], shop.order("B")["net"]) == (0, 100)


def test_a_shop_adds_words_of_its_own() -> None:
    own = CleaningSettings(product_patterns={"fee": ["emballage.*"], "sample": ["doudou"]})
    names = ["mug", "Emballage cadeau", "Doudou", "Frais bancaires"]
    with DuckEngine(threads=1) as engine:
        rows = engine.rows(STAGED["order_lines"], [line(product=name) for name in names])
        found = engine.fetch(product_kinds(product_texts(rows), own)).to_pylist()
    kinds = {row["id_text"]: row["told"] for row in found}
    assert kinds == dict(zip(names[1:], ["fee", "sample", "fee"], strict=True))


@pytest.fixture(scope="module")
def one_off() -> Callable[[str], Shop]:
    return lambda switch: run_rows(policy=settings(**{**ON, switch: False}), order_lines=LINES)


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "switch"), SWITCHES.items())
def test_a_switch_moves_its_own_rule_and_no_other(
    one_off: Callable[[str], Shop], strict: Shop, rule: str, switch: str
) -> None:
    found, before = one_off(switch), strict
    rules = {line["order_line_id"]: line["excluded_by"] for line in found.tables["order_lines"]}
    for kept in before.tables["order_lines"]:
        expected = None if kept["excluded_by"] == rule else kept["excluded_by"]
        assert rules[kept["order_line_id"]] == expected


def test_value_is_accounted_for_by_rule(strict: Shop) -> None:
    flows = strict.flows()
    assert sum(flows.values()) == sum(Decimal(str(r["unit_price"])) * r["quantity"] for r in LINES)
    assert flows["cancelled"] == 20
    assert flows["gift_card"] == 50
