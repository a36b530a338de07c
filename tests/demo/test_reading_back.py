"""Exports read by a plain reader, under the stated conventions, give the truth."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.demo.plain_reader import (
    Export,
    Order,
    french_amount,
    french_day,
    line_amount,
    read_csv,
)

HALF_A_CENT = Decimal("0.0051")
VAT = Decimal("1.2")


def _close(found: Decimal, true: float, orders: int) -> bool:
    return abs(found - Decimal(str(true))) <= HALF_A_CENT * max(orders, 1)


def _by_customer(orders: Iterable[Order]) -> dict[str, list[Order]]:
    customers = defaultdict(list)
    for order in orders:
        if order.email:
            customers[order.email].append(order)
    return customers


def _returns(export: Export) -> list[tuple[date, Decimal, str]]:
    """Day, amount without tax and order of each return; capped at what the products cost."""
    left = {order.name: order.products for order in export.purchases}
    found = []
    for row in export.refunds:
        name = row["N° commande"]
        if name in left:
            part = min(french_amount(row["Montant remboursé"]), left[name])
            left[name] -= part
            found.append((french_day(row["Date remboursement"]), part / VAT, name))
    return found


def test_orders_and_customers(export: Export, truth: dict[str, Any]) -> None:
    kpis, purchases = truth["kpis"], export.purchases
    counts = [len(orders) for orders in _by_customer(purchases).values()]
    assert len(purchases) == kpis["orders"]
    assert len(counts) == kpis["customers"]
    assert sum(not order.email for order in purchases) == kpis["guest_orders"]
    repeat = sum(count > 1 for count in counts) / len(counts)
    assert repeat == pytest.approx(kpis["repeat_purchase_rate"])
    for n in (1, 2, 3):
        onward = sum(c > n for c in counts) / sum(c >= n for c in counts)
        assert onward == pytest.approx(kpis["order_n_to_next"][str(n)])


def test_days_between_orders(export: Export, truth: dict[str, Any]) -> None:
    gaps, seconds = [], []
    for orders in _by_customer(export.purchases).values():
        days = [(b.day - a.day).days for a, b in pairwise(orders)]
        gaps += days
        seconds += [gap for gap in days if gap][:1]
    apart = [days for days in gaps if days]
    assert len(apart) < len(gaps)
    assert median(seconds) == truth["kpis"]["days_to_second_order"]
    assert median(gaps) == truth["kpis"]["days_between_orders_with_same_day"]
    assert median(apart) == truth["kpis"]["days_between_orders"]
    assert sum(apart) / len(apart) == pytest.approx(truth["kpis"]["days_between_orders_mean"])


def test_revenue_by_month(export: Export, truth: dict[str, Any]) -> None:
    revenue: dict[str, Decimal] = defaultdict(Decimal)
    returns: dict[str, Decimal] = defaultdict(Decimal)
    orders: Counter[str] = Counter()
    for order in export.purchases:
        revenue[f"{order.day:%Y-%m}"] += order.revenue
        orders[f"{order.day:%Y-%m}"] += 1
    for day, amount, _ in _returns(export):
        returns[f"{day:%Y-%m}"] += amount
    for fact in truth["by_month"]:
        month = fact["month"]
        assert orders[month] == fact["orders"], month
        assert _close(revenue[month], fact["revenue"], orders[month]), month
        assert _close(returns[month], fact["returns"], orders[month]), month
        net = revenue[month] - returns[month]
        assert _close(net, fact["net_revenue"], 2 * orders[month]), month


def test_revenue_of_first_and_later_orders(export: Export, truth: dict[str, Any]) -> None:
    first = {orders[0].name for orders in _by_customer(export.purchases).values()}
    later = {order.name for order in export.purchases if order.email} - first
    new = sum((order.revenue for order in export.purchases if order.name in first), Decimal(0))
    again = sum((o.revenue for o in export.purchases if o.name in later), Decimal(0))
    for _, amount, name in _returns(export):
        new -= amount if name in first else 0
        again -= amount if name in later else 0
    assert _close(new, truth["kpis"]["first_order_revenue"], 2 * len(first))
    assert _close(again, truth["kpis"]["later_order_revenue"], 2 * len(later))


def test_new_and_returning_revenue_by_month(export: Export, truth: dict[str, Any]) -> None:
    """New: the customer's first purchase lies in the month of the sale, or of the return."""
    customers = _by_customer(export.purchases)
    joined = {email: f"{orders[0].day:%Y-%m}" for email, orders in customers.items()}
    emails = {order.name: order.email for order in export.purchases}
    money: dict[tuple[str, bool], Decimal] = defaultdict(Decimal)
    for order in export.purchases:
        if order.email:
            month = f"{order.day:%Y-%m}"
            money[month, joined[order.email] == month] += order.revenue
    for day, amount, name in _returns(export):
        if emails[name]:
            month = f"{day:%Y-%m}"
            money[month, joined[emails[name]] == month] -= amount
    for fact in truth["by_month"]:
        month, orders = fact["month"], 2 * fact["orders"]
        assert _close(money[month, True], fact["new_net_revenue"], orders), month
        assert _close(money[month, False], fact["returning_net_revenue"], orders), month
        assert fact["new_customers"] == list(joined.values()).count(month)


