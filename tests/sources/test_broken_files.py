"""Broken files, one kind of damage each: what is told is true, and every row is accounted for."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from perenne.core import PerenneError
from perenne.sources.readers.formulas import without_result
from perenne.text import use_language
from tests.sources.conftest import Outcome

Write = Callable[..., Path]
BringIn = Callable[..., Outcome]

HEADER = "order_id,order_date,customer_id,total"
ROWS = [f"A{n},2025-01-{n % 28 + 1:02d},C{n % 7},{n}.50" for n in range(120)]
ORDERS = "\n".join([HEADER, *ROWS]) + "\n"


def refusal(bring_in: BringIn, path: Path) -> PerenneError:
    with pytest.raises(PerenneError) as caught:
        bring_in(path)
    assert caught.value.next_step
    return caught.value


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\n\x00"])
def test_a_byte_order_mark_alone_is_an_empty_file(
    mark: bytes, write: Write, bring_in: BringIn
) -> None:
    error = refusal(bring_in, write(mark))
    assert error.what == "file.csv is empty."


def test_ignored_columns_are_counted_not_all_named(write: Write, bring_in: BringIn) -> None:
    header = HEADER + "".join(f",c{n}" for n in range(3000))
    found = bring_in(write(header + "\nA1,2025-01-02,C1,3.50" + ",x" * 3000 + "\n")).found
    assert len(found.ignored) == 3000
    (said,) = (line for line in found.plan if line.startswith("Ignore"))
    assert said.startswith("Ignore the columns c0, c1, c2")
    assert said.endswith(" and 2,988 more.")


def test_unknown_columns_are_counted_not_all_named(write: Write, bring_in: BringIn) -> None:
    header = ",".join(f"c{n}" for n in range(3000))
    error = refusal(bring_in, write(f"{header}\n{header}\n"))
    assert "c0, c1, c2" in error.what
    assert "and 2,988 more" in error.what


@pytest.mark.parametrize("codec", ["snappy", "gzip", "zstd"])
def test_a_damaged_page_of_parquet_is_told_in_the_language_of_the_reader(
    codec: str, bring_in: BringIn, tmp_path: Path
) -> None:
    file = tmp_path / "o.parquet"
    columns = zip(*(row.split(",") for row in ROWS), strict=True)
    table = pa.table(dict(zip(HEADER.split(","), map(list, columns), strict=True)))
    pq.write_table(table, file, compression=codec)
    packed = bytearray(file.read_bytes())
    packed[200:400] = bytes(200)
    file.write_bytes(packed)
    with use_language("fr"):
        error = refusal(bring_in, file)
    assert error.what == "o.parquet est abîmé\u00a0: il ne se lit pas comme du Parquet."


OBJECTS = [dict(zip(HEADER.split(","), row.split(","), strict=True)) for row in ROWS]
BAD = {
    "order_id": "B\ud83d",
    "order_date": "2025-01-02",
    "customer_id": "Zoé\0 🌸\udc00",
    "total": "1",
}


def _as_lines(objects: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(one) + "\n" for one in objects)


@pytest.mark.parametrize(("name", "write_json"), [("o.jsonl", _as_lines), ("o.json", json.dumps)])
def test_half_characters_are_replaced_and_told(
    name: str, write_json: Callable[[Any], str], write: Write, bring_in: BringIn
) -> None:
    outcome = bring_in(write(write_json([*OBJECTS, {**BAD, "note\udfff": "x"}]), name=name))
    last = outcome.tables["orders"][-1]
    assert (last["source_order_id"], last["customer_ref"]) == ("B�", "Zoé� 🌸�")
    assert [(c.read, c.kept, c.quarantined) for c in outcome.done.counts] == [(121, 121, 0)]
    (said,) = outcome.done.notes
    assert said == (
        "4 characters that no text can hold (half of a cut emoji, a null) were read as “�”."
    )


def test_what_only_looks_like_half_a_character_stays(write: Write, bring_in: BringIn) -> None:
    """A backslash of the text itself, and two halves that make a character."""
    odd = [
        {**BAD, "order_id": r"B\ud83d\u0000", "customer_id": "C"},
        {**BAD, "customer_id": "🌸"},
    ]
    outcome = bring_in(write(_as_lines([*OBJECTS, *odd]), name="o.jsonl"))
    first, second = outcome.tables["orders"][-2:]
    assert (first["source_order_id"], second["customer_ref"]) == (r"B\ud83d\u0000", "🌸")
    (said,) = outcome.done.notes
    assert said.startswith("1 character that no text can hold")


def test_a_half_character_among_the_objects_goes_to_quarantine(
    write: Write, bring_in: BringIn
) -> None:
    outcome = bring_in(write(json.dumps([*OBJECTS, "\ud83d"]), name="o.json"))
    assert [(row["line"], row["value"]) for row in outcome.quarantine] == [(121, '"�"')]


def test_json_that_is_too_deep_is_told_as_that(write: Write, bring_in: BringIn) -> None:
    error = refusal(bring_in, write("[" * 100_000 + "]" * 100_000, name="o.json"))
    assert error.what.startswith("o.json could not be read to its end: its values stand too deep")


def test_one_deep_line_takes_no_other_with_it(write: Write, bring_in: BringIn) -> None:
    deep = _as_lines(OBJECTS[:1])[:-2] + ', "x": ' + "[" * 100_000 + "]" * 100_000 + "}\n"
    outcome = bring_in(write(_as_lines(OBJECTS) + deep, name="o.jsonl"))
    (count,) = outcome.done.counts
    assert (count.read, count.kept + count.quarantined) == (121, 121)
    assert len(outcome.tables["orders"]) >= 120


def test_a_null_byte_far_below_is_told_with_its_line(write: Write, bring_in: BringIn) -> None:
    lines = [f"{n},2025-01-02,c{n},10.50\n" for n in range(400_000)]
    lines[399_000] = "39\0,2025-01-02,c,10.50\n"
    error = refusal(bring_in, write("order_id,order_date,customer_id,total\n" + "".join(lines)))
    assert error.what == "file.csv holds a null byte in line 399002, which no text has."


def test_a_cell_of_many_megabytes_is_told_as_that(write: Write, bring_in: BringIn) -> None:
    long = "\n".join(["x" * 200_000] * 100)
    rows = f'1,2025-01-02,c,10.50,short\n2,2025-01-02,c,10.50,"{long}"\n3,2025-01-02,c,1.00,"a"b\n'
    outcome = bring_in(write("order_id,order_date,customer_id,total,note\n" + rows))
    told = {row["line"]: row["reason"] for row in outcome.quarantine}
    assert told[3] == "a cell longer than 16 MB"
    assert told[103] == "text after a closing quote"
    assert [row["source_order_id"] for row in outcome.tables["orders"]] == ["1"]


def _book(path: Path, totals: list[Any]) -> Path:
    made = openpyxl.Workbook()
    assert made.active is not None
    made.active.append(["order_id", "order_date", "customer_id", "total"])
    for n, total in enumerate(totals, start=1):
        made.active.append([n, "2025-01-02", "c", total])
    made.save(path)
    return path


def test_formulas_without_a_result_are_told(tmp_path: Path, bring_in: BringIn) -> None:
    outcome = bring_in(_book(tmp_path / "o.xlsx", ["=1+1", 7, "=A2*2", 8.5]))
    assert [row["source_order_id"] for row in outcome.tables["orders"]] == ["2", "4"]
    assert len(outcome.quarantine) == 2
    assert outcome.done.notes[0].startswith("2 formulas of the workbook hold no result")


def test_formulas_with_their_results_are_not(tmp_path: Path, bring_in: BringIn) -> None:
    path = tmp_path / "o.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, ["order_id", "order_date", "customer_id", "total"])
        sheet.write_row(1, 0, [1, "2025-01-02", "c"])
        sheet.write_formula(1, 3, "=1+1", None, 2)
    outcome = bring_in(path)
    assert [row["total"] for row in outcome.tables["orders"]] == ["2"]
    assert not any("formula" in note for note in outcome.done.notes)


def test_formulas_beyond_one_block_are_counted(tmp_path: Path) -> None:
    path = _book(tmp_path / "o.xlsx", ["=1+1", 7] * 60_000)
    assert without_result(path) == 60_000


def test_a_workbook_is_read_whatever_its_name(tmp_path: Path, bring_in: BringIn) -> None:
    made = _book(tmp_path / "o.xlsx", [7, 8.5])
    outcome = bring_in(made.rename(tmp_path / "o.xls"))
    assert [row["total"] for row in outcome.tables["orders"]] == ["7", "8.5"]


@pytest.mark.parametrize("cell", ["1" + " " * 30_000 + "x", "1 " * 15_000, "<f " * 10_000 + "1"])
def test_an_odd_cell_of_a_workbook_takes_no_time(
    tmp_path: Path, bring_in: BringIn, cell: str
) -> None:
    """Without a bound the first is tried in millions of ways, and the test does not end."""
    outcome = bring_in(_book(tmp_path / "o.xlsx", [7, cell]))
    assert [row["source_order_id"] for row in outcome.tables["orders"]] == ["1"]
    assert len(outcome.quarantine) == 1


def test_tags_without_an_end_take_no_time(tmp_path: Path) -> None:
    path = tmp_path / "o.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", "<!--" + "<f " * 1_000_000 + "--></f></c>")
    assert without_result(path) == 1
