"""One company as one record: found, summed over its people, named with care, on a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import jsonschema_rs
import pytest

import perenne as pn
from perenne.core import PerenneError
from perenne.models.schema import PREDICTED
from perenne.reports import AccountRecord, account_names, account_schema, assemble_account
from perenne.reports.account import shown_account
from perenne.text import use_language
from perenne.workspace import Layout, Shop
from perenne.workspace.persons import Found
from tests.cli.files import write
from tests.cli.program import succeed
from tests.workspace.shops import bring, computed, new_workspace, without_models

PEOPLE = """customer_id,email,first_name,last_name,company,account id
p1,anne@hotel.example,Anne,Martin,Hôtel du Lac,C-100
p2,bob@hotel.example,Bob,Leroy,HOTEL DU LAC,C-100
p3,eve@hotel.example,Eve,Petit,,C-100
p4,luc@plombier.example,Luc,Durand,Durand Plomberie,C-200
p5,zoe@nguyen.example,Zoé,Nguyen,Nguyen et Fils,C-300
p6,tom@nguyen.example,Tom,Roux,Nguyen et Fils,C-300
p7,kim@solo.example,Kim,Blanc,,
"""
CONSENTS = """email,channel,consent,consent date,source,proof
anne@hotel.example,email,yes,2025-02-01,Salon,form 12
bob@hotel.example,email,no,2025-03-01,Footer,
bob@hotel.example,sms,yes,2025-03-02,Till,
luc@plombier.example,email,yes,2025-03-03,Till,
"""
VISITS = """date,event,email,event id
2025-04-01 10:00:00,page view,anne@hotel.example,v1
2025-04-01 11:00:00,page view,anne@hotel.example,v2
2025-04-01 12:00:00,page view,bob@hotel.example,v3
"""
ORDERS = """order_id,order_date,customer_id,total,product
1,2025-01-13,p1,120.00,Nappe
2,2025-03-14,p2,60.00,Drap
3,2025-06-20,p1,30.00,Nappe
4,2025-06-25,p4,10.00,Nappe
5,2025-06-26,p5,15.00,Nappe
6,2025-06-27,p7,90.00,Drap
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    folder = tmp_path_factory.mktemp("accounts")
    place = new_workspace(folder / "shop")
    without_models(place)
    files = {
        "clients.csv": PEOPLE,
        "orders.csv": ORDERS,
        "consentements.csv": CONSENTS,
        "visits.csv": VISITS,
    }
    bring(place, *(write(folder / name, text) for name, text in files.items()))
    computed(place, as_of=date(2025, 6, 30))
    return place


@pytest.fixture(scope="module")
def shop(place: Layout) -> Iterator[Shop]:
    with pn.open(place.root) as opened:
        yield opened


@pytest.fixture(scope="module")
def hotel(shop: Shop) -> AccountRecord:
    return shop.account_record("C-100", personal=True)


@pytest.mark.parametrize("words", ["C-100", "Hôtel du Lac", "hôtel", " HÔTEL DU LAC "])
def test_an_account_is_found_by_its_ids_and_its_name(
    shop: Shop, hotel: AccountRecord, words: str
) -> None:
    assert shop.account_record(words).account_id == hotel.account_id
    assert shop.account_record(hotel.account_id).account_id == hotel.account_id
    member = hotel.members[0].customer_id
    assert shop.account_record(member).account_id == hotel.account_id


def test_nobody_and_several_are_refused(shop: Shop) -> None:
    with pytest.raises(PerenneError, match=r"No account in snapshot .* is “Nobody”"):
        shop.account_record("Nobody")
    with pytest.raises(PerenneError, match="may be 2 accounts"):
        shop.account_record("n")


def test_its_people_and_what_they_bought_add_up(hotel: AccountRecord) -> None:
    assert [one.name for one in hotel.members] == ["Anne Martin", "Bob Leroy", "Eve Petit"]
    assert [one.orders for one in hotel.members] == [2, 1, 0]
    known = {one.name: one.value for one in hotel.facts}
    assert known["orders"] == 3
    assert known["first_order_on"] == date(2025, 1, 13)
    assert known["last_order_on"] == date(2025, 6, 20)
    assert known["days_since_last_order"] == 10
    assert known["historical_clv"] == known["net_revenue"] == Decimal(210)
    assert sum(one.revenue or 0 for one in hotel.members) == Decimal(210)
    assert hotel.members[0].share == pytest.approx(150 / 210)
    orders = [one for one in hotel.timeline.entries if one.kind == "order"]
    assert [one.on for one in orders] == [
        date(2025, 6, 20),
        date(2025, 3, 14),
        date(2025, 1, 13),
    ]
    assert hotel.missing["prediction"] == "not_computed"


