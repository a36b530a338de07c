"""What is learnt of a person after their erasure, and what the names of files tell of them."""

from __future__ import annotations

import gzip
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from perenne.workspace import Layout, erase, list_imports, prove
from perenne.workspace.snapshots import damaged, published
from tests.cli.files import write
from tests.cli.program import succeed
from tests.workspace.erasure_shop import ADDRESS, shopify_customers, traces
from tests.workspace.shops import bring, computed, new_workspace, table, without_models

pytestmark = pytest.mark.slow

HEADER = "order_id,order_date,customer_id,total"
TILL = f"{HEADER}\nX1,2024-02-01,carte-881177,5\nX2,2024-02-02,carte-881188,6\n"
CARDS = f"ID client;Nom;E-mail\ncarte-881177;Inconnue;{ADDRESS}\ncarte-881188;Petit;p@exemple.fr\n"
NAMES = (
    "Élodie Müller-Petit.csv",
    "export_muller-petit_elodie_2024.csv",
    f"commande_{ADDRESS}_2024.csv",
    f"{ADDRESS}.csv.gz",
    "client-0647215893-v2.csv",
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Élodie is a customer of the web shop; the till knows a number and nothing else."""
    folder = tmp_path_factory.mktemp("later")
    place = new_workspace(folder / "shop")
    without_models(place)
    bring(place, write(folder / "customers.csv", shopify_customers()))
    bring(place, write(folder / "till.csv", TILL), store="till")
    for number, name in enumerate(NAMES):
        rows = f"{HEADER}\nN{number},2024-03-0{number + 1},k{number},9\nM{number},hier,k,1\n"
        content = rows.encode()
        packed = gzip.compress(content, mtime=0) if name.endswith("gz") else content
        bring(place, write(folder / name, packed), store="other")
    computed(place, as_of=date(2024, 12, 31))
    succeed("quality", "--lang", "fr", "-w", place.root)
    return place


@pytest.fixture
def place(whole: Layout, tmp_path: Path) -> Layout:
    return Layout(Path(shutil.copytree(whole.root, tmp_path / "shop")))


def test_names_of_files_name_nobody(place: Layout, tmp_path: Path) -> None:
    """In manifests, rows, quarantine and quality reports; nor does a later file bring one in."""
    assert traces(place.root)
    done = erase(place, [ADDRESS])
    assert done.proof is not None
    assert done.proof.holds
    assert traces(place.root) == []
    assert not any(damaged(one) for one in published(place))
    late = f"{HEADER}\nL1,2024-06-01,k9,9\nL2,hier,k,1\n"
    bring(place, write(tmp_path / f"relance {ADDRESS}.csv", late), store="other")
    assert traces(place.root) == []
    assert list_imports(place)[-1].file == "[erased]"
    assert all(batch.rows_read for batch in list_imports(place))


def test_a_reference_named_later_goes_from_earlier_imports_too(
    place: Layout, tmp_path: Path
) -> None:
    """The cards say whose the number of the till is: it is gone from what was imported before,
    from every snapshot, and from what comes after without a word on whose it is."""
    erase(place, [ADDRESS])
    assert traces(place.root, ["carte-881177"])
    bring(place, write(tmp_path / "cards.csv", CARDS), store="till")
    assert traces(place.root, ["carte-881177"]) == []
    assert traces(place.root) == []
    assert prove(place).holds
    assert not any(damaged(one) for one in published(place))
    more = f"{HEADER}\nX3,2024-01-20,carte-881177,7\n"
    bring(place, write(tmp_path / "till-more.csv", more), store="till")
    assert traces(place.root, ["carte-881177"]) == []
    assert traces(place.root, ["carte-881188"])
    computed(place, as_of=date(2024, 12, 31))
    buyers = {row["source_order_id"]: row["customer_id"] for row in table(place, "orders")}
    assert buyers["X1"] == buyers["X3"] != buyers["X2"]


def test_who_acts_after_the_erasure_keeps_the_number(place: Layout, tmp_path: Path) -> None:
    """An act of a later day, in whichever import, begins a new relation."""
    erase(place, [ADDRESS], at=datetime(2025, 12, 1, 12, tzinfo=UTC))
    late = f"{HEADER}\nX9,2026-01-10,carte-881177,7\n"
    bring(place, write(tmp_path / "till-late.csv", late), store="till")
    bring(place, write(tmp_path / "cards.csv", CARDS), store="till")
    assert traces(place.root, [ADDRESS]) == []
    assert traces(place.root, ["carte-881177"])
