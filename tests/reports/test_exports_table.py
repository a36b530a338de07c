"""Any table to any format: JSON and Parquet, streaming, and places that refuse to be written."""

import io
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.core import PerenneError
from perenne.reports import write_table
from perenne.text import use_language

MONEY = pa.decimal128(18, 4)
TABLE = pa.table(
    {
        "customer_id": ["=1+1", 'a"b\\', None],
        "revenue": pa.array([Decimal("12345678901234.5678"), Decimal("-1"), None], MONEY),
        "share": [0.1, float("nan"), 1e-7],
        "orders": [1, 2, None],
        "active": [True, None, False],
        "day": [date(2025, 3, 1), None, None],
        "at": pa.array([datetime(2025, 3, 1, tzinfo=UTC), None, None], pa.timestamp("us", "UTC")),
        "tags": [["a", "é"], [], None],
    }
)
FORMATS = ("parquet", "csv", "json")
texts = st.text(st.characters(exclude_categories=["Cs"]))


def as_json(table: pa.Table) -> str:
    out = io.BytesIO()
    assert write_table(table, None, format="json", stream=out) == table.num_rows
    return out.getvalue().decode("utf-8")


def test_json_is_an_array_of_objects_with_every_digit() -> None:
    first, second, third = json.loads(as_json(TABLE), parse_float=Decimal)
    assert first == {
        "customer_id": "=1+1",
        "revenue": Decimal("12345678901234.5678"),
        "share": Decimal("0.1"),
        "orders": 1,
        "active": True,
        "day": "2025-03-01",
        "at": "2025-03-01T00:00:00Z",
        "tags": ["a", "é"],
    }
    assert (second["customer_id"], second["revenue"], second["share"]) == ('a"b\\', -1, None)
    assert (third["share"], third["orders"], third["tags"]) == (Decimal("0.0000001"), None, None)


@given(values=st.lists(texts, max_size=6), key=texts)
def test_json_text_comes_back(values: list[str], key: str) -> None:
    table = pa.table({key: pa.array(values, pa.string())})
    assert json.loads(as_json(table)) == [{key: value} for value in values]


@given(values=st.lists(st.decimals(-(10**13), 10**13, places=4), max_size=6))
def test_json_decimals_come_back(values: list[Decimal]) -> None:
    table = pa.table({"v": pa.array(values, pa.decimal128(18, 4))})
    read = json.loads(as_json(table), parse_float=Decimal, parse_int=Decimal)
    assert [row["v"] for row in read] == values


def test_json_of_no_rows_is_an_empty_array() -> None:
    assert json.loads(as_json(TABLE.slice(0, 0))) == []


def test_parquet_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    assert write_table(TABLE, path, format="parquet") == 3
    again = pq.read_table(path)
    assert again.schema == TABLE.schema
    assert again.drop(["share"]) == TABLE.drop(["share"])


def test_small_batches_become_few_row_groups(tmp_path: Path) -> None:
    batches = [pa.record_batch({"n": list(range(100))}) for _ in range(50)]
    assert write_table(iter(batches), tmp_path / "t.parquet", format="parquet") == 5000
    assert pq.ParquetFile(tmp_path / "t.parquet").num_row_groups == 1


@pytest.mark.parametrize("format", FORMATS)
def test_rows_are_read_batch_by_batch(format: str, tmp_path: Path) -> None:
    alive: list[int] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for number in range(60):
            alive.append(pa.total_allocated_bytes())
            yield pa.record_batch({"n": pa.array(range(number, 70_000 + number))})

    assert write_table(batches(), tmp_path / "t", format=format) == 60 * 70_000
    assert max(alive) - alive[0] < 60 * 70_000 * 8 / 2


@pytest.mark.parametrize("format", FORMATS)
def test_a_reader_gives_its_columns_even_without_rows(format: str, tmp_path: Path) -> None:
    reader = pa.RecordBatchReader.from_batches(TABLE.schema, [])
    assert write_table(reader, tmp_path / "t", format=format) == 0
    assert (tmp_path / "t").stat().st_size > 0


def test_standard_output_receives_the_rows(capfdbinary: Any) -> None:
    assert write_table(pa.table({"n": [1]}), None, format="csv") == 1
    sys.stdout.write("still open")
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == b"n\r\n1\r\nstill open"


class Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


def test_refuses_parquet_to_a_terminal() -> None:
    with pytest.raises(PerenneError, match=r"a terminal cannot show it.*-o FILE"):
        write_table(TABLE, None, format="parquet", stream=Terminal())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "xls"}, "“xls” is not an export format.*parquet, csv, json"),
        ({"format": "parket"}, "Did you mean parquet"),
        ({"format": "csv", "dialect": "belgian"}, "“belgian” is not a CSV dialect.*french"),
    ],
)
def test_refuses_an_unknown_choice(options: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(PerenneError, match=message):
        write_table(TABLE, tmp_path / "t", **options)
    assert list(tmp_path.iterdir()) == []


def test_refuses_batches_that_carry_no_columns(tmp_path: Path) -> None:
    with pytest.raises(PerenneError, match=r"not even the columns are known.*refresh"):
        write_table(iter(()), tmp_path / "t", format="csv")


def test_refuses_a_folder_and_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(PerenneError, match=r"is a folder\. Name a file inside it"):
        write_table(TABLE, tmp_path, format="csv")
    with pytest.raises(PerenneError, match=r"does not exist\. Create it"):
        write_table(TABLE, tmp_path / "no" / "t.csv", format="csv")
    with use_language("fr"), pytest.raises(PerenneError, match="n’existe pas"):
        write_table(TABLE, tmp_path / "no" / "t.csv", format="csv")


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_refuses_a_name_the_system_refuses(name: str, tmp_path: Path) -> None:
    with pytest.raises(PerenneError, match="cannot be written"):
        write_table(TABLE, tmp_path / name, format="csv")
    assert list(tmp_path.iterdir()) == []


def test_refuses_a_loop_of_links(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(PerenneError, match="cannot be written"):
        write_table(TABLE, tmp_path / "a", format="csv")


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write anywhere")
def test_refuses_a_folder_without_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PerenneError, match=r"cannot be written.*Check the rights"):
        write_table(TABLE, tmp_path / "t.csv", format="csv")


@pytest.mark.parametrize("format", FORMATS)
def test_a_failure_half_way_leaves_the_old_file_alone(format: str, tmp_path: Path) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"n": [1]})
        raise OSError(5, "the disk went away")

    path = tmp_path / "t"
    path.write_text("old")
    with pytest.raises(PerenneError, match=r"rows to export cannot be read.*disk went away"):
        write_table(batches(), path, format=format)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["t"]


def test_an_interruption_leaves_nothing_behind(tmp_path: Path) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"n": [1]})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_table(batches(), tmp_path / "t", format="csv")
    assert list(tmp_path.iterdir()) == []


def test_a_link_keeps_pointing_where_it_did(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    write_table(pa.table({"n": [1]}), tmp_path / "link.csv", format="csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"n\r\n1\r\n"


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no such device here")
def test_a_device_stays_a_device() -> None:
    write_table(TABLE, Path("/dev/null"), format="csv")
    assert not Path("/dev/null").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
@pytest.mark.parametrize("format", FORMATS)
def test_a_full_disk_is_explained(format: str) -> None:
    with pytest.raises(PerenneError, match="cannot be written"):
        write_table(TABLE, Path("/dev/full"), format=format)
