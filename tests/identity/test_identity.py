"""Who is who: opaque ids, the customer's own facts, and personal data kept in its place."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from perenne.core import opaque_id
from tests.cleaning.shop import KEY, Import, Row, Shop, item, line, order, run, run_rows

MAIL = "Zoé.Planted@example.fr"
PERSONAL = {"contacts", "customer_links"}


def at(hour: int, day: int = 1) -> datetime:
    return datetime(2025, 3, day, hour, tzinfo=UTC)


def customer(shop: Shop, ref: str, source: str = "shop", kind: str = "id") -> Row:
    wanted = opaque_id(KEY, source, kind, ref)
    (found,) = [c for c in shop.tables["customers"] if c["customer_id"] == wanted]
    return found


@pytest.mark.parametrize("ref", ["13085", "007", MAIL, "名前 😀", "a'b\"c", " "])
def test_ids_are_the_keyed_hash_of_source_kind_and_reference(ref: str) -> None:
    shop = run_rows(order_lines=[line(customer=ref)])
    expected = opaque_id(KEY, "shop", "id", ref)
    assert [c["customer_id"] for c in shop.tables["customers"]] == [expected]
    assert shop.order("A")["customer_id"] == expected
    assert [x["customer_id"] for x in shop.lines("A")] == [expected]


def test_the_same_reference_in_two_sources_is_two_customers() -> None:
    shop = run(
        Import({"order_lines": [line()]}),
        Import({"order_lines": [line()]}, source="other", name="2", seq=2),
    )
    assert len(shop.tables["customers"]) == 2
    links = {(x["source"], x["source_id"], x["customer_id"]) for x in shop.tables["customer_links"]}
    assert links == {(s, "ann", opaque_id(KEY, s, "id", "ann")) for s in ("shop", "other")}


def test_an_id_and_an_address_written_alike_are_two_customers() -> None:
    rows = [line("A"), {**line("B"), "customer_ref_kind": "email"}]
    shop = run_rows(order_lines=rows)
    rules = {
        x["source_id_kind"]: (x["rule"], x["probability"]) for x in shop.tables["customer_links"]
    }
    assert rules == {"id": ("source_id", 1.0), "email": ("source_email", 1.0)}
    assert len(shop.tables["customers"]) == 2


def test_orders_are_numbered_in_time_and_only_purchases_are() -> None:
    rows = [
        line("late", at=at(9, 3), day=date(2025, 3, 3)),
        line("off", at=at(9, 1), status="cancelled"),
        line("second", at=at(12)),
        line("first", at=at(8)),
        line("guest", customer=None),
        line("bob", customer="bob"),
    ]
    shop = run_rows(order_lines=rows)
    numbers = {o["source_order_id"]: o["order_number"] for o in shop.tables["orders"]}
    assert numbers == {
        "first": 1,
        "second": 2,
        "late": 3,
        "off": None,
        "guest": None,
        "bob": 1,
    }


def test_orders_of_one_instant_are_numbered_by_source_and_number() -> None:
    shop = run_rows(order_lines=[line("B"), line("A"), line("C")])
    numbers = {o["source_order_id"]: o["order_number"] for o in shop.tables["orders"]}
    assert numbers == {"A": 1, "B": 2, "C": 3}


def test_a_customer_s_first_and_last_purchase_and_what_the_first_was() -> None:
    rows = [
        line("off", day=date(2025, 1, 1), status="cancelled", channel="none"),
        line("1", day=date(2025, 2, 1), channel="ads", country="FR", coupon="HELLO"),
        line("2", day=date(2025, 5, 1), channel="email", country="BE"),
    ]
    found = customer(run_rows(order_lines=rows), "ann")
    assert (found["first_order_on"], found["last_order_on"]) == (
        date(2025, 2, 1),
        date(2025, 5, 1),
    )
    assert (found["orders"], found["channel"], found["country"]) == (2, "ads", "FR")
    assert found["first_discounted"]


@pytest.mark.parametrize(
    ("values", "expected"), [({}, False), ({"discount": 1}, True), ({"coupon": "X"}, True)]
)
def test_a_first_order_is_discounted_by_amount_or_by_coupon(
    values: dict[str, Any], expected: bool
) -> None:
    found = customer(run_rows(order_lines=[line(**values)]), "ann")
    assert found["first_discounted"] is expected


def test_the_main_category_is_the_largest_and_ties_go_by_the_alphabet() -> None:
    rows = [
        line(product="a", price=6, category="zen"),
        line(product="b", price=5, category="bar"),
        line(product="c", price=5, category="bar"),
        line(product="e", price=10, category="ape"),
        line(product="f", price=90),
        line("B", price=10, category="later"),
        line(product="g", price=99, category="port", kind="shipping"),
    ]
    assert customer(run_rows(order_lines=rows), "ann")["first_category"] == "ape"


def test_someone_who_never_bought_is_a_prospect() -> None:
    known: list[Row] = [{"customer_ref": "eve", "customer_ref_kind": "id", "email": MAIL}]
    shop = run_rows(
        order_lines=[line(), line("X", customer="max", status="voided")], customers=known
    )
    for ref in ("eve", "max"):
        found = customer(shop, ref)
        assert (found["orders"], found["first_order_on"], found["channel"]) == (0, None, None)
    assert len(shop.tables["customers"]) == 3


def test_who_only_gave_something_back_is_known_too() -> None:
    rows = [line(), line("C", customer="bob", quantity=-1, document="return")]
    shop = run_rows(order_lines=rows)
    assert customer(shop, "bob")["orders"] == 0
    assert shop.refunds()[0]["customer_id"] == customer(shop, "bob")["customer_id"]


def contact(**values: Any) -> Row:
    return {"customer_ref": "ann", "customer_ref_kind": "id", **values}


def test_the_newest_contact_of_a_source_wins_and_older_ones_fill_its_blanks() -> None:
    shop = run(
        Import({"order_lines": [line()], "customers": [contact(email="old@x.fr", city="Lyon")]}),
        Import(
            {"customers": [contact(email="mid@x.fr"), contact(email="new@x.fr")]}, name="2", seq=2
        ),
        Import({"customers": [contact(email="other@x.fr")]}, source="crm", name="3", seq=3),
    )
    found = {row["source"]: (row["email"], row["city"]) for row in shop.tables["contacts"]}
    assert found == {"shop": ("new@x.fr", "Lyon"), "crm": ("other@x.fr", None)}


def test_a_contact_without_reference_belongs_to_nobody() -> None:
    rows = [contact(email="a@x.fr"), {"email": "nobody@x.fr"}]
    shop = run_rows(order_lines=[line()], customers=rows)
    assert [row["email"] for row in shop.tables["contacts"]] == ["a@x.fr"]


def test_postcodes_and_telephones_stay_text() -> None:
    rows = [contact(postcode="01000", phone="0033612345678")]
    (found,) = run_rows(order_lines=[line()], customers=rows).tables["contacts"]
    assert (found["postcode"], found["phone"]) == ("01000", "0033612345678")


def test_personal_data_stands_nowhere_but_in_contacts_and_links() -> None:
    who = {"customer_ref_kind": "email"}
    shop = run_rows(
        orders=[{**order(customer=MAIL, total=10, refunded=2), **who}],
        order_lines=[
            item(),
            {**line("B", customer=MAIL), **who},
            {
                **line("C", customer=MAIL, quantity=-1, document="return", day=date(2025, 4, 1)),
                **who,
            },
        ],
        refunds=[{"source_order_id": "B", "refunded_on": date(2025, 4, 1), "amount": 1}],
        customers=[{"customer_ref": MAIL, "email": MAIL, "last_name": "Planted", **who}],
        products=[{"product_id": "mug", "category": "k"}],
    )
    holding = {
        name
        for name, rows in shop.tables.items()
        if name != "quarantine"
        for row in rows
        if any("planted" in str(value).casefold() for value in row.values())
    }
    assert holding == PERSONAL
    assert all(shop.tables[name] for name in ("orders", "order_lines", "refunds", "customers"))


def test_every_customer_of_every_table_is_a_customer() -> None:
    rows = [line("A"), line("B", customer="bob"), line("C", customer="bob", document="return")]
    shop = run_rows(order_lines=rows, customers=[contact(), contact(customer_ref="eve")])
    known = {row["customer_id"] for row in shop.tables["customers"]}
    for name in ("orders", "order_lines", "refunds", "contacts", "customer_links"):
        assert {row["customer_id"] for row in shop.tables[name]} - {None} <= known
    assert len(known) == len(shop.tables["customers"]) == 3
