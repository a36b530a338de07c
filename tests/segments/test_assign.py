"""The whole table against slow loops on random shops, and single cases worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perenne.core import PerenneError
from perenne.segments import SEGMENTS, SegmentSettings, assign, read_settings
from perenne.warehouse import DuckEngine
from tests.segments.oracles import Oracle
from tests.segments.shop import Sale, Shop, age_months, by_customer, marts, sale

START = date(2022, 12, 31)
AS_OF = date(2024, 12, 30)


def assigned(
    engine: DuckEngine,
    shop: Shop,
    *,
    as_of: date = AS_OF,
    window: int = 90,
    settings: SegmentSettings | None = None,
) -> dict[str, dict[str, Any]]:
    table = assign(
        marts(engine, shop, as_of),
        as_of=as_of,
        inactivity_days=window,
        settings=settings or SegmentSettings(),
    )
    return by_customer(engine, table)


SALES = st.builds(
    lambda customer, day, net, cost: Sale(
        customer, START + timedelta(days=day), net, None if cost is None else net - cost
    ),
    st.sampled_from([*"abcdefghijkl", None]),
    st.integers(0, 800),
    st.decimals(-10, 90, places=1, allow_nan=False),
    st.just(Decimal(5)),
)
UNKNOWN_COST = st.builds(sale, st.sampled_from("abc"), st.just("2024-02-01"), st.just(33))


SHOPS = st.builds(
    lambda first, sales, unknown: [first, *(e for e in sales if e.day > first.day), *unknown],
    st.sampled_from([0, 300, 600]).map(
        lambda day: sale("a", (START + timedelta(days=day)).isoformat(), 20, 10)
    ),
    st.lists(SALES, min_size=30, max_size=80),
    st.lists(UNKNOWN_COST, max_size=1),
)
DATES = st.sampled_from([AS_OF, date(2024, 6, 30), date(2025, 2, 28)])


def check(engine: DuckEngine, shop: Shop, *, as_of: date, enough: int) -> None:
    chosen = SegmentSettings(min_customers=enough)
    found = assigned(engine, shop, as_of=as_of, settings=chosen)
    expected = Oracle(shop, as_of, 90, chosen).rows()
    assert set(found) == set(expected)
    for customer, row in expected.items():
        # A share is a float: the last digit of what comes of it may be rounded the other way.
        # 0.0001 is no exact float.
        for name, nearly in (("chance_of_another_order", 1e-12), ("opportunity", 1.001e-4)):
            assert rough(found[customer][name]) == near(row.pop(name), nearly), (customer, name)
        assert {name: found[customer][name] for name in row} == row, customer


def rough(value: Any) -> float | None:
    return None if value is None else float(value)


def near(value: Any, tolerance: float) -> Any:
    return None if value is None else pytest.approx(float(value), abs=tolerance)


@pytest.mark.slow
@settings(max_examples=6)
@given(shop=SHOPS, as_of=DATES, enough=st.integers(1, 4))
def test_equals_slow_loops_on_random_shops(
    engine: DuckEngine, shop: Shop, as_of: date, enough: int
) -> None:
    check(engine, shop, as_of=as_of, enough=enough)


@pytest.mark.long
@settings(max_examples=80)
@given(shop=SHOPS, as_of=DATES, enough=st.integers(1, 4))
def test_equals_slow_loops_on_many_random_shops(
    engine: DuckEngine, shop: Shop, as_of: date, enough: int
) -> None:
    check(engine, shop, as_of=as_of, enough=enough)


def test_columns_and_types_are_those_of_the_schema(engine: DuckEngine) -> None:
    table = assign(
        marts(engine, [sale("a", "2024-01-01", 10)], AS_OF),
        as_of=AS_OF,
        inactivity_days=90,
        settings=SegmentSettings(),
    )
    assert {name: str(type) for name, type in table.schema().items()} == SEGMENTS.types


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_handful_of_customers_is_no_problem(engine: DuckEngine, count: int) -> None:
    found = assigned(engine, [sale(f"c{n}", "2024-12-01", 10) for n in range(count)])
    assert len(found) == count
    for row in found.values():
        assert row["segment"] == "at_risk"  # all equal: nobody is better, every score is 1
        assert row["is_hvc"]  # and nobody is better than the best
        assert row["opportunity_note"] == "history_too_short"
        assert row["opportunity"] is None
        assert row["is_top_opportunity"] is None


def test_no_customers_at_all(engine: DuckEngine) -> None:
    assert assigned(engine, [sale(None, "2024-12-01", 10)]) == {}


def test_one_in_five_is_a_high_value_customer_and_ties_stay_together(engine: DuckEngine) -> None:
    ten = [sale(f"c{n}", "2024-12-01", 10 + n, 100 - n) for n in range(10)]
    found = assigned(engine, ten)
    assert {c for c, row in found.items() if row["is_hvc"]} == {"c0", "c1"}  # by margin
    tied = [*ten, sale("x", "2024-12-02", 10, 99)]
    found = assigned(engine, tied)
    assert {c for c, row in found.items() if row["is_hvc"]} == {"c0", "c1", "x"}
    assert {row["hvc_basis"] for row in found.values()} == {"margin"}


def test_revenue_stands_in_for_everybody_when_one_margin_is_unknown(engine: DuckEngine) -> None:
    shop = [sale(f"c{n}", "2024-12-01", 10 + n, 100 - n) for n in range(9)]
    found = assigned(engine, [*shop, sale("x", "2024-12-01", 1)])
    assert {c for c, row in found.items() if row["is_hvc"]} == {"c8", "c7"}
    assert {row["hvc_basis"] for row in found.values()} == {"revenue"}
    # An unknown margin before the last 12 months does not touch the ranking by the last 12.
    found = assigned(engine, [*shop, sale("c0", "2023-01-01", 1)])
    assert {c for c, row in found.items() if row["is_hvc"]} == {"c0", "c1"}
    assert {(row["hvc_basis"], row["hpc_basis"]) for row in found.values()} == {
        ("margin", "revenue")
    }


def test_who_bought_nothing_for_a_year_is_small_and_not_high_value(engine: DuckEngine) -> None:
    shop = [sale(f"c{n}", "2023-06-01", 1000) for n in range(9)] + [sale("x", "2024-12-01", 5)]
    found = assigned(engine, shop)
    assert {c for c, row in found.items() if row["is_hvc"]} == {"x"}
    assert found["x"]["size"] == "large"
    assert {row["size"] for c, row in found.items() if c != "x"} == {"small"}


def test_high_potential_is_measured_at_the_same_age(engine: DuckEngine) -> None:
    # The best customer earned 40 on the first day, 100 by the end of the first month, then more.
    best = [
        sale("best", "2024-01-31", 40),
        sale("best", "2024-02-28", 60),
        sale("best", "2024-08-01", 900),
    ]
    young = [
        sale("month_ahead", "2024-11-30", 101),
        sale("month_equal", "2024-11-30", 100),
        sale("day_ahead", "2024-12-15", 41),
        sale("day_equal", "2024-12-15", 40),
    ]
    found = assigned(engine, [*best, *young])
    assert {c: row["age_months"] for c, row in found.items()} == {
        "best": 11,
        "month_ahead": 1,
        "month_equal": 1,
        "day_ahead": 0,
        "day_equal": 0,
    }
    assert {c for c, row in found.items() if row["is_hpc"]} == {"month_ahead", "day_ahead"}
    assert {c for c, row in found.items() if row["is_hvc"]} == {"best"}


def test_what_comes_after_the_date_changes_nothing(engine: DuckEngine) -> None:
    shop = [
        sale("a", "2022-10-01", 10, 5),
        sale("a", "2024-10-01", 30, 15),
        sale("b", "2023-10-05", 80, 40),
        sale("c", "2024-11-05", 50, 25),
    ]
    later = [
        sale("a", "2024-12-31", 999),
        sale("b", "2025-01-05", 20),
        sale("b", "2025-01-06", -80),
        sale("z", "2025-01-01", 1),
    ]
    everyone = {"id": "everyone", "label": "Everyone", "when": {}}
    chosen = read_settings({"min_customers": 2, "rules": [everyone]})
    found = assigned(engine, [*shop, *later], settings=chosen)
    assert found == assigned(engine, shop, settings=chosen)
    # Of a and b, known a year before, a alone had ordered again by then.
    assert found["c"]["chance_of_another_order"] == 0.5
    assert found["b"]["hpc_basis"] == "margin"


def test_the_last_day_of_the_window_is_still_active(engine: DuckEngine) -> None:
    shop = [
        sale("within", (AS_OF - timedelta(days=90)).isoformat(), 10),
        sale("outside", (AS_OF - timedelta(days=91)).isoformat(), 10),
    ]
    found = assigned(engine, shop, window=90)
    assert (found["within"]["status"], found["within"]["segment"]) == ("new", "promising")
    assert (found["outside"]["status"], found["outside"]["segment"]) == ("inactive", "one_and_done")


@pytest.mark.parametrize(
    ("first", "as_of", "months"),
    [
        ("2024-01-31", "2024-02-27", 0),
        ("2024-01-31", "2024-02-28", 1),  # 29 February is the day the second month starts
        ("2024-01-31", "2024-03-29", 1),
        ("2024-01-31", "2024-03-30", 2),
        ("2024-02-29", "2025-02-26", 11),
        ("2024-02-29", "2025-02-27", 12),
        ("2024-05-15", "2024-06-13", 0),
        ("2024-05-15", "2024-06-14", 1),
    ],
)
def test_complete_months(engine: DuckEngine, first: str, as_of: str, months: int) -> None:
    found = assigned(engine, [sale("a", first, 10)], as_of=date.fromisoformat(as_of))
    assert found["a"]["age_months"] == months
    assert age_months(date.fromisoformat(first), date.fromisoformat(as_of)) == months


def test_opportunity_worked_out_by_hand(engine: DuckEngine) -> None:
    # Scored on 2023-12-30: everybody has one order of 10 on the same day, so one cell of eight.
    # Two of them order again afterwards: the chance of that cell is a quarter.
    old = [sale(f"o{n}", "2022-01-01", 10) for n in range(8)]
    back = [sale("o0", "2024-03-01", 500), sale("o1", "2024-03-02", 500)]
    chosen = SegmentSettings(min_customers=2)
    found = assigned(engine, [*old, *back], window=30, settings=chosen)
    # 12-month revenues of the cohort: six times 0, twice 500; three quarters of the way from the
    # first to the last lies at place 5.25: 0 + 0.25 x (500 - 0).
    assert found["o7"]["opportunity_gap"] == Decimal(125)
    assert found["o7"]["chance_of_another_order"] == 0.25
    assert found["o7"]["chance_basis"] == "cell"
    assert found["o7"]["chance_days"] == 366
    assert found["o7"]["opportunity"] == Decimal("31.25")
    assert found["o0"]["opportunity_gap"] == 0
    # Six share the highest opportunity: ties come in together.
    assert {c for c, row in found.items() if row["is_top_opportunity"]} == {
        f"o{n}" for n in range(2, 8)
    }


def test_an_order_on_the_day_of_scoring_is_known_then_and_not_another_order(
    engine: DuckEngine,
) -> None:
    on_the_day = [sale("a", "2022-01-01", 10), sale("a", "2023-12-30", 10)]
    chosen = SegmentSettings(min_customers=1)
    assert assigned(engine, on_the_day, settings=chosen)["a"]["chance_of_another_order"] == 0
    next_day = [*on_the_day, sale("a", "2023-12-31", 10)]
    assert assigned(engine, next_day, settings=chosen)["a"]["chance_of_another_order"] == 1


def test_scores_of_the_past_know_nothing_of_later_revenue(engine: DuckEngine) -> None:
    # Then: low spent 10, high 20, and low alone came back. Now low has overtaken high, so low
    # stands where high stood, whose like did not come back.
    shop = [sale("low", "2022-01-01", 10), sale("high", "2022-01-01", 20)]
    chosen = read_settings(
        {
            "min_customers": 1,
            "rules": [
                {"id": "top", "label": "Top", "when": {"monetary": {"min": 2}}},
                {"id": "rest", "label": "Rest", "when": {}},
            ],
        }
    )
    alone = assigned(engine, [*shop, sale("low", "2024-12-01", 100)], settings=chosen)
    assert (alone["low"]["segment"], alone["low"]["chance_of_another_order"]) == ("top", 0)
    assert (alone["high"]["segment"], alone["high"]["chance_of_another_order"]) == ("rest", 1)


def test_history_decides_on_how_far_back_chances_are_observed(engine: DuckEngine) -> None:
    def days(first: date) -> tuple[object, object]:
        shop = [sale("a", first.isoformat(), 10), sale("b", "2024-12-29", 10)]
        row = assigned(engine, shop, settings=SegmentSettings(min_customers=1))["a"]
        return row["chance_days"], row["opportunity_note"]

    assert days(date(2022, 12, 30))[0] == 366
    assert days(date(2022, 12, 31))[0] == 90
    assert days(AS_OF - timedelta(days=180))[0] == 90
    assert days(AS_OF - timedelta(days=179)) == (None, "history_too_short")


def test_rules_with_a_gap_are_refused_before_anything_runs(engine: DuckEngine) -> None:
    gap = read_settings({"rules": [{"id": "few", "label": "Few", "when": {"recency": 1}}]})
    with pytest.raises(PerenneError, match="No segment rule covers the scores 211, 212"):
        assigned(engine, [sale("a", "2024-01-01", 1)], settings=gap)
