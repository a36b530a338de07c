"""Pointers, and what both engines make of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from perenne.core import PerenneError
from perenne.warehouse import DuckEngine, Engine, Lake, files_of, pointer
from tests.engines import spark


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(f"file://{tmp_path}/lake")


def parquet(path: Path, *values: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        pa.table(
            {"n": pa.array(values, pa.int64()), "no": pa.array([None] * len(values), pa.int64())}
        ),
        path,
    )
    return path


def test_a_pointer_stands_for_the_file(lake: Lake, tmp_path: Path) -> None:
    file = parquet(tmp_path / "shop" / "orders.parquet", 1, 2, 3)
    content = file.read_bytes()
    linked = tmp_path / "shop" / "linked.parquet"
    os.link(file, linked)
    lake.keep(file, "raw/1/orders.parquet")
    assert linked.read_bytes() == content, "another name of the file keeps what it had"
    found = pointer(file)
    assert found is not None
    assert (found.key, found.bytes) == ("raw/1/orders.parquet", len(content))
    assert Path(lake.place(file).removeprefix("file://")).read_bytes() == content
    assert lake.rows_of(file) == 3
    assert lake.empty_columns(file) == {"no"}
    assert not lake.unsound([file, linked])
    lake.keep(file, "raw/2/orders.parquet")
    assert pointer(file) == found, "what lies in the lake stays where it is"


def test_what_no_pointer_names_goes(lake: Lake, tmp_path: Path) -> None:
    lake.claim("me")
    kept, gone = parquet(tmp_path / "kept.parquet", 1), parquet(tmp_path / "gone.parquet", 2)
    lake.keep(kept, "a/kept.parquet")
    lake.keep(gone, "a/gone.parquet")
    assert lake.sweep([found for file in (kept,) if (found := pointer(file))]) == 1
    assert not lake.unsound([kept])
    assert lake.unsound([kept, gone]) == {gone}
    lake.claim("me")
    with pytest.raises(PerenneError, match="belongs to another workspace"):
        lake.claim("you")


def test_half_a_pointer_is_named(tmp_path: Path) -> None:
    file = tmp_path / "orders.parquet"
    file.write_bytes(b'{"lake": {"key": "raw/1/ord')
    with pytest.raises(PerenneError, match=r"orders\.parquet cannot be read"):
        pointer(file)


def test_without_a_lake_nothing_moves(tmp_path: Path) -> None:
    file = parquet(tmp_path / "orders.parquet", 1)
    Lake().keep(file, "raw/1/orders.parquet")
    assert pointer(file) is None
    assert Lake().sweep([]) == 0


def test_names_of_stores_differ_between_fsspec_and_hadoop() -> None:
    names = {"s3": "s3a", "abfs": "abfss", "gs": "gs", "file": "file", "s3a": "s3a"}
    for ours, theirs in names.items():
        assert Lake(f"{ours}://bucket/shop").for_spark("a.parquet") == (
            f"{theirs}://bucket/shop/a.parquet"
        )


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest, lake: Lake) -> Iterator[Engine]:
    with DuckEngine(lake=lake) if request.param == "duckdb" else spark(lake) as made:
        yield made


def test_an_engine_reads_the_lake_and_the_folder(
    engine: Engine, lake: Lake, tmp_path: Path
) -> None:
    there, here = parquet(tmp_path / "there.parquet", 1, 2), parquet(tmp_path / "here.parquet", 10)
    lake.keep(there, "raw/1/there.parquet")
    both = engine.read([there, here]).select("n")
    assert engine.fetch(both.n.sum()).as_py() == 13
    target = tmp_path / "shop" / "both.parquet"
    target.parent.mkdir()
    assert engine.write(both, target) == 3
    assert engine.fetch(engine.read(target).n.sum()).as_py() == 13
    for part in files_of(target):
        lake.keep(part, f"snapshots/1/both.parquet/{part.name}")
    keys = [found.key for part in files_of(target) if (found := pointer(part))]
    assert keys
    assert all(key.startswith("snapshots/1/both.parquet") for key in keys)
    with DuckEngine(lake=lake) as other:
        assert other.fetch(other.read(target).n.sum()).as_py() == 13
    assert not lake.unsound(files_of(target))