def test_figures_are_those_of_the_shop_per_account(shop: Shop, hotel: AccountRecord) -> None:
    rows = shop.kpis("net_revenue", "orders", by="account", period="2025").rows()
    mine = {row["metric"]: row["value"] for row in rows if row["account"] == hotel.account_id}
    known = {one.name: one.value for one in hotel.facts}
    assert {name: known[name] for name in mine} == mine


def test_people_are_masked_and_a_company_is_not(shop: Shop) -> None:
    found = shop.account_record("C-100")
    assert found.name == "Hôtel du Lac"
    assert not found.name_hidden
    text = found.to_json() + found.html()
    for word in ("Anne", "Martin", "anne@hotel", "C-100", "p1"):
        assert word not in text.replace("p1-", "")
    assert [one.name for one in found.members] == ["A••• M•••", "B••• L•••", "E••• P•••"]


@pytest.mark.parametrize("account", ["C-200", "C-300"])
def test_a_name_that_may_be_a_person_s_is_masked_unless_asked_for(shop: Shop, account: str) -> None:
    found = shop.account_record(account)
    assert found.name_hidden
    assert found.name in ("D•••", "N•••")
    assert "may be that of a person" in found.html()
    assert not shop.account_record(account, personal=True).name_hidden


def test_the_name_is_that_of_most_people() -> None:
    def row(customer: str, company: str, name: str = "") -> dict[str, str | None]:
        return {"account_id": "a", "customer_id": customer, "company": company,
                "first_name": None, "last_name": name}  # fmt: skip

    rows = [row("1", "Acme"), row("2", "ACME."), row("3", "Other"), row("3", "Other")]
    assert account_names(rows)["a"].text == "Acme"
    assert not account_names(rows)["a"].personal
    assert account_names([*rows, row("4", "Acme", "Acme")])["a"].personal
    assert account_names([row("1", "…")]) == {}


def test_entries_say_which_contact_acted(hotel: AccountRecord) -> None:
    called = {one.customer_id: one.name for one in hotel.members}
    told = [(one.kind, called[one.customer_id or ""], one.on) for one in hotel.timeline.entries]
    assert told[:2] == [
        ("order", "Anne Martin", date(2025, 6, 20)),
        ("event", "Bob Leroy", date(2025, 4, 1)),
    ]
    folded = [one for one in hotel.timeline.entries if one.kind == "event"]
    assert [(called[one.customer_id or ""], one.count) for one in folded] == [
        ("Bob Leroy", 1),
        ("Anne Martin", 2),
    ]
    html = hotel.html(language="en")
    assert '<p class="detail">Anne Martin' in html
    assert '<p class="detail">Bob Leroy' in html


def test_consents_are_those_of_each_contact(hotel: AccountRecord) -> None:
    called = {one.customer_id: one.name for one in hotel.members}
    assert [
        (called[one.customer_id or ""], one.channel, one.status, one.said_on, one.proof)
        for one in hotel.consents
    ] == [
        ("Anne Martin", "email", "subscribed", date(2025, 2, 1), "form 12"),
        ("Bob Leroy", "email", "unsubscribed", date(2025, 3, 1), None),
        ("Bob Leroy", "sms", "subscribed", date(2025, 3, 2), None),
    ]
    html = hotel.html(language="en")
    assert "1 of 3" in html
    told = [one for one in hotel.timeline.entries if one.kind == "consent"]
    assert [(one.on, called[one.customer_id or ""]) for one in told] == [
        (date(2025, 3, 2), "Bob Leroy"),
        (date(2025, 3, 1), "Bob Leroy"),
        (date(2025, 2, 1), "Anne Martin"),
    ]


def test_it_stands_where_the_contact_who_bought_last_does(hotel: AccountRecord) -> None:
    (anne, bob, eve) = hotel.members
    assert (hotel.status, eve.segment) == (anne.status, None)
    assert sum(one.members for one in hotel.segments) == 2
    assert sum(one.revenue for one in hotel.segments) == Decimal(210)
    assert {one.segment for one in hotel.segments} == {anne.segment, bob.segment}
    assert "Segments of its contacts" in hotel.html(language="en")


