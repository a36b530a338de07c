"""The report's own small queries: value per customer, the RFM grid, segments, predictions."""

from __future__ import annotations

from perenne.metrics.tables import Fetch, Table, Tables

__all__ = [
    "Fetch",
    "Table",
    "Tables",
    "best_customers",
    "buyer_sizes",
    "channel_sources",
    "customer_values",
    "predicted_values",
    "prediction_shares",
    "rfm_grid",
    "silent_customers",
]

SILENT_SHOWN = 10


def customer_values(tables: Tables) -> Table:
    """`value`: historical CLV of each known customer, as a float: it is drawn, never added up."""
    facts = tables["customer_facts"]
    return facts.select(value=facts.historical_clv.cast("float64"))


def rfm_grid(tables: Tables) -> Table:
    """`recency`, `frequency`, `segment`, `customers`, `revenue`: one row per score and segment."""
    segments, facts = tables["segments"], tables["customer_facts"]
    joined = segments.left_join(facts.select("customer_id", "revenue"), "customer_id")
    return joined.group_by(
        recency=joined.rfm_recency, frequency=joined.rfm_frequency, segment=joined.segment
    ).aggregate(customers=joined.count(), revenue=joined.revenue.sum())


def buyer_sizes(tables: Tables) -> Table:
    """`size`, `customers`, `revenue` of the last 12 months."""
    segments = tables["segments"]
    return segments.group_by("size").aggregate(
        customers=segments.count(), revenue=segments.revenue_12m.sum()
    )


def best_customers(tables: Tables) -> Table:
    """One row: customers of high value, of high potential, and of high opportunity.

    With each its revenue of the last 12 months; `opportunity` is null when it cannot be told.
    """
    segments = tables["segments"]
    top = segments.is_top_opportunity.fill_null(False)
    return segments.aggregate(
        customers=segments.count(),
        revenue=segments.revenue_12m.sum(),
        hvc=segments.is_hvc.sum(),
        hvc_revenue=segments.revenue_12m.sum(where=segments.is_hvc),
        hvc_basis=segments.hvc_basis.max(),
        hpc=segments.is_hpc.sum(),
        hpc_revenue=segments.revenue_12m.sum(where=segments.is_hpc),
        top=top.sum(),
        top_opportunity=segments.opportunity.sum(where=top),
        opportunity=segments.opportunity.sum(),
    )


def predicted_values(tables: Tables) -> Table:
    """`value`: predicted value of the next 12 months of each customer, to be drawn."""
    predictions = tables["predictions"]
    return predictions.select(value=predictions.clv_12m.cast("float64"))


def prediction_shares(tables: Tables) -> Table:
    """`segment`, `known` (customers with a chance), `likely` (those above one half)."""
    predictions, segments = tables["predictions"], tables["segments"]
    joined = predictions.inner_join(segments.select("customer_id", "segment"), "customer_id")
    chance = joined.p_order_12m.cast("float64")
    return joined.group_by("segment").aggregate(
        known=chance.notnull().sum(), likely=(chance > 0.5).fill_null(False).sum()
    )


def silent_customers(tables: Tables) -> Table:
    """Inactive customers with the highest predicted value of 12 months, and what they were worth.

    Customers without a further order to expect (a predicted value of zero) are left out.
    """
    predictions = tables["predictions"]
    facts = tables["customer_facts"].select(
        "customer_id", "is_active", "days_since_last_order", "orders", "historical_clv"
    )
    joined = predictions.inner_join(facts, "customer_id")
    silent = joined.filter(~joined.is_active & (joined.clv_12m > 0))
    ordered = silent.order_by([silent.clv_12m.desc(), silent.customer_id])
    return ordered.limit(SILENT_SHOWN)


def channel_sources(tables: Tables) -> Table:
    """Customers who have ordered, by what told their channel."""
    persons = tables["customers"]
    bought = persons.filter(persons.first_order_on.notnull())
    return bought.group_by("channel_from").aggregate(customers=bought.count())
