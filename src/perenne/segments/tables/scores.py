"""RFM scores and the segment that the rules give."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from perenne.segments.conditions import Condition, Range
from perenne.segments.settings import Rule, SegmentSettings

_COLUMNS = {
    "recency": "rfm_recency",
    "frequency": "rfm_frequency",
    "monetary": "rfm_monetary",
    "orders": "orders",
    "days_since_last_order": "days_since_last_order",
}


def score(facts: ir.Table, *, settings: SegmentSettings) -> ir.Table:
    """`customer_id`, `rfm_recency`, `rfm_frequency`, `rfm_monetary`: 1 to 5, 5 best.

    `facts`: one row per customer with `days_since_last_order`, `orders`, `revenue`. Quintiles give
    1 + floor(5 x customers with a strictly worse value / customers), so that equal values get
    equal scores; thresholds give the band of the settings.
    """
    scored = _by_threshold if settings.scoring == "thresholds" else _by_rank
    recency, frequency, monetary = scored(facts, settings)
    return facts.select(
        "customer_id", rfm_recency=recency, rfm_frequency=frequency, rfm_monetary=monetary
    )


def _by_rank(facts: ir.Table, settings: SegmentSettings) -> Sequence[ir.IntegerColumn]:
    worst_first = (facts.days_since_last_order.desc(), facts.orders.asc(), facts.revenue.asc())
    return [_quintile(facts, order) for order in worst_first]


def _quintile(facts: ir.Table, worst_first: ir.Column) -> ir.IntegerColumn:
    # rank() counts from 0 the rows that stand strictly before.
    worse = ibis.rank().over(order_by=worst_first)
    everyone = facts.count().over(ibis.window())
    return ibis.least(1 + (worse * 5) // everyone, 5).cast("int64")


def _by_threshold(facts: ir.Table, settings: SegmentSettings) -> Sequence[ir.IntegerColumn]:
    cuts = settings.thresholds
    return [
        1 + _count([facts.days_since_last_order <= cut for cut in cuts.recency_days]),
        1 + _count([facts.orders >= cut for cut in cuts.orders]),
        1 + _count([facts.revenue >= _money(cut) for cut in cuts.revenue]),
    ]


def _count(tests: Sequence[ir.BooleanValue]) -> ir.IntegerColumn:
    first, *rest = (test.cast("int64") for test in tests)
    return sum(rest, start=first)


def _money(amount: Decimal) -> ir.DecimalScalar:
    return ibis.literal(amount, type="decimal(18, 4)")


def name_segments(facts: ir.Table, *, settings: SegmentSettings, inactivity_days: int) -> ir.Table:
    """`score` with `segment` and `segment_position`: the first rule that fits.

    `inactivity_days`: a customer whose last order is more days old than this is inactive.
    """
    scored = facts.select("customer_id", "orders", "days_since_last_order").join(
        score(facts, settings=settings), "customer_id"
    )
    position = ibis.cases(
        *(
            (_fits(scored, rule, inactivity_days), place)
            for place, rule in enumerate(settings.rules, start=1)
        ),
        else_=None,
    )
    placed = scored.mutate(segment_position=position.cast("int64"))
    names = [(place, rule.id) for place, rule in enumerate(settings.rules, start=1)]
    return placed.mutate(segment=placed.segment_position.cases(*names)).select(
        "customer_id",
        "rfm_recency",
        "rfm_frequency",
        "rfm_monetary",
        "segment",
        "segment_position",
    )


def _fits(scored: ir.Table, rule: Rule, inactivity_days: int) -> ir.BooleanValue:
    return ibis.or_(*(_holds(scored, each, inactivity_days) for each in rule.when))


def _holds(scored: ir.Table, condition: Condition, inactivity_days: int) -> ir.BooleanValue:
    tests = [_within(scored[_COLUMNS[name]], asked) for name, asked in condition.ranges.items()]
    if condition.inactive is not None:
        is_inactive = scored.days_since_last_order > inactivity_days
        tests.append(is_inactive if condition.inactive else ~is_inactive)
    return ibis.and_(*tests)


def _within(column: ir.Column, asked: Range) -> ir.BooleanValue:
    tests = []
    if asked.min is not None:
        tests.append(column >= asked.min)
    if asked.max is not None:
        tests.append(column <= asked.max)
    return ibis.and_(*tests)
