"""The quick way to read a sound file gives what the careful way gives, and is taken."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perenne.core import PerenneError
from perenne.sources import ReadContext, recognise, stage
from perenne.sources.glance import Glance
from perenne.sources.readers import delimited
from perenne.warehouse import STAGED, DuckEngine, quote_text

CONTEXT = ReadContext("Europe/Paris", "EUR", imported_at=datetime(2026, 1, 5, tzinfo=UTC))
HEADER = "order_id,order_date,customer_id,country,sku,quantity,unit_price"
SOUND = "O1,2025-01-31 10:00:00,C1,FR,S1,1,12.50"
ZONED = "O1,2025-01-31 10:00:00 +0100,C1,FR,S1,1,12.50"
NUMERIC = "O1,31/01/2025 10:00,C1,FR,S1,1,12.50"

IDS = st.sampled_from(["O1", "O2", "13085.0", "'0042", " O3 ", "nan", "", "-", "1_000"])
DATES = st.sampled_from(
    [
        *("2025-03-30 02:30:00", "2025-10-26 02:30:00", "2025-01-02", "2025-01-02T08:15", ""),
        *("0000-00-00 00:00:00", "2025-13-01", "1985-05-05", "2031-01-01", "hier", "2025/2/3"),
        *("2025-01-02 08:15:00 +0200", "2025-01-02 3:05 PM", "45600.5", "25-01-02", "n/a"),
        *("2025-1-2T08:15:00.5Z", "2025-01-02 24:00:00+01:00", "0025-01-02 08:15:00 +1500"),
        *("2/1/2025 8:05", "02/01/25", "1.2.2025"),
    ]
)
NUMBERS = st.sampled_from(
    [
        *("1", "12.50", "-3", "1e2", "1_000", "1,234.50", "€5.00", "5 EUR", "", "-", "n/a", " 7 "),
        *("abc", "(4.20)", "99999999999999999", "1 234.5", "0.12345", "NULL", "+2.5", "3.-"),
    ]
)
COUNTRIES = st.sampled_from(["FR", "fr", "France", "États-Unis", "ÉU", "Narnia", "", "F.", "UK"])
ROWS = st.lists(
    st.tuples(IDS, DATES, IDS, COUNTRIES, IDS, NUMBERS, NUMBERS), min_size=0, max_size=12
)


class Recorder:
    """A connection that writes down what it is asked, and how it would write each file."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.asked: list[str] = []
        self.plans: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, *rest: Any) -> Any:
        self.asked.append(sql)
        if sql.startswith("COPY (SELECT"):
            self.plans.append(self._connection.execute(f"EXPLAIN {sql}").fetchall()[0][1])
        return self._connection.execute(sql, *rest)


def imported(engine: DuckEngine, file: Path, into: Path) -> dict[str, Any]:
    found = recognise(file, engine=engine, context=CONTEXT, preset="order_lines")
    try:
        done = stage(found, engine=engine, context=CONTEXT, into=into)
    except PerenneError as refusal:
        return {"refused": str(refusal), "allowed": refusal.allowed}
    files = {**done.tables, "quarantine": done.quarantine}
    rows = {
        name: engine.duck.execute(
            f"SELECT * FROM read_parquet({quote_text(str(path))}) ORDER BY ALL"
        ).fetchall()
        for name, path in files.items()
    }
    facts = (done.rows, done.counts, done.controls, done.currencies, done.notes)
    settled = done.recognition
    return {
        "rows": rows,
        "facts": facts,
        "read": (settled.dates, settled.decimal_mark, settled.questions),
    }


