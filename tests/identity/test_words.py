"""What a source told of one record over time: each word links and is compared, within bounds."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from perenne.identity import evidence_words
from perenne.identity.tables.records import plain_words
from perenne.text import use_language
from perenne.warehouse import DuckEngine
from tests.identity.people import NO_MODEL, Row, Workshop, own, person, town

pytestmark = pytest.mark.slow


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    made = Workshop(tmp_path, settings=NO_MODEL)
    yield made
    made.engine.close()


def account(seq: int, **told: str) -> Row:
    return person("42", seq=seq, **{"first_name": "Zoé", "last_name": "Dupré", **told})


@pytest.mark.parametrize(
    "known",
    [{"email": "zoe@old.example"}, {"phone": "06 72 00 00 01"}],
    ids=lambda t: next(iter(t)),
)
def test_what_an_account_told_earlier_links_as_what_it_tells_now(
    known: dict[str, str], shop: Workshop
) -> None:
    told = [
        account(1, email="zoe@old.example", phone="+33672000001"),
        account(2, email="zoe@new.example", phone="+33672000002"),
    ]
    card = person("c", source="till", first_name="Zoé", **known)
    for rows in ([*told, card], [card, *reversed(told)]):
        found = shop.resolve(rows)
        assert found.of("shop", "42") == found.of("till", "c")


def test_what_somebody_else_told_under_an_account_links_nobody(shop: Workshop) -> None:
    """Zoé orders today under the account that was Hugo's: his card is not hers."""
    told = [account(1, first_name="Hugo", phone="+33672000001"), account(2, phone="+33672000002")]
    card = person("c", source="till", first_name="Hugo", phone="+33672000001")
    found = shop.resolve([*told, card])
    assert found.of("shop", "42") != found.of("till", "c")
    alike = shop.resolve([{**told[0], "first_name": "Zoe"}, told[1], {**card, "first_name": "Z."}])
    assert alike.of("shop", "42") == alike.of("till", "c"), "the same, if it was she"


def test_an_account_of_a_crowd_is_no_person_whatever_it_told(shop: Workshop) -> None:
    """The till's account for everybody: eleven e-mails, none of which links; nor do the three
    telephone numbers that were told beside them, but for the one of today."""
    crowd = [account(n, email=f"p{n}@mail.example", phone=f"067200000{n % 3}") for n in range(11)]
    cards = [person(f"m{n}", source="crm", email=f"p{n}@mail.example") for n in range(11)]
    cards += [person(f"t{n}", source="till", phone=f"067200000{n}") for n in range(3)]
    found = shop.resolve([*crowd, *cards])
    today = frozenset({("shop", "42"), ("till", "t1")})
    assert {group for group in found.groups() if len(group) > 1} == {today}


def test_a_number_that_more_records_than_the_cap_ever_told_links_nobody(shop: Workshop) -> None:
    shared = [person(f"r{n}", seq=1, phone="0672000001") for n in range(10)]
    later = [person(f"r{n}", seq=2, phone=f"06720001{n:02d}") for n in range(10)]
    asked = [person("a", source="till", phone="0672000001")]
    assert len(shop.resolve([*shared[:3], *later[:3], *asked]).groups()) == 1
    assert all(len(group) == 1 for group in shop.resolve([*shared, *later, *asked]).groups())


def moved(rows: list[Row]) -> list[Row]:
    """What the shop is told after two in five of its customers have moved away."""
    return [
        {**row, "seq": 2, "address": f"{n} quai neuf", "postcode": f"{n:05d}", "city": f"port {n}"}
        for n, row in enumerate(row for row in rows if row["source"] == "shop")
        if n % 5 < 2
    ]


def test_records_are_compared_by_what_they_said_before_they_moved(shop: Workshop) -> None:
    shop.with_settings(probabilistic="on")
    rows = town(150)
    away = moved(rows)
    gone = {row["customer_ref"] for row in away}
    pairs = {frozenset({("shop", f"a{n}"), ("till", f"b{n}")}) for n in range(150)}
    after = shop.resolve([*rows, *away])
    joined = {group for group in after.groups() if len(group) > 1}
    assert joined <= pairs
    assert len(joined) > 140
    newest = shop.resolve([*(row for row in rows if row["customer_ref"] not in gone), *away])
    # Some who moved are found by their names, where these are rare.
    assert len(newest.groups() & pairs) < 120
    told = [row["evidence"].endswith("|word=earlier") for row in after.pairs]
    assert 50 < sum(told) <= 60
    with use_language("en"):
        assert evidence_words("city=same|word=earlier") == [
            "same city",
            "as a source told it earlier",
        ]


