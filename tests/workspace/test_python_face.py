"""`import perenne as pn`: the workspace from a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas
import polars
import pyarrow as pa
import pytest

import perenne as pn
from perenne.core import PerenneError
from perenne.metrics import CohortRequest
from perenne.workspace import Layout, Shop, create
from tests.cli.files import order_rows
from tests.cli.program import kpis


@pytest.fixture(scope="module")
def shop(published: Layout) -> Iterator[Shop]:
    with pn.open(published.root) as opened:
        yield opened


def test_kpis_are_those_of_the_command_line(shop: Shop, published: Layout) -> None:
    told = {row["metric"]: row for row in kpis(published.root)}
    rows = shop.kpis().rows()
    assert [row["metric"] for row in rows] == list(told)
    for row in rows:
        value = told[row["metric"]]["value"]
        assert row["value"] == (None if value is None else pytest.approx(float(value)))
        assert row["note"] == told[row["metric"]]["note"]
        assert row["from"].isoformat() == told[row["metric"]]["period"]["from"]


def test_frames_become_arrow_pandas_and_polars(shop: Shop) -> None:
    frame = shop.kpis("orders", "net_revenue", by="month", period="2024")
    assert isinstance(frame.arrow, pa.Table)
    values = ["value", "low", "high", "unit", "from", "to", "note"]
    assert frame.arrow.column_names == ["metric", "month", *values]
    assert isinstance(frame.pandas(), pandas.DataFrame)
    assert isinstance(frame.polars(), polars.DataFrame)
    assert len(frame) == len(frame.pandas()) == frame.polars().height == len(frame.rows())
    assert frame.polars().filter(polars.col("metric") == "orders")["value"].sum() == 60
    assert pa.table(frame).equals(frame.arrow)
    assert "rows: metric, month" in repr(frame)


def test_periods_may_be_words_or_periods(shop: Shop) -> None:
    words = shop.kpis("orders", period="2024-01..2024-02")
    period = pn.Period(date(2024, 1, 1), date(2024, 2, 29))
    assert words.rows() == shop.kpis("orders", period=period).rows()


def test_filters_and_comparison(shop: Shop) -> None:
    segments = [row["segment"] for row in shop.segments().rows()]
    each = [
        shop.kpis("orders", where={"segment": name}, period="2024").rows()[0]["value"]
        for name in segments
    ]
    together = shop.kpis("orders", where={"segment": segments}, period="2024")
    assert sum(each) == together.rows()[0]["value"] == 60
    (row,) = shop.kpis("orders", period="2024-03", compare="previous").rows()
    assert row["metric"] == "orders"


def test_customers_keep_money_decimal(shop: Shop) -> None:
    customers = shop.customers()
    total = sum(Decimal(row.rsplit(",", 1)[1]) for row in order_rows())
    assert sum(row["historical_clv"] for row in customers.rows()) == total
    assert customers.polars()["revenue"].sum() == total
    assert "source_ids" not in customers.arrow.column_names
    named = shop.customers(with_source_ids=True).rows()
    assert {row["source_ids"] for row in named} == {
        f"files:{row.split(',')[2]}" for row in order_rows()
    }


def test_cohort_table(shop: Shop) -> None:
    table = shop.cohort_table(CohortRequest(grain="month", measure="retention"))
    assert sum(row.size for row in table.rows) == len(shop.customers())
    assert all(row.cells[0].value == 1 for row in table.rows)


def test_tables_of_the_snapshot(shop: Shop) -> None:
    rows = shop.table("orders").rows()
    assert len(rows) == 60
    assert {row["order_id"] for row in rows} == {f"files/A{n}" for n in range(60)}
    for name in shop.tables:
        assert len(shop.table(name)) == shop.snapshot.manifest["tables"][name]


def test_unknown_words_are_refused(shop: Shop) -> None:
    with pytest.raises(pn.PerenneError, match="average_order_value"):
        shop.kpis("averge_order_value")
    with pytest.raises(pn.PerenneError, match="channel"):
        shop.kpis("orders", by="chanel")
    with pytest.raises(pn.PerenneError, match="is not a period"):
        shop.kpis("orders", period="yesterday")
    with pytest.raises(pn.PerenneError) as refusal:
        shop.table("order")
    assert "orders" in (refusal.value.allowed or ())


def test_an_address_is_no_workspace() -> None:
    for opened in (pn.open, lambda place: create(Path(place), "")):
        with pytest.raises(PerenneError, match="is an address, not a path"):
            opened("s3://bucket/shop")


def test_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(pn.PerenneError, match="no Perenne workspace"):
        pn.open(tmp_path)
    with pytest.raises(pn.PerenneError, match="no Perenne workspace"):
        pn.open(tmp_path / "nowhere")


def test_version_is_told() -> None:
    assert pn.__version__.count(".") == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"months": 0}, "months = 0 is not a whole number of 1 or more. Give months=1"),
        ({"months": "x"}, "months = 'x' is not a whole number"),
        ({"origins": 0}, "origins = 0 is not a whole number of 1 or more"),
    ],
)
def test_a_backtest_of_nothing_is_refused(shop: Shop, changed: dict[str, int], said: str) -> None:
    with pytest.raises(PerenneError) as caught:
        shop.backtest("mbg_nbd", **changed)
    assert said in str(caught.value)
