"""Subscriptions of Stripe: how they stand, and what they cost per interval once discounts are off.

A price that cannot be told (of tiers, by use, under a discount that Stripe does not show) is left
empty: the figures say how many subscriptions they leave out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from perenne.sources.connectors.answers import Answer
from perenne.sources.connectors.model import Row
from perenne.sources.connectors.stripe.money import major

_STATUS = {
    "active": "active",
    "trialing": "trialing",
    "past_due": "past_due",
    "unpaid": "past_due",
    "canceled": "cancelled",
    "paused": "paused",
}
# The first payment never came: nobody was subscribed.
_NEVER_BEGAN = frozenset({"incomplete", "incomplete_expired"})
_RUNNING = frozenset({"active", "trialing", "past_due"})
_FINE = Decimal("0.0001")


def expansions(version: str) -> dict[str, str]:
    """What Stripe is asked to send whole instead of as an id. Coupons moved in late 2025."""
    coupon = "source.coupon" if version >= "2025-09-30" else "coupon.applies_to"
    return {
        "expand[0]": f"data.discounts.{coupon}",
        "expand[1]": "data.items.data.discounts",
    }


def subscription(subscription: Answer, *, now: datetime) -> tuple[str, list[Row]]:
    """The row of a subscription as it stands `now`; none of one that never began."""
    key = subscription.known("id")
    said = subscription.known("status")
    if said in _NEVER_BEGAN:
        return key, []
    listed = subscription.inner("items")
    items = list(listed.many("data")) if listed else []
    price = items[0].inner("price") if items else None
    recurring = price.inner("recurring") if price else None
    currency = subscription.known("currency").upper()
    details = subscription.inner("cancellation_details", optional=True)
    row = {
        "source_subscription_id": key,
        "customer_ref": subscription.known("customer"),
        "customer_ref_kind": "id",
        "status": _status(subscription, said),
        "status_text": said,
        "started_at": subscription.unix("start_date"),
        "trial_until_on": subscription.unix("trial_end"),
        "cancelled_on": subscription.unix("canceled_at"),
        "ended_on": subscription.unix("ended_at"),
        "cancel_reason": details.text("reason") if details else None,
        "plan": (price.text("nickname") or price.text("id")) if price else None,
        "product_id": price.text("product") if price else None,
        "price": _per_interval(subscription, items, currency, now),
        "quantity": 1,
        "currency": currency,
        "interval_unit": recurring.text("interval") if recurring else None,
        "interval_count": recurring.number("interval_count") if recurring else None,
    }
    return key, [("subscriptions", row)]


def _status(subscription: Answer, said: str) -> str:
    """Invoices that are not collected are a pause, although Stripe calls it active."""
    status = _STATUS.get(said, "other")
    paused = subscription.inner("pause_collection", optional=True) is not None
    return "paused" if paused and status in _RUNNING else status


def _per_interval(
    subscription: Answer, items: list[Answer], currency: str, now: datetime
) -> Decimal | None:
    """What all items cost per interval, discounts off; None where that cannot be told."""
    if len({_interval(item) for item in items}) > 1:
        return None
    costs: dict[str, Decimal] = {}
    for item in items:
        own = _fixed(item)
        less = _discounts(item, now)
        if own is None or less is None:
            return None
        product = _product(item)
        costs[product] = costs.get(product, Decimal(0)) + _lowered({product: own}, less)
    less = _discounts(subscription, now)
    if less is None:
        return None
    return major(_lowered(costs, less), currency).quantize(_FINE)


def _interval(item: Answer) -> tuple[str | None, str | None]:
    price = item.inner("price")
    recurring = price.inner("recurring") if price else None
    return (
        (recurring.text("interval"), recurring.number("interval_count"))
        if recurring
        else (None, None)
    )


def _product(item: Answer) -> str:
    price = item.inner("price")
    return (price.text("product") if price else None) or ""


def _fixed(item: Answer) -> Decimal | None:
    """What an item costs before discounts, in the smallest unit; None: it depends on use or tiers.

    A quantity of 0 is free of charge; one that is not told is 1.
    """
    price = item.inner("price")
    recurring = price.inner("recurring") if price else None
    if price is None or recurring is None:
        return None
    if recurring.text("usage_type", optional=True) == "metered":
        return None
    unit = price.number("unit_amount_decimal")
    if unit is None:
        return None
    quantity = Decimal(item.number("quantity", optional=True) or 1)
    packs = price.inner("transform_quantity", optional=True)
    if packs:
        rounding = ROUND_CEILING if packs.text("round") == "up" else ROUND_FLOOR
        quantity = (quantity / (packs.decimal("divide_by") or 1)).to_integral_value(rounding)
    return Decimal(unit) * quantity


def _discounts(owner: Answer, now: datetime) -> list[Answer] | None:
    """The coupons that lower every interval to come; None where one is told by its id alone.

    `discount` is the older form of `discounts`, whose ids it may explain.
    """
    older = owner.inner("discount", optional=True)
    given = owner.values("discounts", optional=True)
    explained = {older.text("id", optional=True): older} if older else {}
    found = [_told(owner, one, explained) for one in given] or list(explained.values())
    coupons = []
    for discount in found:
        coupon = _coupon(discount) if discount else None
        if discount is None or coupon is None:
            return None
        if _lasts(discount, coupon, now):
            coupons.append(coupon)
    return coupons


def _told(owner: Answer, given: Any, explained: Mapping[str | None, Answer]) -> Answer | None:
    if isinstance(given, str):
        return explained.get(given)
    return Answer(given, path="discounts.", top=owner.top)


def _coupon(discount: Answer) -> Answer | None:
    source = discount.inner("source", optional=True)
    holder = source or discount
    return None if holder.is_text("coupon") else holder.inner("coupon", optional=True)


def _lasts(discount: Answer, coupon: Answer, now: datetime) -> bool:
    """A coupon for one payment lowers none to come, one for some months does so until its end."""
    end = discount.unix("end", optional=True)
    if coupon.known("duration") == "once":
        return False
    return end is None or datetime.fromisoformat(end) > now


def _lowered(costs: Mapping[str, Decimal], coupons: Iterable[Answer]) -> Decimal:
    """The sum of `costs` by product with coupons taken off, one after the other, never below 0."""
    left = dict(costs)
    for coupon in coupons:
        limits = coupon.inner("applies_to", optional=True)
        products = set(limits.values("products", optional=True)) if limits else set()
        meant = [one for one in left if not products or one in products]
        base = sum((left[one] for one in meant), Decimal(0))
        share = coupon.number("percent_off", optional=True)
        off = base * Decimal(share) / 100 if share else coupon.decimal("amount_off", optional=True)
        for one in meant:
            left[one] -= min(off, base) * left[one] / base if base else 0
    return sum(left.values(), Decimal(0))