def test_a_word_that_is_repeated_changes_nothing(shop: Workshop) -> None:
    shop.with_settings(probabilistic="on", review_from=0.01)
    rows = town(120)
    once = shop.resolve(rows)
    again = shop.resolve([{**row, "seq": seq} for seq in (1, 2, 3) for row in rows])
    assert once.pairs == again.pairs
    assert once.groups() == again.groups()


def test_of_several_words_each_is_a_chance_to_agree(shop: Workshop) -> None:
    """Who said three things and agrees by one has a third of the odds: the more is said, the
    likelier strangers agree by chance."""
    shop.with_settings(probabilistic="on", review_from=0.0001)
    rows = [row for row in town(120) if row["customer_ref"] not in ("a0", "b0")]
    names = {"first_name": "Apolline", "last_name": "Moreau"}
    home = {"postcode": "75001", "city": "Moreauville"}
    card = person("card", source="till", **names, **home)
    told = person("told", seq=9, **names, **home)
    other = [{**told, "seq": n, "postcode": f"{n}0999", "city": f"bourg {n}"} for n in (1, 2)]

    def odds(extra: list[Row]) -> float:
        pairs = shop.resolve([*rows, card, told, *extra]).pairs
        ends = {own("told"), own("card", "till")}
        (found,) = [row for row in pairs if {row["own_id_1"], row["own_id_2"]} == ends]
        return float(found["probability"] / (1 - found["probability"]))

    assert odds(other) == pytest.approx(odds([]) / 3, rel=0.1)


def test_the_telephone_of_a_desk_is_evidence_and_no_rule(shop: Workshop) -> None:
    desk = "contact@cabinet.example"
    told = {"first_name": "Apolline", "last_name": "Moreau", "postcode": "75001"}
    rows = [
        person(desk, kind="email", email=desk, phone="0672000001", **told),
        person("card", source="till", phone="0672000001", **told),
    ]
    alone = shop.resolve(rows)
    assert len(alone.groups()) == 2
    shop.with_settings(probabilistic="on")
    pairs = shop.resolve([*town(120), *phones(30), *rows]).pairs
    (pair,) = [row for row in pairs if own("card", "till") in (row["own_id_1"], row["own_id_2"])]
    assert (pair["status"], pair["rule"]) == ("linked", "model")
    assert "phone=same" in pair["evidence"]


def phones(size: int) -> list[Row]:
    """Persons whom a telephone number links, so that numbers are a field to learn of."""
    return [
        person(f"{source}{n}", source=source, phone=f"06720010{n:02d}", last_name=f"nom{n}")
        for n in range(size)
        for source in ("shop", "till")
    ]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Lebœuf-Méry", "leboeuf mery"),
        ("Bjørn  Łukasz", "bjorn lukasz"),
        ("محمد الأمين", "محمد الامين"),
        ("👩‍🌾 ", None),
        ("N/A", None),
    ],
)
def test_names_are_compared_in_whatever_script(text: str, plain: str | None) -> None:
    with DuckEngine(threads=1) as engine:
        table = engine.arrow(pa.table({"text": [text]}))
        found = engine.fetch(table.select(plain=plain_words(table.text)))
    assert found["plain"].to_pylist() == [plain]


def test_a_name_in_another_script_contradicts_nobody(shop: Workshop) -> None:
    mail = {"email": "m@mail.example"}
    rows = [person("1", first_name="محمد", **mail), person("2", first_name="Mohamed", **mail)]
    assert len(shop.resolve(rows).groups()) == 1
    other = [*rows[:1], person("3", first_name="فاطمة", **mail)]
    assert len(shop.resolve(other).groups()) == 2


def test_a_birthday_is_a_word_too(shop: Workshop) -> None:
    """Whoever has one date of birth is one person under whatever names."""
    born = {"birth_on": date(1980, 4, 2)}
    told = [person("42", seq=n, first_name=name, phone=f"067200000{n}", **born)
            for n, name in ((1, "Hugo"), (2, "Zoé"))]  # fmt: skip
    card = person("c", source="till", phone="0672000001", first_name="Zoé")
    found = shop.resolve([*told, card])
    assert found.of("shop", "42") == found.of("till", "c")
