"""One customer across sources, in a workspace: the same in any order, decided, undone, kept."""

from __future__ import annotations

import itertools
import random
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from perenne.core import PerenneError
from perenne.workspace import Layout, open_shop
from perenne.workspace.identities import Asked, account, decide, decisions, pairs
from tests.cli.files import write
from tests.cli.program import refused, succeed
from tests.workspace.shops import bring, computed, new_workspace, table, values

pytestmark = pytest.mark.slow

ORDERS = "order_id,order_date,customer_id,total"
PEOPLE = "customer_id,first name,last name,email,phone,postcode"
Files = list[tuple[str, str, str]]


def files() -> Files:
    """(store, file, content): orders of a web shop and a till, and who their customers are."""
    web = [f"W{n},2024-0{1 + n % 6}-05,{n % 4},{20 + n}" for n in range(12)]
    till = [f"T{n},2024-0{1 + n % 6}-20,{n % 5},{30 + n}" for n in range(10)]
    web_people = [
        "0,Camille,Dupre,camille@mail.example,,69001",
        "1,Jean,Arnaud,jean@mail.example,06 71 00 00 01,69003",
        "2,Ines,Lefort,ines@mail.example,,75011",
        "3,Hugo,Tessier,hugo@mail.example,06 71 00 00 03,33000",
    ]
    till_people = [
        "0,Camille,Dupre,Camille@Mail.example,,69001",
        "1,J.,Arnaud,,0671000001,69003",
        "2,Sophie,Vasseur,,0671000003,33000",
        "3,Lea,Moulin,lea@mail.example,,13001",
        "4,Paul,Girard,,,59000",
    ]
    return [
        ("web", "web.csv", "\n".join([ORDERS, *web]) + "\n"),
        ("till", "till.csv", "\n".join([ORDERS, *till]) + "\n"),
        ("web", "web-people.csv", "\n".join([PEOPLE, *web_people]) + "\n"),
        ("till", "till-people.csv", "\n".join([PEOPLE, *till_people]) + "\n"),
    ]


def workspace(folder: Path, order: Files) -> Layout:
    place = new_workspace(folder / "shop")
    text = place.settings.read_text(encoding="utf-8")
    place.settings.write_text(text.replace("# enabled = true", "enabled = false"), encoding="utf-8")
    for store, name, content in order:
        bring(place, write(folder / store / name, content), store=store)
    return place


def customers(place: Layout) -> dict[tuple[str, str], str]:
    rows = table(place, "customer_links")
    return {(row["source"], row["source_id"]): row["customer_id"] for row in rows}


