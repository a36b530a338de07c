"""Days, months and periods as people write them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.text import (
    DateStyle,
    format_date,
    format_month,
    format_period,
    use_language,
)


@pytest.mark.parametrize(
    ("style", "fr", "en"),
    [
        ("short", "01/03/2025", "2025-03-01"),
        ("medium", "1er mars 2025", "1 Mar 2025"),
        ("long", "1er mars 2025", "1 March 2025"),
        ("full", "samedi 1er mars 2025", "Saturday 1 March 2025"),
    ],
)
def test_days(style: DateStyle, fr: str, en: str) -> None:
    with use_language("fr"):
        assert format_date(date(2025, 3, 1), style) == fr
    with use_language("en"):
        assert format_date(date(2025, 3, 1), style) == en
        assert format_date(None) == "—"


def test_months_from_a_day_or_from_text() -> None:
    with use_language("fr"):
        assert format_month("2025-08") == format_month(date(2025, 8, 31)) == "août 2025"
        assert format_month(date(2025, 2, 3), short=True) == "févr. 2025"
    with use_language("en"):
        assert format_month("2025-08") == "August 2025"
        assert format_month(None) == "—"


@pytest.mark.parametrize(
    ("start", "end", "fr", "en"),
    [
        (date(2025, 1, 1), date(2025, 12, 31), "2025", "2025"),
        (date(2025, 4, 1), date(2025, 6, 30), "T2 2025", "Q2 2025"),
        (date(2024, 2, 1), date(2024, 2, 29), "février 2024", "February 2024"),
        (
            date(2025, 4, 1),
            date(2025, 4, 15),
            "du 1er au 15 avril 2025",
            "1 to 15 April 2025",
        ),
        (
            date(2025, 3, 31),
            date(2025, 4, 15),
            "du 31 mars au 15 avril 2025",
            "31 March to 15 April 2025",
        ),
        (
            date(2024, 12, 1),
            date(2025, 1, 31),
            "du 1er décembre 2024 au 31 janvier 2025",
            "1 December 2024 to 31 January 2025",
        ),
        (date(2025, 4, 2), date(2025, 4, 2), "2 avril 2025", "2 April 2025"),
        (None, date(2025, 4, 1), "jusqu’au 1er avril 2025", "until 1 April 2025"),
        (date(2025, 4, 1), None, "depuis le 1er avril 2025", "since 1 April 2025"),
        (None, None, "tout l’historique", "all history"),
    ],
)
def test_periods(start: date | None, end: date | None, fr: str, en: str) -> None:
    with use_language("fr"):
        assert format_period(start, end) == fr
    with use_language("en"):
        assert format_period(start, end) == en


@given(
    st.dates(max_value=date(9990, 1, 1)),
    st.integers(0, 800),
    st.sampled_from(["fr", "en"]),
)
def test_every_period_ends_with_its_year(start: date, days: int, language: str) -> None:
    end = start + timedelta(days=days)
    with use_language(language):
        assert format_period(start, end).endswith(f"{end.year}")
