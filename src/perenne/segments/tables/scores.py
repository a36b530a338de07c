"""RFM scores and the segment that the rules give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    return scored(facts, settings).select(
        "customer_id", "rfm_recency", "rfm_frequency", "rfm_monetary"
    )


def _by_rank(facts: ir.Table, settings: SegmentSettings) -> ir.Table:
    # Of days and of numbers of orders there are few: each is ranked once, with all who have it.
    recency = _bands(facts, "days_since_last_order", ibis.desc, score="rfm_recency")
    frequency = _bands(facts, "orders", ibis.asc, score="rfm_frequency")
    ranked = facts
    for value, bands in (("days_since_last_order", recency), ("orders", frequency)):
        ranked = ranked.left_join(bands, value).drop(f"{value}_right")
    worse = ibis.rank().over(order_by=ranked.revenue.asc())
    everyone = ranked.count().over(ibis.window())
    return ranked.mutate(rfm_monetary=_quintile(worse, everyone))


def _bands(
    facts: ir.Table, value: str, worst_first: Callable[[str], ir.Column], *, score: str
) -> ir.Table:
    """The quintile of each value of a column that is never null."""
    held = facts.group_by(value).agg(n=facts.count())
    so_far = held.n.sum().over(ibis.cumulative_window(order_by=worst_first(value)))
    everyone = held.n.sum().over(ibis.window())
    worse = (so_far - held.n).cast("int64")
    return held.select(value, **{score: _quintile(worse, everyone.cast("int64"))})


def _quintile(worse: ir.IntegerColumn, everyone: ir.IntegerColumn) -> ir.IntegerColumn:
    """`worse`: how many stand strictly before (which rank() counts as well, from 0)."""
    return ibis.least(1 + (worse * 5) // everyone, 5).cast("int64")


def _by_threshold(facts: ir.Table, settings: SegmentSettings) -> ir.Table:
    cuts = settings.thresholds
    return facts.mutate(
        rfm_recency=1 + _count([facts.days_since_last_order <= cut for cut in cuts.recency_days]),
        rfm_frequency=1 + _count([facts.orders >= cut for cut in cuts.orders]),
        rfm_monetary=1 + _count([facts.revenue >= _money(cut) for cut in cuts.revenue]),
    )


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
