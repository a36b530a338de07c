"""Whom a mailbox names, where another name stands on an order of its account."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from perenne.identity.tables.mailboxes import AGREES, DISAGREES, FURTHER, REPLACES, ranked
from tests.identity.people import NO_MODEL, Row, Workshop, own, person


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path, settings=NO_MODEL)
    yield made
    made.engine.close()


def order(seq: int, first: str, last: str, **told: str) -> Row:
    known = {"email": "patrick.besson.12@mail.example", "phone": "+33672000001", **told}
    return person("42", seq=seq, first_name=first, last_name=last, **known)


def card(first: str, last: str, **told: str) -> Row:
    return person("c", source="till", first_name=first, last_name=last, **told)


@pytest.mark.parametrize("seq", [1, 3])
def test_a_gift_to_somebody_else_does_not_make_the_account_theirs(seq: int, shop: Workshop) -> None:
    """Whether the gift is ordered before or after what the owner of the mailbox orders."""
    rows = [order(2, "Patrick", "Besson"), order(seq, "Léa", "Morel", phone="+33672000009")]
    found = shop.resolve([*rows, card("Patrick", "Besson", phone="06 72 00 00 01")])
    assert found.of("shop", "42") == found.of("till", "c")
    theirs = shop.resolve([*rows, card("Léa", "Morel", phone="06 72 00 00 09")])
    assert theirs.of("shop", "42") != theirs.of("till", "c")


@pytest.mark.parametrize(
    "mailbox",
    ["patrick.besson.12@mail.example", "besson_patrick@mail.example", "patrick-besson@a.example"],
)
def test_an_account_under_an_invented_name_is_its_mailbox_s(mailbox: str, shop: Workshop) -> None:
    account = order(1, "O’Brien-Núñez,", "Aoife", email=mailbox)
    found = shop.resolve([account, card("Patrick", "BESSON", phone="0672000001")])
    assert found.of("shop", "42") == found.of("till", "c")


@pytest.mark.parametrize("mailbox", ["service.client@mail.example", "pbesson12@mail.example"])
def test_a_mailbox_that_tells_no_name_changes_nothing(mailbox: str, shop: Workshop) -> None:
    account = order(1, "Aoife", "Nunez", email=mailbox)
    found = shop.resolve([account, card("Patrick", "BESSON", phone="0672000001")])
    assert found.of("shop", "42") != found.of("till", "c")
    assert {row["own_id_1"] for row in found.pairs} | {row["own_id_2"] for row in found.pairs} == {
        own("42"),
        own("c", "till"),
    }


def test_a_household_may_share_a_mailbox_under_two_family_names(shop: Workshop) -> None:
    """Patrick has an account of his own at that place: the other one is not his."""
    home = {"postcode": "69003", "city": "Lyon"}
    hers = order(1, "Aoife", "Nunez", **home)
    his = person("43", first_name="Patrick", last_name="Besson", email="pb@mail.example", **home)
    asked = card("Patrick", "BESSON", phone="0672000001")
    found = shop.resolve([hers, his, asked])
    assert found.of("shop", "42") != found.of("till", "c")
    away = shop.resolve([hers, {**his, "postcode": "75001"}, asked])
    assert away.of("shop", "42") == away.of("till", "c"), "a namesake elsewhere says nothing"


def test_who_orders_under_the_mailbox_of_their_family_is_somebody_else(shop: Workshop) -> None:
    account = order(1, "Marie", "Besson")
    found = shop.resolve([account, card("Patrick", "BESSON", phone="0672000001")])
    assert found.of("shop", "42") != found.of("till", "c")
    hers = shop.resolve([account, card("Marie", "BESSON", phone="0672000001")])
    assert hers.of("shop", "42") == hers.of("till", "c")


def test_the_words_of_a_record_are_heard_in_the_order_of_what_its_mailbox_says(
    shop: Workshop,
) -> None:
    """A gift comes behind what agrees; the name of before the wedding behind all."""
    rows = [
        {"own_id": "a", "first_name": "hugo", "last_name": "petit", "email": "lea.dupre@m.example"},
        {"own_id": "a", "first_name": "lea", "last_name": "martin", "email": "lea.dupre@m.example"},
        {"own_id": "b", "first_name": "zoe", "last_name": "petit", "email": "lea-martin@m.example"},
        {"own_id": "c", "first_name": "martin", "last_name": "lea", "email": "lea.martin@m.exa"},
        {"own_id": "d", "first_name": "l", "last_name": "dupre", "email": "lea.dupre@m.example"},
    ]
    rows = [{"source": "shop", "postcode": None, **row} for row in rows]
    found = shop.engine.fetch(ranked(shop.engine.arrow(pa.Table.from_pylist(rows)))).to_pylist()
    told = sorted((r["own_id"], r["rank"], r["first_name"], r["last_name"]) for r in found)
    assert told == [
        ("a", AGREES, "lea", "martin"),
        ("a", DISAGREES, "hugo", "petit"),
        ("a", FURTHER, "lea", "dupre"),
        ("b", REPLACES, "lea", "martin"),
        ("b", DISAGREES, "zoe", "petit"),
        ("c", AGREES, "martin", "lea"),
        ("d", AGREES, "l", "dupre"),
    ]
