"""Small files to import: one sound export, and the same one broken in every way."""

from __future__ import annotations

import gzip
import io
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

HEADER = "order_id,order_date,customer_id,total"
START = date(2024, 1, 3)


def order_rows(count: int = 60, *, every: int = 5) -> list[str]:
    """Orders A0, A1, … every few days, by seven customers; every value is a tenth of a euro."""
    return [
        f"A{n},{START + timedelta(days=n * every)},c{n * n % 7},{10 + n}.50" for n in range(count)
    ]


def orders(*more: str, count: int = 60) -> str:
    return "\n".join([HEADER, *order_rows(count), *more]) + "\n"


def write(path: Path, content: str | bytes) -> Path:
    """Write a file as it is, in its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def cut_parquet() -> bytes:
    whole = io.BytesIO()
    names = HEADER.split(",")
    rows = [line.split(",") for line in order_rows()]
    columns = {name: [row[n] for row in rows] for n, name in enumerate(names)}
    pq.write_table(pa.table(columns), whole)
    return whole.getvalue()[:-30]


def cut_gzip() -> bytes:
    return gzip.compress(orders().encode())[:-40]


def cut_excel() -> bytes:
    book = openpyxl.Workbook()
    for line in orders().splitlines():
        book.worksheets[0].append(line.split(","))
    whole = io.BytesIO()
    book.save(whole)
    return whole.getvalue()[:-300]
