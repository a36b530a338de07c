"""The engines that tests run on: Spark with as little around it as Spark can do with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from perenne.core import PerenneError
from perenne.warehouse import DuckEngine, Engine, Lake, SparkEngine
from perenne.warehouse.spark import look

MASTER = "local[2]"
# Small tables: what compiles, spreads or plans anew costs more than it brings.
LEAN = {
    "spark.driver.memory": "2g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.default.parallelism": "1",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def need_spark() -> None:
    """Skip the test, with the reason, where Spark cannot run."""
    try:
        look()
    except PerenneError as missing:
        pytest.skip(missing.what)


def spark(lake: Lake | None = None) -> Engine:
    need_spark()
    return SparkEngine(master=MASTER, conf=LEAN, lake=lake)


ENGINES: dict[str, Callable[[], Engine]] = {"duckdb": DuckEngine, "spark": spark}
PARAMETERS = ["duckdb", pytest.param("spark", marks=pytest.mark.long)]
