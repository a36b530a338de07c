"""Means and medians of whole numbers from how often each of them occurs."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from perenne.metrics.expressions import Aggregate
from perenne.metrics.tables.aggregate import condition

WEIGHED = ("mean", "median")


def told_name(number: int) -> str:
    """The column in which the condition of aggregate a`number` was told before rows were added."""
    return f"told_{number}"


def where_of(rows: ir.Table, number: int, one: Aggregate) -> ir.BooleanValue | None:
    """The rows that aggregate a`number` looks at; None: all of them."""
    if told_name(number) in rows.columns:
        told: ir.BooleanValue = rows[told_name(number)]
        return told
    return condition(rows, one.condition) if one.condition else None


def ranked(rows: ir.Table, wanted: Sequence[Aggregate], *, by: Sequence[str]) -> ir.Table:
    """`rows` (`n`: how many things each stands for) with what `weighed_figure` reads of each
    median: how many it weighs in all of a group, and up to the row in the order of its column."""
    medians = {n: one for n, one in enumerate(wanted) if one.function == "median"}
    rows = rows.mutate(**{_weight(n): _weighs(rows, n, one) for n, one in medians.items()})
    group = ibis.window(group_by=list(by))
    found: dict[str, ir.Value] = {}
    for number, one in medians.items():
        upto = ibis.cumulative_window(group_by=list(by), order_by=one.column)
        found[_upto(number)] = rows[_weight(number)].sum().over(upto)
        found[_whole(number)] = rows[_weight(number)].sum().over(group)
    return rows.mutate(**found)


def weighed_figure(rows: ir.Table, number: int, one: Aggregate) -> ir.Scalar:
    """The mean or median a`number`; a median of an even number lies between the middle two."""
    column = rows[one.column or ""]
    if one.function == "mean":
        weight = _weighs(rows, number, one)
        return (column * weight).sum().cast("float64") / weight.sum().nullif(0)
    counts = rows[_weight(number)] > 0
    twice, whole = rows[_upto(number)] * 2, rows[_whole(number)]
    lower = column.min(where=counts & (twice >= whole))
    upper = column.min(where=counts & (twice > whole))
    return (lower + upper).cast("float64") / 2


def _weighs(rows: ir.Table, number: int, one: Aggregate) -> ir.IntegerValue:
    where, known = where_of(rows, number, one), rows[one.column or ""].notnull()
    counts = known if where is None else known & where.fill_null(False)
    weight: ir.IntegerValue = counts.ifelse(rows.n, 0)
    return weight


def _weight(number: int) -> str:
    return f"weight_{number}"


def _upto(number: int) -> str:
    return f"upto_{number}"


def _whole(number: int) -> str:
    return f"whole_{number}"
