"""The SQL itself, on a shop whose every figure was worked out by hand (see hand_shop.py)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.known import hand_shop
from tests.known.twins import Twins

WINDOW = 90

# March 2024: orders 501008 (40), 501009 (25), 501010 (15, guest), 501011 (60), 501014 (0);
# 50 given back.
# The 365 days until 31 March begin on 2 April 2023: 8 orders of 5 known customers, worth 320.
# Gaps: 101 151, 245, 24; 103 324; 107 99 days: 843 in all.
MARCH: dict[str, Fraction | int] = {
    "orders": 5,
    "product_revenue": 140,
    "average_order_value": 28,
    "net_revenue": 90,
    "new_revenue": 25,
    "returning_revenue": 50,
    "guest_revenue": 15,
    "return_rate": Fraction(50, 140),
    "discount_share": 0,
    "customers": 6,
    "new_customers": 2,
    "activity_rate": Fraction(4, 6),
    "customers_at_start": 2,
    "customers_at_end": 4,
    "retained_customers": 1,
    "lost_customers": 1,
    "reactivated_customers": 1,
    "retention_rate": Fraction(1, 2),
    "churn_rate": Fraction(1, 2),
    "average_purchase_value": 40,
    "purchase_frequency": Fraction(8, 5),
    "customer_value": 64,
    "average_lifespan_years": Fraction(843, 365 * 6),
    "annual_churn_rate": Fraction(1, 2),
    "implied_lifespan_years": 2,
    "clv_simple": 128,
    "historical_clv": Fraction(310, 6),
    "historical_clv_12m": 45,
    "historical_clv_24m": Fraction(310, 6),
    "historical_clv_36m": Fraction(310, 6),
    "value_first_12m": 35,
    "repeat_purchase_rate": Fraction(1, 2),
    "days_between_orders": 151,
    "days_between_orders_mean": Fraction(843, 5),
    "days_to_second_order": 151,
    "one_and_done_share": Fraction(1, 6),
    "order_n_to_next": Fraction(1, 2),
}


@pytest.mark.parametrize("metric", MARCH)
def test_march_by_hand(by_hand: Twins, metric: str) -> None:
    value = by_hand.value(metric, **hand_shop.MARCH, window=WINDOW)
    assert value == pytest.approx(float(MARCH[metric]), rel=1e-12)


def test_too_few_gaps_give_a_window_of_a_year(by_hand: Twins) -> None:
    assert by_hand.value("learn_window") == 365


def test_order_funnel_by_hand(by_hand: Twins) -> None:
    rows = by_hand.rows("order_n_to_next_by_order_number", **hand_shop.MARCH)
    funnel = [(row["order_number"], row["customers"], row["value"]) for row in rows]
    assert funnel == [(1, 6, 0.5), (2, 3, pytest.approx(1 / 3)), (3, 1, 1.0), (4, 1, 0.0)]


@pytest.mark.parametrize(
    ("to", "churn"),
    [
        # No full year with 90 days before it: 2 March to 30 June 2023, 121 days, 107 of two lost.
        (date(2023, 6, 30), 1 - 0.5 ** (365 / 121)),
        # 2 to 20 March: 19 days are too few.
        (date(2023, 3, 20), None),
    ],
)
def test_annual_churn_of_a_short_history(by_hand: Twins, to: date, churn: float | None) -> None:
    value = by_hand.value("annual_churn_rate", to=to, window=WINDOW)
    assert value == (churn if churn is None else pytest.approx(churn, rel=1e-12))


def test_short_history_is_scaled_to_a_year(by_hand: Twins) -> None:
    # Until 31 May 2023: 182 days of history, 4 orders of 3 customers worth 55.
    to = date(2023, 5, 31)
    assert by_hand.value("purchase_frequency", to=to) == pytest.approx(4 / 3 * 365 / 182)
    assert by_hand.value("customer_value", to=to) == pytest.approx(55 / 3 * 365 / 182)


# Each limit from both sides: 102 bought last 71 days before the eve of March, 102 before its end;
# 103 304 days before the eve. 122 days of history stand before the 365 days.
@pytest.mark.parametrize(
    ("metric", "window", "expected"),
    [
        ("customers_at_start", 71, 2),
        ("customers_at_start", 70, 1),
        ("customers_at_end", 102, 5),
        ("customers_at_end", 101, 4),
        ("retention_rate", 71, 0.5),
        ("retention_rate", 70, 1),
        ("churn_rate", 71, 0.5),
        ("churn_rate", 70, 0),
        ("churn_rate", 102, 0),
        ("churn_rate", 101, 0.5),
        ("retained_customers", 102, 2),
        ("retained_customers", 101, 1),
        ("retained_customers", 304, 3),
        ("retained_customers", 303, 2),
        ("lost_customers", 71, 1),
        ("lost_customers", 70, 0),
        ("lost_customers", 102, 0),
        ("lost_customers", 101, 1),
        ("reactivated_customers", 304, 0),
        ("reactivated_customers", 303, 1),
        ("reactivated_customers", 11, 1),
        ("reactivated_customers", 10, 0),
        ("one_and_done_share", 102, 0),
        ("one_and_done_share", 101, 1 / 6),
        ("annual_churn_rate", 122, 0.5),
        ("annual_churn_rate", 123, 1 - 0.5 ** (365 / 363)),
        ("implied_lifespan_years", 122, 2),
        ("implied_lifespan_years", 123, 1 / (1 - 0.5 ** (365 / 363))),
        ("clv_simple", 122, 128),
        ("clv_simple", 123, 64 / (1 - 0.5 ** (365 / 363))),
    ],
)
def test_limit_of_the_window(by_hand: Twins, metric: str, window: int, expected: float) -> None:
    value = by_hand.value(metric, **hand_shop.MARCH, window=window)
    assert value == pytest.approx(expected, rel=1e-12)


# 107's order of 10 March 2023 stands 364 days before 8 March 2024 and 12 months before 10 March.
@pytest.mark.parametrize(
    ("metric", "to", "expected"),
    [
        ("purchase_frequency", date(2024, 3, 8), 6 / 4),
        ("purchase_frequency", date(2024, 3, 9), 5 / 3),
        ("average_purchase_value", date(2024, 3, 8), 245 / 6),
        ("average_purchase_value", date(2024, 3, 9), 235 / 5),
        ("customer_value", date(2024, 3, 8), 245 / 4),
        ("customer_value", date(2024, 3, 9), 235 / 3),
        ("historical_clv_12m", date(2024, 3, 9), 245 / 4),
        ("historical_clv_12m", date(2024, 3, 10), 235 / 4),
        ("customers", date(2024, 3, 14), 4),
        ("customers", date(2024, 3, 15), 5),
    ],
)
def test_limit_of_the_year(by_hand: Twins, metric: str, to: date, expected: float) -> None:
    assert by_hand.value(metric, to=to) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("as_of", "expected"), [(date(2024, 1, 8), 20), (date(2024, 1, 9), 35)])
def test_first_year_is_over(hand_shop_file: Path, as_of: date, expected: int) -> None:
    """101's first twelve months end with 9 January 2024."""
    twins = Twins("online_retail", file=str(hand_shop_file), as_of=as_of)
    assert twins.value("value_first_12m") == expected


