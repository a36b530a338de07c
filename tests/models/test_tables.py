"""The ledger that models read, from marts that the product builds itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from perenne.metrics import MetricSettings, build_marts
from perenne.models.jobs import read_ledger
from perenne.models.ledger import Ledger, day_number
from perenne.models.reading import codes
from perenne.warehouse import CANONICAL, DuckEngine
from tests.metrics.shops import Kind, shop

END = date(2025, 1, 31)
Read = Callable[..., Ledger]


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckEngine]:
    with DuckEngine() as engine:
        yield engine


@pytest.fixture
def read(engine: DuckEngine) -> Read:
    """The ledger of canonical rows: marts as of END, ledger as of `until`."""

    def reading(
        rows: dict[str, list[dict[str, Any]]],
        until: date = END,
        settings: MetricSettings = MetricSettings(),  # noqa: B008 - frozen
    ) -> Ledger:
        canonical = {name: engine.rows(CANONICAL[name], some) for name, some in rows.items()}
        tables = {**canonical, **build_marts(canonical, as_of=END, settings=settings)}
        return read_ledger(tables, as_of=until, fetch=engine.fetch)[0]

    return reading


def order(
    number: int, customer: str | None, day: str, *lines: tuple[str | None, int, int | None]
) -> dict[str, list[dict[str, Any]]]:
    """One order; each line is (category, net, cost) with a discount of 1."""
    on = date.fromisoformat(day)
    net = sum(line[1] for line in lines)
    head = {
        "order_id": f"o{number}",
        "source": "shop",
        "source_order_id": str(number),
        "customer_id": customer,
        "ordered_at": datetime(on.year, on.month, on.day, tzinfo=UTC),
        "ordered_on": on,
        "status": "paid",
        "is_purchase": True,
        "order_number": 1,
        "currency": "EUR",
        "net": Decimal(net),
        **dict.fromkeys(("gross", "discount", "shipping", "tax", "total"), Decimal(0)),
    }
    told = [
        {
            "order_line_id": f"o{number}-{place}",
            "order_id": f"o{number}",
            "customer_id": customer,
            "ordered_on": on,
            "category": category,
            "kind": "product",
            "quantity": Decimal(1),
            "gross": Decimal(amount + 1),
            "discount": Decimal(1),
            "net": Decimal(amount),
            "cost": None if cost is None else Decimal(cost),
            "batch": "b",
        }
        for place, (category, amount, cost) in enumerate(lines)
    ]
    return {"orders": [head], "order_lines": told}


def refund(
    number: int, customer: str | None, day: str, amount: int
) -> dict[str, list[dict[str, Any]]]:
    row = {
        "refund_id": f"r{number}",
        "source": "shop",
        "customer_id": customer,
        "refunded_on": date.fromisoformat(day),
        "date_known": True,
        "net": Decimal(amount),
        "cost": Decimal(amount) / 2,
    }
    return {"refunds": [row]}


def customer(
    name: str, first: str | None, category: str | None = None
) -> dict[str, list[dict[str, Any]]]:
    day = None if first is None else date.fromisoformat(first)
    row = {
        "customer_id": name,
        "first_order_on": day,
        "orders": 1,
        "channel": "ads",
        "country": None,
        "first_category": category,
        "first_discounted": True,
    }
    return {"customers": [row]}


def together(*parts: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    names = ("orders", "order_lines", "refunds", "customers")
    return {name: [row for part in parts for row in part.get(name, [])] for name in names}


SHOP = together(
    order(1, "ann", "2024-03-01", ("hats", 10, 4), ("bags", 30, 10)),
    order(2, "ann", "2024-03-01", ("hats", 20, 8)),
    order(3, "ann", "2024-06-01", ("hats", 50, None)),
    refund(1, "ann", "2024-03-20", 30),
    refund(2, "ann", "2024-12-01", 50),
    order(4, "bob", "2024-09-09", (None, 7, 3)),
    order(5, None, "2024-09-09", ("hats", 99, 3)),
    refund(3, None, "2024-09-12", 99),
    refund(4, "cyd", "2024-05-05", 5),
    customer("ann", "2024-03-01", "bags"),
    customer("bob", "2024-09-09"),
    customer("cyd", None),
)


def test_a_day_holds_its_orders_sales_returns_and_margin(read: Read) -> None:
    ledger = read(SHOP)
    assert list(ledger.customer_ids) == ["ann", "bob"]
    assert ledger.customer.tolist() == [0, 0, 0, 0, 1]
    days = ["2024-03-01", "2024-03-20", "2024-06-01", "2024-12-01", "2024-09-09"]
    assert ledger.day.tolist() == [day_number(date.fromisoformat(day)) for day in days]
    assert ledger.orders.tolist() == [2, 0, 1, 0, 1]
    assert ledger.net.tolist() == [60, 0, 50, 0, 7]
    assert ledger.returned.tolist() == [0, 30, 0, 50, 0]
    np.testing.assert_array_equal(ledger.margin, [38, -15, np.nan, -25, 4])
    assert ledger.columns["gross"].tolist() == [63, 0, 51, 0, 8]
    assert ledger.columns["discount"].tolist() == [3, 0, 1, 0, 1]
    # bags (0) and hats (1); unknown on days with returns only and for a line without category
    assert ledger.columns["category"].tolist() == [0, -1, 1, -1, -1]
    assert ledger.attributes["first_category"].tolist() == [0, -1]
    assert ledger.attributes["country"].tolist() == [-1, -1]
    assert ledger.attributes["first_discounted"].tolist() == [0, 0]


def test_an_earlier_day_knows_neither_later_returns_nor_later_customers(read: Read) -> None:
    ledger = read(SHOP, date(2024, 8, 31))
    assert list(ledger.customer_ids) == ["ann"]
    assert ledger.returned.tolist() == [0, 30, 0]
    assert ledger.until == day_number(date(2024, 8, 31))


def test_reading_early_is_reading_late_and_going_back(read: Read) -> None:
    early, late = read(SHOP, date(2024, 11, 30)), read(SHOP)
    back = late.as_of(early.until)
    for name in ("customer", "day", "orders", "net", "returned", "margin", "customer_ids"):
        np.testing.assert_array_equal(getattr(early, name), getattr(back, name))


def test_a_return_counted_on_its_order_is_known_from_its_own_day_only(read: Read) -> None:
    """Planted: ann's order of March comes back in January; figures count it in March."""
    rows = together(order(1, "ann", "2024-03-01", ("hats", 10, 4)), customer("ann", "2024-03-01"))
    back = refund(1, "ann", "2025-01-10", 10)
    back["refunds"][0]["order_id"] = "o1"
    rows = together(rows, back)
    on_order = MetricSettings(returns_on="order_day")
    before = read(rows, date(2025, 1, 9), on_order)
    assert (before.net.tolist(), before.returned.tolist()) == ([10], [0])
    after = read(rows, END, on_order)
    assert after.returned.tolist() == [0, 10]
    assert after.day[1] == day_number(date(2025, 1, 10))
    past = after.as_of(before.until)
    assert past.returned.tolist() == [0]
    assert after.outcome(past, horizon=30).value.tolist() == [-10]
    np.testing.assert_array_equal(read(rows).returned, after.returned)


