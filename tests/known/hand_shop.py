"""A shop of seven customers in the UCI layout, small enough to work out every figure by hand.

Snapshot 2024-04-15, period March 2024. 101 buys again and gives back, 102 is lost and returns
after the period, 103 is reactivated, 104 is new (one row twice), 105 is new with an order worth 0,
106 only paid postage, 107 stopped long ago; one guest.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

AS_OF = date(2024, 4, 15)
MARCH = {"from": date(2024, 3, 1), "to": date(2024, 3, 31)}

_UK, _FR = "United Kingdom", "France"
_ROWS = (
    ("501000", "22001", "MUG", 1, "2022-12-01 09:00:00", 10.0, 107.0, _UK),
    ("501001", "22002", "BOWL", 2, "2023-01-10 09:00:00", 10.0, 101.0, _UK),
    ("501002", "22001", "MUG", 1, "2023-03-10 09:00:00", 10.0, 107.0, _UK),
    ("501003", "22003", "JUG", 1, "2023-05-01 09:00:00", 15.0, 103.0, _FR),
    ("501004", "22004", "LAMP", 1, "2023-06-10 09:00:00", 30.0, 101.0, _UK),
    ("501005", "22005", "CLOCK", 4, "2023-12-20 09:00:00", 25.0, 102.0, _UK),
    ("501006", "22006", "MIRROR", 1, "2024-02-10 23:59:00", 50.0, 101.0, _UK),
    ("501007", "22002", "damaged", -5, "2024-03-02 10:00:00", 0.0, None, _UK),
    ("501008", "22007", "VASE", 1, "2024-03-05 09:00:00", 40.0, 101.0, _UK),
    ("501008", "POST", "POSTAGE", 1, "2024-03-05 09:00:00", 5.0, 101.0, _UK),
    ("501008", "22008", "LEAFLET", 1, "2024-03-05 09:00:00", 0.0, 101.0, _UK),
    ("501009", "22009", "CARD", 2, "2024-03-15 09:00:00", 12.5, 104.0, _UK),
    ("501009", "22009", "CARD", 2, "2024-03-15 09:00:00", 12.5, 104.0, _UK),
    ("501010", "22009", "CARD", 3, "2024-03-18 09:00:00", 5.0, None, _UK),
    ("501011", "22010", "CHAIR", 1, "2024-03-20 09:00:00", 60.0, 103.0, _FR),
    ("C501012", "22006", "MIRROR", -1, "2024-03-25 09:00:00", 50.0, 101.0, _UK),
    ("C501013", "POST", "POSTAGE", -1, "2024-03-26 09:00:00", 5.0, 104.0, _UK),
    ("501014", "22008", "LEAFLET", 1, "2024-03-28 09:00:00", 0.0, 105.0, _UK),
    ("501015", "POST", "POSTAGE", 1, "2024-03-29 09:00:00", 4.0, 106.0, _UK),
    ("A501016", "B", "Adjust bad debt", 1, "2024-03-30 09:00:00", -100.0, None, _UK),
    ("501017", "22005", "CLOCK", 1, "2024-04-10 09:00:00", 80.0, 102.0, _UK),
)
_SCHEMA = pa.schema(
    [
        ("Invoice", pa.string()),
        ("StockCode", pa.string()),
        ("Description", pa.string()),
        ("Quantity", pa.int64()),
        ("InvoiceDate", pa.string()),
        ("Price", pa.float64()),
        ("Customer ID", pa.float64()),
        ("Country", pa.string()),
    ]
)


def write(path: Path) -> Path:
    """Write the shop as a Parquet file in the columns and types of the UCI file."""
    columns = dict(zip(_SCHEMA.names, zip(*_ROWS, strict=True), strict=True))
    pq.write_table(pa.table(columns, schema=_SCHEMA), path)
    return path
