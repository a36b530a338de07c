"""Refunds that their order tells no more, on either engine."""

from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from perenne.cleaning.tables import merge
from perenne.warehouse import STAGED, Engine
from tests.cleaning.shop import ORIGIN, Import, Row, order, refund
from tests.engines import ENGINES, PARAMETERS

BACK, LATER = date(2025, 4, 1), date(2025, 5, 1)
IMPORTS = (
    Import(
        {
            "orders": [
                order("A", refunds_told_on=BACK),
                order("B"),
                order("C", refunds_told_on=BACK),
            ],
            "refunds": [
                refund("A", 20, source_refund_id="1"),
                refund("A", 5, source_refund_id="2"),
                refund("B", 7, source_refund_id="3"),
                refund("C", 8, source_refund_id="4"),
            ],
        }
    ),
    Import(
        {
            "orders": [order("A", refunds_told_on=LATER), order("B", refunds_told_on=LATER)],
            "refunds": [refund("A", 5, source_refund_id="2")],
        },
        name="2",
        seq=2,
    ),
)


def _told(engine: Engine, folder: Path, as_of: date) -> list[str]:
    tables = {}
    for name in ("orders", "refunds"):
        types = {**STAGED[name].types, **ORIGIN}
        rows: list[Row] = [row for one in IMPORTS for row in one.rows(name)]
        given = [{column: row.get(column) for column in types} for row in rows]
        path = folder / f"{name}.parquet"
        pq.write_table(pa.Table.from_pylist(given, schema=ibis.schema(types).to_pyarrow()), path)
        tables[name] = engine.read(path)
    fated = merge.refund_rows(tables["refunds"], tables["orders"])
    stand = merge.not_gone(fated.filter(fated.fate == "kept"), as_of)
    found = engine.fetch(stand.select("source_refund_id")).column(0).to_pylist()
    return sorted(found)


@pytest.mark.parametrize("name", PARAMETERS)
def test_what_is_told_no_more_is_gone_from_that_day_on(name: str, tmp_path: Path) -> None:
    engine = ENGINES[name]()
    assert _told(engine, tmp_path, date(2025, 4, 30)) == ["1", "2", "3", "4"]
    assert _told(engine, tmp_path, LATER) == ["2", "3", "4"]
