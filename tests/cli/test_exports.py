"""`perenne export`: complete, pseudonymous, and readable by the programs it is meant for."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from tests.cli.files import write
from tests.cli.program import kpis, refused, succeed

BOM = b"\xef\xbb\xbf"
CUSTOMER_COLUMNS = {
    "customer_id",
    "first_order_at",
    "last_order_at",
    "days_since_last_order",
    "orders",
    "frequency",
    "recency_days",
    "tenure_days",
    "monetary_value",
    "revenue",
    "margin",
    "historical_clv",
    "historical_clv_12m",
    "rfm_recency",
    "rfm_frequency",
    "rfm_monetary",
    "segment",
    "status",
}
TABLES = ("customers", "orders", "cohorts", "segments", "predictions")
FORMATS = ("parquet", "csv", "json")


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        return rows
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".json":
        parsed: list[dict[str, Any]] = json.loads(text, parse_float=Decimal)
        return parsed
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("table", TABLES)
def test_formats_hold_the_same_rows(table: str, shop: Path, tmp_path: Path) -> None:
    found = []
    for ending in FORMATS:
        file = tmp_path / f"{table}.{ending}"
        succeed("export", table, "--format", ending, "-o", file, "-w", shop)
        found.append(read(file))
    parquet, csv_rows, json_rows = found
    assert len(parquet) == len(csv_rows) == len(json_rows) > 0
    assert list(parquet[0]) == list(csv_rows[0]) == list(json_rows[0])


@pytest.fixture(scope="module")
def customers(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    file = tmp_path_factory.mktemp("exports") / "customers.parquet"
    succeed("export", "customers", "-o", file, "-w", shop)
    return read(file)


def test_customers_have_every_column(customers: list[dict[str, Any]], shop: Path) -> None:
    assert set(customers[0]) >= CUSTOMER_COLUMNS
    assert len({row["customer_id"] for row in customers}) == len(customers)
    figures = {row["metric"]: row["value"] for row in kpis(shop, "customers", "historical_clv")}
    assert len(customers) == figures["customers"]
    total = sum(row["historical_clv"] for row in customers)
    assert float(total) / len(customers) == pytest.approx(float(figures["historical_clv"]))


def test_customers_are_counted_by_day(customers: list[dict[str, Any]]) -> None:
    for row in customers:
        first, last = row["first_order_at"], row["last_order_at"]
        assert first <= last
        assert row["recency_days"] + row["days_since_last_order"] == row["tenure_days"]
        assert row["frequency"] <= row["orders"] - 1
        assert (row["frequency"] == 0) == (row["monetary_value"] is None)
        assert (row["frequency"] == 0) == (row["recency_days"] == 0)
        assert all(1 <= row[f"rfm_{score}"] <= 5 for score in ("recency", "frequency", "monetary"))


def people(shop: Path) -> set[str]:
    """E-mails, names and telephone numbers that stand in the demo's raw exports."""
    found: set[str] = set()
    for path in sorted((shop / "exports/shopify").glob("orders_export_*.csv")):
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines(keepends=True)):
            found |= {row["Email"].strip().lower(), row["Billing Name"], row["Shipping Phone"]}
    return {text for text in found if len(text) > 5}


@pytest.mark.parametrize("table", TABLES)
def test_exports_name_nobody(table: str, shop: Path) -> None:
    said = succeed("export", table, "--format", "csv", "-w", shop)
    text = said.out.lower()
    assert "@" not in text
    named = people(shop)
    assert len(named) > 500
    assert not [person for person in named if person.lower() in text]


