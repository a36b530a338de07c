"""Calendars of shops: dates by rule, and what history tells of a season."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.ledger import day_number
from perenne.models.purchases.dynamic_season import (
    events_seen_twice,
    french_summer_sales,
    french_winter_sales,
    month_calendar,
    shop_calendar,
    thanksgiving,
)


@pytest.mark.parametrize(
    ("year", "first", "last"),
    [
        (2014, date(2014, 1, 8), date(2014, 2, 11)),
        (2017, date(2017, 1, 11), date(2017, 2, 21)),
        (2021, date(2021, 1, 20), date(2021, 3, 2)),
        (2023, date(2023, 1, 11), date(2023, 2, 7)),
    ],
)
def test_french_winter_sales(year: int, first: date, last: date) -> None:
    assert french_winter_sales(year) == (first, last)


def test_french_sales_come_a_week_earlier_when_the_rule_says() -> None:
    assert french_winter_sales(2026)[0] == date(2026, 1, 7)  # second Wednesday: the 14th
    assert french_summer_sales(2023) == (date(2023, 6, 28), date(2023, 7, 25))
    assert french_summer_sales(2022)[0] == date(2022, 6, 22)  # last Wednesday: the 29th


def test_thanksgiving_is_the_fourth_thursday() -> None:
    assert thanksgiving(2024) == date(2024, 11, 28)
    assert thanksgiving(2023) == date(2023, 11, 23)


def test_weeks_hold_the_share_of_an_event() -> None:
    first = day_number(date(2023, 11, 13))
    calendar = shop_calendar(first, first + 27, pairs=0, events=["black_friday"])
    np.testing.assert_allclose(calendar.values[:, 0], [0, 1, 1 / 7, 0])


def test_months_add_up() -> None:
    calendar = month_calendar(0, 800)
    np.testing.assert_allclose(calendar.values.sum(axis=1), 1.0)


def test_events_count_when_seen_twice() -> None:
    first, until = day_number(date(2022, 1, 1)), day_number(date(2023, 12, 10))
    assert events_seen_twice(first, until) == ("black_friday",)


def test_unknown_events_are_refused() -> None:
    with pytest.raises(PerenneError, match="unknown event"):
        shop_calendar(0, 10, events=["easter"])
