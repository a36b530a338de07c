"""The R package rfm: the orders it ships, analysed at 2006-12-31 as on its pages."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from perenne.segments import SegmentSettings

# Its cuts are the quintiles of the values plus one day, order or unit, from which the next score
# begins; here as fixed thresholds.
R_PACKAGE_RFM = SegmentSettings.model_validate(
    {
        "scoring": "thresholds",
        "thresholds": {
            "recency_days": [114, 180, 297, 481],
            "orders": [4, 5, 6, 8],
            "revenue": ["255.8", "382", "506.4", "666"],
        },
    }
)


def r_package_facts(shared_data: Path) -> pa.Table:
    orders = pq.read_table(shared_data / "rfm_package_orders" / "rfm_data_orders.parquet")
    with duckdb.connect() as connection:
        connection.register("orders", orders)
        return connection.sql(
            """
            SELECT customer_id, count(*) AS orders, sum(revenue)::DECIMAL(18,4) AS revenue,
              DATE '2006-12-31' - max(CAST(order_date AS DATE)) AS days_since_last_order
            FROM orders GROUP BY ALL ORDER BY customer_id
            """
        ).to_arrow_table()