def test_source_ids_only_when_asked_for(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "customers.json"
    succeed("export", "customers", "-o", file, "--with-source-ids", "-w", shop)
    emails = {person for person in people(shop) if "@" in person}
    ids = [one for row in read(file) for one in row["source_ids"].split(" | ")]
    named = {part for one in ids for part in one.split(":")}
    assert len(named & emails) > 500


def test_french_csv(shop: Path, tmp_path: Path) -> None:
    """Semicolons, decimal commas and the mark by which Excel knows UTF-8."""
    for flags in (("--lang", "fr"), ("--dialect", "french")):
        file = tmp_path / f"{flags[1]}.csv"
        succeed("export", "customers", "-o", file, *flags, "-w", shop)
        raw = file.read_bytes()
        assert raw.startswith(BOM)
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))
        assert set(rows[0]) >= CUSTOMER_COLUMNS
        assert all("." not in row["revenue"] for row in rows)
        assert any("," in row["revenue"] for row in rows)


def test_french_and_international_csv_say_the_same(shop: Path, tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.csv" for name in ("french", "international")}
    for dialect, file in files.items():
        succeed("export", "orders", "-o", file, "--dialect", dialect, "-w", shop)
    assert not files["international"].read_bytes().startswith(BOM)
    plain = list(csv.DictReader(io.StringIO(files["international"].read_text("utf-8"))))
    text = files["french"].read_text("utf-8-sig")
    french = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    for column in ("order_id", "net", "total", "customer_id"):
        assert [row[column].replace(",", ".") for row in french] == [row[column] for row in plain]


def test_format_follows_the_file_name(shop: Path, tmp_path: Path) -> None:
    succeed("export", "segments", "-o", tmp_path / "s.json", "-w", shop)
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))
    succeed("export", "segments", "-o", tmp_path / "s.parquet", "-w", shop)
    assert pq.read_table(tmp_path / "s.parquet").num_rows


def test_export_into_a_missing_folder_is_refused(shop: Path, tmp_path: Path) -> None:
    said = refused("export", "orders", "-o", tmp_path / "no" / "o.csv", "-w", shop)
    assert "does not exist" in said
    assert not (tmp_path / "no").exists()


def test_cohorts_have_one_row_per_cohort_and_age(shop: Path) -> None:
    said = succeed("export", "cohorts", "--format", "json", "-w", shop)
    rows = json.loads(said.out)
    assert len({(row["cohort"], row["age"]) for row in rows}) == len(rows)
    names = {"cohort", "size", "age", "complete", "retention", "revenue", "margin", "orders"}
    assert names <= set(rows[0])
    starts = [row for row in rows if row["age"] == 0]
    assert sum(row["size"] for row in starts) == int(kpis(shop, "customers")[0]["value"])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_excel_model_has_live_formulas(shop: Path, tmp_path: Path, language: str) -> None:
    file = tmp_path / "clv.xlsx"
    succeed("export", "excel", "-o", file, "--lang", language, "-w", shop)
    formulas = openpyxl.load_workbook(file)
    cached = openpyxl.load_workbook(file, data_only=True)
    cells = [
        (sheet.title, cell.coordinate)
        for sheet in formulas.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith("=")
    ]
    values = [cached[sheet][place].value for sheet, place in cells]
    assert formulas.defined_names
    assert sum(isinstance(value, int | float) for value in values) > 20
    assert not [value for value in values if str(value).startswith("#")]


def test_orders_known_by_customer_and_day_name_nobody(tmp_path: Path) -> None:
    """Without order numbers an order is named after its customer, who stays unnamed in it."""
    rows = ("2024-01-03,zoe@shop.example,10", "2024-02-05,zoe@shop.example,12")
    more = ("2024-02-05,ann@shop.example,9", "2024-03-05,,7")
    file = write(tmp_path / "o.csv", "\n".join(["date,email,amount", *rows, *more, ""]))
    shop = tmp_path / "shop"
    succeed("init", shop)
    succeed("import", file, "-w", shop)
    succeed("refresh", "-w", shop)
    said = succeed("export", "orders", "--format", "json", "-w", shop)
    found = json.loads(said.out)
    assert "@" not in said.out
    assert len({row["order_id"] for row in found}) == len(found) == 4
    named = succeed("export", "orders", "--format", "json", "--with-source-ids", "-w", shop)
    assert "@" not in named.out
    assert all("source_order_id" in row for row in json.loads(named.out))
