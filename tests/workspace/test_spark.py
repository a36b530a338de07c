"""A refresh on Spark publishes, row by row and to the cent, what a refresh on DuckDB publishes."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from perenne.core import PerenneError
from perenne.warehouse import files_of, pointer
from perenne.workspace import Layout, Refreshed, open_shop
from perenne.workspace.lakes import lake_of
from perenne.workspace.snapshots import damaged
from tests.engines import LEAN, MASTER, need_spark
from tests.workspace.shops import bring, computed, new_workspace
from tests.workspace.test_many_exports import OTHERS, SELLERS, golden

pytestmark = pytest.mark.long


def on_spark(place: Layout, folder: Path, **conf: str) -> Layout:
    """The same workspace, computed by Spark."""
    shutil.copytree(place.root, folder)
    pairs = ", ".join(f'"{name}" = "{value}"' for name, value in {**LEAN, **conf}.items())
    settings = f'\n[engine]\nname = "spark"\nmaster = "{MASTER}"\nconf = {{ {pairs} }}\n'
    other = Layout(folder)
    with other.settings.open("a", encoding="utf-8") as file:
        file.write(settings)
    return other


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Refreshed, Refreshed, Layout]:
    """Orders of four platforms and all that stands around them, refreshed by each engine. Spark
    writes two parts of what is shuffled, so that folders of parts are read too."""
    need_spark()
    folder = tmp_path_factory.mktemp("engines")
    place = new_workspace(folder / "duckdb")
    bring(place, *(file for name in (*SELLERS, *OTHERS) for file in golden(name)))
    other = on_spark(place, folder / "spark", **{"spark.sql.shuffle.partitions": "2"})
    return computed(place), computed(other), other


def test_its_tables_may_lie_in_a_lake(
    both: tuple[Refreshed, Refreshed, Layout], tmp_path: Path
) -> None:
    """Spark writes into the lake by itself, and is lent what lies on this machine: the imports,
    which were made before there was a lake."""
    here, other = both[0], Layout(Path(shutil.copytree(both[2].root, tmp_path / "laid")))
    shutil.rmtree(other.snapshots)
    other.current.unlink()
    with other.settings.open("a", encoding="utf-8") as file:
        file.write(f'\n[lake]\naddress = "file://{tmp_path}/lake"\n')
    there = computed(other)
    assert not damaged(there.snapshot)
    for name in here.snapshot.tables:
        files = files_of(there.snapshot.table_path(name))
        assert all(map(pointer, files)), name
        lake = lake_of(other)
        found = pa.concat_tables([pq.read_table(lake.place(one)[7:]) for one in files])
        assert rows(found) == rows(table(here, name)), name
    kept = {path.relative_to(tmp_path / "lake").parts[0] for path in (tmp_path / "lake").rglob("*")}
    assert kept - {"work"} == {".perenne", "snapshots"}


def table(refreshed: Refreshed, name: str) -> pa.Table:
    files = files_of(refreshed.snapshot.table_path(name))
    return pa.concat_tables([pq.read_table(file) for file in files])


def rows(one: pa.Table) -> Counter[tuple[tuple[str, Any], ...]]:
    """Rows in no order; a double to the twelve digits that the order of additions leaves."""
    return Counter(tuple(rounded(row).items()) for row in one.to_pylist())


def test_every_table_is_the_same(both: tuple[Refreshed, Refreshed, Layout]) -> None:
    duckdb, spark, _place = both
    assert duckdb.snapshot.tables == spark.snapshot.tables
    for name in duckdb.snapshot.tables:
        one, other = table(duckdb, name), table(spark, name)
        assert [(f.name, f.type) for f in one.schema] == [(f.name, f.type) for f in other.schema]
        assert rows(one) == rows(other), name


def test_the_manifests_tell_the_same(both: tuple[Refreshed, Refreshed, Layout]) -> None:
    duckdb, spark, _place = both
    apart = {"sha256", "bytes", "settings", "fingerprint"}
    one, other = (
        {key: value for key, value in each.snapshot.manifest.items() if key not in apart}
        for each in (duckdb, spark)
    )
    assert one == other
    assert duckdb.account == spark.account
    assert spark.account.balanced


def test_the_snapshot_is_signed_part_by_part(both: tuple[Refreshed, Refreshed, Layout]) -> None:
    _duckdb, spark, _place = both
    signed = spark.snapshot.manifest["sha256"]
    parts = [name for name in signed if "/" in name]
    assert parts
    assert not damaged(spark.snapshot)
    lost = spark.snapshot.folder / parts[0]
    content = lost.read_bytes()
    lost.unlink()
    try:
        assert damaged(spark.snapshot) == [parts[0]]
        name = parts[0].split(".")[0]
        assert damaged(spark.snapshot, tables=[name]) == [parts[0]]
        assert not damaged(spark.snapshot, tables=["manifest"])
    finally:
        lost.write_bytes(content)


def test_the_shop_answers_from_spark(both: tuple[Refreshed, Refreshed, Layout]) -> None:
    duckdb, spark, _place = both
    found = []
    for each in (duckdb, spark):
        with open_shop(each.snapshot.folder.parents[1]) as shop:
            figures = shop.kpis("net_revenue", "customers", "historical_clv").rows()
            found.append((figures, shop.customers(with_source_ids=True).rows()))
    assert found[0] == found[1]


@pytest.mark.parametrize("by", [None, "channel", "month", "segment"])
def test_every_metric_is_the_same(
    both: tuple[Refreshed, Refreshed, Layout], by: str | None
) -> None:
    """Of both catalogues; or the reason why it is not told by the dimension."""
    duckdb, spark = (figures(each, by) for each in both[:2])
    assert duckdb == spark
    assert sum(isinstance(found, list) for found in duckdb.values()) > 20


def figures(refreshed: Refreshed, by: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with open_shop(refreshed.snapshot.folder.parents[1]) as shop:
        for metric in shop.catalogue.ids:
            try:
                found[metric] = [rounded(row) for row in shop.kpis(metric, by=by or ()).rows()]
            except PerenneError as error:
                found[metric] = str(error)
    return found


def rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: f"{v:.12g}" if isinstance(v, float) else v for name, v in row.items()}


def test_a_refresh_that_changes_nothing_keeps_the_snapshot(
    both: tuple[Refreshed, Refreshed, Layout],
) -> None:
    _duckdb, spark, place = both
    again = computed(place)
    assert not again.changed
    assert again.snapshot.id == spark.snapshot.id
