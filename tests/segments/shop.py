"""A small shop as plain Python rows: what happened, the marts that follow, and slow oracles."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import ibis.expr.types as ir

from perenne.core import add_months
from perenne.warehouse import MONEY, Column, DuckEngine, TableSchema

ZERO = Decimal(0)

FACTS = TableSchema(
    "customer_facts",
    "",
    (
        Column("customer_id", "string", ""),
        Column("first_order_on", "date", ""),
        Column("last_order_on", "date", ""),
        Column("days_since_last_order", "int64", ""),
        Column("orders", "int64", ""),
        Column("revenue", MONEY, ""),
        Column("margin", MONEY, ""),
        Column("historical_clv_12m", MONEY, ""),
        Column("historical_clv_margin_12m", MONEY, ""),
    ),
)
DAYS = TableSchema(
    "customer_days",
    "",
    (
        Column("customer_id", "string", ""),
        Column("customer_number", "int64", ""),
        Column("day", "date", ""),
        Column("prev_day", "date", ""),
        Column("next_day", "date", ""),
        Column("orders", "int64", ""),
        Column("net", MONEY, ""),
        Column("day_number", "int64", ""),
        Column("orders_to_date", "int64", ""),
    ),
)
ORDERS = TableSchema(
    "order_values",
    "",
    (
        Column("customer_number", "int64", ""),
        Column("day", "date", ""),
        Column("net", MONEY, ""),
        Column("margin", MONEY, ""),
        Column("is_sale", "boolean", ""),
    ),
)
PROFILES = TableSchema(
    "profiles",
    "",
    (Column("customer_id", "string", ""), Column("customer_number", "int64", "")),
)


@dataclass(frozen=True)
class Sale:
    """One order of one line, or a return (negative net)."""

    customer_id: str | None
    day: date
    net: Decimal
    margin: Decimal | None = None

    @property
    def is_order(self) -> bool:
        return self.net >= 0


Shop = Sequence[Sale]


def sale(customer: str | None, day: str, net: object, margin: object = None) -> Sale:
    known = None if margin is None else Decimal(str(margin))
    return Sale(customer, date.fromisoformat(day), Decimal(str(net)), known)


def until(shop: Shop, as_of: date) -> list[Sale]:
    return [each for each in shop if each.day <= as_of]


def purchase_days(shop: Shop) -> dict[str, list[date]]:
    days: dict[str, set[date]] = defaultdict(set)
    for each in shop:
        if each.customer_id is not None and each.is_order:
            days[each.customer_id].add(each.day)
    return {customer: sorted(found) for customer, found in sorted(days.items())}


def facts_rows(shop: Shop, as_of: date) -> list[dict[str, object]]:
    known = until(shop, as_of)
    return [_fact(known, customer, as_of) for customer in purchase_days(known)]


def _fact(known: Shop, customer: str, as_of: date) -> dict[str, object]:
    own = [each for each in known if each.customer_id == customer]
    days = purchase_days(own)[customer]
    recent = [each for each in own if each.day > add_months(as_of, -12)]
    return {
        "customer_id": customer,
        "first_order_on": days[0],
        "last_order_on": days[-1],
        "days_since_last_order": (as_of - days[-1]).days,
        "orders": sum(each.is_order for each in own),
        "revenue": sum((each.net for each in own), ZERO),
        "margin": margin_of(own),
        "historical_clv_12m": sum((each.net for each in recent), ZERO),
        "historical_clv_margin_12m": margin_of(recent),
    }


def margin_of(sales: Iterable[Sale]) -> Decimal | None:
    margins = [each.margin for each in sales]
    return None if None in margins else sum((m for m in margins if m is not None), ZERO)


def numbers(shop: Shop) -> dict[str | None, int]:
    """A number for everybody; in no order, as nothing may rest on it."""
    ids = {each.customer_id for each in shop if each.customer_id is not None}
    return {each: zlib.crc32(each.encode()) for each in ids}


def days_rows(shop: Shop) -> list[dict[str, object]]:
    number_of = numbers(shop)
    rows: list[dict[str, object]] = []
    for customer, days in purchase_days(shop).items():
        so_far = 0
        for number, day in enumerate(days):
            own = [e for e in shop if (e.customer_id, e.day) == (customer, day) and e.is_order]
            so_far += len(own)
            rows.append(
                {
                    "customer_id": customer,
                    "customer_number": number_of[customer],
                    "day": day,
                    "prev_day": days[number - 1] if number else None,
                    "next_day": days[number + 1] if number + 1 < len(days) else None,
                    "orders": len(own),
                    "net": sum((each.net for each in own), ZERO),
                    "day_number": number + 1,
                    "orders_to_date": so_far,
                }
            )
    return rows


def order_rows(shop: Shop) -> list[dict[str, object]]:
    number_of = numbers(shop)
    return [
        {
            "customer_number": number_of.get(each.customer_id),
            "day": each.day,
            "net": each.net,
            "margin": each.margin,
            "is_sale": each.is_order,
        }
        for each in shop
    ]


def marts(engine: DuckEngine, shop: Shop, as_of: date) -> dict[str, ir.Table]:
    """The four marts; the days and orders after `as_of` stay in, to be left out by the part."""
    return {
        "customer_facts": engine.rows(FACTS, facts_rows(shop, as_of)),
        "customer_days": engine.rows(DAYS, days_rows(shop)),
        "order_values": engine.rows(ORDERS, order_rows(shop)),
        "profiles": engine.rows(
            PROFILES,
            [{"customer_id": one, "customer_number": n} for one, n in numbers(shop).items()],
        ),
    }


def by_customer(engine: DuckEngine, table: ir.Table) -> dict[str, dict[str, object]]:
    return {str(row["customer_id"]): row for row in engine.fetch(table).to_pylist()}


# --- slow oracles: loops over every customer, written from the definitions ------------------


def quintiles(values: dict[str, Decimal | int]) -> dict[str, int]:
    """`values`: higher is better."""
    n = len(values)
    return {
        customer: min(5, 1 + 5 * sum(other < own for other in values.values()) // n)
        for customer, own in values.items()
    }


def in_top(values: dict[str, Decimal], *, tenths: int, among: int) -> set[str]:
    return {
        customer
        for customer, own in values.items()
        if own > 0 and 10 * sum(other > own for other in values.values()) < tenths * among
    }


def age_months(first: date, as_of: date) -> int:
    age = 0
    while add_months(first, age + 1) <= as_of + timedelta(days=1):
        age += 1
    return age


def value_at(own: Shop, first: date, months: int, *, basis: str) -> Decimal:
    counted = [e for e in own if e.day <= first or e.day < add_months(first, months)]
    if basis == "margin":
        return sum((each.margin or ZERO for each in counted), ZERO)
    return sum((each.net for each in counted), ZERO)


def walk_status(days: Sequence[date], *, as_of: date, window: int) -> tuple[str, date, str]:
    """Live through every day from the first order to `as_of`."""
    state, last = ("new", days[0], "first_order"), days[0]
    ordered, day = set(days[1:]), days[0]
    while day < as_of:
        day += timedelta(days=1)
        if day in ordered:
            # The window is over as soon as the day begins, so an order of that day is a return.
            if (day - last).days > window:
                state = ("reactivated", day, "back_after_gap")
            elif state[0] in ("new", "reactivated"):
                state = ("active", day, "ordered_again")
            last = day
        elif state[0] != "inactive" and (day - last).days > window:
            state = ("inactive", day, "no_order_for_window")
    return state


def continuous_quantile(values: Sequence[Decimal], share: Decimal) -> Decimal:
    ranked = sorted(values)
    place = share * (len(ranked) - 1)
    low = int(place)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (place - low)


def gaps(days: Sequence[date]) -> list[int]:
    return [(right - left).days for left, right in pairwise(days)]
