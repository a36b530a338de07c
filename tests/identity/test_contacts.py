"""What the newest word of a customer leaves blank, earlier words of the same reference tell."""

from datetime import date
from typing import Any

from tests.cleaning.shop import Import, Row, line, run

OLD, NEW, LATE = date(2025, 3, 1), date(2025, 6, 1), date(2025, 9, 1)
HERE = {"address": "1 rue A", "postcode": "75001", "city": "Paris", "region": "IDF"}
PLACE = ("address", "postcode", "city", "region", "country")


def word(day: date | None, **values: Any) -> Row:
    """What an order of a day, or a list of customers, tells of ann."""
    dated = {"told_on": day, "first_told_on": day}
    return {"customer_ref": "ann", "customer_ref_kind": "id", **dated, **values}


def contact(*words: Row, as_of: date = date(2025, 12, 31), source: str = "shop") -> Row:
    """The contact of ann where each word came in a file of its own, in this order."""
    orders = Import({"order_lines": [line(day=date(2025, 1, 5))]}, name="0", seq=0)
    files = [
        Import({"customers": [one]}, source=source, name=f"{n}", seq=n)
        for n, one in enumerate(words, 1)
    ]
    (found,) = run(orders, *files, as_of=as_of).tables["contacts"]
    return found


def place(found: Row) -> tuple[str | None, ...]:
    return tuple(found[name] for name in PLACE)


def test_a_blank_in_a_later_order_wipes_nothing() -> None:
    first = word(OLD, email="a@x.fr", phone="0601", first_name="Ann", birth_on=date(1980, 1, 2))
    second = word(NEW, email="b@x.fr", company="Lilas")
    for words in ((first, second), (second, first)):
        found = contact(*words)
        said = tuple(found[n] for n in ("email", "phone", "first_name", "company", "birth_on"))
        assert said == ("b@x.fr", "0601", "Ann", "Lilas", date(1980, 1, 2))


def test_the_next_word_in_the_order_of_belief_fills() -> None:
    """Lists of customers come first, the newest of them before, then the latest order."""
    bare = word(None, email="a@x.fr")
    listed = word(None, phone="listed")
    early, late = word(OLD, phone="early", company="Old"), word(NEW, phone="late")
    found = contact(listed, late, early, bare)
    assert (found["email"], found["phone"], found["company"]) == ("a@x.fr", "listed", "Old")
    assert contact(bare, late, early)["phone"] == contact(early, bare, late)["phone"] == "late"


def test_a_list_that_names_somebody_twice_is_filled_from_itself() -> None:
    files = Import(
        {
            "order_lines": [line()],
            "customers": [word(None, phone="0601"), word(None, email="a@x.fr")],
        }
    )
    (found,) = run(files).tables["contacts"]
    assert (found["email"], found["phone"]) == ("a@x.fr", "0601")


def test_an_address_moves_as_a_whole() -> None:
    """No street of one word beside the city of another; a country begins no address."""
    before = word(OLD, **HERE, country="FR", phone="0601")
    moved = contact(before, word(NEW, city="Bruxelles"))
    assert (place(moved), moved["phone"]) == ((None, None, "Bruxelles", None, None), "0601")
    assert place(contact(before, word(NEW, country="BE"))) == (*HERE.values(), "FR")
    assert place(contact(word(OLD, **HERE), word(NEW, country="BE"))) == (*HERE.values(), None)


def test_where_no_word_has_an_address_the_country_is_told() -> None:
    assert contact(word(OLD, country="FR"), word(NEW, phone="0601"))["country"] == "FR"
    assert contact(word(OLD, country="FR"), word(NEW, country="BE"))["country"] == "BE"
    assert contact(word(NEW, country="BE"))["country"] == "BE"


def test_what_is_said_later_fills_nothing() -> None:
    words = (word(OLD, email="a@x.fr", phone="0601"), word(NEW, email="b@x.fr"),
             word(LATE, phone="0699", city="Lyon"))  # fmt: skip
    found = contact(*words, as_of=NEW)
    assert (found["email"], found["phone"], found["city"]) == ("b@x.fr", "0601", None)
    assert contact(*words, as_of=OLD)["email"] == "a@x.fr"
    assert contact(*words)["phone"] == "0699"


def test_other_sources_and_other_references_fill_nothing() -> None:
    other = {"customer_ref": "bob", "customer_ref_kind": "id", "phone": "0699"}
    shop = run(
        Import(
            {"order_lines": [line()], "customers": [word(OLD, phone="0601"), other]},
            source="crm",
            name="1",
        ),
        Import({"customers": [word(NEW, email="a@x.fr")]}, name="2", seq=2),
        Import({"order_lines": [line("B")]}, name="3", seq=3),
    )
    found = {(row["source"], row["email"], row["phone"]) for row in shop.tables["contacts"]}
    assert found == {
        ("crm", None, "0601"), ("crm", None, "0699"), ("shop", "a@x.fr", None),
    }  # fmt: skip


def test_a_telephone_and_an_id_that_read_alike_are_two_references() -> None:
    first = {**word(OLD, city="Lyon"), "customer_ref_kind": "phone"}
    found = contact(first, word(NEW, email="a@x.fr"))
    assert (found["email"], found["city"]) == ("a@x.fr", None)


def test_who_was_erased_stays_erased() -> None:
    """Of them rows stand without any datum, under a pseudonym; none becomes a contact."""
    gone = {**word(None), "customer_ref": "erased-00-1", "customer_ref_kind": "erased"}
    found = run(
        Import({"order_lines": [line()], "customers": [gone, word(OLD, email="a@x.fr")]})
    ).tables["contacts"]
    assert [row["email"] for row in found] == ["a@x.fr"]