def test_without_orders_of_gift_cards_alone(export: Export, truth: dict[str, Any]) -> None:
    kept = [
        order
        for order in export.purchases
        if any(line["Lineitem taxable"] == "true" for line in order.lines)
    ]
    kpis = truth["without_gift_card_orders"]["kpis"]
    counts = [len(orders) for orders in _by_customer(kept).values()]
    assert len(export.purchases) - len(kept) == truth["kpis"]["gift_card_only_orders"] > 0
    assert kpis["orders"] == len(kept)
    assert kpis["customers"] == len(counts) < truth["kpis"]["customers"]
    assert kpis["customers_with_repeat"] == sum(count > 1 for count in counts)
    assert kpis["net_revenue"] == truth["kpis"]["net_revenue"]
    assert kpis["average_order_value"] > truth["kpis"]["average_order_value"]


def test_margin(export: Export, truth: dict[str, Any], directory: Path) -> None:
    products = read_csv(directory / "shopify" / "products_export.csv")
    cost = {row["Variant SKU"]: Decimal(row["Cost per item"] or 0) for row in products}
    net = sum((order.revenue for order in export.purchases), Decimal(0))
    net -= sum((amount for _, amount, _ in _returns(export)), Decimal(0))
    names = {order.name for order in export.purchases}
    goods = sum(
        cost[line["Lineitem sku"]] * int(line["Lineitem quantity"])
        for order in export.purchases
        for line in order.lines
    )
    back = sum(
        cost[row["SKU"]] * int(row["Quantité"])
        for row in export.refunds
        if row["SKU"] and row["N° commande"] in names
    )
    assert _close(net - goods + back, truth["kpis"]["margin"], 2 * len(names))


def test_discounts(export: Export, truth: dict[str, Any]) -> None:
    gross, discount = Decimal(0), Decimal(0)
    for order in export.purchases:
        gross += sum(line_amount(x) for x in order.lines if x["Lineitem taxable"] == "true")
        discount += Decimal(order.head["Discount Amount"])
    assert float(discount / gross) == pytest.approx(truth["kpis"]["discount_share"], abs=1e-6)


def test_customers_by_visible_channel(export: Export, truth: dict[str, Any]) -> None:
    marks = truth["channel_marks"]

    def channel(order: Order) -> str:
        if order.channel in marks["utm"]:
            return str(marks["utm"][order.channel])
        found = [marks["tags"][tag] for tag in order.channel.split(", ") if tag in marks["tags"]]
        return found[0] if found else "unknown"

    counts = Counter(channel(orders[0]) for orders in _by_customer(export.purchases).values())
    assert counts == {
        fact["channel"]: fact["customers_visible"]
        for fact in truth["by_channel"]
        if fact["customers_visible"]
    }


def test_spending_by_channel(truth: dict[str, Any], directory: Path) -> None:
    spent: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    costs = directory / "costs" / "couts_marketing.csv"
    for row in read_csv(costs, encoding="cp1252", delimiter=";"):
        spent[row["Canal"], row["Type"]] += french_amount(row["Dépense"])
    periods = []
    for path in sorted((directory / "meta").glob("*.csv")):
        rows = read_csv(path)
        starts, ends = list(rows[0])[:2]
        periods.append((min(row[starts] for row in rows), max(row[ends] for row in rows)))
        for row in rows:
            spent["meta_ads", "Acquisition"] += (
                Decimal(row["Amount spent (EUR)"])
                if ("Amount spent (EUR)" in row)
                else Decimal(row["Montant dépensé (EUR)"])
            )
    for fact in truth["by_channel"]:
        name = fact["channel"]
        assert spent[name, "Acquisition"] == Decimal(str(fact["acquisition_spend"])), name
        assert spent[name, "Fidélisation"] == Decimal(str(fact["retention_spend"])), name
    assert sorted(periods)[0][1] < sorted(periods)[1][0], "the two exports overlap"
    assert min(periods)[0] == truth["start"]
    assert max(periods)[1] == truth["as_of"]
