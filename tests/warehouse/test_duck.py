"""What Perenne asks of DuckDB beyond Ibis: typed decimals, views, and a look into footers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from perenne.warehouse import MONEY, DuckEngine, Lake
from perenne.warehouse.engine import _modest_limit

AMOUNTS = pa.table(
    {
        "price": pa.array([Decimal("0.3333"), Decimal("-2.5"), None], pa.decimal128(18, 4)),
        "quantity": pa.array(
            [Decimal("0.5"), Decimal("0.0001"), Decimal("1")], pa.decimal128(18, 4)
        ),
        "nothing": pa.array([None, None, None], pa.string()),
    }
)


@pytest.fixture
def engine() -> Iterator[DuckEngine]:
    with DuckEngine() as one:
        yield one


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (lambda t: t.price * t.quantity, ["0.1667", "-0.0003", None]),
        (lambda t: t.price + t.quantity, ["0.8333", "-2.4999", None]),
        (lambda t: t.price - t.quantity, ["-0.1667", "-2.5001", None]),
        (lambda t: t.price * 2, ["0.6666", "-5.0000", None]),
    ],
)
def test_amounts_stay_as_wide_as_ibis_says(
    engine: DuckEngine, told: Callable[[ir.Table], ir.DecimalColumn], expected: list[str | None]
) -> None:
    table = engine.view(engine.arrow(AMOUNTS))
    value = told(table)
    sql = engine.ibis.compile(table.select(value=value))
    (kind,) = {row[0] for row in engine.duck.sql(f"SELECT typeof(value) FROM ({sql})").fetchall()}
    assert str(value.type()) == MONEY
    assert kind == "DECIMAL(18,4)"
    found = engine.fetch(table.select(value=value))["value"].to_pylist()
    assert found == [None if text is None else Decimal(text) for text in expected]


@pytest.mark.parametrize(
    ("price", "quantity", "product"),
    [
        ("25000000", "1000", "25000000000.0000"),
        ("99999.9999", "99999.9999", "9999999980.0000"),
        ("-31622.7767", "31622.7767", "-1000000006.2181"),
        ("9999999999.9999", "9999.5", "99994999999999.0001"),
    ],
)
def test_large_products_are_exact(
    engine: DuckEngine, price: str, quantity: str, product: str
) -> None:
    money = pa.decimal128(18, 4)
    row = {
        "price": pa.array([Decimal(price)], money),
        "quantity": pa.array([Decimal(quantity)], money),
    }
    table = engine.arrow(pa.table(row))
    found = engine.fetch(table.select(value=table.price * table.quantity))["value"][0].as_py()
    exact = (Decimal(price) * Decimal(quantity)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    assert found == Decimal(product) == exact


def test_what_is_rounded_is_rounded_before_it_is_summed(engine: DuckEngine) -> None:
    table = engine.arrow(pa.concat_tables([AMOUNTS.slice(0, 1)] * 3))
    whole = engine.fetch(table.agg(value=(table.price * table.quantity).sum()))
    assert whole["value"][0].as_py() == Decimal("0.5001")


def test_a_view_outlives_the_table_in_memory_that_it_reads(engine: DuckEngine) -> None:
    def viewed() -> ir.Table:
        return engine.view(engine.arrow(AMOUNTS).mutate(twice=lambda t: t.price * 2))

    one, other = viewed(), viewed()
    both = one.union(other)
    assert "price" not in engine.ibis.compile(one.select("nothing"))
    assert engine.fetch(both.agg(n=both.twice.count()))["n"][0].as_py() == 4


def test_footers_say_which_columns_hold_nothing(engine: DuckEngine, tmp_path: Path) -> None:
    table = engine.arrow(AMOUNTS)
    engine.write(table, tmp_path / "all.parquet")
    engine.write(table.filter(table.price.isnull()), tmp_path / "some.parquet")
    engine.write(table.filter(ibis.literal(False)), tmp_path / "none.parquet")
    assert Lake().empty_columns(tmp_path / "all.parquet") == {"nothing"}
    assert Lake().empty_columns(tmp_path / "some.parquet") == {"nothing", "price"}
    assert Lake().empty_columns(tmp_path / "none.parquet") == {"nothing", "price", "quantity"}
    parts = tmp_path / "parts.parquet"
    parts.mkdir()
    for name in ("all", "some"):
        (tmp_path / f"{name}.parquet").rename(parts / f"{name}.parquet")
    assert Lake().empty_columns(parts) == {"nothing"}


@pytest.mark.parametrize(
    ("own", "limit"), [("1.5 GiB", "1611MB"), ("16.0 GiB", "3000MB"), ("32.0 GiB", "5369MB")]
)
def test_duckdb_leaves_most_of_the_memory_to_others(own: str, limit: str) -> None:
    """Without a limit in the settings: an eighth of the machine, at least 3 GB, never more than
    DuckDB's own four fifths. Here machines of 2, 20 and 40 GiB."""
    with duckdb.connect() as duck:
        duck.execute(f"SET memory_limit = '{own}'")
        assert _modest_limit(duck) == limit


def test_the_settings_have_the_last_word() -> None:
    with DuckEngine(memory_limit="1GB") as engine:
        told = engine.duck.execute("SELECT current_setting('memory_limit')").fetchone()
    assert told == ("953.6 MiB",)
