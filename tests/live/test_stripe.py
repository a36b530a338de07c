"""Stripe's own ways: what a subscription really costs, and what a bank takes back."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from perenne.sources.connectors.answers import Answer
from perenne.sources.connectors.stripe.subscribed import expansions, subscription
from perenne.testing import NOON, StripePlatform, bench
from perenne.testing.bench import Bench
from perenne.workspace import open_shop, refresh_workspace

PAST = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
FUTURE = int(datetime(2040, 1, 1, tzinfo=UTC).timestamp())


@pytest.fixture
def platform():
    with StripePlatform(count=6) as running:
        for one in running.records:
            one["currency"] = "eur"
        yield running


def _coupon(**said: Any) -> dict[str, Any]:
    coupon = {"id": "c", "duration": "forever", "percent_off": None, "amount_off": None}
    end = said.pop("end", None)
    return {"id": "di_1", "end": end, "coupon": {**coupon, **said}}


def _cost(platform: StripePlatform, *items: dict[str, Any], **said: Any) -> Decimal | None:
    raw = platform._subscription()
    raw["items"]["data"] = list(items) or [platform.item("1000")]
    answer = Answer(raw | said)
    _key, [(_table, row)] = subscription(answer, now=NOON)
    assert answer.fault is None
    cost = row["price"]
    assert cost is None or isinstance(cost, Decimal)
    return cost


HALF = _coupon(percent_off=50.0)


@pytest.mark.parametrize(
    ("discounts", "expected"),
    [
        ([HALF], 5),
        ([HALF, _coupon(amount_off=200)], 3),
        ([_coupon(amount_off=5000)], 0),
        ([_coupon(percent_off=50, duration="once")], 10),
        ([_coupon(percent_off=50, duration="repeating", end=FUTURE)], 5),
        ([_coupon(percent_off=50, duration="repeating", end=PAST)], 10),
        ([_coupon(percent_off=50, applies_to={"products": ["another"]})], 10),
        ([{"id": "di_1", "end": None, "source": {"coupon": HALF["coupon"]}}], 5),
        ([], 10),
        (["di_1"], None),
    ],
)
def test_coupons_lower_the_price(
    platform: StripePlatform, discounts: list[Any], expected: int | None
) -> None:
    assert _cost(platform, discounts=discounts) == expected
    item = platform.item("1000") | {"discounts": discounts}
    if not any(isinstance(one, dict) and "applies_to" in str(one) for one in discounts):
        assert _cost(platform, item) == expected


def test_the_older_form_of_a_discount(platform: StripePlatform) -> None:
    assert _cost(platform, discount=HALF) == 5
    assert _cost(platform, discount=HALF, discounts=["di_1"]) == 5


def test_quantities_and_prices_by_use(platform: StripePlatform) -> None:
    assert _cost(platform, platform.item("1000", quantity=0)) == 0
    assert _cost(platform, platform.item("1000", quantity=3), platform.item("250")) == Decimal(
        "32.5"
    )
    assert _cost(platform, platform.item("5", quantity=None)) is None
    assert _cost(platform, platform.item("1000"), platform.item(None)) is None
    packs = {"divide_by": 5, "round": "up"}
    assert _cost(platform, platform.item("1000", quantity=6, transform_quantity=packs)) == 20
    yearly = platform.item("1000", recurring={"interval": "year", "interval_count": 1})
    assert _cost(platform, platform.item("1000"), yearly) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"pause_collection": {"behavior": "void", "resumes_at": None}}, "paused"),
        ({"pause_collection": {"behavior": "void"}, "status": "canceled"}, "cancelled"),
        ({"status": "unpaid"}, "past_due"),
        ({"status": "incomplete"}, None),
        ({"status": "incomplete_expired"}, None),
    ],
)
def test_how_a_subscription_stands(
    platform: StripePlatform, said: dict[str, Any], expected: str | None
) -> None:
    _key, rows = subscription(Answer(platform._subscription() | said), now=NOON)
    assert [row["status"] for _table, row in rows] == ([expected] if expected else [])


@pytest.mark.slow
def test_discounts_are_asked_for_whole_and_all_items(
    platform: StripePlatform, tmp_path: Path
) -> None:
    platform.coupons["di_1"] = HALF
    platform.subscriptions[0]["discounts"] = ["di_1"]
    (item,) = platform.subscriptions[0]["items"]["data"]
    item["discounts"] = ["di_1"]
    shop = bench(tmp_path, platform, streams=["charges", "subscriptions"])
    shop.sync()
    assert _figures(shop)["mrr"] == Decimal("9.95")  # 2 x 19.90, halved twice


@pytest.mark.slow
def test_items_that_stripe_shows_on_another_page(platform: StripePlatform, tmp_path: Path) -> None:
    shown = platform.subscriptions[0]["items"]
    platform.more_items["sub_1"] = [*shown["data"], platform.item("1000")]
    shown["has_more"] = True
    shop = bench(tmp_path, platform, streams=["charges", "subscriptions"])
    shop.sync()
    assert _figures(shop)["mrr"] == Decimal("49.80")


def test_newer_versions_hold_the_coupon_elsewhere() -> None:
    assert "data.discounts.source.coupon" in expansions("2025-09-30.clover").values()


def _figures(shop: Bench) -> dict[str, Decimal]:
    """Revenue, less what was given back, and monthly recurring revenue."""
    refresh_workspace(shop.place, as_of=shop.time.now.date())
    with open_shop(shop.place.root) as opened:
        rows = {
            name: opened.engine.fetch(opened.tables[name]).to_pylist()
            for name in ("orders", "refunds", "subscriptions")
        }
    return {
        "sold": sum((r["net"] for r in rows["orders"] if r["is_purchase"]), Decimal(0)),
        "orders": sum((Decimal(r["is_purchase"]) for r in rows["orders"]), Decimal(0)),
        "back": sum((r["net"] for r in rows["refunds"]), Decimal(0)),
        "mrr": sum((r["mrr"] for r in rows["subscriptions"] if r["mrr"]), Decimal(0)),
    }


@pytest.mark.slow
def test_a_lost_dispute_takes_the_money_back(platform: StripePlatform, tmp_path: Path) -> None:
    """It is gone while it is looked at, comes back when won, and a question takes nothing."""
    amount = Decimal(platform.records[0]["amount"]) / 100
    shop = bench(tmp_path, platform, streams=["charges", "refunds", "disputes"])
    expected = {
        "warning_under_review": Decimal(0),
        "under_review": amount,
        "won": Decimal(0),
        "lost": amount,
    }
    for status, back in expected.items():
        platform.dispute(0, status)
        shop.time.advance(days=30)
        shop.sync()
        assert _figures(shop)["back"] == back, status


@pytest.mark.slow
def test_money_that_is_held_is_no_sale(platform: StripePlatform, tmp_path: Path) -> None:
    """An authorisation counts once it is captured, and is no order once it is released."""
    held, released = platform.records[1], platform.records[2]
    for one in (held, released):
        one["captured"] = False
    held["created"] = int(platform.now.timestamp())
    released["amount_refunded"] = released["amount"]
    shop = bench(tmp_path, platform, streams=["charges", "refunds"])
    shop.sync()
    found = _figures(shop)
    assert (found["orders"], found["back"]) == (4, 0)
    held["captured"] = True
    shop.time.advance(hours=1)
    shop.sync()
    assert _figures(shop)["orders"] == 5


@pytest.mark.slow
def test_what_is_made_in_test_mode_is_no_data(platform: StripePlatform, tmp_path: Path) -> None:
    test = platform._subscription() | {"id": "sub_test", "livemode": False}
    platform.subscriptions.append(test)
    platform.records[0]["livemode"] = False
    shop = bench(tmp_path, platform, streams=["charges", "subscriptions"])
    shop.sync()
    found = _figures(shop)
    assert (found["orders"], found["mrr"]) == (5, Decimal("39.80"))


@pytest.mark.slow
def test_control_totals_stand_per_currency(platform: StripePlatform, tmp_path: Path) -> None:
    for one in platform.records[2:4]:
        one |= {"currency": "jpy", "amount": 500, "amount_captured": 500}
    shop = bench(tmp_path, platform)
    with shop.place.settings.open("a", encoding="utf-8") as file:
        file.write('\n[[rates]]\ncurrency = "JPY"\nrate = 0.006\n')
    shop.sync()
    account = refresh_workspace(shop.place, as_of=shop.time.now.date()).account
    assert account.balanced
    told = {money: part.value_in for money, part in account.by_currency("EUR").items()}
    euros = sum(one["amount"] for one in platform.records if one["currency"] == "eur")
    assert told == {"EUR": Decimal(euros) / 100, "JPY": 1000}