def carefully(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copy every file as text first, study every cell of every column, read every date slowly."""
    monkeypatch.setattr("perenne.sources.settle.glance", lambda *_, **__: Glance())
    monkeypatch.setattr("perenne.sources.dates.ISO_INSTANT", r"[^\s\S]")
    monkeypatch.setattr("perenne.sources.dates._quick_sql", lambda *_: None)
    load = delimited.load

    def uncounted(*given: Any, **named: Any) -> Any:
        loaded = load(*given, **named)
        return type(loaded)(loaded.relation, loaded.unreadable)

    monkeypatch.setattr(delimited, "load", uncounted)


def written(folder: Path, rows: list[tuple[str, ...]], *, sample: int, sound: str = SOUND) -> Path:
    """A file whose first rows are sound, so that what comes below them is unexpected."""
    lines = [sound] * sample + [",".join(f'"{cell}"' for cell in row) for row in rows]
    file = folder / "lines.csv"
    file.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return file


@pytest.mark.slow
@given(
    ROWS,
    st.sampled_from([1, delimited.SAMPLE_ROWS + 5]),
    st.sampled_from([SOUND, ZONED, NUMERIC]),
)
@settings(max_examples=20, deadline=None)
def test_quick_and_careful_ways_agree_on_nasty_files(
    rows: list[tuple[str, ...]], sample: int, sound: str
) -> None:
    with tempfile.TemporaryDirectory() as name, DuckEngine() as engine:
        folder = Path(name)
        file = written(folder, rows, sample=sample, sound=sound)
        quick = imported(engine, file, folder / "quick")
        with pytest.MonkeyPatch.context() as monkeypatch:
            carefully(monkeypatch)
            careful = imported(engine, file, folder / "careful")
        assert quick == careful


@pytest.mark.parametrize("cell", ["12.50", "oops"])
def test_a_sound_file_is_copied_once_by_all_processors(
    engine: DuckEngine, tmp_path: Path, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ("O2", "2025-02-01 09:00:00", "C2", "FR", "S2", "1", cell)
    file = written(tmp_path, [row], sample=delimited.SAMPLE_ROWS + 5)
    found = recognise(file, engine=engine, context=CONTEXT)
    recorder = Recorder(engine.duck)
    monkeypatch.setattr(engine, "duck", recorder)
    stage(found, engine=engine, context=CONTEXT, into=tmp_path / "staged")
    copies = [sql for sql in recorder.asked if sql.startswith("COPY")]
    # To number rows as they are read would leave the work to one processor.
    reading = [sql for sql in recorder.asked if "read_csv" in sql]
    assert [sql.split()[0] for sql in reading] == ["SELECT", "COPY"]  # counted, then copied
    assert not [sql for sql in reading if "row_number()" in sql]
    # Copy, staged table, quarantine; a second look at the rows only where one is refused.
    assert len(copies) == (3 if cell == "12.50" else 4)
    studied = [sql for sql in recorder.asked if "GROUP BY 1 ORDER BY 1" in sql]
    assert not studied
    marks = [sql for sql in recorder.asked if "SELECT DISTINCT" in sql and "number_text" in sql]
    assert len(marks) == (0 if cell == "12.50" else 2)


@pytest.mark.parametrize("name", ["country", "file_row_number"])
def test_rows_know_their_line_in_the_file(engine: DuckEngine, tmp_path: Path, name: str) -> None:
    """Titles above the header count; so do rows that are refused."""
    refused = ("O2", "2025-02-01 09:00:00", "C2", "FR", "S2", "1", "oops")
    file = written(tmp_path, [refused], sample=3)
    text = file.read_text(encoding="utf-8").replace("country", name)
    file.write_text(f"Lines of the shop\n{text}{SOUND}\n", encoding="utf-8")
    done = imported(engine, file, tmp_path / "staged")
    row_number = list(STAGED["order_lines"].names).index("row_number")
    lines = sorted(row[row_number] for row in done["rows"]["order_lines"])
    assert lines == [3, 4, 5, 7]
    assert [row[1] for row in done["rows"]["quarantine"]] == [6]


def test_staging_keeps_no_file_in_memory(
    engine: DuckEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither blanks nor countries may become joins that keep the rows of the file."""
    file = written(tmp_path, [], sample=3)
    found = recognise(file, engine=engine, context=CONTEXT)
    recorder = Recorder(engine.duck)
    monkeypatch.setattr(engine, "duck", recorder)
    stage(found, engine=engine, context=CONTEXT, into=tmp_path / "staged")
    plan = recorder.plans[0]
    assert "MARK" not in plan
    assert "DELIM" not in plan
    assert "RIGHT" not in plan
    assert plan.count("Join Type") == 1
