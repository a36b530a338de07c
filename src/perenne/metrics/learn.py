"""What a snapshot's figures depend on, learnt from its tables in a few small queries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from perenne.metrics.inactivity import FEWEST_GAPS, learn_window
from perenne.metrics.settings import Context, MetricSettings, Spend
from perenne.metrics.tables import Fetch, Tables
from perenne.metrics.tables.learning import (
    gap_facts,
    ledger_facts,
    relation_facts,
    spend_facts,
)
from perenne.text import format_number
from perenne.text import gettext as _


def learn_context(
    tables: Tables,
    *,
    as_of: date,
    currency: str,
    time_zone: str,
    settings: MetricSettings,
    fetch: Fetch,
) -> Context:
    """Read history, guests, costs, spend and the inactivity window from canonical tables + marts.

    `tables` must hold the marts of `build_marts` made with the same as_of and settings.
    """
    ledger = fetch(ledger_facts(tables)).to_pylist()[0]
    gaps = fetch(gap_facts(tables)).to_pylist()[0]
    spend = {
        row["kind"]: Spend(row["first_day"], row["last_day"], row["total"])
        for row in fetch(spend_facts(tables, as_of)).to_pylist()
    }
    learnt = learn_window(gaps["gaps"], gaps["quantile"])
    told = {
        (row["name"], row["kind"]): row["rows"] for row in fetch(relation_facts(tables)).to_pylist()
    }
    return Context(
        as_of=as_of,
        currency=currency,
        time_zone=time_zone,
        inactivity_days=settings.inactivity_days or learnt,
        inactivity_learnt=settings.inactivity_days is None,
        inactivity_how=_how(gaps["gaps"], settings),
        inactivity_gaps=gaps["gaps"],
        history_from=ledger["history_from"] or as_of,
        customers_from=ledger["customers_from"] or as_of,
        settings=settings,
        orders=ledger["orders"],
        guest_orders=ledger["guest_orders"],
        customers=ledger["customers"],
        product_revenue=ledger["product_revenue"] or Decimal(0),
        revenue_without_cost=ledger["revenue_without_cost"] or Decimal(0),
        has_unknown_cost=bool(ledger["has_unknown_cost"]),
        acquisition=spend.get("acquisition", Spend()),
        retention=spend.get("retention", Spend()),
        events=tuple(sorted(kind for name, kind in told if name == "events")),
        surveys=tuple(sorted(kind for name, kind in told if name == "surveys")),
        subscriptions=told.get(("subscriptions", ""), 0),
        consents=told.get(("consents", ""), 0),
    )


def learn_inactivity(tables: Tables, *, settings: MetricSettings, fetch: Fetch) -> int:
    """Days of silence after which a customer counts as inactive: as set, or learnt from the gaps.

    `tables` must hold the marts, made with the same settings.
    """
    if settings.inactivity_days is not None:
        return settings.inactivity_days
    gaps = fetch(gap_facts(tables)).to_pylist()[0]
    return learn_window(gaps["gaps"], gaps["quantile"])


def _how(gaps: int, settings: MetricSettings) -> str:
    if settings.inactivity_days is not None:
        return "set"
    return "default" if gaps < FEWEST_GAPS else "learnt"


def describe_window(how: str, *, days: int, gaps: int) -> str:
    """Where the inactivity window comes from, in the current language."""
    if how == "set":
        return _("set to {days} days").format(days=days)
    if how == "default":
        return _("{days} days by default: only {gaps} gaps between purchases are known").format(
            days=days, gaps=format_number(gaps)
        )
    return _("{days} days, learnt: 90% of {gaps} gaps between purchases are shorter").format(
        days=days, gaps=format_number(gaps)
    )
