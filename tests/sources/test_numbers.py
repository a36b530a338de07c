"""Numbers as files write them: the decimal mark is decided over whole columns."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.core import PerenneError
from perenne.sources.macros import create_macros
from perenne.sources.numbers import number_evidence, number_sql
from perenne.warehouse import DuckEngine
from tests.sources.golden import CONTEXT

ENGINE = DuckEngine(threads=1)
create_macros(ENGINE)


def read(text: str, mark: Any) -> Decimal | None:
    value = ENGINE.duck.execute(f"SELECT {number_sql('c', mark)} FROM (SELECT ? AS c)", [text])
    found: Decimal | None = value.fetchall()[0][0]
    return found


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("1234.50", ".", "1234.5"),
        ("1,234.50", ".", "1234.5"),
        ("1,234,567", ".", "1234567"),
        ("1 234,50", ",", "1234.5"),
        ("1\u202f234,50 €", ",", "1234.5"),
        ("1\u00a0234,50\u00a0€", ",", "1234.5"),
        ("1.234,50", ",", "1234.5"),
        ("1'234.50", ".", "1234.5"),
        ("CHF 1’234.50", ".", "1234.5"),
        ("$12.50", ".", "12.5"),
        ("-£12.50", ".", "-12.5"),
        ("EUR 12,50", ",", "12.5"),
        ("(12.50)", ".", "-12.5"),
        ("12,50-", ",", "-12.5"),
        ("−12,50", ",", "-12.5"),
        ("- 3", ".", "-3"),
        (".5", ".", "0.5"),
        ("1e3", ".", "1000"),
        ("6.949999999999", ".", "6.95"),
        ("12,50", ".", None),
        ("12.50", ",", None),
        ("1,23,456", ".", "123456"),
        ("₹ 1,23,456.50", ".", "123456.5"),
        ("1,23,45", ".", None),
        ("1,2,345", ".", None),
        ("1.23.456", ",", None),
        ("12,50 kr.", ",", "12.5"),
        ("12,50 zł", ",", "12.5"),
        ("US$12.50", ".", "12.5"),
        ("12.50 chf", ".", "12.5"),
        ("12.50 pcs", ".", None),
        ("12€34", ",", None),
        ("12 34", ".", None),
        ("1_000", ".", None),
        ("abc", ".", None),
        ("NaN", ".", None),
        ("1e308", ".", None),
    ],
)
def test_one_way_of_writing(text: str, mark: Any, value: str | None) -> None:
    assert read(text, mark) == (None if value is None else Decimal(value))


@given(
    st.decimals(min_value=-(10**9), max_value=10**9, places=2),
    st.sampled_from([(",", "."), (" ", ","), (".", ","), ("\u202f", ","), ("'", "."), ("", ",")]),
    st.sampled_from(["{}", "{} €", "{}€", "EUR {}"]),
)
def test_a_number_comes_back_from_every_grouping(
    value: Decimal, marks: tuple[str, Any], around: str
) -> None:
    group, decimal = marks
    text = f"{value:,.2f}".replace(",", "G").replace(".", decimal).replace("G", group)
    assert read(around.format(text), decimal) == value


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["1,234", "5.50"], "."),
        (["1.234", "5,50"], ","),
        (["1,234,567"], "."),
        (["0,125"], ","),
        (["1,234"], None),
        (["12", "13"], None),
    ],
)
def test_the_cells_of_a_column_tell_the_mark(cells: list[str], mark: str | None) -> None:
    values = ", ".join(f"('{cell}')" for cell in cells)
    found = number_evidence(ENGINE, relation=f"(VALUES {values}) t(c)", column="c")
    assert found.mark == mark


def test_a_number_that_can_be_read_both_ways_is_asked_about(
    write: Callable[..., Path], bring_in: Callable[..., Any]
) -> None:
    path = write('order_id,order_date,customer_id,total\n1,2025-01-02,c1,"1,234"\n')
    with pytest.raises(PerenneError, match="a thousand and more"):
        bring_in(path)
    for mark, total in ((".", "1234"), (",", "1.234")):
        answered = replace(CONTEXT, decimal_mark=mark)
        assert bring_in(path, context=answered).tables["orders"][0]["total"] == total


def test_semicolons_between_columns_settle_a_decimal_comma(
    write: Callable[..., Path], bring_in: Callable[..., Any]
) -> None:
    outcome = bring_in(write("order_id;order_date;client;total\n1;2025-01-02;c1;1,234\n"))
    assert outcome.tables["orders"][0]["total"] == "1.234"


def test_the_minority_mark_is_refused_not_misread(
    write: Callable[..., Path], bring_in: Callable[..., Any]
) -> None:
    rows = "1;2025-01-02;a;3,50\n2;2025-01-02;b;4,75\n3;2025-01-02;c;5.25\n"
    outcome = bring_in(write("order_id;order_date;client;total\n" + rows))
    assert [row["value"] for row in outcome.quarantine] == ["5.25"]
