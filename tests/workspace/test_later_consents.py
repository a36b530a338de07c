"""Consents said after the day of a snapshot: refusals count, permissions wait, both are told."""

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
"""
CONSENTS = """E-mail;Canal;Consentement;Date du consentement
fox@exemple.fr;E-mail;Oui;2024-01-13
fox@exemple.fr;E-mail;Désabonné;2024-06-13
dora@exemple.fr;E-mail;Oui;2024-06-20
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    folder = tmp_path_factory.mktemp("later")
    layout = new_workspace(folder / "shop")
    without_models(layout)
    bring(layout, write(folder / "orders.csv", ORDERS))
    bring(layout, write(folder / "consents.csv", CONSENTS))
    return layout


def test_who_left_later_may_not_be_written_to_and_who_came_later_is_waited_for(
    place: Layout,
) -> None:
    made = computed(place)
    assert made.snapshot.as_of == date(2024, 3, 14)
    told = made.snapshot.manifest["later_consents"]
    assert told == {"refusals": 1, "permissions": 1, "until": "2024-06-20"}
    (word,) = table(place, "consents")
    assert (word["status"], word["said_on"]) == ("unsubscribed", date(2024, 6, 13))
    for command in ("refresh", "status"):
        said = succeed(command, "--workspace", str(place.root)).all
        assert "1 refusal of consent was said after 14 March 2024: it counts all the same." in said
        assert "To count it: perenne refresh --as-of 2024-06-20" in said


def test_the_page_of_a_person_says_what_waits(place: Layout) -> None:
    computed(place)
    page = succeed("person", "dora@exemple.fr", "--workspace", str(place.root)).all
    assert "1 permission was said after" in page
    page = succeed("person", "fox@exemple.fr", "--workspace", str(place.root)).all
    assert "Refused or withdrawn" in page
    assert "A refusal counts from the day it is read" in page


def test_as_of_a_later_day_nothing_waits(place: Layout) -> None:
    made = computed(place, as_of=date(2024, 6, 20))
    assert made.snapshot.manifest["later_consents"] is None
    found = {row["status"] for row in table(place, "consents")}
    assert found == {"subscribed", "unsubscribed"}
