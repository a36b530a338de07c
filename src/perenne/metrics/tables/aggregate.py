"""Aggregates of the catalogue's language over a dataset: many figures in one query."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from perenne.metrics.expressions import Aggregate, Check, Condition
from perenne.metrics.tables.margins import sum_all

Filters = Mapping[str, tuple[object, ...]]

# `Any`: a column compares with a value of its own type, which the catalogue's tests check.
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def aggregate(rows: ir.Table, wanted: Sequence[Aggregate], *, by: tuple[str, ...]) -> ir.Table:
    """One row per window and group: columns k, the groups, and a0, a1, … as in `wanted`."""
    figures = {f"a{number}": figure(rows, one) for number, one in enumerate(wanted)}
    return rows.group_by("k", *by).aggregate(**figures)


def curve(rows: ir.Table, *, by: tuple[str, ...]) -> ir.Table:
    """One row per window, group, whole months lived and age: margin and customers."""
    return rows.group_by("k", *by, "complete_months", "age").aggregate(
        margin=sum_all(rows.margin), customers=rows.customer_id.nunique()
    )


def restrict(rows: ir.Table, filters: Filters) -> ir.Table:
    """Keep rows whose columns hold one of the values; None among them stands for unknown."""
    for column, values in filters.items():
        given = [value for value in values if value is not None]
        keep = rows[column].isin(given) if given else ibis.literal(False)
        keep = keep.fill_null(False)
        rows = rows.filter(keep | rows[column].isnull() if None in values else keep)
    return rows


def figure(rows: ir.Table, one: Aggregate) -> ir.Scalar:
    where = condition(rows, one.condition) if one.condition else None
    if one.column is None:
        return rows.count(where=where)
    column = rows[one.column]
    if one.function == "sum":
        return column.sum(where=where).fill_null(0)
    if one.function == "sum_or_null":
        return column.sum(where=where)
    if one.function == "sum_all":
        return sum_all(column, where)
    if one.function == "count_distinct":
        return column.nunique(where=where)
    return column.median(where=where) if one.function == "median" else column.mean(where=where)


def condition(rows: ir.Table, one: Condition) -> ir.BooleanValue:
    if isinstance(one, Check):
        return _COMPARE[one.operator](rows[one.column], one.value)
    parts = [condition(rows, part) for part in one.parts]
    if one.operator == "not":
        return ~parts[0]
    return ibis.and_(*parts) if one.operator == "and" else ibis.or_(*parts)
