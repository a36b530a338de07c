"""Files of a workspace that are damaged, lost or of another version: named, with the way back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perenne.core import PerenneError
from perenne.workspace import Layout, erase, list_imports, open_shop, publish_again
from perenne.workspace.files import write_json
from perenne.workspace.snapshots import current, damaged
from tests.cli.files import orders, write
from tests.cli.program import perenne, refused, succeed
from tests.workspace.shops import bring, computed, contents, table, values


@pytest.fixture
def mine(published: Layout, tmp_path: Path) -> Layout:
    return Layout(Path(shutil.copytree(published.root, tmp_path / "shop")))


@pytest.fixture
def two(published: Layout, tmp_path: Path) -> Layout:
    """Two snapshots; the second, which is published, is a copy of the first under its own id."""
    place = Layout(Path(shutil.copytree(published.root, tmp_path / "shop")))
    first = current(place)
    folder = place.snapshots / "000002-20241024"
    shutil.copytree(first.folder, folder)
    write_json(folder / "manifest.json", {**first.manifest, "id": folder.name})
    publish_again(place, folder.name)
    return place


def flip(path: Path, *, at: float = 0.4) -> None:
    """Turn one bit of a file over."""
    whole = bytearray(path.read_bytes())
    whole[int(len(whole) * at)] ^= 0x10
    path.write_bytes(whole)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [cut, empty, Path.unlink], ids=["cut", "empty", "missing"])
def test_snapshot_of_another_size_is_not_opened(two: Layout, harm: Callable[[Path], None]) -> None:
    """Sizes are looked at whenever a snapshot is opened; the sound older one is offered."""
    harm(current(two).table_path("orders"))
    said = refused("kpis", "orders", "-w", two.root)
    assert "Snapshot 000002-20241024 is damaged: orders.parquet" in said
    assert "perenne rollback 000001-20241024" in said
    assert "perenne refresh" in said
    succeed("rollback", "000001-20241024", "-w", two.root)
    assert values(two, "orders")["orders"] > 0


def test_turned_bits_are_found_by_the_doctor_and_by_whoever_cannot_read(two: Layout) -> None:
    file = current(two).table_path("customer_facts")
    flip(file)
    assert damaged(current(two)) == ["customer_facts.parquet"]
    doctor = perenne("doctor", "-w", two.root)
    assert doctor.code == 1
    assert "damaged: customer_facts.parquet" in doctor.out
    assert "perenne rollback 000001-20241024" in doctor.out
    whole = file.read_bytes()
    file.write_bytes(b"XXXX" + whole[4:-4] + b"XXXX")  # no longer Parquet, of the same size
    with pytest.raises(PerenneError, match=r"damaged: customer_facts\.parquet"):
        table(two, "customer_facts")


def test_damaged_snapshot_is_not_published_again(two: Layout) -> None:
    flip(two.snapshots / "000001-20241024" / "orders.parquet")
    said = refused("rollback", "000001-20241024", "-w", two.root)
    assert "Snapshot 000001-20241024 is damaged: orders.parquet" in said
    assert current(two).id == "000002-20241024"
    doctor = perenne("doctor", "-w", two.root)
    assert "000001-20241024: damaged: orders.parquet" in doctor.out


@pytest.mark.parametrize(
    "text", ["", "000001-2024", "../../etc", "\x00\x01\xff"], ids=["empty", "half", "path", "bytes"]
)
def test_damaged_pointer_is_told_and_mended(mine: Layout, text: str) -> None:
    shown = current(mine).id
    before = contents(mine.snapshots)
    mine.current.write_text(text, encoding="latin-1")
    said = refused("kpis", "orders", "-w", mine.root)
    assert "is missing or damaged" in said
    assert f"perenne rollback {shown}" in said
    done = computed(mine)  # nothing is computed: the snapshot is there
    assert done.changed
    assert current(mine).id == shown
    assert contents(mine.snapshots) == before


def test_lost_pointer_is_made_again(mine: Layout) -> None:
    shown = current(mine).id
    mine.current.unlink()
    computed(mine)
    assert current(mine).id == shown


@pytest.mark.parametrize("harm", [flip, cut, Path.unlink], ids=["bit", "cut", "missing"])
def test_damaged_import_is_named_and_read_again(
    mine: Layout, harm: Callable[[Path], None], tmp_path: Path
) -> None:
    (batch,) = list_imports(mine)
    harm(mine.raw / batch.id / "orders.parquet")
    with mine.settings.open("a", encoding="utf-8") as file:
        file.write("\n[segments]\n")
    shown, before = current(mine).id, contents(current(mine).folder)
    said = refused("refresh", "--as-of", "2024-06-30", "-w", mine.root)
    assert f"raw/{batch.id}/orders.parquet" in said
    assert "Import again: orders.csv" in said
    assert perenne("doctor", "-w", mine.root).code == 1
    assert current(mine).id == shown
    assert contents(current(mine).folder) == before
    (again,) = bring(mine, write(tmp_path / "orders.csv", orders()))
    assert not again.known
    assert again.replaced == batch.id
    assert perenne("doctor", "-w", mine.root).code == 0


@pytest.mark.parametrize("text", [None, "{", '{"id": 1}'], ids=["missing", "half", "empty"])
def test_import_without_its_manifest_is_kept_and_told(
    mine: Layout, text: str | None, tmp_path: Path
) -> None:
    (batch,) = list_imports(mine)
    manifest = mine.raw / batch.id / "manifest.json"
    if text is None:
        manifest.unlink()
        write(tmp_path / "more.csv", orders("Z1,2024-09-09,c1,5.00"))
        succeed("import", str(tmp_path / "more.csv"), "-w", mine.root)
    else:
        manifest.write_text(text, encoding="utf-8")
    said = refused("refresh", "-w", mine.root)
    assert f"raw/{batch.id}" in said
    assert "import its file again" in said
    assert (mine.raw / batch.id / "orders.parquet").is_file()
    assert current(mine).tables


def test_import_whose_folder_is_gone_is_told(mine: Layout, tmp_path: Path) -> None:
    """Its orders left the figures of the next refresh, and nothing said so."""
    (batch,) = list_imports(mine)
    more = write(tmp_path / "more.csv", orders("Z1,2024-09-09,c1,5.00"))
    succeed("import", str(more), "-w", mine.root)
    aside = mine.raw.rename(tmp_path / "aside")
    mine.raw.mkdir()
    for folder in aside.glob("000002-*"):
        shutil.move(folder, mine.raw)
    shown = current(mine).id
    said = refused("refresh", "-w", mine.root)
    assert f"{batch.id} (orders.csv)" in said
    assert f"perenne forget {batch.id}" in said
    assert current(mine).id == shown
    assert perenne("doctor", "-w", mine.root).code == 1
    shutil.copytree(aside / batch.id, mine.raw / batch.id)
    succeed("refresh", "-w", mine.root)
    shutil.rmtree(mine.raw / batch.id)
    (again,) = bring(mine, write(tmp_path / "orders.csv", orders()))
    assert not again.known
    assert perenne("doctor", "-w", mine.root).code == 0


@pytest.mark.parametrize("gone", [False, True])
def test_import_that_was_taken_back_is_not_missed(
    mine: Layout, tmp_path: Path, *, gone: bool
) -> None:
    (batch,) = list_imports(mine)
    more = write(tmp_path / "more.csv", orders("Z1,2024-09-09,c1,5.00"))
    succeed("import", str(more), "-w", mine.root)
    if gone:
        shutil.rmtree(mine.raw / batch.id)
    succeed("forget", batch.id, "-w", mine.root)
    succeed("refresh", "-w", mine.root)
    assert perenne("doctor", "-w", mine.root).code == 0


def test_import_that_came_back_after_it_was_taken_back_is_missed(
    mine: Layout, tmp_path: Path
) -> None:
    more = write(tmp_path / "more.csv", orders("Z1,2024-09-09,c1,5.00"))
    succeed("import", str(more), "-w", mine.root)
    batch = list_imports(mine)[-1].id
    succeed("forget", batch, "-w", mine.root)
    succeed("import", str(more), "-w", mine.root)
    assert list_imports(mine)[-1].id == batch
    succeed("refresh", "-w", mine.root)
    shutil.rmtree(mine.raw / batch)
    assert f"perenne forget {batch}" in refused("refresh", "-w", mine.root)


@pytest.mark.parametrize("text", [None, "", "0123"], ids=["missing", "empty", "cut"])
def test_key_of_the_ids_must_be_there(mine: Layout, text: str | None) -> None:
    mine.key.unlink()
    if text is not None:
        mine.key.write_text(text, encoding="utf-8")
    assert "customer ids" in refused("refresh", "--as-of", "2024-06-30", "-w", mine.root)
    assert perenne("doctor", "-w", mine.root).code == 1


def test_another_key_would_give_other_ids_and_is_refused(mine: Layout) -> None:
    mine.key.write_text("fedcba9876543210fedcba9876543210\n", encoding="utf-8")
    said = refused("refresh", "--as-of", "2024-06-30", "-w", mine.root)
    assert "customer ids" in said
    assert "backup" in said


def test_half_a_line_of_a_record_is_named(mine: Layout) -> None:
    mine.decisions.write_text('{"pair_id": "a"', encoding="utf-8")
    said = refused("refresh", "--as-of", "2024-06-30", "-w", mine.root)
    assert "identity-decisions.jsonl cannot be read: line 1" in said
    mine.decisions.unlink()
    mine.erasures.write_text('{"id": "E000001", "pers', encoding="utf-8")
    with pytest.raises(PerenneError, match=r"erasures\.jsonl cannot be read: line 1"):
        erase(mine, ["c1"])


def test_settings_that_are_no_text_are_told(mine: Layout) -> None:
    mine.settings.write_bytes(b"\xff\x00\x01")
    assert "perenne.toml is not written in UTF-8: line 1" in refused("status", "-w", mine.root)


def test_damaged_files_are_not_signed_by_an_erasure(mine: Layout) -> None:
    flip(current(mine).table_path("orders"))
    with pytest.raises(PerenneError, match="is damaged: orders"):
        erase(mine, ["c1"])


def _edited(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")


def test_newer_workspace_is_refused(mine: Layout) -> None:
    (batch,) = list_imports(mine)
    shown = current(mine).id
    _edited(current(mine).folder / "manifest.json", lambda value: value.update(layout=99))
    said = refused("kpis", "orders", "-w", mine.root)
    assert f"Snapshot {shown} was written by a newer version of Perenne" in said
    assert "Update Perenne" in said
    _edited(mine.raw / batch.id / "manifest.json", lambda value: value.update(layout=99))
    before = contents(mine.root)
    said = refused("refresh", "-w", mine.root)
    assert f"Import {batch.id} was written by a newer version of Perenne" in said
    assert contents(mine.root) == before


_NEW_TABLES = ("identity_pairs", "customer_ids", "consents", "subscriptions")
_LATER = ("signed", "layout", "origin", "erased", "reading", "rows_read", "notes", "currency",
          "unknown_channel_share")  # fmt: skip
"""What manifests of imports have learnt to tell since the first version."""


def _first_version(place: Layout) -> None:
    """The workspace as the first version wrote it: plainer manifests, fewer columns and tables."""
    for batch in list_imports(place):
        folder = place.raw / batch.id
        _edited(folder / "manifest.json", lambda v: [v.pop(name, None) for name in _LATER])
        _edited(folder / "manifest.json", lambda v: v.update(facts={}))
        _without(folder / "orders.parquet", "person_ref", "customer_ref_kind")
    shown = current(place)
    for name in _NEW_TABLES:
        shown.table_path(name).unlink()
    _edited(shown.folder / "manifest.json", _first_snapshot)
    _without(shown.table_path("customers"), "acquired_on", "channel_from")


def _first_snapshot(manifest: dict[str, Any]) -> None:
    for name in ("bytes", "layout", "key", "identity", "subscriptions"):
        del manifest[name]
    for name in _NEW_TABLES:
        del manifest["tables"][name]
        del manifest["sha256"][f"{name}.parquet"]


def _without(path: Path, *columns: str) -> None:
    import pyarrow.parquet as pq

    whole = pq.read_table(path)
    pq.write_table(whole.drop_columns([n for n in columns if n in whole.column_names]), path)


@pytest.mark.slow
def test_workspace_of_the_first_version_is_computed_anew(mine: Layout, published: Layout) -> None:
    _first_version(mine)
    old = current(mine).id
    with open_shop(mine.root) as shop, pytest.raises(PerenneError) as told:
        shop.customers()
    assert "was computed by an older version of Perenne" in told.value.what
    assert "perenne refresh" in told.value.next_step
    assert computed(mine).changed
    assert current(mine).id != old
    assert values(mine) == values(published)
    assert not damaged(current(mine))
    (batch,) = list_imports(mine)
    assert batch.rows_read == list_imports(published)[0].rows_read