@pytest.mark.parametrize(
    ("first", "last", "orders", "net_revenue"),
    [(5, 5, 1, 40), (6, 14, 0, 0), (6, 15, 1, 25), (25, 25, 0, -50), (26, 28, 1, 0)],
)
def test_both_ends_belong_to_the_period(
    by_hand: Twins, first: int, last: int, *, orders: int, net_revenue: int
) -> None:
    period = {"from": date(2024, 3, first), "to": date(2024, 3, last)}
    assert by_hand.value("orders", **period) == orders
    assert by_hand.value("net_revenue", **period) == net_revenue


def test_dimensions_by_hand(by_hand: Twins) -> None:
    countries = by_hand.rows("net_revenue_by_country", **hand_shop.MARCH)
    assert {row["country"]: row["value"] for row in countries} == {
        "France": Decimal(60),
        "United Kingdom": Decimal(30),
    }
    quarter = {"from": date(2024, 1, 1), "to": date(2024, 3, 31)}
    months = by_hand.rows("net_revenue_by_month", **quarter)
    assert {row["month"]: row["value"] for row in months} == {
        "2024-02": Decimal(50),
        "2024-03": Decimal(90),
    }
    retention = by_hand.rows("retention_rate_by_month", **quarter, window=WINDOW)
    assert {row["month"]: (row["customers_at_start"], row["value"]) for row in retention} == {
        "2024-01": (1, 1.0),
        "2024-02": (1, 1.0),
        "2024-03": (2, 0.5),
    }


def test_customers_by_hand(by_hand: Twins) -> None:
    rows = {row["source_id"]: row for row in by_hand.rows("customer_table")}
    assert sorted(rows) == ["101", "102", "103", "104", "105", "107"]
    columns = ("orders", "frequency", "recency_days", "tenure_days", "monetary_value")
    assert [rows["101"][column] for column in columns] == [4, 3, 420, 461, 40]
    assert [rows["102"][column] for column in columns] == [2, 1, 112, 117, 80]
    assert [rows["105"][column] for column in columns] == [1, 0, 0, 18, None]
    assert rows["101"]["historical_clv"] == 90
    assert rows["101"]["value_first_12m"] == 50
    assert rows["103"]["value_first_12m"] is None


def test_cleaning_by_hand(by_hand: Twins) -> None:
    assert by_hand.row("cleaning_rows") == {
        "rows_read": 21,
        "rows_kept": 20,
        "merged_duplicates": 1,
    }
    rules = by_hand.rows("cleaning_rules")
    assert [(row["rule"], row["document"], row["lines"], row["amount"]) for row in rules] == [
        ("adjustment", "adjustment", 1, Decimal(-100)),
        ("shipping", "return", 1, Decimal(-5)),
        ("shipping", "sale", 2, Decimal(9)),
        ("stock_movement", "sale", 1, Decimal(0)),
        ("zero_price_line", "sale", 1, Decimal(0)),
    ]
    documents = by_hand.row("cleaning_documents")
    assert documents["sale_documents"] == 15
    assert documents["purchases"] == 13
    assert documents["no_product_documents"] == 2
    assert documents["guest_orders"] == 1
    assert documents["orders_worth_zero"] == 1
    assert by_hand.row("cleaning_returns_matched")["matched"] == 1
