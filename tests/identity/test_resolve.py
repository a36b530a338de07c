"""One customer across all sources: what links, what does not, and what stays as it was."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from perenne.identity import Before, IdentityAccount
from perenne.identity.account import alarm
from tests.identity.people import NO_MODEL, Row, Workshop, own, person, shuffled

pytestmark = pytest.mark.slow


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path)
    yield made
    made.engine.close()


MAIL = "zoe.plantee@mail.example"
PHONE = "06 71 00 00 01"


def test_records_that_share_an_identifier_are_one_customer(shop: Workshop) -> None:
    """By e-mail however written, by telephone however written, and by a chain of both."""
    found = shop.resolve(
        [
            person("1", email=" Zoe.Plantee@Mail.example "),
            person("2", source="crm", email=MAIL, phone="0671000001"),
            person("3", source="till", phone="+33 6 71 00 00 01"),
            person("4", source="till", phone="06 71 00 00 02"),
            person("5", source="crm", email="j.o.e+news@gmail.com"),
            person("6", email="joe@googlemail.com"),
        ]
    )
    assert found.groups() == {
        frozenset({("shop", "1"), ("crm", "2"), ("till", "3")}),
        frozenset({("till", "4")}),
        frozenset({("crm", "5"), ("shop", "6")}),
    }
    assert sum(found.account.links.values()) == 3
    assert set(found.account.links) <= {"email", "phone"}
    assert (found.account.records, found.account.customers, found.account.largest) == (6, 3, 3)


def test_a_guest_is_known_by_the_address_of_the_order(shop: Workshop) -> None:
    guest = person(MAIL, kind="email")
    caller = person("0671000001", source="till", kind="phone")
    known = person("1", source="crm", email=MAIL, phone=PHONE)
    found = shop.resolve([known], bought=[guest, caller])
    assert found.groups() == {
        frozenset({("shop", MAIL), ("till", "0671000001"), ("crm", "1")}),
    }
    kinds = {row["source"]: row["source_id_kind"] for row in found.links}
    assert kinds == {"shop": "email", "till": "phone", "crm": "id"}


def test_sources_without_contacts_stay_as_they_are(shop: Workshop) -> None:
    rows = [person("1"), person("1", source="crm"), person("Jo", kind="name")]
    found = shop.resolve([], bought=rows)
    assert {row["customer_id"] for row in found.links} == {
        own("1"),
        own("1", "crm"),
        own("Jo", kind="name"),
    }
    assert {row["rule"] for row in found.links} == {"source_id", "source_name"}
    assert not found.pairs


def test_sources_that_number_customers_alike_may_say_so(shop: Workshop) -> None:
    rows = [person("7"), person("7", source="crm"), person("7", source="till")]
    shop.with_settings(shared_numbers=(("shop", "crm"),))
    found = shop.resolve([], bought=rows)
    assert found.of("shop", "7") == found.of("crm", "7") != found.of("till", "7")
    assert found.account.links == {"number": 1}


def test_a_shared_e_mail_links_up_to_the_cap_and_then_nobody(shop: Workshop) -> None:
    rows = [
        person(f"{size}-{n}", email=f"group{size}@mail.example")
        for size in (10, 11, 60)
        for n in range(size)
    ]
    found = shop.resolve(rows)
    assert sorted(map(len, found.groups())) == [1] * 71 + [10]
    unused = [(one.masked, one.state, one.records) for one in found.account.unused]
    assert unused == [("gr…@mail.example", "shared", size) for size in (60, 11)]
    assert found.account.shared == 2


def test_a_thousand_rows_of_one_e_mail_change_nobody(shop: Workshop) -> None:
    true = [
        person("a", email=MAIL),
        person("b", source="crm", email=MAIL, phone=PHONE),
        person("c", source="till", phone=PHONE),
    ]
    before = shop.resolve(true)
    flood = [
        person(str(n), email="famille@mail.example", phone=f"0672{n:06d}") for n in range(1000)
    ]
    after = shop.resolve([*true, *flood])
    assert after.groups() == before.groups() | {frozenset({("shop", str(n))}) for n in range(1000)}
    assert all(after.of(*one) == before.of(*one) for group in before.groups() for one in group)


def test_a_mailbox_of_the_blocklist_links_nobody_nor_does_who_is_known_by_it(
    shop: Workshop,
) -> None:
    desk = "contact@shop.example"
    rows = [
        person("1", email=desk),
        person("2", source="crm", email=desk),
        *(person(desk, source="till", kind="email", email=desk, phone=f"067200000{n}")
          for n in range(3)),
        *(person(f"p{n}", source="crm", phone=f"067200000{n}") for n in range(3)),
    ]  # fmt: skip
    found = shop.resolve(rows)
    assert all(len(group) == 1 for group in found.groups())
    assert (found.account.blocked, found.account.links) == (1, {})


def test_a_record_with_a_crowd_of_identifiers_is_no_person(shop: Workshop) -> None:
    crowd = [person("desk", email=f"p{n}@mail.example", seq=n) for n in range(11)]
    people = [person(f"p{n}", source="crm", email=f"p{n}@mail.example") for n in range(11)]
    assert all(len(group) == 1 for group in shop.resolve([*crowd, *people]).groups())
    few = shop.resolve([*crowd[:3], *people])
    assert max(map(len, few.groups())) == 4


@pytest.mark.parametrize(
    ("names", "customers"),
    [
        (("Lina", "Lia", "Linna"), 1),
        (("Guillaume", "Guy", "Guilllaume"), 1),
        (("Lia", "Linna", "Zoé"), 3),
        (("Hugo", "H.", "Hélène"), 2),
    ],
)
def test_a_third_record_shows_that_a_name_is_a_slip(
    names: tuple[str, ...], customers: int, shop: Workshop
) -> None:
    rows = [
        person(str(n), first_name=name, last_name="Adam", email="adam@mail.example")
        for n, name in enumerate(names)
    ]
    assert len(shop.resolve(rows).groups()) == customers


def test_a_telephone_under_contrary_names_is_left_for_review(shop: Workshop) -> None:
    found = shop.resolve(
        [
            person("1", first_name="Jean", last_name="Martin", phone=PHONE),
            person("2", first_name="Sophie", last_name="Durand", phone=PHONE),
            person("3", first_name="J.", last_name="MARTIN", phone=PHONE, source="crm"),
            person("4", first_name="Martin", last_name="Jean", phone=PHONE, source="till"),
        ]
    )
    assert found.of("shop", "1") == found.of("crm", "3") == found.of("till", "4")
    assert found.of("shop", "2") != found.of("shop", "1")
    pair = found.pair("1", "2")
    assert (pair["status"], pair["rule"], pair["probability"]) == ("review", "phone", None)
    assert "phone=same" in pair["evidence"]
    assert "last_name=different" in pair["evidence"]


def test_a_household_that_shares_a_telephone_is_not_one_customer(shop: Workshop) -> None:
    told = {"last_name": "Martin", "phone": PHONE}
    rows = [
        person("1", first_name="Jean", **told),
        person("2", first_name="Sophie", **told),
        person("3", first_name="S.", source="till", **told),
        person("4", first_name="Jean-Luc", source="crm", **told),
    ]
    found = shop.resolve(rows[:2])
    assert found.of("shop", "1") != found.of("shop", "2")
    assert found.pair("1", "2")["status"] == "review"
    assert shop.resolve([rows[1], rows[2]]).account.links == {"phone": 1}, "an initial"
    assert shop.resolve([rows[0], rows[3]]).account.links == {"phone": 1}, "a part of it"


def test_a_mailbox_under_contrary_names_is_left_for_review(shop: Workshop) -> None:
    """Who shares one is another customer; what names nobody goes with whom it is the key of."""
    rows = [
        person("1", source="till", first_name="Catherine", last_name="Marchand", email=MAIL),
        person("2", source="pay", email=MAIL),
        person(MAIL, kind="email", first_name="Hugo", last_name="Marchand", email=MAIL),
        person("3", source="crm", first_name="H.", last_name="Marchand", email=MAIL),
    ]
    for order in (rows, rows[::-1]):
        shop.before = Before()
        found = shop.resolve(order)
        assert found.of("shop", MAIL) == found.of("pay", "2") == found.of("crm", "3")
        assert found.of("till", "1") != found.of("shop", MAIL)
        waiting = [pair for pair in found.pairs if pair["status"] == "review"]
        assert {pair["rule"] for pair in waiting} == {"email"}
        assert len(waiting) == 2, "the card and the account, the card and the initial"
        assert all("first_name=different" in pair["evidence"] for pair in waiting)
    shop.decide(waiting[0], "accept")
    assert len(shop.resolve(rows).groups()) == 1, "the owner knows better"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("William", "Bill"),
        ("Jean-Pierre", "JP"),
        ("Anne-Sophie", "Sophie"),
        ("Élise", "Elyse"),
        ("M.", "Camille"),
        ("Marchand", "Camille"),
    ],
)
def test_short_forms_initials_and_parts_are_one_name(one: str, other: str, shop: Workshop) -> None:
    last = "Camille" if one == "Marchand" else "Marchand"
    rows = [
        person("1", first_name=one, last_name=last, email=MAIL),
        person("2", source="crm", first_name=other, last_name="Marchand", email=MAIL),
    ]
    assert shop.resolve(rows).account.links == {"email": 1}


def test_a_date_of_birth_speaks_against_contrary_names(shop: Workshop) -> None:
    told = {"last_name": "Marchand", "email": MAIL, "birth_on": date(1980, 4, 2)}
    rows = [
        person("1", first_name="Camille", **told),
        person("2", source="crm", first_name="Kim", **told),
    ]
    assert shop.resolve(rows).account.links == {"email": 1}


def test_what_records_tell_is_written_so_as_to_be_compared(shop: Workshop) -> None:
    rows = [
        person("1", first_name="Anne-Sophie", address="12, ch. Vert", postcode="04000"),
        person("2", first_name="Anne-Sophie Dupré", address="12 Chemin Vert", postcode="4000"),
        person("3", first_name="Rue", last_name="Haute", address="Rue", postcode="0"),
    ]
    shop.resolve(rows)
    told = pq.read_table(shop.folder / "1" / "people.parquet").to_pylist()
    names = ("first_name", "last_name", "address", "postcode")
    assert {tuple(row[name] for name in names) for row in told} == {
        ("anne sophie", None, "12 vert", "4000"),
        ("anne sophie", "dupre", "12 vert", "4000"),
        ("rue", "haute", "rue", None),
    }


def test_a_rule_may_be_switched_off(shop: Workshop) -> None:
    shop.with_settings(by_phone=False)
    rows = [
        person("1", email=MAIL),
        person("2", email=MAIL, phone=PHONE),
        person("3", phone=PHONE),
    ]
    assert set(shop.resolve(rows).account.links) == {"email"}


def test_refusing_a_link_restores_exactly_what_was_before(shop: Workshop) -> None:
    apart = [person("1", email=MAIL), person("2", source="crm", email="other@mail.example")]
    before = shop.resolve(apart)
    joined = [*apart[:1], {**apart[1], "phone": PHONE}, person("3", email=MAIL, phone=PHONE)]
    merged = shop.resolve(joined)
    assert merged.of("shop", "1") == merged.of("crm", "2") == merged.of("shop", "3")
    (link,) = [p for p in merged.pairs if p["rule"] == "phone"]
    shop.decide(link, "refuse")
    after = shop.resolve(joined)
    assert after.of("crm", "2") == before.of("crm", "2") == own("2", "crm")
    assert after.of("shop", "1") == before.of("shop", "1") == after.of("shop", "3")
    shop.decide(link, "undo")
    assert shop.resolve(joined).groups() == merged.groups()


def test_what_is_accepted_is_linked_and_named_so(shop: Workshop) -> None:
    rows = [
        person("1", first_name="Jean", last_name="Martin", phone=PHONE),
        person("2", first_name="Sophie", last_name="Durand", phone=PHONE),
    ]
    shop.decide(shop.resolve(rows).pair("1", "2"), "accept")
    found = shop.resolve(rows)
    assert found.of("shop", "1") == found.of("shop", "2")
    assert found.account.links == {"owner": 1}
    pair = found.pair("1", "2")
    assert (pair["status"], pair["rule"], pair["decision"]) == ("linked", "owner", "accept")


def test_ids_are_those_of_the_record_first_seen_and_stay(shop: Workshop) -> None:
    first = shop.resolve([person("1", email=MAIL)])
    assert first.of("shop", "1") == own("1")
    newcomers = [person(f"n{n}", source="crm", email=MAIL) for n in range(8)]
    second = shop.resolve([*newcomers, person("1", email=MAIL)])
    assert {row["customer_id"] for row in second.links} == {own("1")}
    since = {row["own_id"]: row["since"] for row in second.ids}
    assert since == {own("1"): 1} | {own(f"n{n}", "crm"): 2 for n in range(8)}
    assert {row["customer_id"] for row in second.ids} == {own("1")}, "old ids lead on"


def test_an_absent_record_is_remembered_and_returns_to_its_place(shop: Workshop) -> None:
    rows = [person("1", email=MAIL), person("2", source="crm", email=MAIL)]
    shop.resolve(rows[:1])
    shop.resolve(rows)
    without = shop.resolve(rows[1:])
    assert without.of("crm", "2") == own("2", "crm")
    gone = {row["own_id"]: row["customer_id"] for row in without.ids}
    assert gone == {own("1"): None, own("2", "crm"): own("2", "crm")}
    again = shop.resolve(rows)
    assert again.of("crm", "2") == own("1")


def test_a_link_tells_its_rule_and_the_refresh_that_made_it(shop: Workshop) -> None:
    rows = [person("1", email=MAIL), person("2", source="crm", email=MAIL, phone=PHONE)]
    shop.resolve(rows)
    found = shop.resolve([*rows, person("3", source="till", phone=PHONE)])
    told = {row["source_id"]: (row["rule"], row["probability"], row["run"]) for row in found.links}
    oldest = min(("1", own("1")), ("2", own("2", "crm")), key=lambda one: one[1])[0]
    younger = {"1": "2", "2": "1"}[oldest]
    assert told[oldest] == ("source_id", 1.0, 1)
    assert told[younger] == ("email", 1.0, 1)
    assert told["3"] == ("phone", 1.0, 2)


def test_several_ids_that_a_source_calls_one_person_stay_one(shop: Workshop) -> None:
    rows = [
        person("o1", person_ref="P", email=MAIL),
        person("o2", person_ref="P"),
        person("1", source="crm", email=MAIL),
    ]
    found = shop.resolve(rows)
    assert len(found.groups()) == 1
    assert {row["rule"] for row in found.links} <= {"source_person", "source_id", "email"}


def test_the_order_of_imports_changes_nothing(shop: Workshop) -> None:
    rows: list[Row] = []
    for n in range(30):
        rows.append(person(f"a{n}", email=f"p{n % 12}@mail.example"))
        rows.append(person(f"b{n}", source="crm", phone=f"06730000{n % 9:02d}"))
        rows.append(
            person(
                f"c{n}",
                source="till",
                email=f"p{n % 7}@mail.example",
                phone=f"06730000{n % 5:02d}",
            )
        )
    links = []
    for seed in range(3):
        shop.run, shop.before = seed * 10, type(shop.before)()
        found = shop.resolve(shuffled(rows, seed))
        links.append({(row["source"], row["source_id"]): row["customer_id"] for row in found.links})
    assert all(one == links[0] for one in links)


def test_no_personal_data_stands_in_pairs_or_ids(shop: Workshop) -> None:
    told = {
        "first_name": "Zoe",
        "last_name": "Plantee",
        "phone": PHONE,
        "address": "3 rue Plantee",
        "postcode": "75011",
        "city": "Plantee-sur-Mer",
        "birth_on": date(1980, 4, 2),
        "email": MAIL,
    }
    found = shop.resolve([person("1", **told), person("2", source="crm", **told)])
    (pair,) = found.pairs
    assert pair["evidence"].count("=same") == 8
    for row in (*found.pairs, *found.ids):
        text = " ".join(str(value) for value in row.values()).casefold()
        assert not any(word in text for word in ("plantee", "zoe", "7100", "75011", "1980"))


@pytest.mark.parametrize(
    ("largest", "before", "why"),
    [(25, None, ""), (26, None, "too_large"), (26, 26, "too_large"), (5, 2, ""), (6, 3, ""),
     (7, 3, "jumped"), (6, 1, "jumped")],
)  # fmt: skip
def test_a_largest_customer_too_large_or_that_jumped_raises_an_alarm(
    largest: int, before: int | None, why: str
) -> None:
    assert alarm(largest, before, limit=25) == why


def test_the_account_names_the_largest_customer(shop: Workshop) -> None:
    shop.settings = NO_MODEL.model_copy(update={"largest": 5})
    found = shop.resolve([person(str(n), email=MAIL) for n in range(8)]).account
    assert (found.alarm, found.largest) == ("too_large", 8)
    assert found.largest_id in {own(str(n)) for n in range(8)}
    assert IdentityAccount.from_manifest(json.loads(json.dumps(found.to_manifest()))) == found
