"""A table is one file or a folder of parts, and both engines read both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from perenne.warehouse import Engine, Lake, files_of, tables_in
from perenne.warehouse.parts import settle
from tests.engines import ENGINES, PARAMETERS


@pytest.fixture(scope="module", params=PARAMETERS)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with ENGINES[request.param]() as made:
        yield made


def parts(folder: Path, *sizes: int) -> Path:
    folder.mkdir(parents=True)
    for number, size in enumerate(sizes):
        pq.write_table(pa.table({"n": range(size)}), folder / f"part-{number}-x.parquet")
    (folder / "_SUCCESS").touch()
    (folder / ".part-0.crc").touch()
    return folder


def test_one_part_becomes_one_file(tmp_path: Path) -> None:
    target = tmp_path / "t.parquet"
    settle(parts(tmp_path / "written", 3), target)
    assert target.is_file()
    assert files_of(target) == [target]
    assert Lake().rows_of(target) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]


def test_several_parts_stay_a_folder_of_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "t.parquet"
    settle(parts(tmp_path / "written", 3, 0, 4), target)
    assert [path.name for path in files_of(target)] == [f"part-0000{n}.parquet" for n in range(3)]
    assert len(list(target.iterdir())) == 3
    assert Lake().rows_of(target) == 7
    pq.write_table(pa.table({"n": [1]}), tmp_path / "a.parquet")
    assert [path.name for path in tables_in(tmp_path)] == [
        "a.parquet",
        *(f"part-0000{n}.parquet" for n in range(3)),
    ]


def test_an_engine_reads_files_and_folders_side_by_side(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "t.parquet"
    settle(parts(tmp_path / "written", 3, 4), folder)
    pq.write_table(pa.table({"n": [10]}), tmp_path / "a.parquet")
    both = engine.read([folder, tmp_path / "a.parquet"])
    assert engine.fetch(both.n.sum()).as_py() == 3 + 6 + 10
    assert engine.write(both, tmp_path / "b.parquet") == 8
    assert Lake().rows_of(tmp_path / "b.parquet") == 8