def test_expectations_have_the_interval_of_joint_draws(shop: Shop, hotel: AccountRecord) -> None:
    """Of two who bought, that of the account; of one, their own."""
    both = _predicted(shop, hotel, accounts=True).expectations[0]
    assert (both.value, both.low90, both.high90) == (Decimal(200), Decimal(90), Decimal(310))
    assert (both.margin, both.margin_low90) == (Decimal(80), Decimal(30))
    assert both.p_order == pytest.approx(0.75)
    sums = _predicted(shop, hotel, accounts=False)
    assert (sums.expectations[0].value, sums.expectations[0].low90) == (Decimal(200), None)
    assert "without an interval" in sums.html(language="en")
    luc = shop.account_record("C-200", personal=True)
    alone = _predicted(shop, luc, accounts=True).expectations[0]
    assert (alone.value, alone.low90, alone.high90) == (Decimal(100), Decimal(40), Decimal(160))


def _predicted(shop: Shop, record: AccountRecord, *, accounts: bool) -> AccountRecord:
    """The record as it is once every buyer is expected to bring 100, give or take 60."""
    end = {"": 100, "_median": 95, "_lo50": 80, "_hi50": 120, "_lo90": 40, "_hi90": 160}
    value = {f"clv_{m}m{name}": one for m in (12, 24, 36) for name, one in end.items()}
    margin = {f"clv_margin_{m}m": 40 for m in (12, 24, 36)}
    chance = {f"p_order_{m}m": 0.5 for m in (12, 24, 36)}
    orders = {f"expected_orders_{m}m": 2.0 for m in (12, 24, 36)}
    common = {"model": "mbg_nbd", "why": "[]", **value, **margin, **chance, **orders}
    buyers = [one.customer_id for one in record.members if one.orders]
    together = {
        "account_id": record.account_id, "customers": 2, "mean": 200.0, "median": 190.0,
        "lo50": 150.0, "hi50": 250.0, "lo90": 90.0, "hi90": 310.0, "margin_mean": 80.0,
        "margin_lo90": 30.0, "margin_hi90": 120.0, "expected_orders": 4.0,
    }  # fmt: skip
    rows = [together | {"horizon_months": m} for m in (12, 24, 36)] if len(buyers) > 1 else []
    engine = shop.desk.engine
    tables = {"predictions": engine.rows(
        PREDICTED["predictions"], [common | {"customer_id": one} for one in buyers]
    )}  # fmt: skip
    if accounts:
        tables["account_predictions"] = engine.rows(PREDICTED["account_predictions"], rows)
    told = shop.desk.told(Found(record.account_id))
    members = tuple(sorted(one.customer_id for one in record.members))
    told = replace(told, members=members, tables={**told.tables, **tables})
    return shown_account(assemble_account(told, personal=True))


def test_json_is_as_its_schema_says_and_reads_back(hotel: AccountRecord) -> None:
    jsonschema_rs.validator_for(account_schema()).validate(json.loads(hotel.to_json()))
    assert AccountRecord.from_json(hotel.to_json()) == hotel


def test_page_speaks_both_languages(hotel: AccountRecord) -> None:
    english, french = (hotel.html(language=one) for one in ("en", "fr"))
    assert "account record" in english
    assert "Contacts of the account" in english
    assert "fiche compte" in french
    assert "Contacts of" not in french
    with use_language("fr"):
        assert "<script" not in hotel.html()


def test_command_lists_accounts_and_tells_one(place: Layout, tmp_path: Path) -> None:
    listed = succeed("account", "-w", place.root).out
    assert listed.index("Hôtel du Lac") < listed.index("N•••") < listed.index("D•••")
    rows = succeed("account", "-w", place.root, "--json").json()
    assert [row["contacts"] for row in rows] == [3, 2, 1]
    told = succeed("account", "C-100", "-w", place.root).out
    assert "Contacts of the account" in told
    page = tmp_path / "account.html"
    succeed("account", "C-100", "-w", place.root, "-o", page)
    assert "<h1>Hôtel du Lac" in page.read_text(encoding="utf-8")


def test_kpis_by_account_bear_names(place: Layout) -> None:
    words = ("kpis", "orders", "--by", "account", "-w", place.root)
    shown = succeed(*words).out
    assert "Hôtel du Lac" in shown
    assert "Durand" not in shown
    names = [row.get("names") for row in succeed(*words, "--json").json()]
    assert {"account": "Hôtel du Lac"} in names
    assert names.count(None) == 1
