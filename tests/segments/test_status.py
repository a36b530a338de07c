"""Each customer's status: day by day through a slow walk, and by the Ibis expression."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perenne.core import PerenneError
from perenne.segments import REASONS, SIZES, STATUSES, reason_label, size_label, status
from perenne.segments import status_label as label
from perenne.text import use_language
from perenne.warehouse import DuckEngine
from tests.segments.shop import DAYS, Sale, by_customer, days_rows, purchase_days, walk_status

START = date(2024, 1, 15)


def statuses(
    engine: DuckEngine, histories: dict[str, list[int]], *, after: int, window: int
) -> dict[str, tuple[object, ...]]:
    """`histories`: days after START on which each customer ordered."""
    table = engine.rows(DAYS, days_rows(shop(histories)))
    as_of = START + timedelta(days=after)
    found = by_customer(engine, status(table, as_of=as_of, inactivity_days=window))
    return {
        customer: (row["status"], row["status_since"], row["status_reason"])
        for customer, row in found.items()
    }


def shop(histories: dict[str, list[int]]) -> list[Sale]:
    return [
        Sale(customer, START + timedelta(days=day), Decimal(10))
        for customer, days in histories.items()
        for day in days
    ]


@pytest.mark.parametrize(
    ("days", "after", "expected"),
    [
        ([0], 0, ("new", 0, "first_order")),
        ([0], 30, ("new", 0, "first_order")),
        ([0], 31, ("inactive", 31, "no_order_for_window")),
        ([0], 99, ("inactive", 31, "no_order_for_window")),
        ([0, 30], 30, ("active", 30, "ordered_again")),
        ([0, 30, 50], 70, ("active", 30, "ordered_again")),
        ([0, 31], 31, ("reactivated", 31, "back_after_gap")),
        ([0, 31], 40, ("reactivated", 31, "back_after_gap")),
        ([0, 31, 40], 40, ("active", 40, "ordered_again")),
        ([0, 31, 40, 60], 60, ("active", 40, "ordered_again")),
        ([0, 31, 40, 90], 95, ("reactivated", 90, "back_after_gap")),
        ([0, 31, 40, 90], 121, ("inactive", 121, "no_order_for_window")),
        ([0, 60], 59, ("inactive", 31, "no_order_for_window")),
    ],
)
def test_each_step_with_a_window_of_30_days(
    engine: DuckEngine, days: list[int], after: int, expected: tuple[str, int, str]
) -> None:
    name, since, reason = expected
    found = statuses(engine, {"c": days}, after=after, window=30)
    assert found == {"c": (name, START + timedelta(days=since), reason)}


def test_two_orders_on_one_day_are_one_step(engine: DuckEngine) -> None:
    assert statuses(engine, {"c": [0, 0]}, after=5, window=30)["c"][0] == "new"


HISTORIES = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.lists(st.integers(0, 160), min_size=1, max_size=8),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40)
@given(histories=HISTORIES, after=st.integers(0, 200), window=st.integers(7, 60))
def test_equals_a_walk_through_every_day(
    engine: DuckEngine, histories: dict[str, list[int]], after: int, window: int
) -> None:
    as_of = START + timedelta(days=after)
    known = purchase_days([each for each in shop(histories) if each.day <= as_of])
    expected = {
        customer: walk_status(days, as_of=as_of, window=window) for customer, days in known.items()
    }
    assert statuses(engine, histories, after=after, window=window) == expected


def test_every_code_has_a_label_in_both_languages() -> None:
    for language in ("en", "fr"):
        with use_language(language):
            texts = [
                *(label(code) for code in STATUSES),
                *(reason_label(code, inactivity_days=90) for code in REASONS),
                *(size_label(code) for code in SIZES),
            ]
            assert len(set(texts)) == len(texts)
            assert "90" in reason_label("no_order_for_window", inactivity_days=90)
    with use_language("fr"):
        assert [label(code) for code in STATUSES] == ["Nouveau", "Actif", "Réactivé", "Inactif"]


def test_an_unknown_code_is_refused_with_the_known_ones() -> None:
    with pytest.raises(PerenneError) as refused:
        label("asleep")
    assert str(refused.value) == (
        "“asleep” is not a code of the segments table. "
        "Use one of: new, active, reactivated, inactive."
    )
