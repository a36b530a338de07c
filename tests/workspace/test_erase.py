"""Who is erased is nowhere any more; every figure stays; no import brings them back."""

from __future__ import annotations

import gzip
import json
import shutil
import signal
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow.parquet as pq
import pytest

from perenne.cli import main
from perenne.core import PerenneError
from perenne.workspace import Layout, erase, forget_import, list_imports, open_shop, prove
from perenne.workspace.erasure.jobs import desk
from perenne.workspace.erasure.proving import refuse_if_found
from perenne.workspace.snapshots import damaged, published
from tests.cli.files import write
from tests.cli.program import perenne, succeed
from tests.workspace import erasure_shop
from tests.workspace.erasure_shop import ADDRESS, OTHERS, exports, traces
from tests.workspace.shops import bring, computed, contents, leftovers, table, values
from tests.workspace.stopped import Runner

AT = datetime(2025, 12, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """The shop as it was before anybody asked; tests copy it."""
    return erasure_shop.shop(tmp_path_factory.mktemp("erase"))


@pytest.fixture
def mine(whole: Layout, tmp_path: Path) -> Layout:
    return Layout(Path(shutil.copytree(whole.root, tmp_path / "shop")))


@pytest.fixture(scope="session")
def erased(whole: Layout, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """The same without Élodie."""
    folder = tmp_path_factory.mktemp("erased")
    place = Layout(Path(shutil.copytree(whole.root, folder / "shop")))
    done = erase(place, [ADDRESS], at=AT)
    assert done.proof is not None
    refuse_if_found(done.proof)
    return place


@pytest.fixture
def without(erased: Layout, tmp_path: Path) -> Layout:
    return Layout(Path(shutil.copytree(erased.root, tmp_path / "shop")))


def figures(place: Layout, snapshot: str | None = None) -> dict[str, Any]:
    """Every figure but of consents, which go with the person whose they were."""
    found = values(place, snapshot=snapshot)
    return {name: value for name, value in found.items() if name != "reachable_share"}


def _figures(place: Layout) -> dict[str, Any]:
    return {one.id: figures(place, snapshot=one.id) for one in published(place)}


def _others(place: Layout, name: str, gone: Sequence[str]) -> list[dict[str, Any]]:
    return [row for row in table(place, name) if row["customer_id"] not in gone]


def test_the_search_of_these_tests_finds_what_is_there(whole: Layout) -> None:
    found = {trace for _file, trace in traces(whole.root)}
    assert found == set(erasure_shop.TRACES) - {"203.0.113.77"}


def test_proving_who_was_not_erased_says_so_and_touches_no_file(whole: Layout) -> None:
    for word in (ADDRESS, "carte-40077"):
        proof = prove(whole, [word])
        assert (proof.holds, proof.alive) == (False, 1)
        with pytest.raises(PerenneError) as refused:
            refuse_if_found(proof)
        assert "was not erased" in str(refused.value)
        assert "perenne erase CUSTOMER" in str(refused.value.next_step)
        assert "parquet" not in str(refused.value)


def test_nothing_of_the_person_is_left(erased: Layout) -> None:
    assert traces(erased.root) == []
    assert prove(erased).holds
    assert prove(erased, [ADDRESS, "carte-40077", "06 47 21 58 93"]).holds


def test_every_figure_of_every_snapshot_stays(whole: Layout, erased: Layout) -> None:
    assert _figures(erased) == _figures(whole)
    assert not any(damaged(one) for one in published(erased))


@pytest.mark.long
def test_a_refresh_computes_what_was_rewritten(whole: Layout, without: Layout) -> None:
    assert not computed(without).changed
    before = figures(without)
    ids = {row["customer_id"] for row in table(without, "customers")}
    computed(without, as_of=date(2024, 12, 1))
    computed(without)
    assert figures(without) == before == figures(whole)
    assert {row["customer_id"] for row in table(without, "customers")} == ids
    assert traces(without.root) == []


def test_interrupt_once_files_are_replaced(mine: Layout) -> None:
    """The second run ends what the first began, and is stopped in turn."""
    asked = ["erase", ADDRESS, "--yes", "-w", str(mine.root)]
    with mock.patch("perenne.workspace.files._flush_folders", side_effect=KeyboardInterrupt):
        french, english = perenne(*asked, "--lang", "fr"), perenne(*asked)
    assert french.code == english.code == 130
    assert "Interrompu. Un effacement a commencé\u00a0: la prochaine commande" in french.err
    assert "Stopped. An erasure has begun: the next run that writes" in english.err
    assert "Proved" in succeed(*asked).out
    assert traces(mine.root) == []


def test_others_keep_what_they_share_with_the_person(whole: Layout, erased: Layout) -> None:
    """Marc lives at the same address and is named Petit too."""
    was = {row["customer_id"] for row in table(whole, "customers")}
    now = {row["customer_id"] for row in table(erased, "customers")}
    assert len(was - now) == len(now - was) == 1
    for name in ("contacts", "consents", "orders", "events"):
        assert _others(erased, name, list(now - was)) == _others(whole, name, list(was - now))
    for trace in OTHERS:
        assert traces(erased.root, [trace]), trace


def test_orders_stay_under_one_pseudonym(whole: Layout, erased: Layout) -> None:
    was = {row["order_id"]: row for row in table(whole, "orders")}
    now = {row["order_id"]: row for row in table(erased, "orders")}
    assert was.keys() == now.keys()
    changed = [number for number in was if was[number] != now[number]]
    assert len(changed) == 7
    assert len({now[number]["customer_id"] for number in changed}) == 1
    hidden = {"customer_id": "", "own_id": ""}
    for number in changed:
        assert now[number] | hidden == was[number] | hidden


def test_the_record_of_who_was_erased_says_so(whole: Layout, erased: Layout) -> None:
    was = {row["customer_id"] for row in table(whole, "customers")}
    (pseudonym,) = {row["customer_id"] for row in table(erased, "customers")} - was
    with open_shop(erased.root) as shop:
        person = shop.person(pseudonym)
        pages = {language: person.html(language=language) for language in ("en", "fr")}
    assert "This person was erased." in pages["en"]
    assert "Cette personne a été effacée." in pages["fr"]
    assert {one.rule for one in person.identity.records} == {"source_erased"}
    assert (
        "No source tells any of this customer." not in pages["en"].split("Records that make up")[0]
    )


def test_words_of_others_that_name_the_person_are_taken_out(erased: Layout) -> None:
    comments = {row["response_id"]: row["comment"] for row in table(erased, "surveys")}
    assert comments == {"files/r1/nps": None, "files/r2/nps": "[erased]", "files/r3/nps": "Parfait"}


def test_asked_again_it_is_proved_again(without: Layout) -> None:
    """The same words, or another name of the same person; for anybody else nobody is known."""
    before = contents(without.root, leave=["erasures.jsonl", ".lock", ".sync.lock"])
    for words in ([ADDRESS], ["files:cards:carte-40077"]):
        again = erase(without, words, at=AT)
        assert again.proof is not None
        assert again.proof.holds
        assert again.done is not None
        assert again.done.id == "E000001"
    assert erase(without, [ADDRESS], dry_run=True).proof is None
    assert contents(without.root, leave=["erasures.jsonl", ".lock", ".sync.lock"]) == before
    with pytest.raises(PerenneError, match="Nobody in this workspace is known as"):
        erase(without, ["nobody@exemple.fr"])


def test_the_record_names_nobody(erased: Layout) -> None:
    done, proof = (json.loads(line) for line in erased.erasures.read_text("utf-8").splitlines())
    assert done["reason"] == "request"
    assert proof["proof_of"] == done["id"] == "E000001"
    assert proof["found"] == []
    listed = pq.read_table(erased.suppressed).to_pylist()
    assert {row["kind"] for row in listed} == {"ref", "email", "phone"}
    assert {row["token"] for row in listed} == set(done["persons"])


@pytest.mark.long
def test_files_that_are_known_change_nothing(without: Layout, tmp_path: Path) -> None:
    before = contents(without.root)
    for path, store in exports(tmp_path / "again"):
        if path.suffix != ".xlsx":  # a workbook bears the time at which it was made
            assert all(result.known for result in bring(without, path, store=store))
    assert contents(without.root) == before


def _again(folder: Path) -> list[tuple[Path, str | None]]:
    """The same exports, each with one more line at its end: other bytes, the same rows."""
    files = exports(folder)
    for path, _store in files:
        if path.suffix == ".gz":
            text = gzip.decompress(path.read_bytes()) + b"\n"
            path.write_bytes(gzip.compress(text, mtime=0))
        elif path.suffix == ".csv":
            path.write_bytes(path.read_bytes() + b"\n")
    return files


def _brought_back(place: Layout, files: Sequence[tuple[Path, str | None]]) -> None:
    for path, store in files:
        bring(place, path, store=store)
    computed(place)


@pytest.mark.slow
def test_other_exports_bring_nobody_back(whole: Layout, without: Layout, tmp_path: Path) -> None:
    expected = figures(whole)
    _brought_back(without, _again(tmp_path / "again"))
    assert traces(without.root) == []
    assert figures(without) == expected
    assert prove(without).holds


@pytest.mark.long
@pytest.mark.parametrize("order", [(7, 6, 5, 4, 3, 2, 1, 0), (3, 0, 6, 1, 4, 7, 2, 5)])
def test_everything_imported_anew_in_any_order(
    order: tuple[int, ...], whole: Layout, without: Layout, tmp_path: Path
) -> None:
    expected = figures(whole)
    for batch in list_imports(without):
        forget_import(without, batch.id)
    files = exports(tmp_path / "again")
    _brought_back(without, [files[place] for place in order])
    assert traces(without.root) == []
    assert figures(without) == expected


@pytest.mark.long
def test_who_buys_again_is_a_new_customer(without: Layout, tmp_path: Path) -> None:
    lines = [*erasure_shop.shopify_orders().splitlines()]
    lines.append(erasure_shop.order(1100, "a", date(2025, 12, 20)))
    before = len(table(without, "customers"))
    bring(without, write(tmp_path / "later.csv", "\n".join(lines) + "\n"))
    computed(without)
    orders = {row["source_order_id"]: row["customer_id"] for row in table(without, "orders")}
    mine = [
        row for row in table(without, "contacts") if row["customer_id"] == orders["#1100/10100"]
    ]
    assert len(table(without, "customers")) == before + 1
    assert [row["email"] for row in mine] == [ADDRESS]
    assert orders["#1001/10001"] != orders["#1100/10100"]
    assert sum(one == orders["#1100/10100"] for one in orders.values()) == 1
    assert prove(without).holds
    done = erase(without, [ADDRESS], at=datetime(2026, 1, 10, tzinfo=UTC))
    assert done.proof is not None
    assert done.proof.holds
    assert traces(without.root) == []
    again = {row["source_order_id"]: row["customer_id"] for row in table(without, "orders")}
    assert len({again["#1001/10001"], again["#1100/10100"], orders["#1100/10100"]}) == 3


def test_dry_run_changes_nothing(mine: Layout) -> None:
    before = contents(mine.root, leave=(".lock", ".sync.lock"))
    planned = erase(mine, [ADDRESS], dry_run=True)
    assert planned.done is None
    assert sum(change.rows for change in planned.plan.changes) > 20
    assert contents(mine.root, leave=(".lock", ".sync.lock")) == before


def test_any_identifier_names_the_person(whole: Layout) -> None:
    words = ("carte-40077", "+33647215893", "06 47 21 58 93", "01ELODIE77", ADDRESS.upper())
    with desk(whole) as place:
        census = place.census
        census.take()
        (person,) = census.people([*words, f"shopify:{ADDRESS}"])
        assert len(person.records) == 5
        assert census.people([person.customer_id])[0].records == person.records
        with pytest.raises(PerenneError, match="Nobody in this workspace is known as"):
            census.people(["nobody@exemple.fr"])


@pytest.mark.long
def test_what_cannot_be_rewritten_is_named(
    mine: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    write(mine.root / "notes.txt", "Rappeler Elodie.Muller%2BPromo@exemple.fr")
    with pytest.raises(SystemExit) as stopped:
        main(["erase", ADDRESS, "--yes", "--workspace", str(mine.root)])
    said = capsys.readouterr()
    assert stopped.value.code == 1
    assert "notes.txt (e-mail)" in said.err
    assert "muller" not in said.err.casefold()
    (mine.root / "notes.txt").unlink()
    assert traces(mine.root) == []


def _stopped(
    mine: Layout, whole: Layout, tmp_path: Path, runner: Runner, steps: Sequence[int]
) -> None:
    """Whenever it is killed, all snapshots answer as before, and the next run ends the work."""
    expected = _figures(whole)
    for step in steps:
        place = Layout(Path(shutil.copytree(mine.root, tmp_path / f"at-{step}")))
        words = ["erase", ADDRESS, "--yes", "--workspace", str(place.root)]
        code, said, _ = runner.run(words, tmp_path, stop_at=step, by=signal.SIGKILL)
        assert code in (-signal.SIGKILL, 0), said
        assert _figures(place) == expected
        began = place.suppressed.exists() or (place.erasing / "journal.json").exists()
        list_of_next = ["refresh", "--workspace", str(place.root)] if began else words
        code, said, _ = runner.run(list_of_next, tmp_path)
        assert code == 0, said
        assert traces(place.root) == []
        assert not leftovers(place)
        assert not place.erasing.exists()
        assert not any(damaged(one) for one in published(place))
        assert _figures(place) == expected
        shutil.rmtree(place.root)


@pytest.mark.slow
def test_killed_erasure(mine: Layout, whole: Layout, tmp_path: Path) -> None:
    runner = Runner("perenne.cli.privacy")
    spare = Layout(Path(shutil.copytree(mine.root, tmp_path / "spare")))
    words = ["erase", ADDRESS, "--yes", "--workspace", str(spare.root)]
    code, said, steps = runner.run(words, tmp_path)
    assert code == 0, said
    assert steps > 50
    _stopped(mine, whole, tmp_path, runner, [steps // 2, steps - 60])


@pytest.mark.long
def test_killed_erasure_at_many_moments(mine: Layout, whole: Layout, tmp_path: Path) -> None:
    runner = Runner("perenne.cli.privacy")
    spare = Layout(Path(shutil.copytree(mine.root, tmp_path / "spare")))
    words = ["erase", ADDRESS, "--yes", "--workspace", str(spare.root)]
    _code, _said, steps = runner.run(words, tmp_path)
    _stopped(mine, whole, tmp_path, runner, range(1, steps, max(1, steps // 32)))


@pytest.mark.long
def test_snapshots_that_are_open_stay_readable(mine: Layout) -> None:
    with open_shop(mine.root) as shop:
        before = shop.kpis("customers", "orders").rows()
        erase(mine, [ADDRESS], at=AT)
        assert shop.kpis("customers", "orders").rows() == before
