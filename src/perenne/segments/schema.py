"""The table that this part owns: one row per known customer as of the snapshot's date."""

from __future__ import annotations

from perenne.warehouse import MONEY, Column, TableSchema

SEGMENTS = TableSchema(
    "segments",
    "one row per known customer: scores, segment, rank, opportunity and status as of the snapshot",
    (
        Column("customer_id", "string", "", True),
        Column("customer_number", "int64", "number of the customer in this snapshot", True),
        Column("rfm_recency", "int64", "1 to 5, 5 = ordered most recently", True),
        Column("rfm_frequency", "int64", "1 to 5, 5 = most orders", True),
        Column("rfm_monetary", "int64", "1 to 5, 5 = highest revenue", True),
        Column("segment", "string", "id of the first rule that fits", True),
        Column("segment_position", "int64", "place of that rule in the settings, from 1", True),
        Column("size", "string", "small | medium | large buyer of the last 12 months", True),
        Column("revenue_12m", MONEY, "revenue after returns of the last 12 months", True),
        Column("is_hvc", "boolean", "high-value customer: top share by 12-month value", True),
        Column("hvc_basis", "string", "margin, or revenue when a margin is unknown", True),
        Column("is_hpc", "boolean", "not high-value, but ahead of their median at this age", True),
        Column("hpc_basis", "string", "margin, or revenue when a margin is unknown", True),
        Column("age_months", "int64", "complete months since the first order", True),
        Column("opportunity", MONEY, "gap x chance of another order; null = cannot be told"),
        Column("opportunity_gap", MONEY, "cohort's 75th percentile - own, at least 0", True),
        Column("opportunity_note", "string", "code of why it cannot be told"),
        Column("is_top_opportunity", "boolean", "in the top share; null without an opportunity"),
        Column("chance_of_another_order", "float64", "observed share that ordered again"),
        Column("chance_basis", "string", "cell | segment: the group in which it was observed"),
        Column("chance_days", "int64", "days within which they ordered again"),
        Column("status", "string", "new | active | reactivated | inactive", True),
        Column("status_since", "date", "first day of this status", True),
        Column("status_reason", "string", "code of what changed it last", True),
    ),
    ("customer_id",),
)
