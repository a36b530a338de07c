"""Staged tables and columns that connectors fill already and that this version does not keep.

Once `perenne.warehouse.STAGED` has one of them, it is kept without any change here.
"""

from __future__ import annotations

from collections.abc import Mapping

from perenne.warehouse import STAGED

AWAITED: Mapping[str, frozenset[str]] = {
    "customers": frozenset(
        {
            "region",
            "birth_on",
            "account_ref",
            "tags",
            "total_orders",
            "total_spent",
            "historic_clv",
            "klaviyo_predicted_value",
            "klaviyo_predicted_orders",
            "klaviyo_predicted_on",
        }
    ),
    "products": frozenset({"vendor", "status", "stock"}),
    "consents": frozenset(
        {
            "customer_ref",
            "customer_ref_kind",
            "channel",
            "purpose",
            "status",
            "suppressed",
            "status_text",
            "said_at",
            "origin",
            "proof",
        }
    ),
    "events": frozenset(
        {
            "source_event_id",
            "occurred_at",
            "customer_ref",
            "customer_ref_kind",
            "event",
            "event_text",
            "channel",
            "campaign",
            "product_id",
            "status",
            "quantity",
            "value",
            "currency",
        }
    ),
    "subscriptions": frozenset(
        {
            "source_subscription_id",
            "customer_ref",
            "customer_ref_kind",
            "status",
            "status_text",
            "started_at",
            "trial_until_on",
            "cancelled_on",
            "ended_on",
            "next_charge_on",
            "cancel_reason",
            "plan",
            "product_id",
            "price",
            "quantity",
            "currency",
            "interval_unit",
            "interval_count",
        }
    ),
}


def kept(table: str) -> bool:
    """Does this version have the staged table?"""
    return table in STAGED


def is_awaited(table: str, column: str) -> bool:
    """May a connector give this column although this version does not keep it?"""
    return column in AWAITED.get(table, frozenset())
