"""Random shops, written once as canonical Parquet and measured by the engine under test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from perenne.core import Period
from perenne.metrics import (
    Context,
    Figure,
    MetricSettings,
    Request,
    build_marts,
    compute,
    customer_runs,
    learn_context,
    load_catalogue,
)
from perenne.warehouse import CANONICAL, Engine
from tests.engines import ENGINES, PARAMETERS
from tests.metrics.shops import Kind, Shop, shop


@dataclass(frozen=True)
class Measured:
    """A shop on disk (canonical tables, marts) and what the product makes of it."""

    folder: Path
    shop: Shop
    engine: Engine
    tables: dict[str, Any]
    context: Context

    def figures(self, request: Request, **extra: Any) -> list[Figure]:
        return compute(
            request,
            catalogue=load_catalogue(),
            tables={**self.tables, **extra},
            context=self.context,
            fetch=self.engine.fetch,
        )

    def values(self, request: Request, **extra: Any) -> dict[tuple[Any, ...], Any]:
        """metric and group values -> value."""
        found = self.figures(request, **extra)
        return {(one.metric, *(one.group or {}).values()): one.value for one in found}


@pytest.fixture(scope="session", params=PARAMETERS)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine in turn; nothing in the suite knows which."""
    made = ENGINES[request.param]()
    yield made
    made.close()


@pytest.fixture(scope="session")
def measure(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Measured]:
    """Measure a shop under given settings: canonical tables and marts go through Parquet."""
    made: dict[tuple[Any, ...], Measured] = {}

    def measured(kind: Kind, seed: int = 0, settings: MetricSettings | None = None) -> Measured:
        chosen = settings or MetricSettings()
        key = (kind, seed, chosen)
        if key not in made:
            folder = tmp_path_factory.mktemp(kind.name)
            made[key] = measure_shop(shop(kind, seed), engine, folder, chosen)
        return made[key]

    return measured


def measure_shop(one: Shop, engine: Engine, folder: Path, settings: MetricSettings) -> Measured:
    """Write canonical tables, build the marts from them, and read everything back."""

    def kept(name: str, table: Any) -> Any:
        engine.write(table, folder / f"{name}.parquet")
        return engine.read(folder / f"{name}.parquet")

    tables = {
        name: kept(name, engine.rows(schema, one.tables.get(name, [])))
        for name, schema in CANONICAL.items()
    }
    for name, mart in build_marts(tables, as_of=one.as_of, settings=settings).items():
        tables[name] = kept(name, mart)
    context = learn_context(
        tables,
        as_of=one.as_of,
        currency="EUR",
        time_zone="Europe/Paris",
        settings=settings,
        fetch=engine.fetch,
    )
    runs = customer_runs(tables["customer_days"], inactivity_days=context.inactivity_days)
    tables["customer_runs"] = kept("customer_runs", runs)
    return Measured(folder, one, engine, tables, context)


@pytest.fixture(scope="session")
def months_of(engine: Engine) -> Callable[[date, date], int]:
    """Whole months between two days, as the engine counts them."""
    from perenne.metrics.tables.rows import months_between, window_table

    def months(first: date, day: date) -> int:
        days = window_table({0: Period(min(first, day), max(first, day))})
        counted = days.select(months=months_between(days.start, days.end))
        return int(engine.fetch(counted)["months"][0].as_py())

    return months
