"""What a small random shop knows beside orders: prospects, consents, events, surveys, contracts."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

Rows = list[dict[str, Any]]

KINDS = (
    "page_view",
    "product_view",
    "search",
    "cart",
    "checkout",
    "purchase",
    "session",
    "login",
    "usage",
    "email_sent",
    "email_sent",
    "email_sent",
    "email_open",
    "email_open",
    "email_click",
    "email_bounce",
    "unsubscribe",
    "ticket",
    "training",
)
CAMPAIGNS = ("spring", "autumn", None)
PLANS = ("basic", "pro", None)


def with_relations(tables: dict[str, Rows], as_of: date, *, seed: str) -> dict[str, Rows]:
    """`tables` with prospects and accounts among the customers, and the tables beside orders."""
    rng = random.Random(seed)
    start = as_of - timedelta(days=500)
    customers = [*tables["customers"], *_prospects(rng, start, as_of)]
    for number, customer in enumerate(customers):
        if rng.random() < 0.5:
            customer["account_id"] = f"a{number % 9}"
        if rng.random() < 0.3 and customer.get("first_order_on"):
            early = timedelta(days=rng.randrange(90))
            customer["created_on"] = customer["first_order_on"] - early
    # The last prospects are known by their creation alone, some by no day at all.
    ids = [customer["customer_id"] for customer in customers[:-12]]
    return {
        **tables,
        "customers": customers,
        "consents": _consents(rng, ids, as_of),
        "events": _events(rng, ids, start, as_of=as_of),
        "surveys": _surveys(rng, ids, start, as_of=as_of),
        "subscriptions": _subscriptions(rng, ids, start, as_of=as_of),
    }


def _prospects(rng: random.Random, start: date, as_of: date) -> Rows:
    rows: Rows = []
    for number in range(25):
        day = start + timedelta(days=rng.randrange((as_of - start).days))
        dated = {"created_on": day} if rng.random() < 0.7 else {}
        told = {"channel": "ads", "channel_from": "source"} if rng.random() < 0.5 else {}
        rows.append({"customer_id": f"p{number}", "orders": 0, **dated, **told})
    return rows


def _consents(rng: random.Random, ids: list[str], as_of: date) -> Rows:
    rows: Rows = []
    for customer in ids:
        for channel in ("email", "sms"):
            if rng.random() < 0.4:
                continue
            rows.append(
                {
                    "customer_id": customer,
                    "channel": channel,
                    "purpose": rng.choice(("marketing", "marketing", "surveys")),
                    "status": rng.choice(("subscribed", "unsubscribed", "unknown")),
                    "suppressed": rng.random() < 0.2,
                    "source": "tool",
                    "said_on": as_of - timedelta(days=rng.randrange(400)),
                }
            )
    return rows


def _events(rng: random.Random, ids: list[str], start: date, *, as_of: date) -> Rows:
    rows: Rows = []
    for number in range(900):
        day = start + timedelta(days=rng.randrange((as_of - start).days + 1))
        kind = rng.choice(KINDS)
        who = rng.choice(ids) if rng.random() < 0.8 else None
        is_count = who is None and rng.random() < 0.5
        solved = kind == "ticket" and rng.random() < 0.7
        named = rng.random() < 0.5
        rows.append(
            {
                "event_id": f"e{number}",
                "source": rng.choice(("site", "tool")),
                "customer_id": who,
                "occurred_at": datetime(day.year, day.month, day.day, tzinfo=UTC)
                + timedelta(minutes=rng.randrange(1440)),
                "occurred_on": day,
                "event": kind,
                "channel": rng.choice(("ads", "email", None)),
                "campaign": rng.choice(CAMPAIGNS),
                "session_id": f"s{rng.randrange(150)}" if named else None,
                "quantity": Decimal(rng.randrange(2, 9)) if is_count else Decimal(1),
                "hours": float(rng.randrange(1, 90)) if solved else None,
            }
        )
    return rows


def _surveys(rng: random.Random, ids: list[str], start: date, *, as_of: date) -> Rows:
    rows: Rows = []
    for number in range(260):
        kind = rng.choice(("nps", "nps", "csat", "ces"))
        survey = rng.choice(("delivery", "yearly", None))
        top = {"nps": 11 if rng.random() < 0.05 else 10, "csat": 5, "ces": 7}[kind]
        told = rng.random() < 0.5
        rows.append(
            {
                "response_id": f"r{number}",
                "source": "tool",
                "customer_id": rng.choice(ids) if rng.random() < 0.8 else None,
                "survey": survey,
                "kind": kind,
                "answered_on": start + timedelta(days=rng.randrange((as_of - start).days + 1)),
                "score": Decimal(rng.randrange(0 if kind == "nps" else 1, top + 1)),
                "scale_max": min(top, 10) if told else None,
                "topic": rng.choice(("shop", "web", None)),
            }
        )
    return rows


def _subscriptions(rng: random.Random, ids: list[str], start: date, *, as_of: date) -> Rows:
    rows: Rows = []
    for number in range(120):
        began = start + timedelta(days=rng.randrange((as_of - start).days + 1))
        status = rng.choice(("active", "active", "cancelled", "paused", "trialing", "other"))
        left = began + timedelta(days=rng.randrange(200))
        row: dict[str, Any] = {
            "subscription_id": f"s{number}",
            "source": "tool",
            "customer_id": rng.choice(ids[:40]) if rng.random() < 0.9 else None,
            "status": status,
            "started_on": began,
            "plan": rng.choice(PLANS),
            "mrr": rng.choice((Decimal(0), Decimal("9.9"), Decimal(49), Decimal("120.5"), None)),
        }
        if rng.random() < 0.2:
            row["trial_until_on"] = began + timedelta(days=rng.choice((0, 13, 29)))
        if status == "cancelled" and left <= as_of:
            row["cancelled_on"] = left
            if rng.random() < 0.6:
                row["ended_on"] = min(left + timedelta(days=rng.randrange(30)), as_of)
        rows.append(row)
    return rows
