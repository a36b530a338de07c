"""The retention policy: acts by the person count, and what a dry run lists is what is erased."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from perenne.core import PerenneError
from perenne.workspace import Layout, retention
from tests.cli.files import write
from tests.workspace.shops import bring, computed, new_workspace, table, values, without_models

ORDERS = """order_id,order_date,customer_id,total
A1,2020-01-10,old,10
A2,2021-06-10,middle,20
A3,2024-06-10,recent,30
A4,2020-02-10,subscriber,40
A5,2020-03-10,clicker,50
"""
CONTACTS = """ID client;E-mail;Nom;Prénom;Créé le
old;old@exemple.fr;Vieux;Jean;2019-12-01
lead;lead@exemple.fr;Piste;Anne;2020-05-02
unknown;unknown@exemple.fr;Inconnu;Luc;
"""
EVENTS = """ID événement;ID client;Événement;Date de l'événement;Canal
e1;old;E-mail ouvert;2024-05-20;email
e2;clicker;Clic dans l'e-mail;2024-05-20;email
"""
SUBSCRIPTIONS = """subscription_id,customer_id,status,started_at,plan,price,interval
S1,subscriber,active,2020-02-10,box,10,month
"""
ON = date(2024, 12, 31)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    folder = tmp_path_factory.mktemp("retention")
    place = new_workspace(folder / "shop")
    text = place.settings.read_text(encoding="utf-8").replace(
        "# enabled = true ", "enabled = false "
    )
    place.settings.write_text(
        text.replace("[identity]", '[identity]\nprobabilistic = "off"'), "utf-8"
    )
    for name, content in {
        "orders": ORDERS,
        "contacts": CONTACTS,
        "events": EVENTS,
        "subscriptions": SUBSCRIPTIONS,
    }.items():
        bring(place, write(folder / f"{name}.csv", content))
    computed(place)
    return place


@pytest.fixture
def place(whole: Layout, tmp_path: Path) -> Layout:
    return Layout(Path(shutil.copytree(whole.root, tmp_path / "shop")))


def _due(place: Layout, on: date = ON) -> dict[str, str]:
    named = {row["customer_id"]: row["source_id"] for row in table(place, "customer_links")}
    return {
        named[one.customer_id]: f"{one.kind} {one.act} {one.last_act}"
        for one in retention(place, as_of=on).review.due
    }


def test_an_opened_message_is_no_act_and_a_click_is_one(whole: Layout) -> None:
    assert _due(whole) == {
        "old": "customer order 2020-01-10",
        "middle": "customer order 2021-06-10",
        "lead": "prospect created 2020-05-02",
    }


def test_of_acts_on_one_day_the_same_is_told_each_time(tmp_path: Path) -> None:
    place = new_workspace(tmp_path / "shop")
    bring(place, write(tmp_path / "orders.csv", ORDERS))
    clicks = [
        f"{n};{who};Clic dans {what};2020-03-10;email"
        for n, (who, what) in enumerate(
            [("clicker", "le SMS"), ("old", "le SMS"), ("clicker", "l'e-mail"), ("old", "l'e-mail")]
        )
    ]
    head, *_others = EVENTS.splitlines()
    bring(place, write(tmp_path / "events.csv", "\n".join([head, *clicks])))
    without_models(place)
    computed(place)
    due = _due(place)
    assert due["clicker"] == "customer order 2020-03-10"
    assert due["old"] == "customer email_click 2020-03-10"
    assert len({retention(place, as_of=ON).review.digest for _ in range(5)}) == 1


def test_who_cannot_be_judged_or_is_held_is_said(whole: Layout) -> None:
    found = retention(whole, as_of=ON).review
    assert (found.undated, found.held, found.soon) == (1, 1, 0)
    assert retention(whole, as_of=date(2024, 6, 1)).review.soon == 1
    assert found.by_year() == [
        ("customer", 2020, "order", 1),
        ("customer", 2021, "order", 1),
        ("prospect", 2020, "created", 1),
    ]


def test_years_and_exceptions_are_settings(place: Layout) -> None:
    text = place.settings.read_text(encoding="utf-8")
    text += '\n[retention]\ncustomers_years = 4\nkeep = ["old"]\n'
    place.settings.write_text(text, encoding="utf-8")
    assert set(_due(place)) == {"lead"}
    assert not computed(place).changed


def test_the_dry_run_lists_who_is_erased(place: Layout) -> None:
    before, counted = retention(place, as_of=ON).review, values(place)
    ids = {row["customer_id"] for row in table(place, "customers")}
    done = retention(place, apply=True, as_of=ON, expect=before.digest)
    assert done.review == before
    assert done.erased is not None
    assert {one.customer_id for one in done.erased.plan.people} == {
        one.customer_id for one in before.due
    }
    now = {row["customer_id"] for row in table(place, "customers")}
    assert ids - now == {one.customer_id for one in before.due}
    assert len(now) == len(ids)
    assert values(place) == counted
    assert retention(place, as_of=ON).review.due == ()


def test_another_set_than_the_one_shown_is_refused(place: Layout) -> None:
    shown = retention(place, as_of=date(2023, 6, 1)).review.digest
    with pytest.raises(PerenneError, match="Others are due now"):
        retention(place, apply=True, as_of=ON, expect=shown)


def test_acts_that_no_snapshot_knows_yet_are_waited_for(place: Layout, tmp_path: Path) -> None:
    bring(place, write(tmp_path / "more.csv", ORDERS.replace("A1,2020", "B1,2024")))
    with pytest.raises(PerenneError, match=r"do not know every import yet: more\.csv"):
        retention(place, as_of=ON)
