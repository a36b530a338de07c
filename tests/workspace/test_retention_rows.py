"""Old visits, messages, tickets and answers name nobody any more; every count and every figure of
a customer stays."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from perenne.core import PerenneError
from perenne.workspace import Layout, list_imports, open_shop, prove, retention
from tests.cli.files import write
from tests.cli.program import succeed
from tests.workspace.shops import bring, computed, new_workspace, table, without_models

ORDERS = """order_id,order_date,customer_id,total
A1,2020-03-01,ann,10
A2,2024-10-01,ann,20
B1,2024-09-01,bob,30
"""
# Ann came by search, clicked after her first purchase, and has bought again since.
EVENTS = """ID événement;ID client;Événement;Date de l'événement;Canal;ID session
v1;ann;Page vue;2020-02-20;search;s1
v2;ann;Page vue;2020-02-25;email;s2
c1;ann;Clic dans l'e-mail;2020-03-09;email;
v3;ann;Page vue;2021-05-05;direct;s-secret
;ann;Page vue;2021-06-06;direct;
;bob;Page vue;2021-06-06;direct;
o1;bob;E-mail ouvert;2021-07-01;email;
t1;bob;Ticket;2021-08-01;;
x1;lea;Connexion;2022-08-01;;
v9;bob;Page vue;2024-11-11;direct;s9
"""
CONTACTS = """ID client;E-mail;Nom;Prénom;Créé le
lea;lea@exemple.fr;Piste;Léa;2020-05-02
"""
SURVEYS = """response_id,customer_id,question,score,answered_at,comment
r1,bob,nps,9,2021-01-05,Bob de la rue Haute
r2,bob,nps,3,2024-10-05,trop lent
"""
ON = date(2024, 12, 31)
FIGURES = ("customers", "orders", "net_revenue", "activation_rate", "nps")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    folder = tmp_path_factory.mktemp("rows")
    place = new_workspace(folder / "shop")
    without_models(place)
    for name, content in {
        "orders": ORDERS, "contacts": CONTACTS, "events": EVENTS, "surveys": SURVEYS,
    }.items():  # fmt: skip
        bring(place, write(folder / f"{name}.csv", content))
    computed(place, as_of=ON)
    return place


@pytest.fixture
def place(whole: Layout, tmp_path: Path) -> Layout:
    return Layout(Path(shutil.copytree(whole.root, tmp_path / "shop")))


def told(place: Layout) -> dict[str, Any]:
    with open_shop(place.root) as shop:
        figures = {row["metric"]: row["value"] for row in shop.kpis(*FIGURES).rows()}
    channels = {row["customer_id"]: row["channel"] for row in table(place, "customers")}
    return figures | channels | {"events": len(table(place, "events"))}


def raw(place: Layout, name: str) -> list[dict[str, Any]]:
    (path,) = [
        place.raw / batch.id / f"{name}.parquet"
        for batch in list_imports(place)
        if name in batch.tables
    ]
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def named(place: Layout) -> set[str]:
    return {row["source_event_id"] for row in raw(place, "events") if row["customer_ref"]}


def test_each_purpose_has_its_own_time(whole: Layout) -> None:
    rows = {one.rule: one for one in retention(whole, as_of=ON).review.rows}
    assert {name: (one.before, one.imports) for name, one in rows.items()} == {
        "visits": (date(2022, 11, 30), 3),
        "messages": (date(2022, 11, 30), 1),
        "support": (date(2021, 12, 31), 1),
        "surveys": (date(2021, 12, 31), 1),
    }
    assert rows["visits"].snapshots == rows["visits"].imports
    assert rows["visits"].oldest == date(2021, 5, 5)


def test_what_figures_rest_on_keeps_its_person(place: Layout) -> None:
    """The visits that brought Ann, her first click after the purchase, Léa's last act."""
    retention(place, apply=True, as_of=ON)
    assert named(place) == {"v1", "v2", "c1", "x1", "v9"}


@pytest.mark.slow
def test_every_count_and_figure_stays(place: Layout) -> None:
    before = told(place)
    retention(place, apply=True, as_of=ON)
    assert told(place) == before
    text = place.settings.read_text(encoding="utf-8")
    place.settings.write_text(text.replace("# discount_rate = 0.10", "discount_rate = 0.11"))
    assert computed(place, as_of=ON).changed
    assert told(place) == before


def test_the_dry_run_lists_what_is_done_and_then_nothing_is_left(place: Layout) -> None:
    before = retention(place, as_of=ON).review
    done = retention(place, apply=True, as_of=ON, expect=before.digest)
    assert (done.review, done.aged) == (before, "R000001")
    assert retention(place, as_of=ON).review.nothing
    with pytest.raises(PerenneError, match="Others are due now"):
        retention(place, as_of=ON, expect=before.digest)


def test_comments_and_sessions_are_gone_from_every_file(place: Layout) -> None:
    retention(place, apply=True, as_of=ON)
    assert prove(place, ["Bob de la rue Haute"]).holds
    for path in place.root.rglob("*"):
        if path.is_file():
            assert b"s-secret" not in path.read_bytes(), path
    answers = {row["source_response_id"]: row for row in raw(place, "surveys")}
    assert (answers["r1"]["comment"], answers["r1"]["score"]) == (None, 9)
    assert (answers["r2"]["comment"], answers["r2"]["customer_ref"]) == ("trop lent", "bob")


@pytest.mark.slow
def test_a_later_export_does_not_bring_them_back(place: Layout, tmp_path: Path) -> None:
    """With a number or without: the same rows, counted once, naming nobody."""
    retention(place, apply=True, as_of=ON)
    before = told(place)
    bring(place, write(tmp_path / "events-2.csv", EVENTS + "v10;bob;Page vue;2024-12-01;;\n"))
    computed(place, as_of=ON)
    now = told(place)
    assert now["events"] == before["events"] + 1
    assert {**now, "events": 0} == {**before, "events": 0}
    assert retention(place, as_of=ON).review.nothing


def test_zero_keeps_rows_as_long_as_their_person(place: Layout) -> None:
    text = place.settings.read_text(encoding="utf-8")
    months = "".join(f"{n}_months = 0\n" for n in ("visits", "messages", "support", "surveys"))
    place.settings.write_text(f"{text}\n[retention]\n{months}", encoding="utf-8")
    assert retention(place, as_of=ON).review.rows == ()


def test_the_command_says_what_goes_by_which_rule(place: Layout) -> None:
    words = ("retention", "-w", place.root, "--on", "2024-12-31")
    said = succeed(*words, "--lang", "fr").all
    assert "visites, recherches, paniers" in said
    assert "30 novembre 2022" in said
    done = succeed(*words, "--lang", "fr", "--apply", "--yes").all
    assert "ne nomment plus personne (R000001)" in done
    assert succeed(*words, "--json").json()["rows"][0]["imports"] == 0
