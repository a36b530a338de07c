"""What the proof of an erasure does not take for a person, and how it tells what it found."""

from __future__ import annotations

import json
import shutil
import zipfile
from datetime import date
from pathlib import Path

import pytest

from perenne.workspace import Layout, erase, prove
from perenne.workspace.erasure.masking import masked
from perenne.workspace.erasure.masking import traces as masking_traces
from perenne.workspace.erasure.proof import Found, Proof
from tests.cli.files import write
from tests.cli.program import perenne, succeed
from tests.workspace.erasure_shop import traces
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


def archive(place: Path) -> Path:
    """What she was once handed over: she stands in each member."""
    place.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(place, "w") as packed:
        for n in range(3):
            packed.writestr(f"part-{n}.csv", f"email\n{CLAIRE}\nClaire Dupontel\n")
    return place


def told_of(place: Layout) -> list[str]:
    """What the record tells of files that were found."""
    lines = [json.loads(line) for line in place.erasures.read_text().splitlines()]
    return [one["file"] for line in lines if "proof_of" in line for one in line["found"]]


def test_the_certificate_and_the_record_name_no_file_that_names_the_person(
    mine: Layout, tmp_path: Path
) -> None:
    """The screen does, so that it can be removed; and once it is, nothing is left."""
    for name in ("claire-dupontel.zip", "exports/Dupontel (Cläire).zip", "exports/all.zip"):
        archive(mine.root / name)
    write(mine.root / "notes.txt", CLAIRE)
    (mine.root / "dupontel").mkdir()
    write(mine.root / "dupontel" / "carte-40077", CLAIRE)
    paper = tmp_path / "certificate.json"
    done = perenne("erase", CLAIRE, "--yes", "--certificate", paper, "-w", mine.root)
    assert done.code == 1
    assert "claire-dupontel.zip (6 hits in the archive: e-mail, name or address)" in done.err
    assert "part-" not in done.err
    proof = json.loads(paper.read_text())["proof"]
    files = {one["file"] for one in proof["found"]}
    assert files == {"….zip", "exports/….zip", "exports/all.zip", "notes.txt", "…/…"}
    assert set(told_of(mine)) == files
    assert {one["hits"] for one in proof["found"] if one["column"] == "archive"} == {6}
    for name in ("exports", "dupontel"):
        shutil.rmtree(mine.root / name)
    for name in ("claire-dupontel.zip", "notes.txt"):
        (mine.root / name).unlink()
    assert prove(mine, [CLAIRE]).holds
    assert traces(mine.root, ["dupontel", "Claire", "carte-40077"]) == []


def test_a_proof_of_later_knows_no_name_and_tells_none(mine: Layout) -> None:
    erase(mine, [CLAIRE])
    archive(mine.root / "claire-dupontel.zip")
    archive(mine.root / "raw" / "C. Dupontel.zip")
    done = perenne("erase", CLAIRE, "--yes", "-w", mine.root, "--lang", "fr")
    assert "claire-dupontel.zip (3 occurrences dans l’archive\u00a0: e-mail)" in done.err
    assert sorted(told_of(mine)) == ["raw/….zip", "….zip"]


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("élodie_müller.csv.gz", "….csv.gz"), ("ElodieMuller.pdf", "….pdf"),
        ("mail elodie.muller%40x.fr.txt", "….txt"), ("tel 06.47.21.58.93.zip", "….zip"),
        ("0033647215893.zip", "….zip"), ("elodie/a/b.zip", "…/a/b.zip"), ("a.muller", "…"),
        ("notes.txt", "notes.txt"), ("raw/x/customers.parquet", "raw/x/customers.parquet"),
    ],
)  # fmt: skip
def test_names_of_files_are_masked_however_they_are_written(file: str, shown: str) -> None:
    texts = ("elodie", "muller petit", "Elodie.Muller@x.fr", "+33 6 47 21 58 93", "customer")
    proof = Proof(1, 0, 1, (Found(file, "text", "email"),))
    assert masked(proof, masking_traces(texts)).found[0].file == shown
