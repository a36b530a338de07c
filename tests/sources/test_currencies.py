"""Currencies that cells or headers name: nothing is counted as the shop's own without a word."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from perenne.sources import ReadContext
from perenne.sources.currencies import code_of, in_header, without

Write = Callable[..., Path]
BringIn = Callable[..., Any]
HEAD = "order_id,order_date,customer_id,total\n"


def orders(amounts: list[str]) -> str:
    return HEAD + "".join(f'{n},2025-01-{n:02},c,"{a}"\n' for n, a in enumerate(amounts, start=1))


def book(path: Path, head: list[str], rows: list[list[Any]]) -> Path:
    made = openpyxl.Workbook()
    assert made.active is not None
    for row in [head, *rows]:
        made.active.append(row)
    made.save(path)
    return path


@pytest.mark.parametrize(
    ("cell", "shop", "code"),
    [
        ("12.50 CHF", "EUR", "CHF"),
        ("chf 12.50", "EUR", "CHF"),
        ("12.50CHF", "EUR", "CHF"),
        ("₹12.50", "EUR", "INR"),
        ("SEK 12.50", "EUR", "SEK"),
        ("12.50 zł", "EUR", "PLN"),
        ("12.50 kr", "SEK", "SEK"),
        ("12.50 kr.", "DKK", "DKK"),
        ("12.50 kr.", "EUR", "KR"),
        ("12.50 fr.", "EUR", "CHF"),
        ("US$12.50", "CAD", "USD"),
        ("$12.50", "CAD", "CAD"),
        ("$12.50", "EUR", "USD"),
        ("¥1250", "CNY", "CNY"),
        ("¥1250", "EUR", "JPY"),
        ("12.50", "EUR", None),
    ],
)
def test_a_cell_names_its_currency(
    write: Write, bring_in: BringIn, context: ReadContext, cell: str, shop: str, code: str | None
) -> None:
    outcome = bring_in(write(orders([cell, "7.00"])), replace(context, currency=shop))
    amounts = [Decimal("1250" if "1250" in cell else "12.5"), Decimal(7)]
    assert [Decimal(row["total"]) for row in outcome.tables["orders"]] == amounts
    assert [row.get("currency") for row in outcome.tables["orders"]] == [code, None]
    told = {one.currency: one.amount for one in outcome.done.controls}
    assert told == {code: amounts[0], None: amounts[1]} if code else {None: sum(amounts)}


@pytest.mark.parametrize(
    ("name", "shop", "code", "bare"),
    [
        ("Total ($)", "", "USD", "Total"),
        ("Total ($)", "CAD", "CAD", "Total"),
        ("Total US$", "CAD", "USD", "Total"),
        ("Montant $CA", "EUR", "CAD", "Montant"),
        ("Total (₹)", "EUR", "INR", "Total"),
        ("Montant en euros", "CHF", "EUR", "Montant en"),
        ("Pris (kr)", "NOK", "NOK", "Pris"),
        ("Pris (kr)", "EUR", "KR", "Pris"),
        ("total_sek", "EUR", "SEK", "total"),
        ("Total CHF", "EUR", "CHF", "Total"),
        ("Montant HT", "EUR", None, "Montant HT"),
        ("Remise (oui/non)", "EUR", None, "Remise (oui/non)"),
        ("Libellé", "EUR", None, "Libellé"),
    ],
)
def test_a_header_names_its_currency(name: str, shop: str, code: str | None, bare: str) -> None:
    assert in_header(name, shop=shop) == code
    assert without(name).replace("()", "").strip() == bare


def test_orders_under_a_header_with_a_sign_are_in_its_currency(
    write: Write, bring_in: BringIn
) -> None:
    outcome = bring_in(write("order_id,order_date,customer_id,total (₹)\n1,2025-01-02,c,12.50\n"))
    assert [row.get("currency") for row in outcome.tables["orders"]] == ["INR"]


def test_a_word_that_is_no_currency_is_none() -> None:
    assert code_of("pcs", shop="EUR") is None


def test_text_amounts_in_a_workbook_are_read_as_they_are_written(
    tmp_path: Path, bring_in: BringIn
) -> None:
    rows = [[n, f"2025-01-0{n}", "c", total] for n, total in enumerate(["1 234,50 €", "7,5"], 1)]
    rows += [[3, "2025-01-03", "c", 12.25], [4, "2025-01-04", "c", 8]]
    outcome = bring_in(book(tmp_path / "a.xlsx", HEAD.strip().split(","), rows))
    totals = [Decimal(row["total"]) for row in outcome.tables["orders"]]
    assert totals == [Decimal("1234.5"), Decimal("7.5"), Decimal("12.25"), Decimal(8)]
    assert [row.get("currency") for row in outcome.tables["orders"]] == ["EUR", None, None, None]
    assert outcome.quarantine == []


def test_the_plan_reads_a_workbook_as_the_import_does(tmp_path: Path, bring_in: BringIn) -> None:
    rows = [
        [1, "2025-01-01", "c", "12,50"],
        [2, "2025-01-02", "c", 12.5],
        [3, "2025-01-03", "c", "1,234"],
    ]
    outcome = bring_in(book(tmp_path / "a.xlsx", HEAD.strip().split(","), rows))
    assert "Read numbers with a decimal comma." in outcome.found.plan
    totals = [Decimal(row["total"]) for row in outcome.tables["orders"]]
    assert totals == [Decimal("12.5"), Decimal("12.5"), Decimal("1.234")]


def test_dollars_as_text_in_a_workbook_are_dollars(tmp_path: Path, bring_in: BringIn) -> None:
    rows = [[1, "2025-01-01", "c", "$1,234.56"], [2, "2025-01-02", "c", "$7.00"]]
    outcome = bring_in(book(tmp_path / "a.xlsx", HEAD.strip().split(","), rows))
    assert [Decimal(row["total"]) for row in outcome.tables["orders"]] == [
        Decimal("1234.56"),
        Decimal(7),
    ]
    assert {row.get("currency") for row in outcome.tables["orders"]} == {"USD"}


def test_a_text_that_may_be_either_is_asked_about_though_numbers_stand_beside(
    tmp_path: Path, bring_in: BringIn
) -> None:
    rows = [
        [1, "2025-01-01", "c", "1,234"],
        [2, "2025-01-02", "c", 12.5],
        [3, "2025-01-02", "c", 9],
    ]
    path = book(tmp_path / "a.xlsx", HEAD.strip().split(","), rows)
    with pytest.raises(Exception, match="1,234") as refused:
        bring_in(path)
    assert "--decimal-mark" in str(getattr(refused.value, "next_step", refused.value))


def test_written_amounts_below_thousands_of_numbers_are_refused_not_guessed(
    tmp_path: Path, bring_in: BringIn
) -> None:
    rows = [[n, "2025-01-01", "c", 12.5] for n in range(2500)]
    rows.append([2500, "2025-01-01", "c", "1,234"])
    outcome = bring_in(book(tmp_path / "a.xlsx", HEAD.strip().split(","), rows))
    assert len(outcome.tables["orders"]) == 2500
    assert [row["value"] for row in outcome.quarantine] == ["1,234"]


@pytest.mark.parametrize("wrap", [False, True])
def test_amounts_as_text_in_json_tell_their_currency(
    write: Write, bring_in: BringIn, *, wrap: bool
) -> None:
    rows = [
        {"order_id": n, "order_date": f"2025-01-0{n}", "customer_id": "c", "total": total}
        for n, total in enumerate(["$12.50", "12.50 CHF", 7.25], start=1)
    ]
    lines = "\n".join(map(json.dumps, rows))
    path = write(json.dumps({"orders": rows}), "a.json") if wrap else write(lines, "a.jsonl")
    found = bring_in(path).tables["orders"]
    assert [row.get("currency") for row in found] == ["USD", "CHF", None]
    assert [Decimal(row["total"]) for row in found] == [
        Decimal("12.5"),
        Decimal("12.5"),
        Decimal("7.25"),
    ]
