"""The SQL on UCI Online Retail II, year 1: published counts, figures once measured, sums that must
agree with each other and with the raw file."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from tests.known.twins import Given, Twins

pytestmark = pytest.mark.known_answer

NOVEMBER: dict[str, Given] = {"from": date(2010, 11, 1), "to": date(2010, 11, 30)}
ALL: dict[str, Given] = {"from": date(2009, 12, 1), "to": date(2010, 12, 9)}
MONTHS = [
    {"from": date(2010, month, 1), "to": date.fromordinal(date(2010, month + 1, 1).toordinal() - 1)}
    for month in range(1, 12)
]

# Measured with this SQL: a change here is a change of a definition or of a rule.
MEASURED: dict[str, int | str] = {
    "orders": 2719,
    "product_revenue": "1429700.782",
    "net_revenue": "1394601.802",
    "new_revenue": "149637.98",
    "returning_revenue": "971442.572",
    "guest_revenue": "273521.25",
    "customers": 4239,
    "new_customers": 326,
    "customers_at_start": 2684,
    "customers_at_end": 3061,
    "retained_customers": 2499,
    "lost_customers": 185,
    "reactivated_customers": 236,
    "average_order_value": "525.818603162927",
    "purchase_frequency": "4.291578202406",
    "average_purchase_value": "457.968068051891",
    "customer_value": "1965.405778249587",
    "average_lifespan_years": "0.359072797603",
    "retention_rate": "0.931073025335",
    "churn_rate": "0.068926974665",
    "annual_churn_rate": "0.444461572701",
    "implied_lifespan_years": "2.249913291545",
    "clv_simple": "4421.992583762551",
    "historical_clv": "1909.631687662184",
    "value_first_12m": "5661.999155223881",
    "repeat_purchase_rate": "0.663599905638",
    "activity_rate": "0.378862939372",
    "days_between_orders": 28,
    "days_between_orders_mean": "46.448457486832",
    "days_to_second_order": 56,
    "one_and_done_share": "0.168907761264",
    "order_n_to_next": "0.663599905638",
    "return_rate": "0.024549878158",
}


def test_published_counts(uci: Twins) -> None:
    facts = uci.row("raw_facts")
    assert facts["rows"] == 525_461
    assert facts["invoices"] == 28_816
    assert facts["customers"] == 4_383
    assert facts["lines_without_customer"] == 107_927
    assert facts["zero_prices"] == 3_687
    assert facts["adjustment_lines"] == 3
    assert facts["adjustments"] == Decimal("-136552.02")
    assert uci.row("cleaning_rows")["merged_duplicates"] == 6_865


def test_inactivity_window(uci_window: int) -> None:
    assert uci_window == 113


@pytest.mark.parametrize("metric", MEASURED)
def test_november_2010(uci: Twins, uci_window: int, metric: str) -> None:
    value = uci.value(metric, **NOVEMBER, window=uci_window)
    assert float(value or 0) == pytest.approx(float(MEASURED[metric]), rel=1e-12)


def test_documents(uci: Twins) -> None:
    documents = uci.row("cleaning_documents")
    kinds = ("sale_documents", "return_documents", "adjustment_documents")
    assert [documents[kind] for kind in kinds] == [24_221, 4_592, 3]
    assert sum(documents[kind] for kind in kinds) == 28_816
    assert documents["purchases"] + documents["no_product_documents"] == 24_221
    assert documents["purchases"] == 20_573
    assert documents["guest_orders"] == 1_607


def test_lines_by_rule(uci: Twins) -> None:
    lines = {(row["rule"], row["document"]): row["lines"] for row in uci.rows("cleaning_rules")}
    assert lines == {
        ("adjustment", "adjustment"): 3,
        ("adjustment", "return"): 324,
        ("adjustment", "sale"): 594,
        ("discount_line", "return"): 95,
        ("discount_line", "sale"): 5,
        ("fee", "return"): 49,
        ("fee", "sale"): 25,
        ("gift_card", "return"): 1,
        ("gift_card", "sale"): 66,
        ("sample", "return"): 40,
        ("sample", "sale"): 1,
        ("shipping", "return"): 110,
        ("shipping", "sale"): 1_630,
        ("stock_movement", "sale"): 3_619,
        ("test", "return"): 4,
        ("test", "sale"): 13,
        ("zero_price_line", "sale"): 28,
    }


def test_returns_matched_reference(uci: Twins) -> None:
    assert uci.row("cleaning_returns_matched") == {
        "refund_lines": 9_559,
        "with_customer": 9_373,
        "matched": 7_875,
    }


def test_every_month_of_the_raw_file_is_explained(uci: Twins) -> None:
    explained: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in uci.rows("reconciliation_by_month"):
        explained[row["month"]][0] += row["amount"]
        explained[row["month"]][1] += row["rows"]
    raw = {row["month"]: [row["amount"], row["rows"]] for row in uci.rows("raw_by_month")}
    assert len(raw) == 13
    assert dict(explained) == raw


def test_kept_parts_are_the_revenue(uci: Twins) -> None:
    kept: dict[str, Decimal] = defaultdict(Decimal)
    for row in uci.rows("reconciliation_by_month"):
        if row["part"].startswith("kept_"):
            kept[row["month"]] += row["amount"]
    revenue = {row["month"]: row["value"] for row in uci.rows("net_revenue_by_month", **ALL)}
    assert revenue == dict(kept)


@pytest.mark.parametrize("period", [*MONTHS, ALL], ids=lambda p: f"{p['from']:%y-%m-%d}")
def test_parts_add_up(uci: Twins, uci_window: int, period: dict[str, date]) -> None:
    def value(name: str) -> Decimal:
        return Decimal(str(uci.value(name, **period, window=uci_window) or 0))

    parts = value("new_revenue") + value("returning_revenue") + value("guest_revenue")
    assert parts == value("net_revenue")
    assert value("customers_at_start") == value("retained_customers") + value("lost_customers")
    if value("customers_at_start"):
        assert value("retention_rate") + value("churn_rate") == pytest.approx(Decimal(1))
    for metric in ("net_revenue", "orders"):
        for dimension in ("country", "month"):
            rows = uci.rows(f"{metric}_by_{dimension}", **period)
            assert sum(row["value"] for row in rows) == value(metric)


def test_customer_table_agrees_with_the_figures(uci: Twins) -> None:
    table = uci.rows("customer_table")
    end: dict[str, Given] = {"to": date(2010, 12, 9)}
    assert len(table) == uci.value("customers", **end) == 4_285
    for column in ("historical_clv", "historical_clv_12m", "value_first_12m"):
        values = [row[column] for row in table if row[column] is not None]
        mean = uci.value(column, **end)
        assert float(sum(values)) / len(values) == pytest.approx(mean, rel=1e-12)


def test_rule_order_moves_counts_only(uci: Twins) -> None:
    """The lines two rules could claim are worth 0 (or are a bad debt twice an adjustment)."""
    assert uci.row("cleaning_overlaps") == {
        "no_product_or_stock_movement": 31,
        "stock_movement_or_zero_price_line": 46,
        "returned_at_price_zero": 0,
        "adjustment_twice": 3,
    }
