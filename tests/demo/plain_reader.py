"""Reads the simulated exports with csv and Decimal alone, knowing nothing of the simulator.

What it finds must be what the simulator says is true.
"""

import csv
import io
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

Row = dict[str, str]


@dataclass
class Order:
    """One order as the export shows it: its first row, and its distinct lines."""

    head: Row
    lines: list[Row] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.head["Name"]

    @property
    def at(self) -> datetime:
        return datetime.strptime(self.head["Created at"], "%Y-%m-%d %H:%M:%S %z")

    @property
    def day(self) -> date:
        return self.at.date()

    @property
    def email(self) -> str:
        return self.head["Email"].strip().lower()

    @property
    def is_test(self) -> bool:
        tags = self.head["Tags"].split(", ")
        return "test" in tags or self.head["Payment Method"] == "bogus"

    @property
    def is_purchase(self) -> bool:
        gone = self.head["Cancelled at"] or self.head["Financial Status"] == "voided"
        return not gone and not self.is_test

    @property
    def products(self) -> Decimal:
        """Products after discount, tax included, without gift cards."""
        gift = sum(
            (line_amount(line) for line in self.lines if line["Lineitem taxable"] == "false"),
            Decimal(0),
        )
        return Decimal(self.head["Subtotal"]) - gift

    @property
    def revenue(self) -> Decimal:
        """Products without tax: the order's tax is shared with shipping."""
        products, shipping = self.products, Decimal(self.head["Shipping"])
        if not products:
            return Decimal(0)
        return products - Decimal(self.head["Taxes"]) * products / (products + shipping)

    @property
    def channel(self) -> str:
        """The channel's mark: `source / medium`, or the tags."""
        notes = dict(
            line.split(": ", 1)
            for line in self.head["Note Attributes"].splitlines()
            if line.startswith("utm_")
        )
        if notes:
            return f"{notes['utm_source']} / {notes['utm_medium']}"
        return self.head["Tags"]


@dataclass
class Export:
    """Everything read: all rows by file, orders by name, and what was met on the way."""

    rows: dict[str, list[Row]]
    orders: dict[str, Order]
    refunds: list[Row]
    refused: list[Row]
    copies: int

    @property
    def purchases(self) -> list[Order]:
        return sorted(
            (order for order in self.orders.values() if order.is_purchase),
            key=lambda order: (order.at, order.name),
        )


def line_amount(line: Row) -> Decimal:
    return Decimal(line["Lineitem price"]) * int(line["Lineitem quantity"])


def read_csv(path: Path, *, encoding: str = "utf-8-sig", delimiter: str = ",") -> list[Row]:
    text = path.read_bytes().decode(encoding)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    return list(reader)


def french_amount(text: str) -> Decimal:
    return Decimal(text.replace("\u00a0", "").replace(",", "."))


def french_day(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").date()


def _is_readable(row: Row) -> bool:
    try:
        at = datetime.strptime(row["Created at"], "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return False
    return bool(row["Name"]) and row["Lineitem quantity"].isdecimal() and at.year < 2090


def read_export(directory: Path) -> Export:
    rows = {
        path.name: read_csv(path, encoding="utf-8")
        for path in sorted((directory / "shopify").glob("orders_export_*.csv"))
    }
    found = Export(rows, {}, [], [], 0)
    for part in rows.values():
        seen: set[tuple[str, ...]] = set()
        for row in part:
            _take(found, row, seen)
    found.refunds = read_csv(directory / "remboursements.csv", delimiter=";")
    return found


def _take(found: Export, row: Row, seen: set[tuple[str, ...]]) -> None:
    content = tuple(row.values())
    if content in seen:
        found.copies += 1
    elif not _is_readable(row):
        found.refused.append(row)
    else:
        order = found.orders.setdefault(row["Name"], Order(row))
        if row not in order.lines:
            order.lines.append(row)
    seen.add(content)
