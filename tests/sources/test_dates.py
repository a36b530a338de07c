"""Dates as files write them, against Python's own zone data."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.core import PerenneError
from perenne.sources import recognise, stage
from perenne.sources.dates import date_layout, last_day_sql, moment_columns
from perenne.sources.macros import create_macros
from perenne.warehouse import DuckEngine
from tests.sources.golden import CONTEXT

PARIS = ZoneInfo("Europe/Paris")
ENGINE = DuckEngine(threads=1)
Read = tuple[date | None, datetime | None, bool | None]


def read(*texts: str, answer: Any = None, zone: str = "Europe/Paris") -> list[Read]:
    """Type a column that holds `texts`; (day, instant, time known) of each."""
    rows = typed("d_on, d_at, d_timed", *texts, answer=answer, zone=zone)
    return [(day, at and at.astimezone(UTC), timed) for day, at, timed in rows]


def typed(
    cells_out: str,
    *texts: str,
    answer: Any = None,
    zone: str = "Europe/Paris",
    periods: bool = False,
) -> list[Any]:
    """Columns made of a column that holds `texts`."""
    create_macros(ENGINE)
    cells = ", ".join(
        "(" + str(n) + ", '" + t.replace("'", "''") + "')" for n, t in enumerate(texts)
    )
    relation = f"(SELECT * FROM (VALUES {cells}) AS t(_line, raw_d))"
    layout = date_layout(ENGINE, relation=relation, column="raw_d", answer=answer, periods=periods)
    context = replace(CONTEXT, time_zone=zone)
    columns = moment_columns("d", "raw_d", layout, context=context)
    columns |= {"d_last": last_day_sql("d", layout)}
    listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    return ENGINE.duck.execute(
        f"SELECT {cells_out} FROM (SELECT *, {listed} FROM {relation}) ORDER BY _line"
    ).fetchall()


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS).astimezone(UTC)  # type: ignore[arg-type,misc]  # parts are a date's


@pytest.mark.parametrize(
    ("text", "day", "at", "timed"),
    [
        ("2025-10-07", date(2025, 10, 7), paris(2025, 10, 7), False),
        ("2025/10/7", date(2025, 10, 7), paris(2025, 10, 7), False),
        ("2025-10-07 09:50:26", date(2025, 10, 7), paris(2025, 10, 7, 9, 50, 26), True),
        ("2025-10-07T09:50", date(2025, 10, 7), paris(2025, 10, 7, 9, 50), True),
        ("2025-10-07 09:50:26.5", date(2025, 10, 7), paris(2025, 10, 7, 9, 50, 26, 500000), True),
        ("2025-10-07 09:50:26 +0200", date(2025, 10, 7), paris(2025, 10, 7, 9, 50, 26), True),
        ("2025-10-07T22:30:00Z", date(2025, 10, 8), paris(2025, 10, 8, 0, 30), True),
        ("2025-10-07 22:30:00 UTC", date(2025, 10, 8), paris(2025, 10, 8, 0, 30), True),
        ("2025-10-07T00:30:00-05:00", date(2025, 10, 7), paris(2025, 10, 7, 7, 30), True),
        ("26/10/2025 14:05", date(2025, 10, 26), paris(2025, 10, 26, 14, 5), True),
        ("26/10/2025 à 14h05", date(2025, 10, 26), paris(2025, 10, 26, 14, 5), True),
        ("26.10.2025", date(2025, 10, 26), paris(2025, 10, 26), False),
        ("10/26/2025 2:05 PM", date(2025, 10, 26), paris(2025, 10, 26, 14, 5), True),
        ("10/26/2025 12:05 AM", date(2025, 10, 26), paris(2025, 10, 26, 0, 5), True),
        ("26/10/25", date(2025, 10, 26), paris(2025, 10, 26), False),
        ("26/10/97", date(1997, 10, 26), paris(1997, 10, 26), False),
        ("14-Jan-15", date(2015, 1, 14), paris(2015, 1, 14), False),
        ("19970101", date(1997, 1, 1), paris(1997, 1, 1), False),
        ("7 oct. 2025", date(2025, 10, 7), paris(2025, 10, 7), False),
        ("mardi 7 octobre 2025", date(2025, 10, 7), paris(2025, 10, 7), False),
        ("1 février 2025 14h05", date(2025, 2, 1), paris(2025, 2, 1, 14, 5), True),
        ("15 août 2025", date(2025, 8, 15), paris(2025, 8, 15), False),
        ("Oct 7, 2025", date(2025, 10, 7), paris(2025, 10, 7), False),
        ("45937", date(2025, 10, 7), paris(2025, 10, 7), False),
        ("45937.25", date(2025, 10, 7), paris(2025, 10, 7, 6), True),
    ],
)
def test_one_way_of_writing(text: str, day: date, at: datetime, timed: bool) -> None:
    assert read(text) == [(day, at, timed)]


@pytest.mark.parametrize("text", ["31/02/2025", "2025-13-01", "20250230", "45 oct. 2025"])
def test_a_day_that_does_not_exist_is_null(text: str) -> None:
    assert read(text)[0][0] is None


PERIODS = [
    ("01/2024", date(2024, 1, 1), date(2024, 1, 31)),
    ("2/2024", date(2024, 2, 1), date(2024, 2, 29)),
    ("2024-01", date(2024, 1, 1), date(2024, 1, 31)),
    ("2024.12", date(2024, 12, 1), date(2024, 12, 31)),
    ("202402", date(2024, 2, 1), date(2024, 2, 29)),
    ("janv. 2024", date(2024, 1, 1), date(2024, 1, 31)),
    ("janv.-24", date(2024, 1, 1), date(2024, 1, 31)),
    ("Feb-23", date(2023, 2, 1), date(2023, 2, 28)),
    ("January 2024", date(2024, 1, 1), date(2024, 1, 31)),
    ("août 2024", date(2024, 8, 1), date(2024, 8, 31)),
    ("2024 décembre", date(2024, 12, 1), date(2024, 12, 31)),
    ("SEPT. 2025", date(2025, 9, 1), date(2025, 9, 30)),
    ("T1 2024", date(2024, 1, 1), date(2024, 3, 31)),
    ("2024-Q4", date(2024, 10, 1), date(2024, 12, 31)),
    ("2e trimestre 2024", date(2024, 4, 1), date(2024, 6, 30)),
    ("2024", date(2024, 1, 1), date(2024, 12, 31)),
    ("15/02/2024", date(2024, 2, 15), date(2024, 2, 15)),
]


@pytest.mark.parametrize(("text", "first", "last"), PERIODS)
def test_a_period_is_all_its_days_where_periods_may_stand(
    text: str, first: date, last: date
) -> None:
    assert typed("d_on, d_last", text, periods=True) == [(first, last)]
    if first != last:
        assert read(text) == [(None, None, None)]


def test_periods_and_days_of_one_column_are_each_read() -> None:
    found = typed("d_on, d_last", *(text for text, _first, _last in PERIODS), periods=True)
    assert found == [(first, last) for _text, first, last in PERIODS]


@pytest.mark.parametrize(
    "text", ["13/2024", "2024-13", "marketing 2024", "Q5 2024", "01/24", "Jan 24", "3024", "mai"]
)
def test_what_is_no_period_is_not_read_as_one(text: str) -> None:
    assert typed("d_on", text, periods=True) == [(None,)]


def test_a_clock_time_that_spring_skips_moves_on_and_autumn_takes_winter_time() -> None:
    (gap, fold) = read("2025-03-30 02:30:00", "2025-10-26 02:30:00")
    assert gap == (date(2025, 3, 30), datetime(2025, 3, 30, 1, 30, tzinfo=UTC), True)
    assert fold == (date(2025, 10, 26), datetime(2025, 10, 26, 1, 30, tzinfo=UTC), True)


def test_a_day_without_time_keeps_its_day_in_every_zone() -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Sao_Paulo", "Asia/Kolkata"):
        assert read("2018-11-04", zone=zone)[0][0] == date(2018, 11, 4)


def test_the_order_of_day_and_month_is_told_by_the_whole_column() -> None:
    assert [row[0] for row in read("03/04/2025", "28/04/2025")] == [
        date(2025, 4, 3),
        date(2025, 4, 28),
    ]
    assert [row[0] for row in read("03/04/2025", "04/28/2025")] == [
        date(2025, 3, 4),
        date(2025, 4, 28),
    ]


@given(
    st.lists(
        st.datetimes(min_value=datetime(1990, 1, 2), max_value=datetime(2025, 12, 31)),
        min_size=1,
        max_size=5,
    )
)
def test_an_instant_falls_on_its_local_day(moments: list[datetime]) -> None:
    instants = [m.replace(tzinfo=UTC, microsecond=0) for m in moments]
    found = read(*(i.strftime("%Y-%m-%d %H:%M:%S +0000") for i in instants))
    assert found == [(i.astimezone(PARIS).date(), i, True) for i in instants]


@pytest.mark.long
@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2026, 1, 1)))
def test_every_day_comes_back_from_each_way_of_writing_it(day: date) -> None:
    patterns = ("%Y-%m-%d", "%Y%m%d", "%d %b %Y", "%d.%m.%Y", "%Y/%m/%d")
    for pattern in patterns:
        assert read(day.strftime(pattern))[0][0] == day
    serial = (day - date(1899, 12, 30)) // timedelta(days=1)
    assert read(str(serial))[0][0] == day
    assert read(day.strftime("%m/%d/%Y"), answer="mdy")[0][0] == day


AMBIGUOUS = "order_id,order_date,customer_id,total\n1,03/04/2025,c1,3\n2,05/06/2025,c2,4\n"


def test_a_date_that_can_be_read_both_ways_is_asked_about(
    engine: DuckEngine, write: Callable[..., Path], tmp_path: Path
) -> None:
    found = recognise(write(AMBIGUOUS), engine=engine, context=CONTEXT)
    (question,) = found.questions
    assert "03/04/2025" in question.text
    assert (question.option, question.answers) == ("--date-order", ("dmy", "mdy"))
    with pytest.raises(PerenneError, match=r"day/month or month/day.*--date-order dmy\|mdy"):
        stage(found, engine=engine, context=CONTEXT, into=tmp_path / "out")


@pytest.mark.parametrize(("answer", "day"), [("dmy", "2025-04-03"), ("mdy", "2025-03-04")])
def test_the_answer_settles_it(
    write: Callable[..., Path], bring_in: Callable[..., Any], answer: Any, day: str
) -> None:
    outcome = bring_in(write(AMBIGUOUS), context=replace(CONTEXT, date_order=answer))
    assert outcome.tables["orders"][0]["ordered_on"] == day


def test_a_day_far_down_a_long_file_settles_it(
    write: Callable[..., Path], bring_in: Callable[..., Any]
) -> None:
    rows = "".join(f"{n},03/04/2025,c{n},3\n" for n in range(3000))
    outcome = bring_in(
        write("order_id,order_date,customer_id,total\n" + rows + "x,28/04/2025,c,3\n")
    )
    assert {row["ordered_on"] for row in outcome.tables["orders"]} == {"2025-04-03", "2025-04-28"}
    assert outcome.found.questions == ()
