"""Several systems of one shop: what each holds of a person, and the truth kept apart."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from datetime import UTC
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from perenne.demo import Simulation, simulate
from perenne.demo.lives import NEVER, RATES, Life, life_of
from perenne.demo.shapes import COUNTRIES
from perenne.demo.slips import SLIPS, chance, names, phone, typo
from tests.demo.plain_reader import Row, french_amount, read_csv, read_export

PEOPLE = 20_000


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    return simulate(tmp_path_factory.mktemp("several"), customers=800, seed=3)


@pytest.fixture(scope="module")
def folder(several: Simulation) -> Path:
    return several.truth.parent.parent


@pytest.fixture(scope="module")
def lives() -> list[Life]:
    return [life_of(number, 0) for number in range(1, PEOPLE + 1)]


def rows(path: Path) -> list[Row]:
    head = path.read_text(encoding="utf-8-sig").partition("\n")[0]
    return read_csv(path, delimiter=";" if ";" in head else ",")


def test_every_order_stands_in_the_system_that_holds_it(several: Simulation, folder: Path) -> None:
    orders = pq.read_table(folder / "truth/orders.parquet").to_pylist()
    till = {row["N° ticket"] for path in several.files if path.name.startswith("ventes_")
            for row in rows(path)}  # fmt: skip
    web = set(read_export(folder).orders)
    assert till == {row["order_name"] for row in orders if row["channel"] == "store"}
    assert till
    assert {row["order_name"] for row in orders if row["channel"] != "store"} <= web
    assert all(path.is_file() for path in several.files)
    assert set(several.stores.values()) == {"till"}


def test_a_card_bears_the_home_of_the_day_it_was_taken(several: Simulation, folder: Path) -> None:
    taken: dict[str, tuple[float, int, int]] = {}
    for row in pq.read_table(folder / "truth/orders.parquet").to_pylist():
        if row["source"] == "files:till" and not row["guest"]:
            at = row["ordered_at"].replace(tzinfo=UTC).timestamp()
            told = (at, row["customer"], COUNTRIES.index(row["country"]))
            taken[row["record"]] = min(taken.get(row["record"], told), told)
    moved = 0
    for card in rows(folder / "caisse/cartes_fidelite.csv"):
        at, number, country = taken[card["N° carte fidélité"]]
        life = life_of(number, country)
        if card["Code postal"]:
            assert card["Code postal"] == life.home_at(int(at)).postcode
        moved += life.home_at(int(at)) == life.new_home != life.home
    assert moved


def test_lines_of_the_till_add_up_to_the_truth(several: Simulation, folder: Path) -> None:
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for path in several.stores:
        if path.name.startswith("ventes_"):
            for row in rows(path):
                price = french_amount(row["Prix unitaire TTC"]) * int(row["Qté"])
                paid[row["N° ticket"]] += price - french_amount(row["Remise"])
    orders = pq.read_table(folder / "truth/orders.parquet").to_pylist()
    true = {row["order_name"]: row["paid_cents"] + row["gift_cents"] for row in orders}
    assert {name: int(100 * value) for name, value in paid.items()} == {n: true[n] for n in paid}


def test_a_payment_is_of_an_order_of_the_web_shop(several: Simulation, folder: Path) -> None:
    orders = read_export(folder).orders
    payments = rows(folder / "stripe/unified_payments.csv")
    paid = [row for row in payments if row["Status"] != "Failed"]
    planted = json.loads(several.truth.read_text(encoding="utf-8"))["planted"]
    assert len(paid) == planted["payments"] > 1_000
    assert len(payments) - len(paid) == planted["failed_payments"] > 0
    unnamed = 0
    for row in paid:
        order = orders["#" + row["id"].removeprefix("ch_")]
        assert row["Amount"] == order.head["Total"]
        assert row["Customer Email"].lower() == (order.email or "")
        unnamed += not row["Description"].endswith(order.name)
        assert order.email or row["Description"].endswith(order.name)
    assert 0.1 < unnamed / len(paid) < 0.2


def test_the_truth_names_the_person_of_every_record(folder: Path) -> None:
    known = pq.read_table(folder / "truth/records.parquet").to_pylist()
    whose = {(row["source"], row["record"]) for row in known}
    for source, path, column in (
        ("klaviyo", "klaviyo/profiles.csv", "Email"),
        ("zendesk", "zendesk/tickets.csv", "Requester email"),
        ("files", "enquetes/nps.csv", "E-mail"),
        ("files", "site/evenements.csv", "email"),
        ("recharge", "recharge/customers.csv", "id"),
        ("stripe", "stripe/unified_payments.csv", "Customer ID"),
    ):
        found = {(source, row[column].lower()) for row in rows(folder / path) if row[column]}
        assert found, path
        assert found <= whose, path
    orders = pq.read_table(folder / "truth/orders.parquet").to_pylist()
    assert all((row["record"] is None) == row["guest"] for row in orders)
    cards = {row["N° carte fidélité"] for row in rows(folder / "caisse/cartes_fidelite.csv")}
    assert cards == {r["record"] for r in orders if r["source"] == "files:till" and not r["guest"]}


def test_some_persons_are_several_records_of_one_system(folder: Path) -> None:
    records: dict[tuple[str, int], set[str]] = defaultdict(set)
    for row in pq.read_table(folder / "truth/orders.parquet").to_pylist():
        if row["record"]:
            records[row["source"], row["customer"]].add(row["record"])
    assert {len(found) for found in records.values()} >= {1, 2}


def test_nobody_is_real(folder: Path) -> None:
    for path in folder.rglob("*.csv"):
        encoding = "cp1252" if path.parent.name == "costs" else "utf-8-sig"
        text = path.read_text(encoding=encoding).lower()
        domains = set(re.findall(r"@([a-z0-9.-]+)", text)) - {"example.com"}
        assert all(domain.endswith(".example") for domain in domains), path


def test_lives_change_as_often_as_said(lives: list[Life]) -> None:
    shares = {
        "moved": sum(life.moved_at < NEVER for life in lives),
        "married": sum(life.married_at < NEVER for life in lives),
        "new_email": sum(life.left_at < NEVER for life in lives),
        "work_email": sum(life.work_email != "" for life in lives),
        "alias": sum("+" in life.alias for life in lives),
        "desk": sum(life.email.startswith("contact@") for life in lives),
        "born_known": sum(life.born != "" for life in lives),
    }
    for what, count in shares.items():
        assert count / PEOPLE == pytest.approx(RATES[what], abs=0.01), what
    homes: dict[object, list[Life]] = defaultdict(list)
    for life in lives:
        homes[life.home].append(life)
    shared = [mates for mates in homes.values() if len(mates) > 1]
    together = sum(len(mates) for mates in shared) / PEOPLE
    assert together == pytest.approx(RATES["household"], abs=0.015)
    names_ = sum(len({mate.last for mate in mates}) == 1 for mates in shared) / len(shared)
    assert names_ == pytest.approx(RATES["same_family_name"], abs=0.1)
    mailboxes: dict[str, set[object]] = defaultdict(set)
    for life in lives:
        if not life.email.startswith("contact@"):
            mailboxes[life.email].add(life.home)
    assert all(len(homes_) == 1 for homes_ in mailboxes.values()), "a mailbox is of one household"


def test_names_are_as_rare_as_names_are(lives: list[Life]) -> None:
    """Few share a full name and a postcode without living together."""
    alike: dict[tuple[str, str, str], set[object]] = defaultdict(set)
    for life in lives:
        alike[life.first, life.last, life.home.postcode].add(life.home)
    strangers = sum(len(found) for found in alike.values() if len(found) > 1)
    assert strangers / PEOPLE < 0.01


@pytest.mark.parametrize("where", sorted(SLIPS))
def test_names_slip_as_often_as_said(where: str) -> None:
    told = [
        names("Margareta", "Delacourville", where=where, luck=chance(n, 1)) for n in range(4_000)
    ]
    plain = [(one.lower(), other.lower()) for one, other in told]
    wrong = sum(other not in ("delacourville", "margareta") for _one, other in plain) / 4_000
    swapped = sum(one == "delacourville" for one, _other in plain) / 4_000
    assert wrong == pytest.approx(SLIPS[where]["typo"], abs=0.02)
    assert swapped == pytest.approx(SLIPS[where]["swap"], abs=0.006)


def test_a_slip_is_one_slip() -> None:
    for number in range(300):
        assert 0 <= abs(len(typo("Delacourt", chance(number, 2))) - 9) <= 1
    forms = {phone("+33199000017", chance(number, 3)) for number in range(60)}
    assert forms == {"0199000017", "01 99 00 00 17", "01.99.00.00.17", "+33199000017",
                     "0033199000017"}  # fmt: skip
