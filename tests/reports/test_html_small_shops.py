"""Shops with almost nothing in them still get a page, and it says what is missing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from perenne.cleaning import Account
from perenne.reports import render_html
from perenne.text import use_language
from tests.reports.html_samples import Reader, small_shop

pytestmark = pytest.mark.slow

DAY = date(2025, 3, 10)
SHOPS: dict[str, list[dict[str, Any]]] = {
    "no order": [],
    "one order": [{"day": DAY, "customer": "a"}],
    "one order on the last day": [{"day": date(2025, 3, 31), "customer": "a"}],
    "one customer, two orders": [
        {"day": date(2024, 3, 1), "customer": "a"},
        {"day": DAY, "customer": "a"},
    ],
    "guests only": [{"day": date(2025, month, 3), "customer": None} for month in (1, 2, 3)],
    "orders of nothing": [
        {"day": date(2025, month, 3), "customer": f"c{month}", "net": 0} for month in (1, 2, 3)
    ],
    "a negative order": [{"day": DAY, "customer": "a", "net": -20}],
}


@pytest.mark.parametrize("name", SHOPS)
def test_small_shop_renders(make_input: Any, name: str) -> None:
    data = make_input(small_shop(SHOPS[name]))
    with use_language("fr"):
        reader = Reader.of(render_html(data))
    assert not reader.problems
    assert len(reader.ids) == len(set(reader.ids))
    assert reader.sections["limits"]
    assert not [text for text in reader.text if text in ("None", "nan", "inf")]


def test_guests_are_a_finding_when_they_are_many(make_input: Any) -> None:
    data = make_input(small_shop(SHOPS["guests only"]))
    with use_language("en"):
        said = Reader.of(render_html(data)).sections["summary"]
    assert "100.0%" in said
    assert "no customer" in said


def test_nothing_imported_says_so(make_input: Any) -> None:
    from dataclasses import replace

    data = make_input(small_shop([]))
    with use_language("en"):
        page = render_html(replace(data, account=Account(rows=(), values=()), shop_name=""))
    reader = Reader.of(page)
    assert not reader.problems
    assert "Your shop" in page
    assert "too little" in reader.sections["summary"]
