"""Readers: every row as text, with its line, whatever the kind of file."""

import csv
import gzip
import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.sources.layout import Layout, Place
from perenne.sources.readers import careful, load, look
from perenne.sources.readers.delimited import lines
from perenne.sources.readers.scan import scan
from perenne.warehouse import DuckEngine

Write = Callable[..., Path]
TEXT = 'n°;nom;ville\n1;Hélène;Évry\n2;"deux\nlignes";\'75008\n\n3;;\n'


def rows_of(engine: DuckEngine, path: Path, folder: Path) -> tuple[Layout, list[Any]]:
    sample = look(path, engine=engine)
    loaded = load(path, sample.layout, engine=engine, place=Place(folder))
    assert not loaded.unreadable
    return sample.layout, engine.duck.execute(f"SELECT * FROM {loaded.relation}").fetchall()


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("packed", [False, True])
def test_text_comes_through_whatever_its_encoding(
    engine: DuckEngine, write: Write, tmp_path: Path, encoding: str, delimiter: str, packed: bool
) -> None:
    content = TEXT.replace(";", delimiter).encode(encoding)
    path = write(gzip.compress(content) if packed else content)
    layout, rows = rows_of(engine, path, tmp_path / "work")
    assert layout.delimiter == delimiter
    assert layout.columns == ("n°", "nom", "ville")
    assert rows == [
        (2, "1", "Hélène", "Évry"),
        (3, "2", "deux\nlignes", "'75008"),
        (6, "3", None, None),
    ]


def test_titles_above_the_header_are_passed_over(
    engine: DuckEngine, write: Write, tmp_path: Path
) -> None:
    text = "Campaign report\n1 Oct 2025 - 31 Oct 2025\nCampaign,Cost,Clicks\nA,1,2\nB,3,4\n"
    layout, rows = rows_of(engine, write(text), tmp_path / "work")
    assert (layout.header_line, layout.columns) == (3, ("Campaign", "Cost", "Clicks"))
    assert rows == [(4, "A", "1", "2"), (5, "B", "3", "4")]


def test_quoted_newlines_move_the_line_numbers_of_sound_files(
    engine: DuckEngine, write: Write, tmp_path: Path
) -> None:
    text = 'a,b\r\n1,"x\r\ny\r\nz"\r\n2,w\r\n'
    _layout, rows = rows_of(engine, write(text), tmp_path / "work")
    assert [row[0] for row in rows] == [2, 5]


def test_old_macintosh_line_ends(engine: DuckEngine, write: Write, tmp_path: Path) -> None:
    _layout, rows = rows_of(engine, write("a,b\r1,x\r2,y\r"), tmp_path / "work")
    assert rows == [(2, "1", "x"), (3, "2", "y")]


CELLS = st.text(alphabet='ab,;"\n é🌸', max_size=6)


@pytest.mark.slow
@given(st.lists(st.tuples(CELLS, CELLS, st.just("z")), min_size=1, max_size=8))
def test_fast_and_careful_reading_agree(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("csv")
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("a", "b", "c"), *table])
    path = folder / "file.csv"
    path.write_bytes(out.getvalue().encode())
    layout = Layout("csv", ("a", "b", "c"), 1, "utf-8", ",")
    with DuckEngine(threads=1) as engine:
        fast = load(path, layout, engine=engine, place=Place(folder / "fast"))
        slow = careful.load(path, layout, place=Place(folder / "slow"))
        found = [
            engine.duck.execute(f"SELECT * FROM {x.relation}").fetchall() for x in (fast, slow)
        ]
    assert found[0] == found[1]
    assert [row[1:] for row in found[0]] == [tuple(c or None for c in row) for row in table]


@given(st.text(alphabet="a\n\r é", max_size=40))
def test_a_scan_counts_the_lines_that_hold_something(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("scan")
    path = folder / "text"
    path.write_bytes(text.encode())
    _file, facts = scan(path, "utf-8", copy=folder / "copy")
    *ended, last = text.split("\n")
    full = [line for line in ended if line not in ("", "\r")]
    assert facts.records == len(full) + bool(last)


def test_whole_lines_keep_their_numbers(engine: DuckEngine, write: Write) -> None:
    relation = lines(write('a\n\n"b,c\n'))
    found = engine.duck.execute(f"SELECT * FROM {relation}").fetchall()
    assert [row for row in found if row[1]] == [(1, "a"), (3, '"b,c')]


def test_excel_cells_are_text_without_noise(engine: DuckEngine, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Notes"  # type: ignore[union-attr]  # a new workbook has one sheet
    sheet = book.create_sheet("Ventes")
    sheet.append(["Ventes 2025", None, None, None])
    sheet.append(["N° commande", "Date", "Montant", "Code postal"])
    sheet.append([1001, datetime(2025, 10, 7, 14, 5), 12.5, "01000"])
    sheet.append([1002.0, date(2025, 10, 8), 0.1 + 0.2, 75008])
    path = tmp_path / "ventes.xlsx"
    book.save(path)
    layout, rows = rows_of(engine, path, tmp_path / "work")
    assert (layout.sheet, layout.header_line) == ("Ventes", 2)
    assert rows[0] == (3, "1001", "2025-10-07 14:05:00", "12.5", "01000")
    assert rows[1][:2] == (4, "1002")
    assert rows[1][2].startswith("2025-10-08")
    assert rows[1][4] == "75008"


def test_parquet_cells_are_text_without_noise(engine: DuckEngine, tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    columns = {
        "id": pa.array([13085.0, None, 0.5]),
        "amount": pa.array([6.95, 1e308, float("nan")]),
        "day": pa.array([date(2025, 1, 2), None, None]),
        "at": pa.array([datetime(2025, 1, 2, 3, 4), None, None], pa.timestamp("us", "UTC")),
        "text": pa.array(["a", "", "'b"]),
    }
    pq.write_table(pa.table(columns), path)
    layout, rows = rows_of(engine, path, tmp_path / "work")
    assert layout.machine_numbers == {"id", "amount"}
    assert rows[0] == (1, "13085", "6.95", "2025-01-02", "2025-01-02 03:04:00+00:00", "a")
    assert rows[1] == (2, None, "1e+308", None, None, None)
    assert rows[2] == (3, "0.5", "nan", None, None, "'b")


def test_a_column_may_bear_the_name_of_the_place_of_a_row(
    engine: DuckEngine, write: Write, tmp_path: Path
) -> None:
    path = tmp_path / "file.parquet"
    pq.write_table(pa.table({"id": ["a", "b"], "FILE_row_number": [7, 8]}), path)
    assert rows_of(engine, path, tmp_path / "work")[1] == [(1, "a", "7"), (2, "b", "8")]
    text = write("id,file_row_number\na,7\nb,8\n")
    assert rows_of(engine, text, tmp_path / "work")[1] == [(2, "a", "7"), (3, "b", "8")]


def test_json_lines_flatten_one_level(engine: DuckEngine, write: Write, tmp_path: Path) -> None:
    text = '{"id": 7, "who": {"mail": "a@b.c", "tags": ["x"]}}\n{"id": "08", "who": null}\n'
    layout, rows = rows_of(engine, write(text, name="a.jsonl"), tmp_path / "work")
    assert layout.columns == ("id", "who.mail", "who.tags", "who")
    assert rows[0][:4] == (1, "7", "a@b.c", '["x"]')
    assert rows[1][:2] == (2, "08")