def test_every_cent_of_known_customers_is_in_the_ledger(engine: DuckEngine, read: Read) -> None:
    one = shop(Kind("whole", customers=120), 3)
    rows = {name: one.tables.get(name, []) for name in ("orders", "order_lines", "refunds")}
    ledger = read({**rows, "customers": one.tables["customers"]})
    sold = [row for row in one.tables["orders"] if row["is_purchase"] and row["customer_id"]]
    sold = [row for row in sold if row["ordered_on"] <= END]
    back = [row for row in one.tables["refunds"] if row["customer_id"] in set(ledger.customer_ids)]
    back = [row for row in back if row["refunded_on"] <= END]
    assert ledger.net.sum() == pytest.approx(float(sum(row["net"] for row in sold)))
    assert ledger.returned.sum() == pytest.approx(float(sum(row["net"] for row in back)))
    assert ledger.orders.sum() == len(sold)
    days = {(row["customer_id"], row["ordered_on"]) for row in sold}
    assert (ledger.orders > 0).sum() == len(days)


def test_a_customer_who_is_not_in_the_customer_table_still_counts(read: Read) -> None:
    ledger = read(together(SHOP, order(9, "abe", "2024-02-02", ("hats", 5, 1))))
    assert list(ledger.customer_ids) == ["ann", "bob", "abe"]
    assert ledger.attributes["channel"].tolist() == [0, 0, -1]


def test_codes_depend_on_the_names_only() -> None:
    import pyarrow as pa

    assert codes(pa.array(["b", None, "a", "b"])).tolist() == [1, -1, 0, 1]
    assert codes(pa.array([True, False, None])).tolist() == [1, 0, -1]
    assert codes(pa.array([None, None], pa.string())).tolist() == [-1, -1]


def test_what_klaviyo_foretold_comes_along_with_its_day(read: Read) -> None:
    assert not [name for name in read(SHOP).attributes if name.startswith("klaviyo")]
    foretold = {
        "klaviyo_predicted_value": Decimal("59.5"),
        "klaviyo_predicted_orders": Decimal("1.25"),
        "klaviyo_predicted_on": date(2025, 1, 30),
    }
    people = [row | foretold if row["customer_id"] == "bob" else row for row in SHOP["customers"]]
    ledger = read({**SHOP, "customers": people})
    assert ledger.customer_ids.tolist() == ["ann", "bob"]
    found = {name: ledger.attributes[name].tolist()[1] for name in foretold}
    assert found == {**foretold, "klaviyo_predicted_on": day_number(date(2025, 1, 30))}
    assert all(np.isnan(ledger.attributes[name][0]) for name in foretold)


def event(number: int, customer: str | None, day: str, **more: Any) -> dict[str, Any]:
    on = date.fromisoformat(day)
    return {
        "event_id": f"e{number}",
        "source": "mail",
        "customer_id": customer,
        "occurred_at": datetime(on.year, on.month, on.day, tzinfo=UTC),
        "occurred_on": on,
        "event": "email_open",
        "quantity": 1,
        **more,
    }


def test_what_customers_did_beside_buying_is_known_from_its_day_on(read: Read) -> None:
    names = [f"c{number:03}" for number in range(120)]
    rows = together(*(order(n, name, "2024-12-01", ("tea", 20, 5)) for n, name in enumerate(names)))
    opened = [event(n, name, "2025-01-10") for n, name in enumerate(names)]
    opened += [
        event(500, "c000", "2025-01-10", quantity=2),
        event(501, "c001", "2025-01-02", until_on=date(2025, 1, 20), quantity=5),
        event(502, None, "2025-01-10"),
        event(503, "c002", "2025-01-10", event="login"),
    ]
    known = read({**rows, "events": opened}).events
    assert known is not None
    assert known.kinds == ("email_open",)
    told = known(read(rows))["email_open_30"]
    assert told[:3].tolist() == [3, 6, 1]
    earlier = read({**rows, "events": opened}, date(2025, 1, 19)).events
    assert earlier is not None
    assert earlier(read(rows, date(2025, 1, 19)))["email_open_30"][:3].tolist() == [3, 1, 1]
    assert read({**rows, "events": opened}, date(2025, 1, 9)).events is None
    assert read({**rows, "events": []}).events is None
