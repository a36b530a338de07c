"""Refresh: whole, unchanging snapshots; a day seen as it was; the way back."""

from __future__ import annotations

import json
import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from perenne.core import PerenneError
from perenne.workspace import Layout, open_shop
from perenne.workspace.predictions import segments_as_of
from perenne.workspace.snapshots import current, damaged, point_to
from perenne.workspace.snapshots import published as all_snapshots
from tests.cli.files import HEADER, order_rows, orders, write
from tests.cli.program import perenne, refused, succeed
from tests.workspace.shops import (
    bring,
    computed,
    contents,
    leftovers,
    new_workspace,
    table,
    values,
)

# Where a row came from; everything else must not depend on it.
ORIGIN = {"batch", "row_file", "row_number", "row_hash", "file", "seq"}


EARLIER = date(2024, 4, 30)


@pytest.fixture
def mine(published: Layout, tmp_path: Path) -> Layout:
    """A copy of the published workspace that a test may change."""
    return Layout(Path(shutil.copytree(published.root, tmp_path / "shop")))


@pytest.fixture(scope="module")
def gone_back(published: Layout, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """The same workspace, computed once more as of an earlier day."""
    folder = tmp_path_factory.mktemp("back") / "shop"
    place = Layout(Path(shutil.copytree(published.root, folder)))
    computed(place, as_of=EARLIER)
    return place


@pytest.fixture
def seen_back(gone_back: Layout, tmp_path: Path) -> Layout:
    return Layout(Path(shutil.copytree(gone_back.root, tmp_path / "back")))


def test_nothing_new_keeps_the_snapshot(mine: Layout) -> None:
    before = contents(mine.root)
    again = computed(mine)
    assert not again.changed
    assert again.account.balanced
    assert contents(mine.root) == before


def test_snapshot_says_what_it_is(mine: Layout) -> None:
    manifest = current(mine).manifest
    assert manifest["as_of"] == "2024-10-24"
    assert [entry["file"] for entry in manifest["inputs"]] == ["orders.csv"]
    assert manifest["tables"]["orders"] == 60
    assert manifest["code"]
    assert set(manifest["sha256"]) == {f"{name}.parquet" for name in manifest["tables"]}
    assert not damaged(current(mine))


def test_refresh_is_reproducible(published: Layout, tmp_path: Path) -> None:
    """The same imports, settings and day give the same tables in any workspace."""
    other = new_workspace(tmp_path / "other")
    bring(other, write(tmp_path / "orders.csv", orders()))
    computed(other)
    for name in current(published).tables:
        assert table(other, name) == table(published, name), name
    assert current(other).manifest["context"] == current(published).manifest["context"]


@pytest.mark.parametrize("day", [EARLIER, pytest.param(date(2024, 6, 1), marks=pytest.mark.long)])
def test_nothing_later_leaks_into_the_past(seen_back: Layout, tmp_path: Path, day: date) -> None:
    """As of a day = as if the files had ended on that day."""
    whole = seen_back
    if day != EARLIER:
        computed(whole, as_of=day)
    past = new_workspace(tmp_path / "past")
    rows = [row for row in order_rows() if row.split(",")[1] <= day.isoformat()]
    bring(past, write(tmp_path / "past.csv", "\n".join([HEADER, *rows, ""])))
    computed(past, as_of=day)
    assert 10 < len(rows) < 60
    for name in current(past).tables:
        assert _plain(whole, name) == _plain(past, name), name
    assert current(whole).manifest["context"] == current(past).manifest["context"]
    assert values(whole) == values(past)


def test_segments_of_a_past_day_are_those_of_a_refresh_as_of_it(seen_back: Layout) -> None:
    with open_shop(seen_back.root) as shop:
        earlier = {row["customer_id"]: row["segment"] for row in shop.table("segments").rows()}
    newest = max(one.id for one in all_snapshots(seen_back) if one.as_of > EARLIER)
    with open_shop(seen_back.root, snapshot=newest) as shop:
        told = segments_as_of(shop.tables, settings=shop.settings, fetch=shop.engine.fetch)
        assert told(EARLIER) == earlier
        today = {row["customer_id"]: row["segment"] for row in shop.table("segments").rows()}
        assert told(shop.as_of) == today != earlier


def _plain(place: Layout, name: str) -> list[dict[str, object]]:
    rows = table(place, name)
    return sorted(
        ({key: value for key, value in row.items() if key not in ORIGIN} for row in rows), key=str
    )


def test_later_orders_are_accounted_for(seen_back: Layout) -> None:
    with open_shop(seen_back.root) as shop:
        account = shop.account
    assert account.balanced
    rows, value = account.by_rule()["later"]
    late = [row for row in order_rows() if row.split(",")[1] > "2024-04-30"]
    assert rows == len(late)
    assert float(value) == sum(float(row.rsplit(",", 1)[1]) for row in late)


def test_day_before_the_first_order_is_refused(mine: Layout) -> None:
    before = contents(mine.root)
    said = refused("refresh", "--as-of", "2024-01-02", "-w", mine.root)
    assert "No order is dated 2 January 2024 or before" in said
    assert "Choose a later day" in said
    assert contents(mine.root) == before


def test_changed_settings_give_a_new_snapshot(mine: Layout) -> None:
    first = current(mine).id
    text = mine.settings.read_text(encoding="utf-8")
    mine.settings.write_text(text.replace("# inactivity_days = 180", "inactivity_days = 10"))
    again = computed(mine)
    assert again.changed
    assert again.snapshot.id != first
    assert again.snapshot.manifest["context"]["inactivity_days"] == 10
    assert again.snapshot.manifest["settings"]["metrics"]["inactivity_days"] == 10


def test_comment_in_settings_changes_nothing(mine: Layout) -> None:
    with mine.settings.open("a", encoding="utf-8") as file:
        file.write("\n# seen by the accountant\n")
    again = computed(mine)
    assert not again.changed
    assert not again.read_otherwise


@pytest.mark.slow
def test_settings_that_reading_depends_on_ask_for_a_new_import(mine: Layout) -> None:
    with mine.settings.open("a", encoding="utf-8") as file:
        file.write('\n[[channels]]\nchannel = "Instagram"\nutm_source = "ig"\n')
    assert computed(mine).read_otherwise == ("orders.csv",)
    said = succeed("refresh", "-w", mine.root)
    assert "import them again: orders.csv" in said.out


def test_older_snapshots_stay_readable(published: Layout, seen_back: Layout) -> None:
    first = current(published)
    known = ("customers", "historical_clv")
    assert values(seen_back, *known) != values(published, *known)
    assert values(seen_back, snapshot=first.id) == values(published)
    assert contents(seen_back.snapshots / first.id) == contents(first.folder)
    assert [s.id for s in all_snapshots(seen_back)] == [first.id, current(seen_back).id]


def test_rollback_publishes_the_older_snapshot(published: Layout, seen_back: Layout) -> None:
    second = current(seen_back).id
    said = succeed("rollback", current(published).id, "-w", seen_back.root)
    assert current(published).id in said.out
    assert values(seen_back) == values(published)
    point_to(seen_back, second)
    assert current(seen_back).as_of == EARLIER


def test_unknown_snapshot_is_refused_with_those_there_are(mine: Layout) -> None:
    with pytest.raises(PerenneError) as refusal:
        open_shop(mine.root, snapshot="000042-20240101")
    assert refusal.value.allowed == (current(mine).id,)


def test_damage_is_named_and_repaired(mine: Layout) -> None:
    snapshot = current(mine)
    file = snapshot.table_path("customer_facts")
    file.write_bytes(file.read_bytes()[:-8] + b"harmless")
    snapshot.table_path("segments").unlink()
    assert damaged(snapshot) == ["customer_facts.parquet", "segments.parquet"]
    doctor = perenne("doctor", "-w", mine.root)
    assert doctor.code == 1
    assert "customer_facts.parquet, segments.parquet" in doctor.out
    assert "perenne refresh" in doctor.out
    again = computed(mine)
    assert again.changed
    assert not damaged(again.snapshot)
    doctor = perenne("doctor", "-w", mine.root)
    assert doctor.code == 1
    assert f"remove {snapshot.folder}" in doctor.out
    shutil.rmtree(snapshot.folder)
    assert perenne("doctor", "-w", mine.root).code == 0


def test_damaged_manifest_is_told(mine: Layout) -> None:
    (current(mine).folder / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(PerenneError, match=r"manifest\.json"):
        open_shop(mine.root)
    said = perenne("doctor", "-w", mine.root)
    assert said.code == 1
    assert "manifest.json" in said.out


@pytest.mark.slow
def test_lost_snapshot_is_told_and_computed_again(mine: Layout) -> None:
    shutil.rmtree(current(mine).folder)
    with pytest.raises(PerenneError, match="missing or damaged"):
        open_shop(mine.root)
    assert computed(mine).changed
    assert values(mine, "orders")["orders"] > 0


def test_what_a_killed_run_left_is_swept(mine: Layout) -> None:
    for folder in (
        mine.raw / "000009-half",
        mine.snapshots / "000009-20240101",
        mine.scratch / "x",
    ):
        write(folder / "orders.parquet", b"half")
    write(mine.root / ".current.99.tmp", "0000")
    gone = [
        write(mine.quality / ".000001-0123456789ab.json.99.tmp", "{"),
        write(mine.quality / "000009-0123456789ab-fr.html", "of an import that is not there"),
        write(mine.quarantine / "000009-0123456789ab.parquet", b"half"),
        write(mine.root / ".spill-999999999-0a0b0c0d" / "duckdb_temp_block-1.block", b"half"),
        write(mine.root / ".perenne-0123456789ab.part", "half"),
    ]
    os.utime(gone[-1], (0, 0))
    stays = [
        write(mine.root / ".perenne-ba9876543210.part", "being written"),
        write(mine.quality / "2024-notes.html", "the owner's"),
    ]
    shown = values(mine)
    assert leftovers(mine)
    assert not computed(mine).changed
    assert not leftovers(mine)
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in stays)
    assert values(mine) == shown
    assert len(all_snapshots(mine)) == 1


def test_pointer_names_a_whole_snapshot(mine: Layout) -> None:
    """Everything that a manifest names is there when the pointer moves."""
    name = mine.current.read_text(encoding="utf-8").strip()
    manifest = json.loads((mine.snapshots / name / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["id"] == name
    assert not leftovers(mine)


def test_amounts_of_many_digits_are_counted_to_the_last(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    rows = ("A1,2025-01-02,c1,x,1000,25000000", "A2,2025-02-02,c2,x,2,25000000.5")
    file.write_text("order_id,order_date,customer_id,sku,quantity,unit_price\n" + "\n".join(rows))
    place = new_workspace(tmp_path / "shop", currency="VND")
    bring(place, file)
    done = computed(place)
    assert done.account.balanced
    assert sum(row["net"] for row in table(place, "order_lines")) == 25_050_000_001


def test_orders_that_were_all_refused_are_told(tmp_path: Path) -> None:
    layout = new_workspace(tmp_path / "shop")
    rows = "order_id,order_date,customer_id,total\n" + "".join(
        f"{n},2024-01-05,c,oops\n" for n in range(3)
    )
    succeed("import", str(write(tmp_path / "bad.csv", rows)), "--workspace", str(layout.root))
    error = refused("refresh", "--workspace", str(layout.root))
    assert "All 3 rows of orders that were imported were refused." in error
    assert "perenne quality" in error
    succeed("import", str(write(tmp_path / "good.csv", orders())), "--workspace", str(layout.root))
    succeed("refresh", "--workspace", str(layout.root))
