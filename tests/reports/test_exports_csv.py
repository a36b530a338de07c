"""CSV in both dialects, read back by the csv module: every value, nothing a sheet would run."""

import csv
import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.reports import write_table

SEPARATOR = {"international": ",", "french": ";"}
COMMA = {"international": ".", "french": ","}
DIALECTS = tuple(SEPARATOR)
STARTS = tuple("=+-@\t\r\n＝＋－＠")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
risky = st.builds("{}{}{}".format, st.sampled_from(["", "'", "''"]), st.sampled_from(STARTS), texts)
decimals = st.decimals(-(10**13), 10**13, places=4, allow_nan=False, allow_infinity=False)


def exported(table: pa.Table, dialect: str = "international") -> bytes:
    out = io.BytesIO()
    assert write_table(table, None, format="csv", dialect=dialect, stream=out) == table.num_rows
    return out.getvalue()


def read_back(content: bytes, dialect: str) -> list[list[str]]:
    text = content.decode("utf-8-sig" if dialect == "french" else "utf-8")
    lines = io.StringIO(text, newline="")
    return list(csv.reader(lines, delimiter=SEPARATOR[dialect], strict=True))


def cell(value: Any, kind: pa.DataType, dialect: str = "international") -> str:
    table = pa.table({"key": pa.array(["k"]), "value": pa.array([value], kind)})
    return read_back(exported(table, dialect), dialect)[1][1]


def unguarded(text: str) -> str:
    """Undo the guard as the reference page says: one apostrophe less before a risky start."""
    return text[1:] if re.match(r"'+[=+\-@\t\r\n＝＋－＠]", text) else text


def test_the_two_dialects_byte_for_byte() -> None:
    table = pa.table(
        {
            "customer_id": ["a;b", "c,d"],
            "revenue": pa.array([Decimal("1234.5000"), None], pa.decimal128(18, 4)),
            "last_order_at": pa.array(
                [datetime(2025, 3, 1, 9, 30, tzinfo=UTC), None], pa.timestamp("us", "UTC")
            ),
            "day": pa.array([date(2025, 3, 1), None]),
        }
    )
    assert exported(table, "french") == (
        b"\xef\xbb\xbfcustomer_id;revenue;last_order_at;day\r\n"
        b'"a;b";1234,5;2025-03-01T09:30:00Z;2025-03-01\r\n'
        b"c,d;;;\r\n"
    )
    assert exported(table) == (
        b"customer_id,revenue,last_order_at,day\r\n"
        b"a;b,1234.5,2025-03-01T09:30:00Z,2025-03-01\r\n"
        b'"c,d",,,\r\n'
    )


@pytest.mark.parametrize("dialect", DIALECTS)
@given(values=st.lists(st.one_of(texts, risky), max_size=8))
def test_text_comes_back_and_never_starts_a_formula(dialect: str, values: list[str]) -> None:
    table = pa.table(
        {"key": pa.array(["k"] * len(values), pa.string()), "text": pa.array(values, pa.string())}
    )
    cells = [row[1] for row in read_back(exported(table, dialect), dialect)[1:]]
    assert [unguarded(c) for c in cells] == values
    assert not [c for c in cells if c.startswith(STARTS)]


@pytest.mark.parametrize("dialect", DIALECTS)
@given(value=decimals)
def test_decimals_come_back_to_the_last_digit(dialect: str, value: Decimal) -> None:
    written = cell(value, pa.decimal128(18, 4), dialect)
    assert re.fullmatch(rf"-?\d+({re.escape(COMMA[dialect])}\d{{1,4}})?", written)
    assert Decimal(written.replace(",", ".")) == value


@pytest.mark.parametrize("dialect", DIALECTS)
@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_floats_come_back_without_an_exponent(dialect: str, value: float) -> None:
    written = cell(value, pa.float64(), dialect)
    assert re.fullmatch(r"-?\d+([.,]\d+)?", written)
    assert float(written.replace(",", ".")) == value


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (-5, pa.int64(), "-5"),
        (Decimal("-0.5000"), pa.decimal128(18, 4), "-0.5"),
        (Decimal("0.00000001"), pa.decimal128(18, 8), "0.00000001"),
        (Decimal("1E+3"), pa.decimal128(9, -3), "1000"),
        (Decimal("100"), pa.decimal128(18, 0), "100"),
        (float("nan"), pa.float64(), ""),
        (float("inf"), pa.float64(), ""),
        (None, pa.float64(), ""),
        (1e300, pa.float64(), "1" + "0" * 300),
        (True, pa.bool_(), "true"),
        (date(1997, 9, 30), pa.date32(), "1997-09-30"),
        (
            datetime(2025, 3, 30, 1, 30, 0, 120_000, tzinfo=UTC),
            pa.timestamp("us", "UTC"),
            "2025-03-30T01:30:00.12Z",
        ),
        (
            datetime(2025, 3, 30, 1, 30, tzinfo=UTC),
            pa.timestamp("us", "Europe/Paris"),
            "2025-03-30T01:30:00Z",
        ),
        (datetime(2025, 3, 30, 1, 30), pa.timestamp("s"), "2025-03-30T01:30:00"),
        ("-12", pa.string(), "'-12"),
        ("=1+1", pa.large_string(), "'=1+1"),
        ("=1+1", pa.dictionary(pa.int32(), pa.string()), "'=1+1"),
        ("12'=1", pa.string(), "12'=1"),
        (["=a", None], pa.list_(pa.string()), '["=a", null]'),
        (None, pa.null(), ""),
    ],
)
def test_how_a_value_is_written(value: Any, kind: pa.DataType, expected: str) -> None:
    assert cell(value, kind) == expected


def test_column_names_are_guarded_too() -> None:
    table = pa.table({"=1+1": [1], "a": [2]})
    assert exported(table).startswith(b"'=1+1,a\r\n")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_emoji_right_to_left_and_line_breaks_survive(dialect: str) -> None:
    values = ["🛒👩‍👩‍👧", "عميل مهم", "\u202egnp.exe", 'a "quoted"\nline', "Élodie"]
    table = pa.table({"name": values, "n": [1, 2, 3, 4, 5]})
    rows = read_back(exported(table, dialect), dialect)
    assert [row[0] for row in rows[1:]] == values


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_cell_alone_on_its_line_is_still_a_row(value: str | None) -> None:
    table = pa.table({"a": pa.array(["x", value, "y"], pa.string())})
    assert read_back(exported(table), "international") == [["a"], ["x"], [""], ["y"]]


def test_no_rows_give_the_header_alone() -> None:
    table = pa.table({"a": pa.array([], pa.string()), "b": pa.array([], pa.int64())})
    assert exported(table) == b"a,b\r\n"
