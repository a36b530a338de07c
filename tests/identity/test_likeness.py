"""Records that share no identifier: found by likeness, on published sets and on a made-up town."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from benchmarks.identity_data import published
from perenne.identity import IdentitySettings, evidence_words
from perenne.identity.contrary import contrary_sql
from perenne.identity.evidence import field_words
from perenne.identity.fields import FIELDS, evidence_sql, level_sql
from perenne.identity.tables.records import spelled, tidy_email
from perenne.text import use_language
from perenne.warehouse import DuckEngine
from tests.identity.people import Customers, Row, Workshop, own, person, town


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path, settings=IdentitySettings())
    yield made
    made.engine.close()


def quality(found: Customers, truth: dict[tuple[str, str], str]) -> tuple[float, float]:
    """Pairwise precision and recall."""

    def pairs(keys: list[object]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(keys).values())

    rows = [(row["customer_id"], truth[row["source"], row["source_id"]]) for row in found.links]
    made, true = pairs([c for c, _t in rows]), pairs([t for _c, t in rows])
    right = pairs(list(rows))
    return right / made if made else 1.0, right / true


def rows_of(name: str, folder: Path) -> tuple[list[Row], dict[tuple[str, str], str]]:
    table = published(name, folder / "identity").to_pylist()
    truth = {("shop", row["customer_ref"]): row.pop("truth") for row in table}
    return [person(row.pop("customer_ref"), **row) for row in table], truth


@pytest.mark.parametrize(
    ("name", "threshold", "recall"),
    [
        pytest.param("febrl1", 0.99, 0.99, marks=pytest.mark.slow),
        ("rldata500", 0.5, 0.95),
        pytest.param("febrl2", 0.99, 0.99, marks=pytest.mark.slow),
        pytest.param("fake_1000", 0.99, 0.8, marks=pytest.mark.slow),
    ],
)
def test_published_persons_are_found(
    name: str, threshold: float, recall: float, shop: Workshop, shared_data: Path
) -> None:
    rows, truth = rows_of(name, shared_data)
    shop.with_settings(probabilistic="on", threshold=threshold)
    found = shop.resolve(rows)
    precision, reached = quality(found, truth)
    assert precision >= 0.985
    assert reached >= recall
    assert found.account.largest <= 12


@pytest.mark.slow
def test_two_sources_of_one_town(shop: Workshop) -> None:
    """Linked where alike, proposed where doubtful; a decision holds; the same again the same."""
    rows = town(300)
    found = shop.resolve(rows)
    truth = {(row["source"], row["customer_ref"]): row["customer_ref"][1:] for row in rows}
    precision, recall = quality(found, truth)
    assert found.account.model == "done"
    assert found.account.links.keys() == {"model"}
    assert precision > 0.99
    assert recall > 0.9
    link = next(row for row in found.pairs if row["status"] == "linked")
    assert 0.99 <= link["probability"] <= 1
    assert {row["run"] for row in found.links} == {1}
    shop.decide(link, "refuse")
    after = shop.resolve(rows)
    changed = {
        row["customer_id"]
        for row in after.links
        if row["own_id"] in (link["own_id_1"], link["own_id_2"])
    }
    assert changed == {link["own_id_1"], link["own_id_2"]}
    assert len(after.groups() - found.groups()) == 2, "the rest is as it was"
    assert len(after.groups()) == len(found.groups()) + 1


@pytest.mark.slow
def test_a_crowd_under_one_address_teaches_nothing(shop: Workshop) -> None:
    """Its thousand names made those of all others look rarer, and their links surer."""
    rows = town(200)
    shared = "famille@mail.example"
    crowd = [
        person(f"x{n}", source="crm", email=shared, first_name="Ines", last_name=f"Flot{n}")
        for n in range(1_000)
    ]

    def proposed(found: Customers) -> set[tuple[str, str, str, float]]:
        return {
            (row["own_id_1"], row["own_id_2"], row["status"], row["probability"])
            for row in found.pairs
            if "crm" not in (row["source_1"], row["source_2"])
        }

    before = proposed(shop.resolve(rows))
    assert len(before) > 150
    assert proposed(shop.resolve([*rows, *crowd])) == before


@pytest.mark.parametrize(
    ("rows", "model"),
    [
        (town(3), "few"),
        ([row for row in town(3) if row["source"] == "shop"], "sources"),
        ([person("1", email="a@x.fr"), person("2", email="b@x.fr")], "sources"),
    ],
)
def test_where_there_is_nothing_to_learn_nothing_is_compared(
    rows: list[Row], model: str, shop: Workshop
) -> None:
    found = shop.resolve(rows)
    assert (found.account.model, found.account.compared) == (model, 0)
    assert all(len(group) == 1 for group in found.groups())


def test_evidence_is_told_in_words() -> None:
    evidence = "last_name=close:0.93|first_name=initial:0.70|postcode=same|city=different"
    with use_language("en"):
        assert evidence_words(evidence) == [
            "family name with a slip of the pen (0.93)",
            "same initial of the first name",
            "same postcode",
            "different city",
        ]
    with use_language("fr"):
        assert evidence_words(evidence)[0] == "nom de famille à une faute de frappe près (0,93)"
        assert evidence_words("") == []


def asked_of(sql: str, one: Row, other: Row) -> object:
    """What the engine answers of two records."""
    sides = []
    for row in (one, other):
        cells = {**dict.fromkeys((*FIELDS, "first_borne")), **row}
        texts = (
            f"CAST({'NULL' if value is None else repr(value)} AS "
            f"{'BIGINT' if name == 'first_borne' else 'VARCHAR'}) AS {name}"
            for name, value in cells.items()
        )
        sides.append(f"(SELECT {', '.join(texts)})")
    with duckdb.connect() as duck:
        ((told,),) = duck.sql(f"SELECT {sql} FROM {sides[0]} AS one, {sides[1]} AS two").fetchall()
    return told


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        ("zoe.dupre@mail.example", "zoe.dupre+shop@mail.example", "alias"),
        ("zoe.dupre@mail.example", "zoe.dupre@post.example", "mailbox"),
        ("zoe.dupre12@mail.example", "zoe.dupra12@mail.example", "close"),
        ("zoe.dupre12@mail.example", "zoe.dupre13@mail.example", "different"),
        ("zoe.dupre12@mail.example", "zoe.dupre75@post.example", "different"),
    ],
)
def test_mailboxes_that_differ_in_their_figures_are_not_alike(
    one: str, other: str, code: str
) -> None:
    told = asked_of(evidence_sql("one", "two"), {"email": one}, {"email": other})
    assert told == f"email={code}"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ("75 boulevard strasbourg", "same"),
        ("75 boulevard strasborug", "close"),
        ("75 boulevard stasbourg", "close"),
        ("79 boulevard strasbourg", "similar"),
        ("12 quai neuf", "different"),
    ],
)
def test_a_slip_in_a_street_is_told_from_its_neighbours(other: str, code: str) -> None:
    one, two = ({"address": text} for text in ("75 boulevard strasbourg", other))
    told = asked_of(evidence_sql("one", "two"), one, two)
    assert str(told).partition(":")[0] == f"address={code}"


@pytest.mark.parametrize(
    ("mailbox", "code"),
    [
        ("zoe.le-goff.75@mail.example", "spelled"),
        ("zoe.legoffre@mail.example", "spelled"),
        ("zoe.martin@mail.example", "different"),
        ("zoe@legoff.example", "different"),
        (None, "different"),
    ],
)
def test_a_family_name_that_the_other_mailbox_spells(mailbox: str | None, code: str) -> None:
    """Married since the account was opened: the mailbox still bears the name on the card."""
    account = {"last_name": "martin", "email": mailbox}
    for one, other in ((account, {"last_name": "le goff"}), ({"last_name": "le goff"}, account)):
        told = asked_of(evidence_sql("one", "two"), one, other)
        assert str(told).startswith(f"last_name={code}")
    with use_language("en"):
        assert evidence_words("last_name=spelled:0.41") == [
            "family name spelled in the mailbox of the other"
        ]


HOME = {"last_name": "dupre", "address": "3 rue haute", "phone": "+33671000001"}


@pytest.mark.parametrize(
    ("one", "other", "contrary"),
    [
        ({"first_name": "camille"}, {"first_name": "hugo"}, True),
        ({"first_name": "camille"}, {"first_name": "camile"}, False),
        ({"first_name": "c"}, {"first_name": "hugo"}, True),
        ({"first_name": "h"}, {"first_name": "hugo"}, False),
        ({"first_name": "m"}, {"first_name": "hugo"}, False),
        ({"first_name": "j"}, {"first_name": "jean marc"}, False),
        ({"first_name": "j m"}, {"first_name": "jean marc"}, False),
        ({"first_name": "p"}, {"first_name": "jean marc"}, True),
        ({"first_name": "bob"}, {"first_name": "robert"}, False),
        ({"first_name": "marie claire"}, {"first_name": "claire"}, False),
        ({"first_name": "mi"}, {"first_name": "mai"}, False),
        ({"first_name": "mi"}, {"first_name": "max"}, True),
        ({"first_name": "camille"}, {}, False),
        ({"first_name": "camille", "last_name": "leroy"}, {}, True),
        ({"last_name": "leroy"}, {}, True),
        ({"last_name": "dupre roy"}, {}, False),
        ({"first_name": "camille", "last_name": "leroy"}, {"first_name": "camille"}, False),
        ({"first_name": "zoe", "last_name": "leroy", "email": "z.dupre@mail.example"}, {}, False),
        ({"first_name": "dupre", "last_name": "camille"}, {}, False),
        ({"first_name": "camille", "birth": "19800402"},
         {"first_name": "hugo", "birth": "19800402"}, False),
        ({"first_name": "camille", "birth": "19800402"},
         {"first_name": "hugo", "birth": "20110915"}, True),
        ({"first_name": "dupre", "last_name": "camille"}, {"first_name": "camille"}, False),
        ({"first_name": "dupre", "last_name": "hugo"}, {"first_name": "camille"}, True),
        ({"first_name": "dupre", "last_name": "camille"},
         {"first_name": "camille", "last_name": None}, False),
        ({"first_name": "dupre", "last_name": "camille"},
         {"first_name": "hugo", "last_name": None}, True),
        ({"first_name": "dupre", "last_name": None},
         {"first_name": "camille", "last_name": None}, True),
    ],
)  # fmt: skip
def test_contrary_first_names_of_one_home(one: Row, other: Row, contrary: bool) -> None:
    sql = contrary_sql("one", "two")
    assert asked_of(sql, HOME | one, HOME | other) is contrary


@pytest.mark.parametrize(
    ("names", "borne", "contrary"),
    [
        (("marie", "martine"), (400, 90), True),
        (("christian", "christine"), (5, 5), True),
        (("marie", "marrine"), (400, 4), False),
        (("marie", "marine"), (400, 90), False),
        (("martine", "martinne"), (4_000, 30), False),
        (("martine", "martyna"), (4_000, 30), False),
        (("martine", "martyna"), (4_000, 41), True),
        (("marie", "marie claire"), (400, 90), False),
        (("julie", "juliette"), (400, 90), False),
        (("mickael", "mike"), (400, 90), False),
        (("marie", "martine"), (None, None), False),
    ],
)
def test_two_names_that_others_bear_are_no_slip_of_each_other(
    names: tuple[str, str], borne: tuple[int | None, int | None], contrary: bool
) -> None:
    sides = [{"first_name": a, "first_borne": n} for a, n in zip(names, borne, strict=True)]
    for one, other in (sides, sides[::-1]):
        assert asked_of(contrary_sql("one", "two"), HOME | one, HOME | other) is contrary


@pytest.mark.parametrize(
    ("email", "family", "first"),
    [
        ("zoe.dupre.75@mail.example", "dupre", "zoe"),
        ("DUPRE_Zoe@mail.example", "dupre", "zoe"),
        ("zoe.legoff+shop@mail.example", "le goff", "zoe"),
        ("contact.dupre@mail.example", "dupre", None),
        ("z.dupre@mail.example", "dupre", None),
        ("zoe.martin@mail.example", "dupre", None),
        (None, "dupre", None),
        ("zoe.dupre@mail.example", None, None),
    ],
)
def test_a_mailbox_spells_the_first_name(
    email: str | None, family: str | None, first: str | None
) -> None:
    cells = pa.table({"email": pa.array([email], pa.string()),
                      "family": pa.array([family], pa.string())})  # fmt: skip
    with DuckEngine(threads=1) as engine:
        table = engine.arrow(cells)
        found = engine.fetch(table.select(first=spelled(tidy_email(table.email), table.family)))
    assert found["first"].to_pylist() == [first]


def test_names_that_changed_places_are_compared(shop: Workshop) -> None:
    """Nothing that they share but the postcode and the two names, the other way round."""
    rows = town(300)
    names = {"first_name": "Apolline", "last_name": "Vandermeersch"}
    turned = {"first_name": "Vandermeersch", "last_name": "Apolline"}
    rows += [
        person("n1", source="shop", **names, postcode="75001"),
        person("n2", source="till", **turned, postcode="75001"),
    ]
    shop.with_settings(review_from=0.001)
    pairs = shop.resolve(rows).pairs
    ends = {own("n1"), own("n2", "till")}
    assert any({row["own_id_1"], row["own_id_2"]} == ends for row in pairs)


def test_every_field_that_a_reviewer_reads_of_has_words() -> None:
    told = [field.name for field in FIELDS.values() if field.shown]
    assert "locality" not in told
    assert all(field_words(name) for name in told)


def test_a_move_is_one_witness_and_not_three() -> None:
    """Once two postcodes differ, street and town are asked by fields that expect them to."""
    old = {"address": "5 ecoles", "postcode": "75001", "city": "paris"}
    new = {"address": "9 quai", "postcode": "13001", "city": "marseille"}
    fields = ("address", "road", "city", "town", "locality")

    def told(one: dict[str, str], two: dict[str, str]) -> set[str]:
        both = [
            {**row, "road": row.get("address"), "town": row["city"], "locality": row["city"]}
            for row in (one, two)
        ]
        return {
            name for name in fields if asked_of(level_sql(FIELDS[name], "one", "two"), *both) != -1
        }

    assert told(old, new) == {"road", "town"}
    assert told(old, old) == {"address", "locality"}
    assert told(old, {"city": "paris"}) == {"city"}
