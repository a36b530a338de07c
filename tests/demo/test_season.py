"""The calendar against the known dates of France and the time zone database."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.demo import season

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("year", "winter", "summer", "black_friday"),
    [
        (2023, date(2023, 1, 11), date(2023, 6, 28), date(2023, 11, 24)),
        (2024, date(2024, 1, 10), date(2024, 6, 26), date(2024, 11, 29)),
        (2025, date(2025, 1, 8), date(2025, 6, 25), date(2025, 11, 28)),
    ],
)
def test_promotions(year: int, winter: date, summer: date, black_friday: date) -> None:
    found = season.promotions(year)
    assert [first for _, first, _ in found] == [winter, summer, black_friday - timedelta(days=1)]
    assert [(last - first).days for _, first, last in found] == [27, 27, 4]


@given(st.integers(0, 60 * 365 * 86_400))
def test_legal_time_is_what_the_time_zone_database_says(seconds: int) -> None:
    existing, hours = season.legal_time(np.array([seconds + 946_684_800]))
    local = datetime(1970, 1, 1) + timedelta(seconds=int(existing[0]))
    aware = local.replace(tzinfo=PARIS)
    if local.year < 2038:
        assert aware.utcoffset() == timedelta(hours=int(hours[0]))
        assert aware.astimezone(UTC).astimezone(PARIS).replace(tzinfo=None) == local


def test_the_hour_that_does_not_exist_moves_on() -> None:
    skipped = season.epoch_day(date(2025, 3, 30)) * season.DAY + 2 * season.HOUR + 1800
    existing, hours = season.legal_time(np.array([skipped]))
    assert existing[0] - skipped == season.HOUR
    assert hours[0] == 2


@pytest.mark.parametrize(
    ("until", "years", "start"),
    [
        (date(2025, 12, 31), 3, date(2023, 1, 1)),
        (date(2025, 6, 30), 1, date(2024, 7, 1)),
        (date(2024, 2, 28), 1, date(2023, 2, 28)),
        (date(2024, 2, 29), 2, date(2022, 3, 1)),
    ],
)
def test_history_start(until: date, years: int, start: date) -> None:
    assert season.history_start(until, years) == start


def test_the_clock_counts_one_operational_day_a_day_on_average() -> None:
    calendar = season.make_calendar(date(2025, 12, 31), 3)
    first = season.epoch_day(date(2023, 1, 1)) * season.DAY
    elapsed = calendar.elapsed(np.array([first, calendar.end]))
    assert elapsed[1] - elapsed[0] == pytest.approx(1096)


@given(st.integers(0, 1095 * 86_400))
def test_the_clock_can_be_read_backwards(seconds: int) -> None:
    calendar = CALENDAR
    at = np.array([season.epoch_day(calendar.start) * season.DAY + seconds])
    assert abs(int(calendar.at(calendar.elapsed(at))[0] - at[0])) <= 1


CALENDAR = season.make_calendar(date(2025, 12, 31), 3)


def test_december_sells_more_than_august() -> None:
    days = [season.epoch_day(date(2025, month, 1)) * season.DAY for month in (8, 9, 12)]
    august, september = CALENDAR.elapsed(np.array(days[:2]))
    december, january = CALENDAR.elapsed(np.array([days[2], CALENDAR.end]))
    assert january - december > 1.6 * (september - august)
