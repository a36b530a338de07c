"""Small random shops as canonical rows: guests, returns, orders worth 0, several channels, gaps."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.metrics.relations import with_relations

Rows = list[dict[str, Any]]

CHANNELS = ("ads", "email", "seo", None)
COUNTRIES = ("FR", "BE", None)
CATEGORIES = ("shoes", "bags", "hats", None)


@dataclass
class Shop:
    """Canonical tables as rows, as a careful cleaning would leave them."""

    as_of: date
    tables: dict[str, Rows] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """What kind of shop: how long its history, which inputs it lacks."""

    name: str
    days: int = 1000
    customers: int = 70
    guests: float = 0.15
    unknown_cost: float = 0.0
    spend: bool = True
    refunds: bool = True
    relations: bool = True


def shop(kind: Kind, seed: int) -> Shop:
    """One shop, the same for the same kind and seed."""
    rng = random.Random(f"{kind.name}-{seed}")
    as_of = date(2025, 3, 31) - timedelta(days=rng.randrange(40))
    orders = _orders(rng, kind, as_of)
    lines = [line for order in orders for line in _lines(rng, kind, order)]
    _total(orders, lines)
    number_orders(orders)
    tables = {
        "orders": orders,
        "order_lines": lines,
        "refunds": _refunds(rng, lines, orders, as_of) if kind.refunds else [],
        "costs": _costs(rng, orders, as_of) if kind.spend else [],
    }
    tables["customers"] = customers_of(orders, lines)
    seed_of_relations = f"relations-{kind.name}-{seed}"
    return Shop(
        as_of, with_relations(tables, as_of, seed=seed_of_relations) if kind.relations else tables
    )


def _orders(rng: random.Random, kind: Kind, as_of: date) -> Rows:
    start = as_of - timedelta(days=kind.days)
    rows: Rows = []
    for customer in range(kind.customers):
        day = start + timedelta(days=rng.randrange(kind.days))
        if day.day == 15:
            day = day.replace(day=min(31, 28 + rng.randrange(1)))
        channel, country = rng.choice(CHANNELS), rng.choice(COUNTRIES)
        for _order in range(rng.choice((1, 1, 1, 2, 2, 3, 4, 7, 12))):
            is_guest = rng.random() < kind.guests
            rows.append(_order_row(rng, len(rows), day, None if is_guest else f"c{customer}"))
            rows[-1] |= {"channel": channel, "country": country}
            day += timedelta(days=rng.choice((0, 1, 9, 30, 31, 75, 200, 400)))
            if day > as_of:
                break
            if rng.random() < 0.4:
                channel, country = rng.choice(CHANNELS), rng.choice(COUNTRIES)
    return rows


def _order_row(rng: random.Random, number: int, day: date, customer: str | None) -> dict[str, Any]:
    hour = timedelta(hours=rng.randrange(24), minutes=rng.randrange(60))
    is_purchase = rng.random() > 0.05
    return {
        "order_id": f"o{number}",
        "source": "shop",
        "source_order_id": str(number),
        "customer_id": customer,
        "ordered_at": datetime(day.year, day.month, day.day, tzinfo=UTC) + hour,
        "ordered_on": day,
        "status": "paid" if is_purchase else "cancelled",
        "is_purchase": is_purchase,
        "excluded_by": None if is_purchase else "cancelled",
        "currency": "EUR",
        "shipping": Decimal(5),
        "tax": Decimal(0),
        "total": Decimal(0),
        "is_free": rng.random() < 0.06,
    }


def _lines(rng: random.Random, kind: Kind, order: dict[str, Any]) -> Rows:
    is_free = order.pop("is_free")
    rows: Rows = []
    for number in range(rng.choice((1, 1, 2, 3))):
        gross = Decimal(0) if is_free else Decimal(rng.randrange(100, 20000)) / 100
        discount = (gross * rng.choice((0, 0, 1, 2)) / 10).quantize(Decimal("0.0001"))
        is_known = rng.random() >= kind.unknown_cost
        cost = (gross * Decimal(rng.randrange(20, 80)) / 100).quantize(Decimal("0.0001"))
        rows.append(
            _line(order, f"{order['order_id']}-{number}")
            | {"category": rng.choice(CATEGORIES), "gross": gross, "discount": discount}
            | {"net": gross - discount, "cost": cost if is_known else None}
        )
    shipping = _line(order, f"{order['order_id']}-s") | {
        "kind": "shipping",
        "excluded_by": "shipping",
        "gross": Decimal(5),
        "discount": Decimal(0),
        "net": Decimal(5),
    }
    return [*rows, shipping]


def _line(order: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        "order_line_id": name,
        "order_id": order["order_id"],
        "customer_id": order["customer_id"],
        "ordered_on": order["ordered_on"],
        "kind": "product",
        "quantity": Decimal(1),
    }


def _total(orders: Rows, lines: Rows) -> None:
    for order in orders:
        own = [x for x in lines if x["order_id"] == order["order_id"] and "excluded_by" not in x]
        for name in ("gross", "discount", "net"):
            order[name] = sum((line[name] for line in own), Decimal(0))
        costs = [line["cost"] for line in own]
        order["cost"] = None if None in costs else sum(costs, Decimal(0))


def number_orders(orders: Rows) -> None:
    seen: dict[str, int] = {}
    for order in sorted(orders, key=lambda row: (row["ordered_at"], row["order_id"])):
        customer = order["customer_id"]
        if order["is_purchase"] and customer:
            seen[customer] = seen.get(customer, 0) + 1
            order["order_number"] = seen[customer]


def _refunds(rng: random.Random, lines: Rows, orders: Rows, as_of: date) -> Rows:
    by_id = {order["order_id"]: order for order in orders}
    rows: Rows = []
    for line in lines:
        order = by_id[line["order_id"]]
        day = order["ordered_on"] + timedelta(days=rng.randrange(60))
        if rng.random() > 0.12 or "excluded_by" in line or not order["is_purchase"]:
            continue
        matched = rng.random() > 0.2
        rows.append(
            {
                "refund_id": f"r{len(rows)}",
                "source": "shop",
                "order_id": order["order_id"] if matched else None,
                "customer_id": order["customer_id"],
                "refunded_on": day,
                "date_known": True,
                "category": line["category"],
                "channel": order["channel"],
                "country": order["country"],
                "net": line["net"],
                "cost": line["cost"],
            }
        )
    # Somebody who gave back before the data begin, and somebody who never bought in them.
    early = min((order["ordered_on"] for order in orders), default=as_of)
    for customer in ("c1", "stranger"):
        rows.append(
            {
                "refund_id": f"early-{customer}",
                "source": "shop",
                "customer_id": customer,
                "refunded_on": early,
                "date_known": True,
                "net": Decimal("12.3400"),
                "cost": Decimal("5"),
            }
        )
    return [row for row in rows if row["refunded_on"] <= as_of]


def _costs(rng: random.Random, orders: Rows, as_of: date) -> Rows:
    start = min((order["ordered_on"] for order in orders), default=as_of)
    rows: Rows = []
    for day in range(0, (as_of - start).days + 1, 3):
        for channel, kind in (
            ("ads", "acquisition"),
            ("seo", "acquisition"),
            ("email", "retention"),
        ):
            if rng.random() < 0.7:
                amount = Decimal(rng.randrange(100, 3000)) / 100
                spent = {"day": start + timedelta(days=day), "channel": channel, "kind": kind}
                rows.append({**spent, "source": "ads", "amount": amount})
    return rows


def customers_of(orders: Rows, lines: Rows) -> Rows:
    rows: Rows = [{"customer_id": "prospect", "orders": 0}]
    numbered = [order for order in orders if order.get("order_number")]
    for order in (one for one in numbered if one["order_number"] == 1):
        own = [x for x in numbered if x["customer_id"] == order["customer_id"]]
        bought = [x for x in lines if x["order_id"] == order["order_id"] and "cost" in x]
        rows.append(
            {
                "customer_id": order["customer_id"],
                "first_order_at": order["ordered_at"],
                "last_order_at": max(x["ordered_at"] for x in own),
                "first_order_on": order["ordered_on"],
                "last_order_on": max(x["ordered_on"] for x in own),
                "orders": len(own),
                "channel": order["channel"],
                "country": order["country"],
                "first_category": max(bought, key=lambda x: x["net"])["category"],
                "first_discounted": order["discount"] > 0,
            }
        )
    return rows
