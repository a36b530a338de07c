"""A workspace whose tables lie in a bucket: the same figures, and the same promises."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from perenne.core import PerenneError
from perenne.warehouse import pointer
from perenne.workspace import Layout, erase, forget_import, list_imports, prove
from perenne.workspace.batches import damaged as damaged_import
from perenne.workspace.erasure.proving import refuse_if_found
from perenne.workspace.lakes import lake_of
from perenne.workspace.settings import load
from perenne.workspace.snapshots import current, damaged
from perenne.workspace.snapshots import published as all_snapshots
from tests.buckets import Store, store
from tests.cli.files import order_rows, orders, write
from tests.cli.program import perenne, refused, succeed
from tests.workspace import erasure_shop
from tests.workspace.erasure_shop import ADDRESS, OTHERS, traces
from tests.workspace.shops import (
    bring,
    carry_over,
    computed,
    contents,
    leftovers,
    new_workspace,
    table,
    values,
    without_models,
)


@pytest.fixture(scope="module")
def s3() -> Iterator[Store]:
    with store() as found:
        yield found


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory, s3: Store) -> Layout:
    """One import and one snapshot in a bucket; tests copy the folder and leave the bucket alone."""
    folder = tmp_path_factory.mktemp("laid")
    made = new_workspace(folder / "shop")
    without_models(made)
    lay(made, s3, s3.bucket())
    bring(made, write(folder / "orders.csv", orders()))
    computed(made)
    return made


@pytest.fixture
def mine(laid: Layout, tmp_path: Path) -> Layout:
    return Layout(Path(shutil.copytree(laid.root, tmp_path / "mine")))


def lay(place: Layout, s3: Store, address: str) -> Layout:
    """From now on the tables of a workspace lie at `address`."""
    with place.settings.open("a", encoding="utf-8") as file:
        file.write(s3.settings(address))
    return place


@pytest.fixture
def place(tmp_path: Path, s3: Store) -> Layout:
    """An empty workspace with a bucket of its own."""
    made = new_workspace(tmp_path / "shop")
    without_models(made)
    return lay(made, s3, s3.bucket())


def objects(place: Layout) -> set[str]:
    """Keys of all that lies in the lake of a workspace."""
    lake = lake_of(place)
    lake.files.invalidate_cache()
    return {one.split("/", 1)[1] for one in lake.files.find(lake.address)}


def pointed(place: Layout) -> set[str]:
    files = (file for file in place.root.rglob("*.parquet") if file.is_file())
    found = map(pointer, files)
    return {one.key for one in found if one}


@pytest.mark.slow
def test_the_bucket_holds_what_the_folder_would(laid: Layout, tmp_path: Path) -> None:
    """Every table is the same, row by row; the folder keeps names, the bucket the same layout."""
    place, twin = laid, new_workspace(tmp_path / "twin")
    without_models(twin)
    bring(twin, write(tmp_path / "orders.csv", orders()))
    computed(twin)
    for name in current(twin).tables:
        assert table(place, name) == table(twin, name), name
    assert values(place, "net_revenue", "orders") == values(twin, "net_revenue", "orders")
    held = {
        str(file.relative_to(twin.root))
        for folder in (twin.raw, twin.snapshots)
        for file in folder.rglob("*.parquet")
    }
    assert objects(place) == held | {".perenne"}
    assert pointed(place) == held
    assert not leftovers(place)
    assert succeed("doctor", "--workspace", place.root).all.count("✗") == 0


@pytest.mark.long
def test_what_is_carried_over_is_shared(place: Layout, tmp_path: Path) -> None:
    """A part that two snapshots hold is one object; the figures are those of a whole refresh."""
    rows = order_rows(60)
    head, tail = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    header = orders().splitlines()[0]
    carry_over(place)
    for number, part in enumerate((head, tail)):
        bring(place, write(tmp_path / f"{number}.csv", "\n".join([header, *part]) + "\n"))
        computed(place)
    twin = new_workspace(tmp_path / "twin")
    without_models(twin)
    for number in range(2):
        bring(twin, tmp_path / f"{number}.csv")
    computed(twin)
    for name in ("orders", "order_lines", "customers", "customer_orders", "sales"):
        if name in current(twin).tables:
            assert len(table(place, name)) == len(table(twin, name)), name
    assert values(place, "net_revenue", "orders", "buyers") == values(
        twin, "net_revenue", "orders", "buyers"
    )
    assert objects(place) == pointed(place) | {".perenne"}
    for snapshot in all_snapshots(place):
        assert not damaged(snapshot)


@pytest.mark.long
def test_who_is_erased_leaves_the_bucket(tmp_path: Path, s3: Store) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    made = new_workspace(tmp_path / "shop")
    without_models(made)
    place = lay(made, s3, s3.bucket())
    for path, shop in erasure_shop.exports(folder):
        bring(place, path, store=shop)
    computed(place)
    before = fetched(place, tmp_path / "before")
    assert traces(before)
    done = erase(place, [ADDRESS])
    assert done.proof is not None
    refuse_if_found(done.proof)
    assert done.proof.columns > 100
    after = fetched(place, tmp_path / "after")
    assert not traces(after)
    assert not traces(place.root)
    assert traces(after, OTHERS)
    assert objects(place) == pointed(place) | {".perenne"}
    computed(place)
    refuse_if_found(prove(place, [ADDRESS]))


def fetched(place: Layout, folder: Path) -> Path:
    """All that lies in the lake, as files of a folder."""
    lake = lake_of(place)
    lake.files.invalidate_cache()
    lake.files.get(lake.address, str(folder), recursive=True)
    return folder


@pytest.mark.slow
def test_an_object_that_is_lost_or_changed_is_named(place: Layout, tmp_path: Path) -> None:
    bring(place, write(tmp_path / "orders.csv", orders()))
    computed(place)
    lake, snapshot, (batch,) = lake_of(place), current(place), list_imports(place)
    lost = pointer(snapshot.table_path("orders"))
    assert lost is not None
    lake.files.rm(lake.url(lost.key))
    changed = pointer(place.raw / batch.id / "orders.parquet")
    assert changed is not None
    content = bytearray(lake.files.cat_file(lake.url(changed.key)))
    content[len(content) // 2] ^= 1
    lake.files.pipe_file(lake.url(changed.key), bytes(content))
    assert damaged(snapshot) == ["orders.parquet"]
    assert damaged_import(place, batch) == [Path(changed.key).name]
    said = refused("kpis", "orders", "--workspace", place.root)
    assert "orders.parquet" in said
    assert "perenne refresh" in said
    told = perenne("doctor", "--workspace", place.root)
    assert "orders.parquet" in told.all
    assert Path(changed.key).name in told.all


def test_the_same_objects_elsewhere_are_sound(mine: Layout, tmp_path: Path, s3: Store) -> None:
    """A bucket may be copied to another: marks differ, the content says it is the same."""
    before = values(mine, "net_revenue")
    other = s3.bucket()
    fetched(mine, tmp_path / "copy")
    for file in (tmp_path / "copy").rglob("*.parquet"):
        key = file.relative_to(tmp_path / "copy").as_posix()
        # Written in two pieces, an object has an ETag of another kind.
        s3.files.put_file(str(file), f"{other}/{key}", chunksize=5 * 2**20)
    text = mine.settings.read_text(encoding="utf-8")
    mine.settings.write_text(text.replace(lake_of(mine).address, other), encoding="utf-8")
    assert lake_of(mine).address == other
    assert not damaged(current(mine))
    assert values(mine, "net_revenue") == before


def test_what_killed_runs_left_in_the_bucket_is_swept(place: Layout, tmp_path: Path) -> None:
    (first,) = bring(place, write(tmp_path / "orders.csv", orders()))
    lake = lake_of(place)
    for key in ("raw/000009-abcdefabcdef/orders.parquet", "work/1234/t/part-0.parquet"):
        lake.files.pipe_file(lake.url(key), b"half")
    bring(place, write(tmp_path / "more.csv", orders().replace("#1", "#2")))
    assert objects(place) == pointed(place) | {".perenne"}
    forget_import(place, first.batch.id)
    assert objects(place) == pointed(place) | {".perenne"}
    assert not {one for one in objects(place) if first.batch.id in one}


def test_the_lake_of_another_is_refused(place: Layout, tmp_path: Path, s3: Store) -> None:
    bring(place, write(tmp_path / "orders.csv", orders()))
    before = objects(place)
    other = lay(new_workspace(tmp_path / "other", key="f" * 32), s3, lake_of(place).address)
    with pytest.raises(PerenneError, match="belongs to another workspace") as error:
        bring(other, tmp_path / "orders.csv")
    assert "lake.address" in str(error.value.next_step)
    assert objects(place) == before
    full = s3.bucket()
    s3.files.pipe_file(f"{full}/holiday.jpg", b"mine")
    third = lay(new_workspace(tmp_path / "third"), s3, full)
    with pytest.raises(PerenneError, match="holds other files"):
        bring(third, tmp_path / "orders.csv")
    assert s3.files.cat_file(f"{full}/holiday.jpg") == b"mine"


def test_a_store_that_does_not_answer(mine: Layout) -> None:
    place = mine
    before = contents(place.root, leave=(".lock", "perenne.toml"))
    text = place.settings.read_text(encoding="utf-8")
    gone = text.replace(lake_of(place).address, "s3://no-such-bucket-anywhere")
    place.settings.write_text(gone, encoding="utf-8")
    said = refused("refresh", "--workspace", place.root)
    assert "no-such-bucket-anywhere" in said
    assert contents(place.root, leave=(".lock", "perenne.toml")) == before
    place.settings.write_text(text.split("\n[lake]")[0], encoding="utf-8")
    said = refused("kpis", "orders", "--workspace", place.root)
    assert "lake.address" in said


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('address = "s3://a/b"\noptions = { secret = "x" }', "belongs into the environment"),
        ('address = "bucket/shop"', "address"),
        ('address = "s3://bucket/"', "address"),
    ],
)
def test_settings_that_cannot_be_meant(tmp_path: Path, settings: str, words: str) -> None:
    place = new_workspace(tmp_path / "shop")
    with place.settings.open("a", encoding="utf-8") as file:
        file.write(f"\n[lake]\n{settings}\n")
    with pytest.raises(PerenneError) as error:
        load(place.settings)
    assert words in f"{error.value} {error.value.next_step}"


def test_a_driver_that_is_missing_is_named(tmp_path: Path) -> None:
    place = new_workspace(tmp_path / "shop")
    with place.settings.open("a", encoding="utf-8") as file:
        file.write('\n[lake]\naddress = "abfs://container/shop"\n')
    with pytest.raises(PerenneError, match="needs adlfs") as error:
        bring(place, write(tmp_path / "orders.csv", orders()))
    assert "pip install adlfs" in str(error.value.next_step)


def test_a_workspace_moves_with_its_pointers(laid: Layout, mine: Layout) -> None:
    assert values(mine, "net_revenue") == values(laid, "net_revenue")
    assert not computed(mine).changed
