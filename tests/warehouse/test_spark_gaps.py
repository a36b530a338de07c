"""What Spark cannot do that DuckDB can: each a failure that is expected, so that whoever closes a
gap hears of it, and a sentence of docs/how-to/run-on-spark.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import ibis
import pyarrow as pa
import pytest

from perenne.core import PerenneError
from perenne.identity.comparing import evidence, people_in
from perenne.warehouse import DuckEngine, Engine
from perenne.workspace import create
from perenne.workspace.settings import load, template
from tests.cli.files import HEADER, orders, write
from tests.engines import need_spark, spark
from tests.workspace.growing import carrying
from tests.workspace.shops import bring, computed, new_workspace
from tests.workspace.test_spark import on_spark

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "run-on-spark.md"
GAPS = {
    "persons": "Comparing persons runs in DuckDB, in the process of `perenne refresh`.",
    "address": "A workspace at an address, such as `s3://bucket/shop`, is refused.",
    "connect": "Spark Connect (`sc://`) is refused.",
    "carrying": "A refresh on Spark takes nothing over from the one before.",
    "replacement": "A replacement cannot name a part of its pattern.",
    "directions": "Values of a group are ordered upwards or downwards, not by keys of both kinds.",
}


def gap(name: str, error: type[Exception]) -> pytest.MarkDecorator:
    return pytest.mark.xfail(strict=True, reason=GAPS[name], raises=error)


@pytest.fixture(scope="module")
def engines() -> Iterator[tuple[Engine, Engine]]:
    with DuckEngine() as one, spark() as other:
        yield one, other


def test_the_page_tells_each_gap() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").replace("**", "").split())
    assert [sentence for sentence in GAPS.values() if sentence not in page] == []


@pytest.mark.slow
@gap("persons", AttributeError)
def test_persons_are_compared(engines: tuple[Engine, Engine]) -> None:
    pairs = pa.table({"l": pa.array([], pa.int64()), "r": pa.array([], pa.int64())})
    with people_in(cast(Any, engines[1]), "SELECT 1 AS idx"):
        evidence(cast(Any, engines[1]), pairs)


@gap("address", PerenneError)
def test_a_workspace_at_an_address() -> None:
    create(Path("s3://bucket/shop"), "")


@gap("connect", PerenneError)
def test_spark_connect(tmp_path: Path) -> None:
    text = template(name="Tea", currency="EUR", time_zone="UTC", language="en")
    file = tmp_path / "perenne.toml"
    file.write_text(f'{text}\n[engine]\nname = "spark"\nmaster = "sc://host"\n', encoding="utf-8")
    load(file)


@pytest.mark.long
@gap("carrying", KeyError)
def test_a_refresh_goes_on_from_the_one_before(tmp_path: Path) -> None:
    need_spark()
    place = carrying(new_workspace(tmp_path / "duckdb"))
    bring(place, write(tmp_path / "orders.csv", orders()))
    other = on_spark(place, tmp_path / "spark")
    before = computed(other).snapshot.id
    bring(other, write(tmp_path / "more.csv", f"{HEADER}\nZ1,2024-11-30,c1,9.90\n"))
    assert computed(other).snapshot.manifest["carried"]["from"] == before


@pytest.mark.slow
@gap("replacement", AssertionError)
def test_parts_of_a_pattern_in_a_replacement(engines: tuple[Engine, Engine]) -> None:
    told = [
        engine.fetch(engine.arrow(pa.table({"t": ["port"]})).t.re_replace("(o)", r"<\1>"))
        for engine in engines
    ]
    assert told[0].to_pylist() == told[1].to_pylist()


@pytest.mark.slow
@gap("directions", NotImplementedError)
def test_values_of_a_group_in_both_directions(engines: tuple[Engine, Engine]) -> None:
    rows = pa.table({"n": [1, 2, 3], "group": [0, 1, 1]})
    told = []
    for engine in engines:
        table = engine.arrow(rows)
        listed = table.agg(listed=table.n.collect(order_by=[ibis.desc(table.group), table.n]))
        told.append(engine.fetch(listed).to_pylist())
    assert told[0] == told[1]
