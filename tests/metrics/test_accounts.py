"""Figures per account equal those of a shop whose rows were renamed by hand, by plain SQL."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from perenne.core import PerenneError, Period
from perenne.metrics import MetricSettings, Request, account_level, compute, load_catalogue
from tests.metrics.conftest import Measured, measure_shop
from tests.metrics.shops import Kind, Shop, customers_of, number_orders
from tests.metrics.test_twins import agree
from tests.metrics.twins import NAMES, Twins

Measure = Callable[..., Measured]
WHOLE = Kind("whole")
CATALOGUE = load_catalogue()


def renamed(shop: Shop) -> Shop:
    """The same shop with each customer's account for its customer, written without the product."""
    tables = copy.deepcopy(shop.tables)
    account = {
        one["customer_id"]: one.get("account_id") or one["customer_id"]
        for one in tables["customers"]
    }
    for name, rows in tables.items():
        for row in rows:
            if name not in ("costs", "customers") and row["customer_id"] is not None:
                row["customer_id"] = account.get(row["customer_id"], row["customer_id"])
    for order in tables["orders"]:
        order.pop("order_number", None)
    number_orders(tables["orders"])
    persons = {
        one["customer_id"]: one for one in customers_of(tables["orders"], tables["order_lines"])
    }
    del persons["prospect"]
    for one in tables["customers"]:
        holder = account[one["customer_id"]]
        kept = persons.setdefault(holder, {"customer_id": holder, "orders": 0})
        days = [day for day in (kept.get("created_on"), one.get("created_on")) if day]
        kept["created_on"] = min(days) if days else None
    del tables["consents"]
    return Shop(shop.as_of, {**tables, "customers": list(persons.values())})


@pytest.fixture(scope="module")
def measured(measure: Measure) -> Measured:
    found: Measured = measure(WHOLE, 1)
    return found


def per_account(measured: Measured, request: Request) -> dict[str, Any]:
    def keep(table: Any) -> Any:
        return measured.engine.arrow(measured.engine.fetch(table))

    tables, context = account_level(
        measured.tables, measured.context, keep=keep, fetch=measured.engine.fetch
    )
    found = compute(
        request,
        catalogue=CATALOGUE,
        tables=tables,
        context=context,
        fetch=measured.engine.fetch,
    )
    return {one.metric: one.value for one in found} | {"window": context.inactivity_days}


def test_every_figure_per_account_is_its_twin_s(
    measured: Measured, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shop = renamed(measured.shop)
    folder = tmp_path_factory.mktemp("renamed")
    by_hand = measure_shop(shop, measured.engine, folder, MetricSettings())
    period = Period(shop.as_of - timedelta(days=39), shop.as_of)
    found = per_account(measured, Request(period=period))
    assert found["window"] == by_hand.context.inactivity_days
    sql = Twins(folder, as_of=shop.as_of, window=found["window"])
    names = [name for name in NAMES if name != "reachable_share"]
    expected = {name: sql.value(name, period.start, period.end) for name in names}
    wrong = {n: (found[n], expected[n]) for n in names if not agree(found[n], expected[n])}
    assert not wrong


def test_accounts_are_fewer_than_persons_and_buy_more_often(measured: Measured) -> None:
    persons = measured.values(Request(("customers", "orders", "repeat_purchase_rate")))
    accounts = per_account(measured, Request(("customers", "orders", "repeat_purchase_rate")))
    assert accounts["customers"] < persons["customers",]
    assert accounts["orders"] == persons["orders",]
    assert accounts["repeat_purchase_rate"] > persons["repeat_purchase_rate",]


def test_an_account_may_be_written_to_where_one_of_its_people_may(measured: Measured) -> None:
    tables = measured.shop.tables
    allowed = {
        one["customer_id"]
        for one in tables["consents"]
        if (one["channel"], one["purpose"], one["status"]) == ("email", "marketing", "subscribed")
        and not one["suppressed"]
    }
    account = {
        c["customer_id"]: c.get("account_id") or c["customer_id"] for c in tables["customers"]
    }
    buyers = {account[c["customer_id"]] for c in tables["customers"] if c.get("first_order_on")}
    reachable = {account[one] for one in allowed} & buyers
    found = per_account(measured, Request(("reachable_share",)))
    assert found["reachable_share"] == pytest.approx(len(reachable) / len(buyers))


def test_by_account_splits_persons(measured: Measured) -> None:
    """Of `--by account`: figures of an account add up to those of the shop."""
    split = measured.values(Request(("customers", "mrr", "tickets"), by=("account",)))
    whole = measured.values(Request(("customers", "mrr", "tickets")))
    for name in ("customers", "mrr", "tickets"):
        assert sum(value for key, value in split.items() if key[0] == name) == whole[name,]
    accounts = {one.get("account_id") for one in measured.shop.tables["customers"]}
    assert accounts - {None} <= {key[1] for key in split}


def test_without_accounts_it_says_what_to_import(measure: Measure) -> None:
    plain = measure(Kind("no_spend", spend=False, refunds=False, relations=False), 4)
    with pytest.raises(PerenneError, match="No account is known") as refused:
        per_account(plain, Request())
    assert "by_domain" in (refused.value.next_step or "")


def test_predictions_of_an_account_are_those_of_its_people(measured: Measured) -> None:
    from perenne.metrics.tables.accounts import by_account

    people = measured.shop.tables["customers"][:12]
    rows = [
        {
            "customer_id": one["customer_id"],
            "clv_12m": 10.0,
            "clv_margin_12m": 4.0,
            "expected_orders_12m": 0.5,
            "p_order_12m": 1.0 if number == 0 else 0.25,
        }
        for number, one in enumerate(people)
    ]

    table = measured.engine.arrow(pa.Table.from_pylist(rows))
    found = by_account({**measured.tables, "predictions": table})["predictions"]
    told = {row["customer_id"]: row for row in measured.engine.fetch(found).to_pylist()}
    account = {one["customer_id"]: one.get("account_id") or one["customer_id"] for one in people}
    for holder, row in told.items():
        members = [one for one in rows if account[str(one["customer_id"])] == holder]
        silent = 1.0
        for one in members:
            silent *= 1 - float(one["p_order_12m"])
        assert float(row["clv_12m"]) == 10 * len(members)
        assert row["p_order_12m"] == pytest.approx(1 - silent)
