"""What the proof of an erasure does not take for a person, and how it tells what it found."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from perenne.workspace import Layout, erase, prove
from tests.cli.files import write
from tests.cli.program import succeed
from tests.workspace.shops import bring, computed, new_workspace, without_models

CLAIRE = "claire.dupontel@exemple.fr"
DUMMY = "06 12 34 56 78"
ORDERS = f"""\
order_id,order_date,customer_id,email,phone,total
1,2024-02-01,carte-40077,{CLAIRE},{DUMMY},20.00
2,2024-05-01,carte-40078,ben@exemple.fr,06 58 31 42 07,30.00
"""
CARDS = f"""\
ID client;Nom;Prénom;E-mail;Téléphone
carte-40077;Dupontel;Claire;{CLAIRE};{DUMMY}
carte-40078;Petit;Ben;ben@exemple.fr;06 58 31 42 07
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Claire has given a number that forms are filled with, which links nobody."""
    folder = tmp_path_factory.mktemp("told")
    place = new_workspace(folder / "shop")
    without_models(place)
    bring(place, write(folder / "orders.csv", ORDERS), store="web")
    bring(place, write(folder / "cards.csv", CARDS), store="web")
    computed(place)
    return place


@pytest.fixture
def mine(whole: Layout, tmp_path: Path) -> Layout:
    return Layout(Path(shutil.copytree(whole.root, tmp_path / "shop")))


def listing(place: Layout, *entries: str) -> None:
    """The owner's own blocklist."""
    text = place.settings.read_text(encoding="utf-8")
    listed = f"blocklist = {json.dumps(entries)}"
    place.settings.write_text(text.replace("[identity]", f"[identity]\n{listed}"), "utf-8")


def blocklists(place: Layout) -> list[list[str]]:
    found = sorted(place.snapshots.glob("*/manifest.json"))
    return [json.loads(one.read_text())["settings"]["identity"]["blocklist"] for one in found]


def test_a_number_of_the_blocklist_names_nobody_in_the_settings(mine: Layout) -> None:
    """Neither those of snapshots that there were, which keep them, nor those of new ones."""
    before = blocklists(mine)
    done = erase(mine, [CLAIRE])
    assert done.proof is not None
    assert done.proof.holds
    assert blocklists(mine) == before
    computed(mine, as_of=date(2024, 12, 31))
    assert "+33612345678" in blocklists(mine)[-1]
    assert prove(mine).holds
    assert prove(mine, [DUMMY, CLAIRE]).holds
    succeed("erase", "--prove", "--workspace", mine.root)


def test_an_own_blocklist_is_no_place_either(mine: Layout) -> None:
    listing(mine, DUMMY, CLAIRE)
    computed(mine)
    done = erase(mine, [CLAIRE])
    assert done.proof is not None
    assert done.proof.holds
    assert prove(mine).holds
    text = mine.settings.read_text(encoding="utf-8")
    mine.settings.write_text(f"{text}\n# Ask the shop of dupontel.claire@exemple.fr\n", "utf-8")
    assert not prove(mine, ["dupontel.claire@exemple.fr"]).holds


def test_elsewhere_the_number_counts(mine: Layout) -> None:
    erase(mine, [CLAIRE])
    write(mine.root / "notes.txt", f"Rappeler le {DUMMY}")
    assert [one.file for one in prove(mine).found] == ["notes.txt"]
    assert {one.file for one in prove(mine, [DUMMY]).found} == {"notes.txt"}
