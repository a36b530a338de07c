"""The script an analyst would write: `python -m benchmarks.large_plain LOG.csv FOLDER`.

Reads an order log with DuckDB, types it, and writes customer summary, monthly cohorts and RFM.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

LINES = """
CREATE TABLE lines AS
SELECT order_id, order_date::TIMESTAMP AS placed, customer_id, country, sku,
       quantity::INTEGER AS quantity, unit_price::DECIMAL(18, 4) AS price
FROM read_csv(?, header = true, all_varchar = true)
"""

ORDERS = """
CREATE TABLE orders AS
SELECT order_id, any_value(customer_id) AS customer_id, min(placed) AS placed,
       sum(quantity * price) AS value
FROM lines GROUP BY order_id
"""

SUMMARY = """
SELECT customer_id, count(DISTINCT placed::DATE) - 1 AS frequency,
       date_diff('day', min(placed::DATE), max(placed::DATE)) AS recency,
       date_diff('day', min(placed::DATE), (SELECT max(placed::DATE) FROM orders)) AS tenure,
       avg(value) AS monetary_value, sum(value) AS revenue, count(*) AS orders
FROM orders GROUP BY customer_id
"""

COHORTS = """
WITH firsts AS (SELECT customer_id, date_trunc('month', min(placed)) AS cohort
                FROM orders GROUP BY customer_id)
SELECT cohort, date_diff('month', cohort, date_trunc('month', placed)) AS age,
       count(DISTINCT customer_id) AS customers, sum(value) AS revenue
FROM orders JOIN firsts USING (customer_id) GROUP BY ALL
"""

RFM = """
WITH base AS (
    SELECT customer_id, date_diff('day', max(placed::DATE), (SELECT max(placed::DATE) FROM orders))
               AS recency, count(*) AS frequency, sum(value) AS monetary
    FROM orders GROUP BY customer_id)
SELECT *, ntile(5) OVER (ORDER BY recency DESC) AS r, ntile(5) OVER (ORDER BY frequency) AS f,
       ntile(5) OVER (ORDER BY monetary) AS m
FROM base
"""


def main(log: str, folder: str) -> None:
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as duck:
        duck.execute(LINES, [log])
        duck.execute(ORDERS)
        for name, query in {"summary": SUMMARY, "cohorts": COHORTS, "rfm": RFM}.items():
            duck.execute(f"COPY ({query}) TO '{out / name}.parquet' (FORMAT parquet)")


if __name__ == "__main__":
    main(*sys.argv[1:])
