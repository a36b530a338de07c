"""Prospects, surveys, subscriptions and first steps: what must add up, and cases done by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from perenne.core import Period
from perenne.metrics import MetricSettings, Request, load_catalogue
from perenne.warehouse import Engine
from tests.metrics.conftest import Measured, measure_shop
from tests.metrics.shops import Kind, Shop

Measure = Callable[..., Measured]
WHOLE = Kind("whole")
CATALOGUE = load_catalogue()
MOVES = ("new_mrr", "reactivation_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr")
AS_OF = date(2025, 6, 30)


@pytest.mark.parametrize("by", [(), ("country",), ("account",)])
def test_movements_lead_from_the_opening_to_the_closing_mrr(
    measure: Measure, by: tuple[str, ...]
) -> None:
    measured = measure(WHOLE, 1)
    names = ("opening_mrr", *MOVES, "mrr")
    for months in (1, 5):
        start = date(2025, 3 - 1, 1) - timedelta(days=31 * months)
        found = measured.values(Request(names, by=by, period=Period(start, date(2025, 2, 28))))
        for group in {key[1:] for key in found}:
            opening, new, back, up, down, gone, closing = (
                Decimal(found.get((name, *group), 0)) for name in names
            )
            assert opening + new + back + up - down - gone == closing


def test_one_month_s_closing_is_the_next_one_s_opening(measure: Measure) -> None:
    found = measure(WHOLE, 2).figures(Request(("mrr", "opening_mrr"), by=("month",)))
    half = len(found) // 2
    closing, opening = found[:half], found[half:]
    assert any(one.value for one in closing)
    assert [one.value for one in closing[:-1]] == [one.value for one in opening[1:]]


def test_prospects_count_in_no_figure_of_customers(
    measure: Measure, engine: Engine, tmp_path: Any
) -> None:
    measured = measure(WHOLE, 1)
    tables = dict(measured.shop.tables)
    tables["customers"] = [one for one in tables["customers"] if one.get("first_order_on")]
    assert len(tables["customers"]) < len(measured.shop.tables["customers"])
    without = measure_shop(Shop(measured.shop.as_of, tables), engine, tmp_path, MetricSettings())
    grains = ("order", "customer", "step", "spend")
    asked = Request(tuple(one.id for one in CATALOGUE if one.grain in grains))

    def to_twelve_digits(one: Measured) -> dict[Any, Any]:
        """Spark adds doubles up in an order that the rows of other tables may change."""
        values = one.values(asked).items()
        return {n: f"{v:.12g}" if isinstance(v, float) else v for n, v in values}

    assert to_twelve_digits(without) == to_twelve_digits(measured)
    counted = ("prospects", "new_prospects")
    period = Period(date(2024, 6, 1), measured.shop.as_of)
    assert set(without.values(Request(counted, period=period)).values()) == {0}
    assert all(value > 0 for value in measured.values(Request(counted, period=period)).values())


def order(number: int, customer: str, day: date) -> dict[str, Any]:
    return {
        "order_id": f"o{number}",
        "source": "shop",
        "source_order_id": str(number),
        "customer_id": customer,
        "ordered_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
        "ordered_on": day,
        "status": "paid",
        "is_purchase": True,
        "order_number": 1,
        "currency": "EUR",
        **{name: Decimal(10) for name in ("gross", "net", "total")},
        **{name: Decimal(0) for name in ("discount", "shipping", "tax")},
    }


def deed(number: int, customer: str, day: date, kind: str = "login") -> dict[str, Any]:
    return {
        "event_id": f"e{number}",
        "source": "app",
        "customer_id": customer,
        "occurred_at": datetime(day.year, day.month, day.day, tzinfo=UTC),
        "occurred_on": day,
        "event": kind,
        "quantity": Decimal(1),
    }


@pytest.fixture
def starters(engine: Engine, tmp_path: Any) -> Measured:
    """Bought on 1 March: a acts the day after, b on the 30th day, c on the 31st, d the same day
    only, e buys before the events begin, f too late to have lived 30 days; opening is no deed."""
    first = date(2025, 3, 1)
    days = dict.fromkeys("abcd", first) | {"e": date(2024, 1, 1), "f": date(2025, 6, 10)}
    orders = [order(n, who, day) for n, (who, day) in enumerate(days.items())]
    customers = [
        {"customer_id": who, "first_order_on": day, "orders": 1} for who, day in days.items()
    ]
    events = [
        deed(0, "a", first + timedelta(days=1)),
        deed(1, "b", first + timedelta(days=30)),
        deed(2, "c", first + timedelta(days=31)),
        deed(3, "d", first),
        deed(4, "d", first + timedelta(days=5), "email_open"),
        deed(5, "f", date(2025, 6, 11)),
        deed(6, "x", date(2025, 2, 1)),
        deed(7, "x", AS_OF),
    ]
    tables = {"orders": orders, "customers": customers, "events": events}
    return measure_shop(Shop(AS_OF, tables), engine, tmp_path, MetricSettings())


def test_activation_by_hand(starters: Measured) -> None:
    whole = Period(date(2024, 1, 1), AS_OF)
    names = ("activation_rate", "time_to_first_interaction")
    rate, median = starters.figures(Request(names, period=whole))
    assert rate.value == 0.5
    assert rate.note is not None
    assert "Left out: 2 customers" in rate.note
    # 1, 30, never, never: half acted by day 30, the middle lies beyond.
    assert median.value is None


def test_the_median_is_known_once_half_have_acted(starters: Measured) -> None:
    assert starters.context.has_interactions
    (one,) = starters.figures(
        Request(
            ("time_to_first_interaction",),
            where={"customer": ("a", "b", "c")},
            period=Period(date(2024, 1, 1), AS_OF),
        )
    )
    assert one.value == 30


def test_a_metric_says_which_table_it_lacks(measure: Measure) -> None:
    plain = measure(Kind("no_spend", spend=False, refunds=False, relations=False), 4)
    names = ("nps", "mrr", "open_rate", "tickets", "activation_rate", "reachable_share")
    for by in ((), ("country",), ("month",)):
        for figure in plain.figures(Request(names, by=by)):
            assert figure.value is None
            assert figure.note is not None
            assert "import" in figure.note


def test_only_the_last_answer_of_a_person_counts(engine: Engine, tmp_path: Any) -> None:
    def answer(number: int, who: str | None, day: int, score: int) -> dict[str, Any]:
        return {
            "response_id": f"r{number}",
            "source": "tool",
            "customer_id": who,
            "kind": "nps",
            "answered_on": date(2025, 5, day),
            "score": Decimal(score),
        }

    surveys = [
        answer(1, "a", 1, 2),
        answer(2, "a", 9, 10),
        answer(3, None, 2, 0),
        answer(4, None, 2, 0),
        answer(5, "b", 3, 8),
        answer(6, "b", 4, 99),
    ]
    tables = {"orders": [order(1, "a", date(2025, 4, 1))], "surveys": surveys}
    shop = measure_shop(Shop(AS_OF, tables), engine, tmp_path, MetricSettings())
    (score,) = shop.figures(Request(("nps",), period=Period.parse("2025-05")))
    # One promoter, two detractors; b's last answer is off the scale.
    assert score.value == pytest.approx(-100 / 3)
    assert "Left out: 1 answer" in (score.note or "")
    (early,) = shop.figures(Request(("nps",), period=Period.parse("2025-05-01..2025-05-03")))
    assert early.value == pytest.approx(-300 / 4)


def test_a_subscription_of_unknown_status_counts_nowhere_and_is_told(
    engine: Engine, tmp_path: Any
) -> None:
    def held(number: int, status: str, ended: date | None = None) -> dict[str, Any]:
        return {
            "subscription_id": f"s{number}",
            "source": "tool",
            "customer_id": f"c{number}",
            "status": status,
            "started_on": date(2025, 1, 1),
            "ended_on": ended,
            "mrr": Decimal(10),
        }

    rows = [held(0, "active"), held(1, "other"), held(2, "other", date(2025, 6, 15))]
    shop = Shop(AS_OF, {"subscriptions": rows})
    measured = measure_shop(shop, engine, tmp_path, MetricSettings())
    june = Period(date(2025, 6, 1), AS_OF)
    mrr, opening, lost = measured.figures(
        Request(("mrr", "opening_mrr", "churned_mrr"), period=june)
    )
    assert (mrr.value, opening.value, lost.value) == (10, 20, 10)
    assert mrr.note is not None
    assert "1 subscription whose status is not known" in mrr.note
