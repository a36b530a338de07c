"""The report's own small queries: value per customer, the RFM grid, counts of segments."""

from __future__ import annotations

from perenne.metrics.tables import Fetch, Table, Tables

__all__ = [
    "Fetch",
    "Table",
    "Tables",
    "best_customers",
    "buyer_sizes",
    "customer_values",
    "rfm_grid",
]


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