def waiting(place: Layout, **asked: Any) -> list[Any]:
    with open_shop(place.root) as shop:
        return pairs(shop, Asked(**asked))[0]


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A workspace of two sources with one snapshot; tests copy it."""
    place = workspace(tmp_path_factory.mktemp("linked"), files())
    computed(place)
    return place


def copied(place: Layout, folder: Path) -> Layout:
    return Layout(Path(shutil.copytree(place.root, folder / "mine")))


def test_a_workspace_links_reviews_and_follows_decisions(linked: Layout, tmp_path: Path) -> None:
    place = copied(linked, tmp_path)
    before = customers(place)
    assert before["files:web", "0"] == before["files:till", "0"], "same e-mail"
    assert before["files:web", "1"] == before["files:till", "1"], "same telephone"
    assert before["files:web", "3"] != before["files:till", "2"], "names contradict each other"
    assert values(place, "customers") == {"customers": 7}
    with open_shop(place.root) as shop:
        told = account(shop)
    assert told is not None
    assert (told.links, told.review) == ({"email": 1, "phone": 1}, 1)
    assert len({row["customer_id"] for row in table(place, "orders")}) == 7

    (asked,) = waiting(place)
    assert (asked.status, asked.rule, asked.probability) == ("review", "phone", None)
    assert {side.contact["last_name"] for side in asked.sides} == {"Tessier", "Vasseur"}
    (email,) = [one for one in waiting(place, status="linked") if one.rule == "email"]
    decide(place, [asked.pair_id], "accept")
    decide(place, [email.pair_id], "refuse")
    assert waiting(place)[0].decided_since == "accept"
    assert "links" in succeed("identity", "review", "-w", place.root).out

    assert computed(place).changed
    after = customers(place)
    assert after["files:web", "3"] == after["files:till", "2"]
    assert after["files:web", "0"] != after["files:till", "0"]
    assert before["files:web", "0"] in {after["files:web", "0"], after["files:till", "0"]}
    kept = {ref for ref in before if before[ref] == after[ref]}
    assert len(kept) >= len(before) - 2
    assert not computed(place).changed, "the same decisions, the same snapshot"

    decide(place, [asked.pair_id, email.pair_id], "undo")
    assert [one.word for one in decisions(place)] == ["accept", "refuse", "undo", "undo"]


def test_a_review_shows_what_each_record_says_of_itself(tmp_path: Path) -> None:
    """Two accounts of one source are one customer, whose newest contact is that of one of them."""
    orders = [ORDERS, "W1,2024-01-05,1,20", "W2,2024-02-05,2,30"]
    people = [PEOPLE, "1,Camille,Dupre,c@mail.example,,69001", "2,C.,Martin,c@mail.example,,13001"]
    told = [("web", "web.csv", orders), ("web", "people.csv", people)]
    place = workspace(
        tmp_path, [(store, name, "\n".join(rows) + "\n") for store, name, rows in told]
    )
    computed(place)
    (pair,) = waiting(place, status="linked")
    assert [
        (side.contact["last_name"], side.contact["postcode"])
        for side in sorted(pair.sides, key=lambda side: side.ids)
    ] == [("Dupre", "69001"), ("Martin", "13001")]


SHOPIFY = (
    "Name,Email,Financial Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Billing Name,Billing Street,Billing Zip,Billing City,Billing Phone"
)


def ordered(number: int, day: str, person: str) -> str:
    return f"#{number},z@mail.example,paid,EUR,20.00,{day} 10:00:00 +0100,1,Tea,20.00,{person}"


def test_what_orders_told_earlier_links_and_a_review_shows_what_they_tell_now(
    tmp_path: Path,
) -> None:
    """The export begins with the newest order; the card has the telephone of the first one."""
    web = [
        SHOPIFY,
        ordered(1003, "2024-03-01", "Zoe Dupre,3 rue Basse,33000,Bordeaux,0671000002"),
        ordered(1002, "2024-02-01", "Hugo Petit,3 rue Basse,33000,Bordeaux,0671000003"),
        ordered(1001, "2024-01-01", "Zoe Dupre,1 rue Haute,69001,Lyon,0671000001"),
    ]
    till = [
        PEOPLE,
        "7,Zoe,Dupre,,06 71 00 00 01,69001",
        "8,Hugo,Petit,,06 71 00 00 03,33000",
    ]
    sold = [ORDERS, "T1,2024-01-05,7,20", "T2,2024-01-06,8,30"]
    told = [("web", "orders_export.csv", web), ("till", "till.csv", sold), ("till", "p.csv", till)]
    place = workspace(
        tmp_path, [(store, name, "\n".join(rows) + "\n") for store, name, rows in told]
    )
    computed(place)
    known = {ref: one for (_source, ref), one in customers(place).items()}
    assert known["7"] == known["z@mail.example"], "by a telephone of January"
    assert known["8"] != known["7"], "what Hugo told under her account speaks for nobody"
    (pair,) = waiting(place, status="linked")
    (side,) = [one for one in pair.sides if one.kind == "email"]
    assert side.contact["postcode"] == "33000"
    assert {row["postcode"] for row in table(place, "contacts")} >= {"33000", "69001"}


def test_an_unknown_pair_is_refused_and_nothing_is_written(linked: Layout, tmp_path: Path) -> None:
    place = copied(linked, tmp_path)
    (known,) = waiting(place)
    slip = known.pair_id[:-1] + ("0" if known.pair_id[-1] != "0" else "1")
    with pytest.raises(PerenneError, match=known.pair_id) as refusal:
        decide(place, [known.pair_id, slip], "accept")
    assert slip in str(refusal.value)
    assert refusal.value.given == slip
    assert "perenne identity review" in refusal.value.next_step
    assert not place.decisions.exists()

    shown = succeed("identity", "review", "-w", place.root)
    assert "Tessier" not in shown.out, "masked unless asked for"
    assert "same telephone" in shown.out
    whole = succeed("identity", "review", "--personal", "-w", place.root, "--lang", "fr")
    assert "Hugo Tessier" in whole.out
    assert "même téléphone" in whole.out
    (pair,) = succeed("identity", "review", "--json", "-w", place.root).json()["pairs"]
    assert pair["evidence"]["phone"] == "same"
    assert all("contact" not in record for record in pair["records"])
    status = succeed("identity", "status", "-w", place.root)
    assert "9 records of the sources = 7 customers" in status.out
    assert "There is no pair nothing." in refused("identity", "accept", "nothing", "-w", place.root)
    accepted = succeed("identity", "accept", known.pair_id, "-w", place.root)
    assert "1 pair accepted." in accepted.out

    place.decisions.write_text("half a li", encoding="utf-8")
    with pytest.raises(PerenneError, match=r"identity-decisions\.jsonl"):
        computed(place)


FIGURES = ("customers", "orders", "net_revenue", "repeat_purchase_rate", "historical_clv_12m")


def seen(place: Layout) -> tuple[object, ...]:
    computed(place, as_of=date(2024, 7, 1))
    facts = [
        (row["customer_id"], row["orders"], row["first_order_on"])
        for row in table(place, "customers")
    ]
    return customers(place), sorted(facts), values(place, *FIGURES)


@pytest.mark.long
def test_the_other_order_of_imports_gives_the_same_customers_and_figures(tmp_path: Path) -> None:
    one = seen(workspace(tmp_path / "one", files()))
    assert seen(workspace(tmp_path / "two", files()[::-1])) == one


@pytest.mark.long
def test_ten_imports_in_any_order_give_the_same_customers_and_figures(tmp_path: Path) -> None:
    """Each file in pieces of its own: ten imports, in six orders drawn by chance."""
    pieces = []
    for store, name, content in files():
        header, *rows = content.splitlines()
        size = -(-len(rows) // (2 if name == "web.csv" or name == "web-people.csv" else 3))
        for number, start in enumerate(range(0, len(rows), size)):
            part = "\n".join([header, *rows[start : start + size]]) + "\n"
            pieces.append((store, f"{number}-{name}", part))
    assert len(pieces) == 10
    found = []
    for seed in range(6):
        random.Random(seed).shuffle(pieces)
        found.append(seen(workspace(tmp_path / str(seed), list(pieces))))
    assert all(one == other for one, other in itertools.pairwise(found))


def said(place: Layout, *words: object) -> str:
    return succeed("identity", *words, "-w", place.root, "--lang", "fr").out


def test_what_was_decided_waits_and_what_was_not_is_not_undone(
    linked: Layout, tmp_path: Path
) -> None:
    place = copied(linked, tmp_path)
    (pair,) = waiting(place)
    assert "n’a fait l’objet d’aucune décision" in said(place, "undo", pair.pair_id)
    assert not decisions(place)
    assert "en attente de la prochaine actualisation" not in said(place, "status")

    said(place, "refuse", pair.pair_id)
    status = said(place, "status")
    assert "0 acceptée, 0 refusée" in status
    assert "en attente de la prochaine actualisation\u00a0: 1 refusée" in status
    told = succeed("identity", "status", "-w", place.root, "--json").json()
    assert told["decided_since"] == {"refuse": 1}

    assert "1 décision annulée." in said(place, "undo", pair.pair_id)
    assert "en attente" not in said(place, "status")
    assert said(place, "review", "--status", "refused").strip() == "Aucune paire."
