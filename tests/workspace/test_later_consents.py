"""Consents said after the day of a snapshot: its tables are those of the day, pages heed refusals,
permissions wait, and both are told."""

from __future__ import annotations

from datetime import date

import pytest

from perenne.workspace import Layout
from tests.cli.files import write
from tests.cli.program import succeed
from tests.workspace.shops import bring, computed, new_workspace, table, without_models

pytestmark = pytest.mark.slow

ORDERS = """order_id,order_date,email,total
A1,2024-03-13,fox@exemple.fr,45
A2,2024-03-14,dora@exemple.fr,45
A3,2024-03-14,lina@exemple.fr,45
"""
CONSENTS = """E-mail;Canal;Consentement;Date du consentement
fox@exemple.fr;E-mail;Oui;2024-01-13
fox@exemple.fr;E-mail;Désabonné;2024-06-13
dora@exemple.fr;E-mail;Oui;2024-06-20
lina@exemple.fr;E-mail;Oui;2024-01-13
lina@exemple.fr;E-mail;Non;2024-06-10
lina@exemple.fr;E-mail;Oui;2024-06-18
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    folder = tmp_path_factory.mktemp("later")
    layout = new_workspace(folder / "shop")
    without_models(layout)
    bring(layout, write(folder / "orders.csv", ORDERS))
    bring(layout, write(folder / "consents.csv", CONSENTS))
    return layout


def test_the_day_stays_as_it_was_and_what_came_since_is_told(place: Layout) -> None:
    made = computed(place)
    assert made.snapshot.as_of == date(2024, 3, 14)
    told = made.snapshot.manifest["later_consents"]
    assert told == {"refusals": 1, "permissions": 2, "until": "2024-06-20"}
    found = [(word["status"], word["said_on"]) for word in table(place, "consents")]
    assert found == [("subscribed", date(2024, 1, 13))] * 2
    for command in ("refresh", "status"):
        said = succeed(command, "--workspace", str(place.root)).all
        assert "1 refusal of consent was said after 14 March 2024: it is heeded all the" in said
        assert "To count them: perenne refresh --as-of 2024-06-20" in said


@pytest.mark.parametrize(
    ("who", "status", "said_on", "waiting"),
    [
        ("fox@exemple.fr", "unsubscribed", "2024-06-13", 0),
        ("dora@exemple.fr", None, None, 1),
        ("lina@exemple.fr", "subscribed", "2024-01-13", 1),
    ],
)
def test_the_page_heeds_a_later_refusal_that_was_the_last_word(
    place: Layout, who: str, status: str | None, said_on: str | None, waiting: int
) -> None:
    computed(place)
    told = succeed("person", who, "--workspace", str(place.root), "--json").json()
    standing = [(one["status"], one["said_on"]) for one in told["consents"]]
    assert standing == ([(status, said_on)] if status else [])
    assert told["consents_waiting"] == waiting
    page = succeed("person", who, "--workspace", str(place.root)).all
    assert ("said after 14 March 2024 and do" in page) is bool(waiting)
    assert ("A refusal counts from the day it is read" in page) is (said_on == "2024-06-13")


def test_as_of_a_later_day_nothing_waits(place: Layout) -> None:
    made = computed(place, as_of=date(2024, 6, 20))
    assert made.snapshot.manifest["later_consents"] is None
    found = {row["status"] for row in table(place, "consents")}
    assert found == {"subscribed", "unsubscribed"}
