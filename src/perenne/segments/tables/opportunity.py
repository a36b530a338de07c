"""What each customer could still be worth: the gap to good customers of the same cohort."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.segments.settings import SegmentSettings
from perenne.segments.tables.chance import chances
from perenne.segments.tables.ranks import in_top
from perenne.warehouse import money_quantile, to_money


def opportunities(
    named: ir.Table,
    tables: Mapping[str, ir.Table],
    *,
    as_of: date,
    inactivity_days: int,
    settings: SegmentSettings,
) -> ir.Table:
    """`customer_id`, the columns of `chances`, `opportunity*` and `is_top_opportunity`.

    `opportunity` = gap to the 75th percentile of the cohort's 12-month revenue, at least 0, times
    the chance of another order; null when that chance is. The gap itself is never null.
    """
    chance = chances(named, tables, as_of=as_of, inactivity_days=inactivity_days, settings=settings)
    valued = _gaps(tables["customer_facts"], settings.min_customers).join(chance, "customer_id")
    valued = valued.mutate(
        opportunity=to_money(
            valued.opportunity_gap.cast("float64") * valued.chance_of_another_order
        )
    )
    everyone = valued.count().over(ibis.window())
    is_top = in_top(valued.opportunity, share=settings.opportunity_share, among=everyone)
    return valued.mutate(
        is_top_opportunity=ibis.ifelse(valued.opportunity.isnull(), None, is_top)
    ).rename(opportunity_note="chance_note")


def _gaps(facts: ir.Table, enough: int) -> ir.Table:
    """`customer_id`, `opportunity_gap`: months of first order; quarters for small months."""
    revenue = facts.historical_clv_12m.fill_null(0)
    own = facts.select(
        "customer_id",
        revenue=revenue,
        month=facts.first_order_on.truncate("M"),
        quarter=facts.first_order_on.truncate("Q"),
    )
    months = own.group_by("month").aggregate(
        month_aim=_upper_quartile(own), month_customers=own.count()
    )
    quarters = own.group_by("quarter").aggregate(quarter_aim=_upper_quartile(own))
    aimed = own.join(months, "month").join(quarters, "quarter")
    aim = ibis.ifelse(aimed.month_customers >= enough, aimed.month_aim, aimed.quarter_aim)
    return aimed.select("customer_id", opportunity_gap=ibis.greatest(aim - aimed.revenue, 0))


def _upper_quartile(own: ir.Table) -> ir.DecimalScalar:
    return money_quantile(own.revenue, 0.75)
