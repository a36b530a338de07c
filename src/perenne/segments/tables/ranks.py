"""The share of customers at the top of a ranking, ties always together."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import ibis
import ibis.expr.types as ir

from perenne.segments.settings import SegmentSettings


def in_top(value: ir.Column, *, share: Decimal, among: ir.IntegerValue) -> ir.BooleanValue:
    """Fewer than `share` x `among` customers have a strictly higher value, and it is above 0.

    Equal values are in or out together, so the top may hold more than its share; a null is out.
    """
    better = ibis.rank().over(order_by=ibis.desc(value, nulls_first=False))
    part = Fraction(share)  # exact, so that 20% of 15 is 3 on every engine
    is_high = better * part.denominator < among * part.numerator
    return (is_high & (value > 0)).fill_null(False)


def sizes(facts: ir.Table, *, settings: SegmentSettings) -> ir.Table:
    """`customer_id`, `size`: large, medium or small buyer by `historical_clv_12m`."""
    bands, revenue = settings.sizes, facts.historical_clv_12m
    everyone = facts.count().over(ibis.window())
    size = ibis.cases(
        (in_top(revenue, share=bands.large, among=everyone), "large"),
        (in_top(revenue, share=bands.large + bands.medium, among=everyone), "medium"),
        else_="small",
    )
    return facts.select("customer_id", size=size)
